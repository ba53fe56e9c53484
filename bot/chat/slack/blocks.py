"""Messages, cards and replies as Slack's blocks.

Screen readers and notifications get `text` instead of the blocks, so it says in plain words what the card shows. A card is
not edited each second: a counter that runs says since when, in the reader's own time; one that ended says how long.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from bot.chat.card import Card, Field
from bot.chat.clip import clip, rows_of
from bot.chat.markup import render_text
from bot.chat.platform import Message
from bot.chat.reply import Reply
from bot.chat.slack import limits
from bot.chat.slack.elements import Block, build_actions, context, mrkdwn, plain, section
from bot.chat.slack.limits import clip_mrkdwn, split_mrkdwn
from bot.chat.slack.mrkdwn import escape, link, render_mrkdwn
from bot.chat.templates import Templates, spell_duration, spell_local
from bot.chat.tones import color_of, sign_of
from bot.chat.words import say

SHORT_FIELD, SHORT_MARKUP = 60, 160
"""Longer fields (as it is read, and with its links) get a line of their own: two columns are narrow, a phone shows one."""
MOST_FIELDS = 2 * limits.FIELDS
CARD_TEXT = 4_500
LEAST_TEXT = 1_000
"""Of a message beside its card, however large that is."""
MOMENT = "\ue002"
"""Stands for a moment while its sentence is made."""


@dataclass(frozen=True)
class Rendered:
    """What Slack is told: `text` for notifications and screen readers, `blocks` for the eye; `color` is for unfurled
    links, where Slack still draws one, and always beside a sign and words."""

    text: str
    blocks: list[Block]
    color: str = ""


def render_message(message: Message, words: Templates) -> Rendered:
    """A message as Slack takes it: its markup, its card, or both."""
    spoken = message.summary or (message.card.title if message.card else render_text(message.text))
    text = _speak(message.card, spoken, words) if message.card else spoken
    return _render(render_mrkdwn(message.text), text, message.card, words)


def render_reply(reply: Reply, words: Templates) -> Rendered:
    """The answer to a command, for one person's eyes; its card is appended."""
    shown, spoken = render_mrkdwn(reply.text), render_text(reply.text)
    if not shown and reply.card is None:
        shown = spoken = say(words, "done")
    if reply.failed and shown:
        shown, spoken = (
            say(words, "failed", sentence=MOMENT).replace(MOMENT, one) for one in (shown, spoken)
        )
    if reply.card:
        spoken = f"{spoken}\n{_speak(reply.card, reply.card.title, words)}".strip()
    return _render(shown, spoken, reply.card, words)


def _render(shown: str, spoken: str, card: Card | None, words: Templates) -> Rendered:
    """Long text over several sections, then the card; what is too much for one message is cut, and said."""
    below = render_card(card, words, count(1)) if card else []
    room = max(limits.TEXT_OF_BLOCKS - _measure(below), LEAST_TEXT)
    blocks = [section(part) for part in split_mrkdwn(clip_mrkdwn(shown, room), limits.SECTION_TEXT)]
    if len(shown) > room:
        blocks.append(context(escape(say(words, "clipped"))))
    # Slack reads entities in this text too: what is no entity must not become one.
    text = clip_mrkdwn(escape(spoken.strip() or say(words, "nothing")), limits.TEXT_OF_MESSAGE)
    color = color_of(card) if card else ""
    everything = [*blocks, *below] or [section(escape(say(words, "nothing")))]
    return Rendered(text, everything[: limits.BLOCKS_OF_MESSAGE], color)


def list_milder(shown: Rendered) -> list[list[Block]]:
    """The blocks to try, one after the other, where Slack finds fault with them: all; the words in one section, and below
    it what can be pressed (a page without its button is worth little); none."""
    rows = [block["elements"] for block in shown.blocks if block["type"] == "actions"]
    pressed = [[one for one in row if "url" not in one] for row in rows]
    below = [{"type": "actions", "elements": row} for row in pressed if row]
    return [shown.blocks, *([[section(shown.text), *below]] if below else []), []]


def _measure(blocks: list[Block]) -> int:
    """How much text there is in blocks."""
    texts = [text for block in blocks for text in (block.get("text"), *block.get("fields", ())) if text]
    return sum(len(text["text"]) for text in texts)


def render_card(card: Card, words: Templates, numbers: Iterator[int]) -> list[Block]:
    """A card as blocks: its title leads to its page, short fields stand two by two, buttons come last."""
    fields = [show_field(field, words) for field in card.fields]
    are_short = [
        len(shown) <= SHORT_MARKUP and _is_short(one) for one, shown in zip(card.fields, fields, strict=True)
    ]
    short = [shown for shown, is_short in zip(fields, are_short, strict=True) if is_short]
    long = [shown for shown, is_short in zip(fields, are_short, strict=True) if not is_short]
    rows: list[Block] = [
        {"type": "section", "fields": [mrkdwn(shown, limits.FIELD_TEXT) for shown in row]}
        for row in rows_of(short[:MOST_FIELDS], limits.FIELDS)
    ]
    body = "\n\n".join(part for part in ("\n".join(long), render_mrkdwn(card.body)) if part)
    parts = split_mrkdwn(clip_mrkdwn(body, CARD_TEXT), limits.SECTION_TEXT)
    blocks = [_build_title(card), *rows, *map(section, parts)]
    if len(body) > CARD_TEXT or len(short) > MOST_FIELDS or len(card.title) > limits.HEADER_TEXT:
        blocks.append(context(link(card.url, say(words, "more"))))
    return [*blocks, *build_actions(card.buttons, words, numbers)]


def show_title(card: Card) -> str:
    """The title in Slack's markup: its sign first, and a link where it has one."""
    title = clip(card.title, limits.HEADER_TEXT) or "–"
    return f"{sign_of(card)}*{link(card.url, title, '*')}*"


def show_field(field: Field, words: Templates) -> str:
    """One field in Slack's markup."""
    value = _show_counter(field, words) if field.since else " ".join(render_mrkdwn(field.value).split("\n"))
    return f"*{escape(field.label, '*')}:* {value}"


def _build_title(card: Card) -> Block:
    if card.url.startswith("http"):
        return section(show_title(card))
    return {"type": "header", "text": plain(sign_of(card) + card.title, limits.HEADER_TEXT)}


def _is_short(field: Field) -> bool:
    return bool(field.since) or len(field.label) + len(render_text(field.value)) <= SHORT_FIELD


def _show_counter(field: Field, words: Templates) -> str:
    assert field.since is not None
    if field.until is not None:
        return spell_duration(field.until - field.since)
    return escape(say(words, "since", moment=MOMENT)).replace(MOMENT, show_moment(field.since))


def show_moment(at: datetime) -> str:
    """A moment that each reader sees in their own time zone."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{spell_local(at)}>"


def _speak(card: Card, summary: str, words: Templates) -> str:
    """A card in plain words: the first line for a notification, the rest for who can't see the blocks."""
    fields = []
    for field in card.fields:
        if field.since and field.until:
            value = spell_duration(field.until - field.since)
        elif field.since:
            value = say(words, "since", moment=MOMENT).replace(MOMENT, spell_local(field.since))
        else:
            value = render_text(field.value)
        fields.append(f"{field.label}: {value}")
    return "\n".join(
        part for part in (sign_of(card) + summary, "; ".join(fields), render_text(card.body)) if part
    )
