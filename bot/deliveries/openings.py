"""Opening an incident's room on a platform, and opening it anew where it was lost.

Whatever is delivered into a room goes through `Openings.deliver`: when the platform says that the channel is gone, an open
incident gets a new one and the delivery is made there; for an incident that is over it is dropped.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from bot.chat.markup import render_text
from bot.chat.platform import NewRoom, Place, Platform
from bot.deliveries.delivery import Delivery, number_of
from bot.deliveries.posts import clip
from bot.errors import Lost, Rejected
from bot.flow.outbox import Job, Outcome
from bot.flow.unit import Unit
from bot.incidents.events import RoomOpened
from bot.incidents.rooms import NEW_ROOMS, count_opened, get_locked, keep, lose_room, room_name
from bot.incidents.view import IncidentView
from bot.logs import get_logger
from storage.models import Incident, IncidentRoom
from storage.questions import incidents as ask

log = get_logger(__name__)
TOPIC_LIMIT = 250
SHOWN_BY_ROOM = ("title", "priority", "status")
"""What the name and the topic of a room show; that may change while the room is being opened."""
LONGEST_TITLE = 120
"""So much of a title is in a room's purpose, so that the link after it stays whole."""


@dataclass(frozen=True)
class Entry:
    """A room that is there, to deliver something into."""

    room: IncidentRoom
    view: IncidentView
    platform: Platform
    channel: str

    def key(self, job: Job) -> str:
        """What makes a post repeatable; a room that was opened anew has not seen what the one before has."""
        opened = count_opened(self.room)
        return job.key if opened < 2 else f"{job.key}-{opened}"


Act = Callable[[Entry], Awaitable[Outcome | None]]


class Openings:
    """Finds, opens and replaces rooms."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery

    async def deliver(self, job: Job, act: Act, incident_id: int | None = None) -> Outcome | None:
        """Do something in the room. There is a limit to how often a room is opened, so this ends."""
        entry = await self.enter(job, incident_id)
        while entry is not None:
            try:
                return await act(entry)
            except Lost as lost:
                entry = await self.replace(entry, lost)
        return None

    async def enter(self, job: Job, incident_id: int | None = None) -> Entry | None:
        """The room; it is opened when it is not there. None when nothing has to be delivered any more."""
        number = incident_id if incident_id is not None else number_of(job.subject)
        view = await self.delivery.view(number)
        platform = self.delivery.platform_of(job)
        room = await self.find(number, platform.name)
        if room is not None and room.channel is not None:
            hidden = room.archived_at is not None and platform.name != "room"
            return None if hidden and not view.is_open else Entry(room, view, platform, room.channel)
        first = job.kind == "room.open"
        if not view.is_open and (count_opened(room) or not first):
            return None
        try:
            return await self._open(view, platform, room)
        except Rejected as rejected:
            if first:
                raise
            log.warning("room.not_there", kind=job.kind, subject=job.subject, reason=rejected.reason[:200])
            return None

    async def find_entry(self, job: Job) -> Entry | None:
        """The room, if it is there and not archived."""
        platform = self.delivery.platform_of(job)
        room = await self.find(number_of(job.subject), platform.name)
        if room is None or room.channel is None or (room.archived_at is not None and platform.name != "room"):
            return None
        return Entry(room, await self.delivery.view(room.incident_id), platform, room.channel)

    async def replace(self, entry: Entry, lost: Lost) -> Entry | None:
        """Open a new room where this one was lost; None when the incident is over. Raises Rejected when it was lost too
        often."""
        view = await self.delivery.view(entry.view.id)
        if not view.is_open:
            return None

        async def lose(unit: Unit) -> None:
            room = await get_locked(unit, entry.room.id)
            if room.channel == entry.channel:
                lose_room(unit, room, "gone")

        log.warning("room.lost", incident=view.id, platform=entry.platform.name, reason=lost.reason[:200])
        if count_opened(entry.room) > NEW_ROOMS:
            raise Rejected(f"room.lost_too_often {lost.reason}")
        await self.delivery.work.run(lose)
        room = await self.find(view.id, entry.platform.name)
        if room is not None and room.channel is not None:
            return Entry(room, view, entry.platform, room.channel)
        return await self._open(view, entry.platform, room)

    async def find(self, incident_id: int, platform: str) -> IncidentRoom | None:
        return await self.delivery.work.look(lambda unit: ask.find_room(unit.session, incident_id, platform))

    def spell_topic(self, view: IncidentView) -> str:
        return self._spell("posts/topic", view)

    def _spell(self, template: str, view: IncidentView) -> str:
        values = {
            "incident": view,
            "title": clip(view.title, LONGEST_TITLE),
            "url": self.delivery.incident_url(view.ref),
        }
        return clip(render_text(self.delivery.templates.render_markup(template, **values)), TOPIC_LIMIT)

    async def _open(self, view: IncidentView, platform: Platform, room: IncidentRoom | None) -> Entry:
        """Open it, and keep where it is at once: what is to be in it follows, each as a row of its own."""
        opened = count_opened(room)
        if opened > NEW_ROOMS:
            raise Rejected("room.lost_too_often")
        since = datetime.fromisoformat(room.shown["since"]) if room and opened else view.declared_at
        wanted = NewRoom(
            name=room_name(view.ref, view.title),
            topic=self.spell_topic(view),
            purpose=self._spell("posts/purpose", view),
            key=f"incident-{view.id}" if not opened else f"incident-{view.id}-{opened + 1}",
            since=since,
            private=view.private,
        )
        place = await platform.open_room(wanted)
        kept = await self.delivery.work.run(lambda unit: self._keep(unit, view, platform.name, wanted, place))
        return Entry(kept, view, platform, place.channel)

    async def _keep(
        self, unit: Unit, view: IncidentView, platform: str, wanted: NewRoom, place: Place
    ) -> IncidentRoom:
        incident = await unit.session.get_one(Incident, view.id)
        await unit.lock(incident)
        room = await ask.find_room(unit.session, view.id, platform)
        if room is None:
            room = IncidentRoom(incident_id=view.id, platform=platform, invited=[], shown={})
            unit.session.add(room)
            await unit.session.flush()
        else:
            await unit.lock(room)
        if room.channel is None:
            room.channel, room.name = place.channel, place.name
            room.url = place.url or self.delivery.incident_url(view.ref)
            keep(
                room,
                opened=count_opened(room) + 1,
                since=unit.now.isoformat(),
                topic=wanted.topic,
                asked_name=wanted.name,
                named_by_hand=None,
                private=wanted.private,
            )
            unit.emit(RoomOpened(view.id, platform, place.name))
            if any(getattr(incident, name) != getattr(view, name) for name in SHOWN_BY_ROOM):
                for kind in ("room.topic", "room.rename"):
                    unit.put(f"INC-{view.id}.head@{platform}", kind, f"incident:{view.id}", coalesce=True)
        await unit.session.flush()
        return room
