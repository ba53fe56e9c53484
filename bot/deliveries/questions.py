"""“Still on it?” in the room of an incident: asked with a button, and edited when it is answered or need not be any more."""

from contextlib import suppress
from typing import Any

from bot.deliveries.delivery import Delivery
from bot.deliveries.openings import Entry, Openings
from bot.deliveries.posts import build_post
from bot.errors import Lost
from bot.flow.outbox import Job, Outcome
from bot.flow.unit import Unit
from bot.incidents.rooms import get_locked, keep
from storage.questions import flow

ASKED = "still_on_it"
"""The words that ask it."""


class Questions:
    """The deliverer of `room.answer`."""

    def __init__(self, delivery: Delivery, openings: Openings) -> None:
        self.delivery = delivery
        self.openings = openings

    async def answer(self, job: Job) -> Outcome | None:
        """Edit the question that stands in the room, once. Whoever has deleted it needs no answer."""
        entry = await self.openings.find_entry(job)
        asked = entry.room.shown.get(ASKED) if entry is not None else None
        if entry is None or asked is None:
            return None
        if asked["channel"] == entry.channel:
            data = {**asked["data"], **job.payload}
            message = build_post(self.delivery, ASKED, entry.view, data, "")
            with suppress(Lost):
                await entry.platform.edit(entry.channel, asked["address"], message)

        async def forget(unit: Unit) -> None:
            room = await get_locked(unit, entry.room.id)
            if room.shown.get(ASKED) == asked:
                keep(room, **{ASKED: None})

        return forget


async def is_answered(delivery: Delivery, job: Job) -> bool:
    """Whether what is to be asked has been answered while it waited."""
    if job.payload["words"] != ASKED:
        return False
    return bool(
        await delivery.work.look(
            lambda unit: flow.list_behind(unit.session, job.id, job.stream, "room.answer")
        )
    )


def remember_question(entry: Entry, address: str, data: dict[str, Any]) -> Outcome:
    """Note where it stands."""

    async def note(unit: Unit) -> None:
        room = await get_locked(unit, entry.room.id)
        keep(room, **{ASKED: {"channel": entry.channel, "address": address, "data": data}})

    return note
