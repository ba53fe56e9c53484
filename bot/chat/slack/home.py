"""The home tab of the app: a list of cards, each in a few lines with its buttons."""

from collections.abc import Sequence
from itertools import count
from typing import Any

from bot.chat.card import Card
from bot.chat.slack import limits
from bot.chat.slack.blocks import show_field, show_title
from bot.chat.slack.elements import Block, build_actions, context, section
from bot.chat.slack.limits import clip_mrkdwn
from bot.chat.slack.mrkdwn import escape, render_mrkdwn
from bot.chat.templates import Templates
from bot.chat.words import say

CARD_TEXT = 600


def build_home(cards: Sequence[Card], words: Templates) -> dict[str, Any]:
    """The home tab; cards that it has no room for are counted in its last line."""
    numbers = count(1)
    blocks: list[Block] = []
    for index, card in enumerate(cards):
        shown = [section(_show(card, words)), *build_actions(card.buttons, words, numbers)]
        if blocks:
            shown.insert(0, {"type": "divider"})
        if len(blocks) + len(shown) >= limits.BLOCKS_OF_VIEW:
            blocks.append(context(escape(say(words, "more_cards", count=len(cards) - index))))
            break
        blocks += shown
    return {"type": "home", "blocks": blocks or [section(escape(say(words, "nothing")))]}


def _show(card: Card, words: Templates) -> str:
    fields = " · ".join(show_field(field, words) for field in card.fields)
    body = render_mrkdwn(card.body)
    parts = [show_title(card), clip_mrkdwn(fields, CARD_TEXT), clip_mrkdwn(body, CARD_TEXT)]
    return "\n".join(part for part in parts if part)
