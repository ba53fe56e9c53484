"""Messages built from templates: posts of a room, updates, and how a card looks (to see whether it has changed)."""

import hashlib
from dataclasses import replace
from datetime import datetime

import msgspec

from bot.chat.card import Card
from bot.chat.markup import render_text
from bot.chat.platform import Message
from bot.deliveries.delivery import Delivery
from bot.errors import Rejected
from bot.incidents.view import IncidentView, view_update
from storage.models import Update


def build_post(
    delivery: Delivery, words: str, view: IncidentView | None, data: dict[str, object], by: str
) -> Message:
    """A message from `templates/posts/<words>`: a card when the template begins with a title line, else markup."""
    values = {"incident": view, "by": by, "d": {name: _revive(value) for name, value in data.items()}}
    markup = delivery.templates.render_markup(f"posts/{words}", **values)
    if markup.startswith("# "):
        card = delivery.templates.read_card(markup)
        return Message(card=card, summary=card.title)
    return Message(text=markup, summary=render_text(markup))


def _revive(value: object) -> object:
    """Instants travel through the outbox as text."""
    if isinstance(value, str) and len(value) >= 19 and value[4:5] == "-" and value[10:11] == "T":
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return value
    return value


def build_update_card(delivery: Delivery, view: IncidentView, update: Update) -> Card:
    return delivery.templates.render_card(
        "update", incident=view, update=view_update(update), url=delivery.incident_url(view.ref)
    )


async def get_update(delivery: Delivery, number: int) -> Update:
    update = await delivery.work.look(lambda unit: unit.session.get(Update, number))
    if update is None:
        raise Rejected("the update is gone")
    return update


def leave_out_counts(view: IncidentView) -> IncidentView:
    """The incident without what only counts: a card of it changes when something else does."""
    return replace(view, alert_count=0, open_alert_count=0, tasks=())


def digest_of(value: object) -> str:
    """Two messages with the same digest look the same."""
    return hashlib.sha256(msgspec.json.encode(value, enc_hook=str)).hexdigest()[:24]


def clip(text: str, limit: int) -> str:
    """At most so many characters, cut at a word."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    return line[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:·") + "…"
