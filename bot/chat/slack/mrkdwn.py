"""Neutral markup to Slack's own ("mrkdwn"), and what people wrote in Slack to plain text.

Slack's markup has no escape for its marks, only for `&`, `<` and `>`. So nothing that came from a value can be an entity: no
mention, no `<!everyone>`, no link of its own; a pair of marks in a value becomes signs that look the same.
"""

import re
from collections.abc import Mapping

from markdown_it.tree import SyntaxTreeNode

from bot.chat.markup import read_tokens

MARKS = {"strong": "*", "em": "_", "s": "~"}
LOOKALIKES = str.maketrans({"*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ"})
PAIR = re.compile(r"(?<!\w)([*_~])(\1{0,3})(?=\S)([^\n]{1,300}?)(?<=\S)\1\2(?!\w)")
CALL_TO_ALL = re.compile(r"@(?=(?:channel|here|everyone|group)\b)", re.IGNORECASE)
ENTITY = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
CURLY = re.compile(r"(?<=[\w][:=])[“”„]([^“”„\"]*)[“”]")
WEB = ("http://", "https://")
JOINER, GAP = "\u2060", "\u200b"
"""Two signs without width: one keeps "@here" from being read as a call, one lets a mark begin inside a word."""


def escape(text: str, marks: str = "") -> str:
    """Make any text stand for itself in Slack's markup, also inside `marks` that are open."""
    return _escape_signs(_disarm(text, marks))


def link(url: str, label: str, marks: str = "") -> str:
    """A link with a label of plain text; only the label where the address is none of the web."""
    shown = " ".join(escape(label, marks).split())
    if not url.startswith((*WEB, "mailto:")):
        return shown
    address = "".join({"<": "%3C", ">": "%3E", "|": "%7C", "&": "&amp;"}.get(sign, sign) for sign in url)
    address = "".join(address.split())
    return f"<{address}>" if not shown or label == url else f"<{address}|{shown}>"


def render_mrkdwn(markup: str) -> str:
    """Neutral markup in Slack's dialect."""
    return _render_all(SyntaxTreeNode(read_tokens(markup))).strip("\n")


def _render_all(node: SyntaxTreeNode) -> str:
    shown = [_render_block(child) for child in node.children]
    return "\n\n".join(text for text in shown if text.strip())


def _render_block(node: SyntaxTreeNode) -> str:
    match node.type:
        case "heading":
            text = _render_inline(node)
            return f"*{text.replace('*', '')}*" if text.strip("* ") else ""
        case "fence" | "code_block":
            code = re.sub("`(?=`)", f"`{GAP}", _escape_signs(node.content.rstrip("\n")))
            return f"```\n{code}\n```"
        case "bullet_list" | "ordered_list":
            return _render_list(node)
        case "blockquote":
            return "\n".join(f"> {line}".rstrip() for line in _render_all(node).split("\n"))
        case "table":
            rows = [row for part in node.children for row in part.children]
            return "\n".join(_render_row(row) for row in rows)
        case "hr":
            return "———"
        case _:
            return _render_inline(node)


def _render_row(row: SyntaxTreeNode) -> str:
    cells = [(cell.type, _render_inline(cell)) for cell in row.children]
    return " | ".join(
        f"*{text}*" if kind == "th" and text and "*" not in text else text for kind, text in cells
    )


def _render_list(node: SyntaxTreeNode) -> str:
    lines = []
    first = int(node.attrs.get("start") or 1)
    for number, item in enumerate(node.children, first):
        bullet = f"{number}. " if node.type == "ordered_list" else "• "
        shown = "\n".join(_render_block(child) for child in item.children)
        lines.append(bullet + shown.replace("\n", "\n    "))
    return "\n".join(lines)


def _render_inline(node: SyntaxTreeNode) -> str:
    """The text of a paragraph, a heading or a cell."""
    spans = [
        span for child in node.children for span in (child.children if child.type == "inline" else [child])
    ]
    text = "".join(_render_span(span, "") for span in spans)
    # A line that begins with ">" would be a quotation.
    return re.sub(r"^(?=&gt;)", GAP, _join_marks(text), flags=re.MULTILINE)


OPENS, CLOSES = "\ue000", "\ue001"


def _render_span(node: SyntaxTreeNode, marks: str) -> str:
    match node.type:
        case "text":
            return escape(node.content, marks)
        case "softbreak" | "hardbreak":
            # Slack's marks end with the line: they are closed before it and opened again after it.
            closed = "".join(mark + CLOSES for mark in reversed(marks))
            opened = "".join(OPENS + mark for mark in marks)
            return f"{closed}\n{opened}"
        case "code_inline":
            return (
                f"`{_escape_signs(node.content.replace('`', 'ˋ'))}`" if node.content.strip() else node.content
            )
        case "link":
            return link(str(node.attrs.get("href") or ""), _collect(node), marks)
        case "image":
            return link(str(node.attrs.get("src") or ""), node.content, marks)
        case kind if kind in MARKS and MARKS[kind] not in marks:
            mark = MARKS[kind]
            inner = "".join(_render_span(child, marks + mark) for child in node.children)
            return f"{OPENS}{mark}{inner}{mark}{CLOSES}" if inner.strip() else inner
        case _:
            return "".join(_render_span(child, marks) for child in node.children)


def _escape_signs(text: str) -> str:
    harmless = CALL_TO_ALL.sub(f"@{JOINER}", text)
    return harmless.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _disarm(text: str, marks: str) -> str:
    """Marks in a value that Slack would take for its own: those that are open, pairs of others, and all of code."""
    text = text.replace(OPENS, "").replace(CLOSES, "")
    for mark in (*marks, "`"):
        text = text.replace(mark, mark.translate(LOOKALIKES))
    return PAIR.sub(_disarm_pair, text)


def _disarm_pair(pair: re.Match[str]) -> str:
    marks = (pair[1] + pair[2]).translate(LOOKALIKES)
    return marks + pair[3] + marks


def _join_marks(text: str) -> str:
    """Slack sees a mark only at the edge of a word: inside one, a sign without width makes the edge."""
    text = re.sub(rf"(?<=[^\W_]){OPENS}", GAP, text)
    text = re.sub(rf"{CLOSES}(?=[^\W_])", GAP, text)
    return text.replace(OPENS, "").replace(CLOSES, "")


def _collect(node: SyntaxTreeNode) -> str:
    if node.type in ("text", "code_inline", "image"):
        return node.content
    if node.type in ("softbreak", "hardbreak"):
        return " "
    return "".join(_collect(child) for child in node.children)


# What people wrote


def read_text(text: str, names: Mapping[str, str]) -> str:
    """What a person wrote, as plain text; `names` are those of people and channels by Slack's ids."""

    def read(found: re.Match[str]) -> str:
        target, label = found[1], found[2] or ""
        if target[:1] in ("@", "#"):
            return target[0] + (names.get(target[1:]) or label.lstrip("@#") or target[1:])
        if target.startswith("!"):
            return label or f"@{target[1:].partition('^')[0]}"
        bare = target.removeprefix("mailto:").removeprefix("tel:")
        is_same = label.rstrip("/") in (bare.rstrip("/"), bare.partition("://")[2].rstrip("/"))
        return (label or bare) if not label or is_same else f"{label} ({bare})"

    return _unescape(ENTITY.sub(read, text))


def unescape_line(text: str) -> str:
    """A typed command line as it was meant: links are their address, `<@U1|kate>` stays as `<@U1>` for who knows people,
    and the curly quotes that phones put after `name:` are straight."""

    def read(found: re.Match[str]) -> str:
        target, label = found[1], found[2] or ""
        if target.startswith("@"):
            return f"<{target}>"
        if target.startswith("#"):
            return f"#{label or target[1:]}"
        if target.startswith("!"):
            return label or f"@{target[1:].partition('^')[0]}"
        return target.removeprefix("mailto:").removeprefix("tel:")

    return CURLY.sub(r'"\1"', _unescape(ENTITY.sub(read, text)).strip())


def _unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
