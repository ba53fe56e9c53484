"""The card of an incident's room: posted and pinned once, then edited, quietly.

A refresh that changes nothing costs no call. One that only changes counts waits, so that a storm of alerts is a few edits;
anything else is shown at once, but in the long run not more often than once a second. Refreshes have a stream of their
own: messages of the room don't wait for them, nor they for messages.
"""

from bot.chat.card import Card
from bot.chat.platform import Message
from bot.deliveries.delivery import Delivery, number_of, once_of
from bot.deliveries.openings import Entry, Openings
from bot.deliveries.posts import digest_of, leave_out_counts
from bot.errors import Later, Lost
from bot.flow.outbox import Job, Outcome
from bot.flow.unit import Unit
from bot.incidents.rooms import UNKNOWN, Look, get_locked, keep, remember, seconds_to_edit
from bot.incidents.view import IncidentView
from storage.models import IncidentRoom
from storage.questions import flow


class Cards:
    """Deliverers of `room.card`, `room.pin` and `room.refresh`."""

    def __init__(self, delivery: Delivery, openings: Openings) -> None:
        self.delivery = delivery
        self.openings = openings

    async def post(self, job: Job) -> Outcome | None:
        """The first one, or a new one for one that was deleted."""

        async def post(entry: Entry) -> Outcome | None:
            if entry.room.card is not None:
                return None
            number = int(entry.room.shown.get("cards", 0)) + 1
            key = f"card-{entry.view.id}" if number == 1 else f"card-{entry.view.id}-{number}"
            message, look = await self._build(entry.view, entry.platform.name)
            address = await entry.platform.post(entry.channel, message, once_of(job, key))
            if job.again:  # what was posted then may show what was true then
                look = UNKNOWN

            async def posted(unit: Unit) -> None:
                room = await get_locked(unit, entry.room.id)
                keep(room, cards=number)
                if room.channel == entry.channel:
                    room.card = address
                    remember(room, "card", look, unit.now)
                    unit.put(job.stream, "room.pin", job.subject, coalesce=True)
                    refresh_card_of(unit, room)  # for what has changed since it was built

            return posted

        return await self.openings.deliver(job, post)

    async def pin(self, job: Job) -> Outcome | None:
        async def pin(entry: Entry) -> Outcome | None:
            if entry.room.card is not None:
                await entry.platform.pin(entry.channel, entry.room.card)
            return None

        return await self.openings.deliver(job, pin)

    async def refresh(self, job: Job) -> Outcome | None:
        """Edit it; while it is not there, whoever posts it shows everything that is true by then."""
        platform = self.delivery.platform_of(job)
        room = await self.openings.find(number_of(job.subject), platform.name)
        if room is None or room.channel is None or room.card is None:
            return None
        if room.archived_at is not None and platform.name != "room":
            return None  # whoever brings the room back has it shown
        view = await self.delivery.view(room.incident_id)
        message, look = await self._build(view, platform.name)
        wait = seconds_to_edit(room.shown.get("card", {}), look, self.delivery.work.clock.now())
        if wait is None:
            return None
        if wait:
            raise Later(wait)
        try:
            await platform.edit(room.channel, room.card, message)
        except Lost:
            return _post_anew(room) if view.is_open else None

        async def edited(unit: Unit) -> None:
            fresh = await get_locked(unit, room.id)
            if fresh.card == room.card:
                remember(fresh, "card", look, unit.now)

        return edited

    async def _build(self, view: IncidentView, platform: str) -> tuple[Message, Look]:
        away = await self._list_away(platform)
        message = Message(card=self._card(view, away), summary=f"{view.ref} {view.title}")
        return message, Look(digest_of(message), digest_of(self._card(leave_out_counts(view), away)))

    async def _list_away(self, platform: str) -> list[flow.Away]:
        """The other platforms from which nobody is heard; the Room says it on every page."""
        if platform == "room":
            return []
        clock = self.delivery.work.clock
        found = await self.delivery.work.look(lambda unit: flow.list_outages(unit.session, clock.now()))
        return [one for one in found if one.lane != platform]

    def _card(self, view: IncidentView, away: list[flow.Away]) -> Card:
        return self.delivery.templates.render_card(
            "incident",
            incident=view,
            url=self.delivery.incident_url(view.ref),
            now=self.delivery.work.clock.now(),
            away=away if view.is_open else [],
        )


def refresh_card_of(unit: Unit, room: IncidentRoom) -> None:
    stream = f"INC-{room.incident_id}.card@{room.platform}"
    unit.put(stream, "room.refresh", f"incident:{room.incident_id}", coalesce=True)


def _post_anew(room: IncidentRoom) -> Outcome:
    """The message is gone, or the channel: posting tells which."""

    async def post(unit: Unit) -> None:
        fresh = await get_locked(unit, room.id)
        if fresh.card == room.card:
            fresh.card = None
            keep(fresh, card=None)
        stream = f"INC-{room.incident_id}@{room.platform}"
        unit.put(stream, "room.card", f"incident:{room.incident_id}", coalesce=True)

    return post
