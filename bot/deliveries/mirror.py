"""What somebody said in one room of an incident, shown in another: posted, edited and taken away as its author does it.

A copy is built from what is true when it is sent, so an edit that came before it is in it, and of a message that was
deleted before there is none. A room that was opened anew has not seen the old ones, and is not told of them.
"""

from contextlib import suppress
from dataclasses import dataclass

from bot.chat.markup import Rich, escape_saying, render_text
from bot.chat.platform import Message, Once, Platform
from bot.deliveries.delivery import Delivery, number_of
from bot.deliveries.openings import Entry, Openings
from bot.deliveries.posts import digest_of
from bot.errors import Lost
from bot.flow.outbox import Job, Outcome
from bot.flow.unit import Unit
from bot.incidents.mirror import find_thread, list_files
from bot.incidents.privacy import is_overheard
from bot.incidents.rooms import count_opened
from storage.models import IncidentRoom, Saying, SayingCopy
from storage.questions import sayings as ask


@dataclass(frozen=True)
class Spot:
    """What was said, and the room that is to show it. `room` is None when it is not there; `shut` when nothing is shown in
    it; `thread` is the message there that it answers."""

    saying: Saying
    copy: SayingCopy | None
    room: IncidentRoom | None = None
    shut: bool = False
    thread: str = ""


class Mirror:
    """Deliverer of `mirror.show`."""

    def __init__(self, delivery: Delivery, openings: Openings) -> None:
        self.delivery = delivery
        self.openings = openings

    async def show(self, job: Job) -> Outcome | None:
        """Most of the time the room is there; else it is opened as for any other delivery."""
        spot = await self._look(job)
        if spot is None or spot.shut or (spot.saying.deleted_at and spot.copy is None and not job.again):
            return None
        platform = self.delivery.platform_of(job)
        if spot.room is not None and spot.room.channel is not None:
            with suppress(Lost):
                return await self._show(job, platform, spot.room, spot)

        async def show(entry: Entry) -> Outcome | None:
            fresh = await self._look(job)
            return await self._show(job, platform, entry.room, fresh) if fresh and not fresh.shut else None

        return await self.openings.deliver(job, show, spot.saying.incident_id)

    async def _look(self, job: Job) -> Spot | None:
        platform = self.delivery.platform_of(job).name

        async def look(unit: Unit) -> Spot | None:
            found = await ask.find_saying_with_copy(unit.session, number_of(job.subject), platform)
            if found is None:
                return None
            saying, copy = found
            there = await ask.find_room_with_incident(unit.session, saying.incident_id, platform)
            if there is None:
                return Spot(saying, copy)
            incident, room = there
            is_archived = room.archived_at is not None and platform != "room"
            shut = (is_archived and not incident.status.is_open) or await is_overheard(unit, incident, room)
            return Spot(saying, copy, room, shut, await find_thread(unit, saying, room))

        return await self.delivery.work.look(look)

    async def _show(self, job: Job, platform: Platform, room: IncidentRoom, spot: Spot) -> Outcome | None:
        saying, copy = spot.saying, spot.copy
        assert room.channel is not None
        if copy is not None and copy.channel != room.channel:
            return None  # it stood in the room before this one
        message = self._build(platform, saying)
        if copy is None:
            return await self._post(job, platform, room, spot, message)
        if saying.deleted_at is not None:
            await platform.delete(copy.channel, copy.address)
            return _forget(copy)
        digest = digest_of(message)
        if digest == copy.digest:
            return None
        with suppress(Lost):  # somebody took the copy away there: it stays away
            await platform.edit(copy.channel, copy.address, message)
        return _keep(saying, platform.name, copy.channel, copy.address, digest)

    async def _post(
        self, job: Job, platform: Platform, room: IncidentRoom, spot: Spot, message: Message
    ) -> Outcome | None:
        saying, channel = spot.saying, str(room.channel)
        opened = count_opened(room)
        once = Once(f"said-{saying.id}" if opened < 2 else f"said-{saying.id}-{opened}", job.again)
        try:
            address = await platform.post(channel, message, once, spot.thread)
        except Lost:
            if not spot.thread:
                raise
            address = await platform.post(channel, message, once)
        if saying.deleted_at is not None:  # posted before, or just now to find out where
            await platform.delete(channel, address)
            return None
        if job.again:  # what was posted then may say what was true then
            with suppress(Lost):
                await platform.edit(channel, address, message)
        return _keep(saying, platform.name, channel, address, digest_of(message))

    def _build(self, platform: Platform, saying: Saying) -> Message:
        """The Room draws author and origin itself; elsewhere they are the first line."""
        templates = self.delivery.templates
        text = templates.render_markup(
            "posts/mirrored_words",
            text=escape_saying(saying.text),
            files=[file.name for file in list_files(saying)],
            url=saying.permalink if saying.permalink.startswith("http") else "",
        )
        values = {"author": saying.author, "origin": saying.platform, "text": Rich(text)}
        headed = templates.render_markup("posts/mirrored", **values)
        shown = text if platform.name == "room" else headed
        return Message(shown, summary=render_text(headed), author=saying.author, origin=saying.platform)


def _keep(saying: Saying, platform: str, channel: str, address: str, digest: str) -> Outcome:
    async def keep(unit: Unit) -> None:
        await unit.session.merge(
            SayingCopy(
                saying_id=saying.id, platform=platform, channel=channel, address=address, digest=digest
            )
        )

    return keep


def _forget(copy: SayingCopy) -> Outcome:
    async def forget(unit: Unit) -> None:
        row = await unit.session.get(SayingCopy, (copy.saying_id, copy.platform))
        if row is not None:
            await unit.session.delete(row)

    return forget
