"""An incident's room: opening it step by step, its card, its topic, invitations, and the few messages in it."""

import re
from datetime import datetime

from bot.chat.card import Card
from bot.chat.markup import render_text
from bot.chat.platform import Message, NewRoom
from bot.deliveries.delivery import Delivery, number_of, once_of
from bot.errors import Rejected, Retry
from bot.flow.outbox import Job, Outcome
from bot.flow.unit import Unit
from bot.incidents.events import RoomOpened
from bot.incidents.view import IncidentView, view_update
from storage.models import IncidentRoom, Update
from storage.questions import access
from storage.questions import incidents as ask

NAME_LIMIT = 80


def room_name(view: IncidentView) -> str:
    """A channel name that every platform takes: `inc-71-payment-portal-slow`."""
    words = re.sub(r"[^a-z0-9]+", "-", view.title.lower()).strip("-")
    return f"{view.ref.lower()}-{words}"[:NAME_LIMIT].strip("-")


class Rooms:
    """Deliverers of `room.*`."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery

    async def open(self, job: Job) -> Outcome | None:
        view = await self.delivery.view(number_of(job.subject))
        platform = self.delivery.platform_of(job)
        if await self._find_room(job) is not None:
            return None
        topic = self._topic(view)
        place = await platform.open_room(
            NewRoom(room_name(view), topic, topic, f"incident-{view.id}", view.declared_at)
        )

        async def opened(unit: Unit) -> None:
            if await ask.find_room(unit.session, view.id, platform.name) is None:
                unit.session.add(
                    IncidentRoom(
                        incident_id=view.id,
                        platform=platform.name,
                        channel=place.channel,
                        name=place.name,
                        url=place.url or self.delivery.incident_url(view.ref),
                    )
                )
                unit.emit(RoomOpened(view.id, platform.name, place.name))

        return opened

    async def show_card(self, job: Job) -> Outcome | None:
        """Post and pin the card, or edit the one that is there."""
        room = await self._get_room(job)
        view = await self.delivery.view(room.incident_id)
        message = Message(card=self.build_card(view), summary=f"{view.ref} {view.title}")
        platform = self.delivery.platform_of(job)
        assert room.channel is not None
        if room.card is not None:
            await platform.edit(room.channel, room.card, message)
            return None
        address = await platform.post(room.channel, message, once_of(job, f"card-{room.id}"))
        await platform.pin(room.channel, address)

        async def posted(unit: Unit) -> None:
            (await unit.session.get_one(IncidentRoom, room.id)).card = address

        return posted

    def build_card(self, view: IncidentView) -> Card:
        return self.delivery.templates.render_card(
            "incident",
            incident=view,
            url=self.delivery.incident_url(view.ref),
            now=self.delivery.work.clock.now(),
        )

    async def show_topic(self, job: Job) -> Outcome | None:
        room = await self._get_room(job)
        view = await self.delivery.view(room.incident_id)
        assert room.channel is not None
        await self.delivery.platform_of(job).set_topic(room.channel, self._topic(view))
        return None

    def _topic(self, view: IncidentView) -> str:
        return render_text(self.delivery.templates.render_markup("posts/topic", incident=view))

    async def invite(self, job: Job) -> Outcome | None:
        """Everybody who takes part now and is on this platform."""
        room = await self._get_room(job)
        view = await self.delivery.view(room.incident_id)
        platform = self.delivery.platform_of(job)
        ids = [row.person.id for row in view.participants if row.left_at is None]
        users = await self.delivery.work.look(lambda unit: access.list_users_by_id(unit.session, ids))
        addresses = [await self.delivery.find_address(platform, user) for user in users.values()]
        assert room.channel is not None
        await platform.invite(room.channel, tuple(address for address in addresses if address))
        return None

    async def say(self, job: Job) -> Outcome | None:
        """One message, its words from `templates/posts/`."""
        room = await self._get_room(job)
        view = await self.delivery.view(room.incident_id)
        words, data, by = job.payload["words"], job.payload["data"], job.payload["by"]
        message = build_post(self.delivery, words, view, data, by)
        assert room.channel is not None
        await self.delivery.platform_of(job).post(room.channel, message, once_of(job))
        return None

    async def say_update(self, job: Job) -> Outcome | None:
        update = await get_update(self.delivery, number_of(job.subject))
        room = await self._get_room(job, update.incident_id)
        view = await self.delivery.view(update.incident_id)
        card = build_update_card(self.delivery, view, update)
        assert room.channel is not None
        message = Message(card=card, summary=card.title)
        await self.delivery.platform_of(job).post(room.channel, message, once_of(job))
        return None

    async def _find_room(self, job: Job, incident_id: int | None = None) -> IncidentRoom | None:
        number = incident_id if incident_id is not None else number_of(job.subject)
        platform = job.stream.rpartition("@")[2]
        return await self.delivery.work.look(lambda unit: ask.find_room(unit.session, number, platform))

    async def _get_room(self, job: Job, incident_id: int | None = None) -> IncidentRoom:
        room = await self._find_room(job, incident_id)
        if room is None or room.channel is None:
            raise Retry("the room is not open yet", 2.0)
        return room


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
