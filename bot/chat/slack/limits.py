"""What Slack takes at most, and how text is cut to fit. The numbers are those of Slack's reference of Block Kit, of app
manifests and of the Web API (docs.slack.dev); all are in characters or pieces.

Cutting is on purpose and shows: it ends with "…", falls between words, and never splits `<https://…|label>` or `&amp;`.
"""

import re

from bot.chat.clip import clip_markup, split_markup

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

PIECE = re.compile(r"<[^<>\n]*>|&(?:amp|lt|gt);|\s+|(?P<word>[^\s<&]+)|.", re.DOTALL)
"""What may not be cut: an entity, white space, a word (only one longer than the whole room is)."""


def clip_mrkdwn(text: str, limit: int) -> str:
    """Slack's markup in at most `limit` characters: no entity is split, and a code block that was open is closed."""
    return clip_markup(text, limit, PIECE)


def split_mrkdwn(text: str, limit: int) -> list[str]:
    """Slack's markup in parts of at most `limit` characters, parted between lines where that can be; a code block that
    is parted is closed and opened again."""
    return split_markup(text, limit, PIECE)
