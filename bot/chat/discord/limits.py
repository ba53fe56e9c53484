"""What Discord takes at most, and how its Markdown is cut to fit. The numbers are those of Discord's reference of messages,
components and application commands (docs.discord.com/developers); all are in characters or pieces.
"""

import re

from bot.chat.clip import clip_markup, split_markup

# Messages
CONTENT = 2_000
EMBEDS = 10

# Embeds
EMBED_TITLE = 256
EMBED_DESCRIPTION = 4_096
EMBED_FIELDS = 25
FIELD_NAME = 256
FIELD_VALUE = 1_024
EMBED_FOOTER = 2_048
TEXT_OF_EMBEDS = 6_000
"""Titles, descriptions, fields and footers of all embeds of a message together."""

# Components
ROWS = 5
BUTTONS_OF_ROW = 5
BUTTON_LABEL = 80
BUTTON_URL = 512
CUSTOM_ID = 100
SELECT_OPTIONS = 25
OPTION_LABEL = 100
OPTION_VALUE = 100
PLACEHOLDER = 150

# Modals
MODAL_TITLE = 45
MODAL_COMPONENTS = 5
LABEL = 45
DESCRIPTION = 100
INPUT_VALUE = 4_000
INPUT_PLACEHOLDER = 100

# Commands
COMMAND_NAME = 32
COMMAND_DESCRIPTION = 100
COMMAND_OPTIONS = 25
"""Of a command, of a group, and of what stands in it: subcommands are options too."""
CHOICES = 25
CHOICE_NAME = 100
CHOICE_VALUE = 100
TEXT_OF_COMMAND = 8_000
"""Names, descriptions and values of a command and all that is in it together."""

# Channels
CHANNEL_NAME = 100
TOPIC = 1_024

PIECE = re.compile(
    r"\\.|\[[^\[\]\n]*\]\(<[^<>\s]*>\)|<[^<>\s]+>|\s+|(?P<word>[^\s<\[\\]+)|.",
    re.DOTALL,
)
"""What may not be cut: an escaped sign, a link, a moment, white space, a word (only one longer than the whole room is)."""


def clip_markdown(text: str, limit: int) -> str:
    """Discord's Markdown in at most `limit` characters: no link is split, and a code block that was open is closed."""
    return clip_markup(text, limit, PIECE)


def split_markdown(text: str, limit: int) -> list[str]:
    """Discord's Markdown in parts of at most `limit` characters, parted between lines where that can be; a code block that
    is parted is closed and opened again."""
    return split_markup(text, limit, PIECE)
