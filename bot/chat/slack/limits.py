"""What Slack takes at most, and how text is cut to fit. The numbers are those of Slack's reference of Block Kit, of app
manifests and of the Web API (docs.slack.dev); all are in characters or pieces.

Cutting is on purpose and shows: it ends with "…", falls between words, and never splits `<https://…|label>` or `&amp;`.
"""

import re
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

# Messages
BLOCKS_OF_MESSAGE = 50
TEXT_OF_MESSAGE = 3_000
"""Of `text`, which notifications and screen readers use. Slack takes 40,000, and cuts long ones when they are read."""
TEXT_OF_BLOCKS = 9_000
"""Of all blocks of a message together. Not documented: beyond some 11,000 Slack answers `msg_blocks_too_long`."""

# Blocks
SECTION_TEXT = 3_000
FIELDS = 10
FIELD_TEXT = 2_000
HEADER_TEXT = 150
ACTIONS = 25

# Elements
BUTTON_TEXT = 75
BUTTON_VALUE = 2_000
URL = 3_000
OVERFLOW_OPTIONS = 5
SELECT_OPTIONS = 100
OPTION_TEXT = 75
OPTION_VALUE = 150
PLACEHOLDER = 150
INPUT_VALUE = 3_000
CONFIRM_TITLE = 100
CONFIRM_TEXT = 300
CONFIRM_BUTTON = 30

# Views
BLOCKS_OF_VIEW = 100
VIEW_TITLE = 24
VIEW_BUTTON = 24
LABEL = 2_000
HINT = 2_000

# Channels
CHANNEL_NAME = 80
TOPIC = 250
BOOKMARK_TITLE = 255

# Manifests
APP_NAME = 35
APP_DESCRIPTION = 140
BOT_NAME = 80
SHORTCUT_NAME = 24
SHORTCUT_DESCRIPTION = 150
COMMAND_DESCRIPTION = 2_000
USAGE_HINT = 1_000

ELLIPSIS = "…"
FENCE = "```"
PIECE = re.compile(r"<[^<>\n]*>|&(?:amp|lt|gt);|\s+|[^\s<&]+|.", re.DOTALL)
"""What may not be cut: an entity, white space, a word (only one longer than the whole room is)."""


def clip(text: str, limit: int) -> str:
    """Plain text in at most `limit` characters."""
    if len(text) <= limit:
        return text
    room = text[: limit - 1]
    word = room.rsplit(None, 1)[0] if not text[limit - 1].isspace() else room
    return (word if len(word) > limit // 2 else room).rstrip() + ELLIPSIS


def clip_mrkdwn(text: str, limit: int) -> str:
    """Slack's markup in at most `limit` characters: no entity is split, and a code block that was open is closed."""
    if len(text) <= limit:
        return text
    closing = f"\n{FENCE}" if FENCE in text else ""
    kept = _take(text, limit - len(ELLIPSIS) - len(closing)).rstrip()
    return kept + ELLIPSIS + (closing if kept.count(FENCE) % 2 else "")


def split_mrkdwn(text: str, limit: int) -> list[str]:
    """Slack's markup in parts of at most `limit` characters, parted between lines where that can be; a code block that
    is parted is closed and opened again."""
    parts: list[str] = []
    current, in_code = "", False
    for line in _break_lines(text, limit - 2 * len(FENCE) - 2):
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


def _take(text: str, room: int) -> str:
    """As many whole pieces as there is room for; a word that would leave most of the room empty is cut."""
    kept = ""
    for piece in PIECE.findall(text):
        left = room - len(kept)
        if len(piece) > left:
            is_word = not piece.startswith(("<", "&"))
            return kept + piece[:left].rstrip("`") if is_word and len(kept) < room // 2 else kept
        kept += piece
    return kept


def _break_lines(text: str, limit: int) -> list[str]:
    """Lines, with those that are too long broken between pieces."""
    lines: list[str] = []
    for line in text.split("\n"):
        while len(line) > limit:
            head = _take(line, limit) or line[:limit]
            lines.append(head)
            line = line[len(head) :]
        lines.append(line)
    return lines
