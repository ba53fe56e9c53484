"""Neutral markup: the part of Markdown that every platform can show (bold, italic, code, links, lists, quotes).

Templates are written in it; values put into them are escaped. This module escapes, and turns markup into safe HTML and
into plain text; platforms with their own dialect translate from the same tokens.
"""

import re
from functools import cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

PUNCTUATION = re.compile(r"([!\"#$&'()*+:;<=>@\[\\\]^_`{|}~]|^[-.%,/?]|^\d+(?=\.))")
ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])|<(https?://[^<>\s]+)>")
ADDRESS = re.compile(r"https?://[^\s<>\\\"'`]*[^\s<>\\\"'`.,;:!?)\]}]")
CODE_BLOCK = re.compile(r"```(?:[\w+.-]{1,20}\n)?(.*?)```", re.DOTALL)
CODE = re.compile(r"(?<!`)`(?=[^`\s])[^`\n]*[^`\s]`(?!`)|(?<!`)`[^`\s]`(?!`)")
TAGS = {
    "p", "br", "strong", "em", "code", "pre", "a", "ul", "ol", "li", "blockquote", "h1", "h2", "h3", "h4", "hr",
    "table", "thead", "tbody", "tr", "th", "td", "s",
}  # fmt: skip


class Rich(str):
    """Text that is markup already; templates put it in unescaped."""


def escape(text: object) -> str:
    """Make any text stand for itself in markup. White space becomes single spaces, so that a value stays in its line; a
    web address stays one that can be clicked."""
    line = " ".join(str(text).replace("\x00", "").split())
    escaped, end = [], 0
    for address in ADDRESS.finditer(line):
        escaped += [_escape_plain(line[end : address.start()]), f"<{address[0]}>"]
        end = address.end()
    return "".join([*escaped, _escape_plain(line[end:])])


def _escape_plain(text: str) -> str:
    return PUNCTUATION.sub(lambda found: _escape_one(found[0]), text)


def _escape_one(found: str) -> str:
    return f"{found}\\" if found.isdigit() else f"\\{found}"


def escape_lines(text: object) -> Rich:
    """Like escape, but line breaks are kept as line breaks."""
    return Rich("\n".join(escape(line.strip()) for line in str(text).strip().splitlines()))


def escape_saying(text: object) -> Rich:
    """What a person said, as markup in which it stands for itself; code (between backticks) stays code. No mention, link
    or mark in it is one for a platform that reads the markup."""
    parts, end = [], 0
    whole = str(text).replace("\x00", "")
    for block in CODE_BLOCK.finditer(whole):
        code = block[1].strip("\n").rstrip()
        parts += [_escape_prose(whole[end : block.start()]), f"```\n{code}\n```" if code else ""]
        end = block.end()
    return Rich("\n".join(part for part in (*parts, _escape_prose(whole[end:])) if part))


def _escape_prose(text: str) -> str:
    return "\n".join(_escape_with_code(line.strip()) for line in text.strip().splitlines())


def _escape_with_code(line: str) -> str:
    parts, end = [], 0
    for code in CODE.finditer(line):
        parts += [_escape_inner(line[end : code.start()], is_first=end == 0), code[0]]
        end = code.end()
    return "".join([*parts, _escape_inner(line[end:], is_first=end == 0)])


def _escape_inner(text: str, *, is_first: bool) -> str:
    """Part of a line: the space around it counts."""
    core = escape(text)
    if not core:
        return " " if text and not is_first else ""
    before = " " if text[0].isspace() and not is_first else ""
    return f"{before}{core}{' ' if text[-1].isspace() else ''}"


def unescape(text: str) -> str:
    """Undo escape: for parts of a template that are taken as plain text."""
    return ESCAPED.sub(lambda found: found[1] or found[2], text)


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True})
    # Only whole addresses are links: `db1.prod.example` is the name of a machine, not a page to open.
    assert reader.linkify is not None
    reader.linkify.set({"fuzzy_link": False, "fuzzy_email": False})
    return reader.enable(["linkify", "strikethrough", "table"])


def read_tokens(markup: str) -> list[Token]:
    """Markup as markdown-it's tokens, for a platform that has a dialect of its own."""
    return _reader().parse(markup)


def render_html(markup: str) -> str:
    """Markup as safe HTML: only known tags, only http(s) and mailto links or paths of this site, no scripts."""
    return nh3.clean(
        _reader().render(markup),
        tags=TAGS,
        attributes={"a": {"href"}, "code": set()},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


def render_inline_html(markup: str) -> str:
    """Like render_html for one line, without the paragraph around it."""
    html = render_html(markup).strip()
    return html.removeprefix("<p>").removesuffix("</p>") if html.count("<p>") == 1 else html


def render_text(markup: str) -> str:
    """Markup as plain text: for notifications, e-mail, the command line and screen readers."""
    lines: list[str] = []
    bullets: list[str] = []
    for token in read_tokens(markup):
        if token.type == "list_item_open":
            bullets.append("- ")
        elif token.type == "inline":
            lines.append("".join(bullets) + _plain(token.children or []))
            bullets.clear()
        elif token.type in ("fence", "code_block"):
            lines.append(token.content.rstrip())
        elif token.type in ("paragraph_close", "heading_close") and token.level == 0:
            lines.append("")
    return "\n".join(lines).strip()


def _plain(tokens: list[Token]) -> str:
    words: list[str] = []
    href = ""
    for token in tokens:
        if token.type in ("softbreak", "hardbreak"):
            words.append("\n")
        elif token.type == "link_open":
            href = "" if token.info == "auto" else str(token.attrGet("href") or "")
        elif token.type == "link_close":
            if href and words[-1:] != [href]:
                words.append(f" ({href})")
            href = ""
        else:
            words.append(token.content)
    return "".join(words)
