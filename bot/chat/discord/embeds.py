"""Messages, cards and replies as Discord takes them: content, embeds and components, as the JSON of a message.

A card is one embed. `content` is what a notification shows; it is there where the embed does not say the same. Nothing here
may mention anybody.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.chat.card import Button, Card, Field
from bot.chat.clip import clip
from bot.chat.discord import limits
from bot.chat.discord.components import Press, build_components, build_row, is_complete
from bot.chat.discord.limits import clip_markdown, split_markdown
from bot.chat.discord.markdown import WEB, clean_address, escape, link, render_markdown, show_distance
from bot.chat.markup import render_text
from bot.chat.platform import Message
from bot.chat.reply import Reply
from bot.chat.templates import Templates, spell_duration
from bot.chat.tones import color_of, sign_of
from bot.chat.words import explain_line, say

Json = dict[str, Any]
CARD_TEXT = 5_000
"""Of a card; what is left of Discord's 6,000 is for the text beside it."""
LEAST_BODY = 600
"""Of a card's body, however many fields there are."""
SHORT_FIELD = 40
"""Longer fields (as they are read) get a line of their own: three stand in a row."""
MOMENT = "\ue002"
"""Stands for a moment while its sentence is made."""
WORDS = re.compile(r"\w+")


@dataclass(frozen=True)
class Rendered:
    """What Discord is told."""

    content: str
    embeds: tuple[Json, ...] = ()
    components: tuple[Json, ...] = ()

    @property
    def body(self) -> Json:
        """The JSON of a message, for posting and for editing alike: what is not there any more is taken away."""
        return {
            "content": self.content,
            "embeds": list(self.embeds),
            "components": list(self.components),
            "allowed_mentions": {"parse": []},
        }


def render_message(message: Message, words: Templates, *, notify: bool = False) -> Rendered:
    """A message as Discord takes it: its markup, its card, or both. With `notify` its summary stands above the card even
    where the card says the same: a notification shows no embeds."""
    if not message.text and message.card is not None:
        return _render_card_alone(message.card, message.summary, words, notify)
    return _render(message.text, message.card, words, may_stay=True)


def render_reply(reply: Reply, words: Templates) -> Rendered:
    """The answer to a command, for one person's eyes; its card is appended."""
    text = reply.text
    if not text and reply.card is None:
        text = say(words, "done")
    if reply.failed and text:
        text = words.render_sentence("forms/chat", "failed", sentence=MOMENT).replace(MOMENT, text)
    return _render(text, reply.card, words)


def render_question(press: Press, words: Templates) -> Rendered:
    """The question before a command line runs: what it will do, and the button that does it."""
    label = press.label or press.line
    head = words.render_sentence("forms/chat", "sure_of", label=label)
    text = f"**{render_markdown(head, masked=False)}**\n{escape(explain_line(words, press.line))}"
    row = build_row([Button(label, press.line, "primary")])
    return Rendered(clip_markdown(text, limits.CONTENT), components=(row,))


def render_card(card: Card, words: Templates) -> Json:
    """A card as an embed: its title leads to its page, short fields stand side by side."""
    sign = sign_of(card)
    title = clip_markdown(sign + escape(" ".join(card.title.split())), limits.EMBED_TITLE)
    embed: Json = {"color": int(color_of(card).removeprefix("#"), 16), "title": title.strip() or "–"}
    url = clean_address(card.url) if card.url.startswith(WEB) else ""
    if url:
        embed["url"] = url
    room = CARD_TEXT - LEAST_BODY - len(embed["title"])
    fields, is_cut = _build_fields(card.fields, words, room)
    body = render_markdown(card.body)
    more = link(card.url, say(words, "more"))
    left = min(limits.EMBED_DESCRIPTION, CARD_TEXT - len(embed["title"]) - _measure_fields(fields))
    if is_cut or len(body) > left or len(card.title) > limits.EMBED_TITLE or not is_complete(card.buttons):
        body = f"{clip_markdown(body, left - len(more) - 1)}\n{more}"
    if body.strip():
        embed["description"] = body.strip()
    return embed | ({"fields": fields} if fields else {})


def _render_card_alone(card: Card, summary: str, words: Templates, notify: bool) -> Rendered:
    adds = not set(WORDS.findall(summary)) <= set(WORDS.findall(card.title))
    spoken = sign_of(card) + escape(summary or card.title) if notify or adds else ""
    return Rendered(
        clip_markdown(spoken.strip(), limits.CONTENT),
        (render_card(card, words),),
        tuple(build_components(card.buttons, words)),
    )


def _render(text: str, card: Card | None, words: Templates, *, may_stay: bool = False) -> Rendered:
    """Text as content, or over several embeds where it is long or has links that only embeds hide (those `may_stay`, where
    notifications should show the text); then the card. What is too much for one message is cut, and said."""
    below = [render_card(card, words)] if card else []
    components = tuple(build_components(card.buttons, words)) if card else ()
    plain, shown = (render_markdown(text, masked).strip() for masked in (False, True))
    if len(plain) <= limits.CONTENT and (may_stay or plain == shown):
        nothing = "" if below else escape(say(words, "nothing"))
        return Rendered(plain or nothing, tuple(below), components)
    ending = escape(say(words, "clipped"))
    room = limits.TEXT_OF_EMBEDS - sum(map(measure, below)) - len(ending) - 1
    parts = split_markdown(clip_markdown(shown, room), limits.EMBED_DESCRIPTION - len(ending) - 1)
    # Where a code block is parted, it grows.
    while sum(map(len, parts)) > room:
        parts[-1] = clip_markdown(parts[-1], len(parts[-1]) - (sum(map(len, parts)) - room))
    if len(shown) > room:
        parts[-1] = f"{parts[-1]}\n{ending}"
    return Rendered("", (*({"description": part} for part in parts), *below), components)


def measure(embed: Json) -> int:
    """How much text there is in an embed, as Discord counts it."""
    return (
        len(embed.get("title", ""))
        + len(embed.get("description", ""))
        + _measure_fields(embed.get("fields", []))
    )


def _measure_fields(fields: Sequence[Json]) -> int:
    return sum(len(field["name"]) + len(field["value"]) for field in fields)


def _build_fields(fields: Sequence[Field], words: Templates, room: int) -> tuple[list[Json], bool]:
    """The fields that there is room for, and whether any was cut."""
    built: list[Json] = []
    is_cut = len(fields) > limits.EMBED_FIELDS
    for field in fields[: limits.EMBED_FIELDS]:
        name = clip_markdown(escape(" ".join(field.label.split())), limits.FIELD_NAME).strip() or "–"
        whole = show_value(field, words)
        left = min(limits.FIELD_VALUE, room - _measure_fields(built) - len(name))
        if left < min(len(whole), SHORT_FIELD):
            return built, True
        value = clip_markdown(whole, left).strip() or "–"
        built.append({"name": name, "value": value, "inline": _is_short(field)})
        is_cut |= len(whole) > left
    return built, is_cut


def show_value(field: Field, words: Templates) -> str:
    """The value of a field in Discord's Markdown. A counter that runs is counted on by Discord; one that ended says how
    long."""
    if field.since is None:
        return " ".join(render_markdown(field.value).split("\n"))
    if field.until is not None:
        return spell_duration(field.until - field.since)
    return escape(say(words, "running", moment=MOMENT)).replace(MOMENT, show_distance(field.since))


def _is_short(field: Field) -> bool:
    return field.since is not None or len(clip(render_text(field.value), SHORT_FIELD + 1)) <= SHORT_FIELD
