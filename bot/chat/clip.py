"""Text cut to fit what a chat platform takes, in words or in its own markup.

Cutting is on purpose and shows: it ends with "…", falls between words, and never splits a piece that a platform names (a
link, a mention, an escaped sign).
"""

import re
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
ELLIPSIS = "…"
FENCE = "```"
WORD = "word"
"""The group of a platform's pattern of pieces that may be cut where nothing else helps."""


def clip(text: str, limit: int) -> str:
    """Plain text in at most `limit` characters."""
    if len(text) <= limit:
        return text
    room = text[: limit - 1]
    word = room.rsplit(None, 1)[0] if not text[limit - 1].isspace() else room
    return (word if len(word) > limit // 2 else room).rstrip() + ELLIPSIS


def clip_markup(text: str, limit: int, piece: re.Pattern[str]) -> str:
    """A platform's markup in at most `limit` characters: no piece is split, and a code block that was open is closed."""
    if len(text) <= limit:
        return text
    closing = f"\n{FENCE}" if FENCE in text else ""
    kept = _take(text, limit - len(ELLIPSIS) - len(closing), piece).rstrip()
    return kept + ELLIPSIS + (closing if kept.count(FENCE) % 2 else "")


def split_markup(text: str, limit: int, piece: re.Pattern[str]) -> list[str]:
    """A platform's markup in parts of at most `limit` characters, parted between lines where that can be; a code block that
    is parted is closed and opened again."""
    parts: list[str] = []
    current, in_code = "", False
    for line in _break_lines(text, limit - 2 * len(FENCE) - 2, piece):
        if current and len(current) + 1 + len(line) > limit - len(FENCE) - 1:
            parts.append(f"{current}\n{FENCE}" if in_code else current)
            current = f"{FENCE}\n{line}" if in_code else line
        else:
            current = f"{current}\n{line}" if current else line
        in_code ^= line.count(FENCE) % 2 == 1
    return [part.strip("\n") for part in [*parts, current] if part.strip()]


def rows_of(items: Sequence[T], size: int) -> list[Sequence[T]]:
    """Items in rows of at most `size`."""
    return [items[start : start + size] for start in range(0, len(items), size)]


def _take(text: str, room: int, piece: re.Pattern[str]) -> str:
    """As many whole pieces as there is room for; a word that would leave most of the room empty is cut."""
    kept = ""
    for found in piece.finditer(text):
        left = room - len(kept)
        if len(found[0]) > left:
            may_be_cut = found.lastgroup == WORD and len(kept) < room // 2
            return kept + found[0][:left].rstrip("`") if may_be_cut else kept
        kept += found[0]
    return kept


def _break_lines(text: str, limit: int, piece: re.Pattern[str]) -> list[str]:
    """Lines, with those that are too long broken between pieces."""
    lines: list[str] = []
    for line in text.split("\n"):
        while len(line) > limit:
            head = _take(line, limit, piece) or line[:limit]
            lines.append(head)
            line = line[len(head) :]
        lines.append(line)
    return lines
