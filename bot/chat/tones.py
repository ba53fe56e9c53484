"""How the tone of a card looks on chat platforms: a sign and a colour, always beside words that say the same."""

from bot.chat.card import Card

TONES = {
    "P1": ("🔴", "#d92d20"),
    "P2": ("🟠", "#e8590c"),
    "P3": ("🟡", "#e0a800"),
    "P4": ("🔵", "#2970c9"),
    "P5": ("⚪", "#8a94a0"),
    "resolved": ("✅", "#2b9348"),
    "quiet": ("", "#8a94a0"),
}


def sign_of(card: Card) -> str:
    """The sign of a card's tone, with a space behind it; empty for a quiet one."""
    sign = TONES.get(card.tone, TONES["quiet"])[0]
    return f"{sign} " if sign else ""


def color_of(card: Card) -> str:
    """The colour of a card's tone, as `#rrggbb`."""
    return TONES.get(card.tone, TONES["quiet"])[1]
