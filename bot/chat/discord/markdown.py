"""Neutral markup to Discord's Markdown, and what people wrote in Discord to plain text.

Discord's Markdown has an escape, so whatever came from a value stands for itself: no mark, no mention, no link of its own.
Whoever sends also forbids every mention; here it is the second lock.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from markdown_it.tree import SyntaxTreeNode

from bot.chat.markup import read_tokens
from bot.chat.templates import spell_local

MARKS = {"strong": "**", "em": "*", "s": "~~"}
SIGN = re.compile(r"[\\*~`|<\[]|(?<![^\W_])_|_(?![^\W_])")
"""What opens or closes something anywhere in a line; an underscore inside a word doesn't."""
LINE_START = re.compile(r"^([ \t]*)(?:(\d+)(?=\.\s)|(?=#{1,3}\s|-#?\s|\+\s|>))", re.MULTILINE)
"""What would make a line a heading, an item of a list or a quotation."""
CALL_TO_ALL = re.compile(r"@(?=everyone|here)|(?<=<)@(?=[!&]?\d)", re.IGNORECASE)
JOINER, GAP = "\u2060", "\u200b"
"""Two signs without width: one keeps "@here" from being read as a call, one keeps two marks apart."""
WEB = ("http://", "https://")
SAFE = "!#$%&'*+,/:;=?@~-._[]"
"""What stays as it is in an address; all else that could end a link is encoded."""


def escape(text: str) -> str:
    """Make any text stand for itself in Discord's Markdown."""
    return _escape_starts(_escape_signs(text))


def link(url: str, label: str, masked: bool = True) -> str:
    """A link with a label of plain text; only the label where the address is none of the web. Where links can't be
    `masked`, the address stands behind the label."""
    shown = " ".join(label.translate({ord("["): "(", ord("]"): ")"}).split())
    if url.startswith("mailto:"):
        address = url.removeprefix("mailto:")
        return _escape_signs(shown if address in shown or not shown else f"{shown} ({address})")
    if not url.startswith(WEB):
        return _escape_signs(shown)
    address = clean_address(url)
    if not shown or label == url or clean_address(label) == address:
        return f"<{address}>"
    # Discord makes no link of a label that is an address itself.
    if masked and "://" not in shown:
        return f"[{_escape_signs(shown)}](<{address}>)"
    return f"{_escape_signs(shown)} (<{address}>)"


def clean_address(url: str) -> str:
    """An address of the web that nothing in it can end, and that calls nobody."""
    return re.sub(r"@(?=everyone|here)", "%40", quote("".join(url.split()), safe=SAFE), flags=re.IGNORECASE)


def show_moment(at: datetime) -> str:
    """A moment that each reader sees in their own time zone."""
    return f"<t:{int(at.timestamp())}:f>"


def show_distance(at: datetime) -> str:
    """How long ago a moment was, or how far ahead it is; Discord counts it on by itself."""
    return f"<t:{int(at.timestamp())}:R>"


def render_markdown(markup: str, masked: bool = True) -> str:
    """Neutral markup in Discord's dialect."""
    return _Renderer(masked).render_all(SyntaxTreeNode(read_tokens(markup))).strip("\n")


class _Renderer:
    """Walks the tree of a text."""

    def __init__(self, masked: bool) -> None:
        self.masked = masked

    def render_all(self, node: SyntaxTreeNode) -> str:
        shown = [self._render_block(child) for child in node.children]
        return "\n\n".join(text for text in shown if text.strip())

    def _render_block(self, node: SyntaxTreeNode) -> str:
        match node.type:
            case "heading":
                text = self._render_inline(node).replace("**", "")
                return f"**{text}**" if text.strip("* ") else ""
            case "fence" | "code_block":
                code = re.sub("`(?=`)", f"`{GAP}", _disarm(node.content.rstrip("\n")))
                return f"```\n{code}\n```"
            case "bullet_list" | "ordered_list":
                return self._render_list(node)
            case "blockquote":
                return "\n".join(f"> {line}".rstrip() for line in self.render_all(node).split("\n"))
            case "table":
                rows = [row for part in node.children for row in part.children]
                return "\n".join(self._render_row(row) for row in rows)
            case "hr":
                return "———"
            case _:
                return self._render_inline(node)

    def _render_row(self, row: SyntaxTreeNode) -> str:
        cells = [(cell.type, self._render_inline(cell)) for cell in row.children]
        return " | ".join(
            f"**{text}**" if kind == "th" and text and "**" not in text else text for kind, text in cells
        )

    def _render_list(self, node: SyntaxTreeNode) -> str:
        lines = []
        first = int(node.attrs.get("start") or 1)
        for number, item in enumerate(node.children, first):
            bullet = f"{number}. " if node.type == "ordered_list" else "- "
            shown = "\n".join(self._render_block(child) for child in item.children)
            lines.append(bullet + shown.replace("\n", "\n" + " " * len(bullet)))
        return "\n".join(lines)

    def _render_inline(self, node: SyntaxTreeNode) -> str:
        """The text of a paragraph, a heading or a cell."""
        spans = [
            span
            for child in node.children
            for span in (child.children if child.type == "inline" else [child])
        ]
        return _escape_starts(self._join(spans, ""))

    def _join(self, spans: list[SyntaxTreeNode], marks: str) -> str:
        """Spans one after the other; two that would run into each other's marks are kept apart."""
        text = ""
        for span in spans:
            shown = self._render_span(span, marks)
            text += GAP + shown if text.endswith(("*", "~")) and shown.startswith(("*", "~")) else shown
        return text

    def _render_span(self, node: SyntaxTreeNode, marks: str) -> str:
        match node.type:
            case "text":
                return _escape_signs(node.content)
            case "softbreak" | "hardbreak":
                return "\n"
            case "code_inline":
                code = _disarm(node.content.replace("`", "ˋ"))
                return f"`{code}`" if code.strip() else node.content
            case "link":
                return link(str(node.attrs.get("href") or ""), _collect(node), self.masked)
            case "image":
                return link(str(node.attrs.get("src") or ""), node.content, self.masked)
            case kind if kind in MARKS and kind not in marks:
                inner = self._join(node.children, f"{marks} {kind}")
                mark = MARKS[kind]
                return f"{mark}{inner}{mark}" if inner.strip() else inner
            case _:
                return self._join(node.children, marks)


def _escape_signs(text: str) -> str:
    return SIGN.sub(r"\\\g<0>", _disarm(text))


def _escape_starts(text: str) -> str:
    return LINE_START.sub(lambda found: f"{found[1]}{found[2] or ''}\\", text)


def _disarm(text: str) -> str:
    """Keep a text from calling anybody, also where nothing is escaped."""
    return CALL_TO_ALL.sub(f"@{JOINER}", text)


def _collect(node: SyntaxTreeNode) -> str:
    if node.type in ("text", "code_inline", "image"):
        return node.content
    if node.type in ("softbreak", "hardbreak"):
        return " "
    return "".join(_collect(child) for child in node.children)


# What people wrote

WRITTEN = re.compile(
    r"(?P<code>```.*?```|`[^`\n]+`)"
    r"|\\(?P<sign>[^\w\s]|_)"
    r"|<(?P<kind>@[!&]?|#)(?P<address>\d+)>"
    r"|<a?:(?P<emoji>\w+):\d+>"
    r"|<t:(?P<moment>-?\d{1,11})(?::\w)?>"
    r"|<(?P<command>/[^<>:\n]+):\d+>"
    r"|<(?P<url>https?://[^<>\s]+)>",
    re.DOTALL,
)


def read_text(content: str, names: Mapping[str, str]) -> str:
    """What a person wrote, as plain text; `names` are those of people, roles and channels by Discord's ids."""

    def read(found: re.Match[str]) -> str:
        if found["kind"]:
            return found["kind"][0] + (names.get(found["address"]) or found["address"])
        if found["emoji"]:
            return f":{found['emoji']}:"
        if found["moment"]:
            return _spell_moment(int(found["moment"])) or found[0]
        return found["code"] or found["sign"] or found["command"] or found["url"]

    return WRITTEN.sub(read, content).replace(f"@{JOINER}", "@")


def unescape_line(text: str) -> str:
    """A typed command line or value as it was meant: `<@!123>` is `<@123>` for who knows people, and links are their
    address."""

    def read(found: re.Match[str]) -> str:
        if found["kind"] and found["kind"].startswith("@"):
            return f"<@{found['address']}>" if found["kind"] != "@&" else found[0]
        return found["url"] or (f":{found['emoji']}:" if found["emoji"] else found[0])

    return WRITTEN.sub(read, text).strip()


def _spell_moment(seconds: int) -> str:
    try:
        return spell_local(datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError):
        return ""
