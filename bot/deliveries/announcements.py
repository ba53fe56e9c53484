"""The announcements room: one post per incident, edited as it changes, with each update beneath it. And the ops room."""

from bot.chat.platform import Message
from bot.deliveries.delivery import Delivery, number_of, once_of
from bot.deliveries.rooms import build_post, build_update_card, get_update
from bot.errors import Retry
from bot.flow.outbox import Job, Outcome
from bot.flow.unit import Unit
from bot.incidents.view import IncidentView
from storage.models import IncidentRoom
from storage.questions import incidents as ask


class Announcements:
    """Deliverers of `announce.*` and `ops.say`."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery

    async def show_card(self, job: Job) -> Outcome | None:
        room = await self._get_room(job, number_of(job.subject))
        view = await self.delivery.view(room.incident_id)
        if view.private and room.announcement is None:
            return None
        message = self._build(view)
        platform = self.delivery.platform_of(job)
        channel = await platform.find_standing_room("announcements")
        if room.announcement is not None:
            await platform.edit(channel, room.announcement, message)
            return None
        address = await platform.post(channel, message, once_of(job, f"announcement-{room.id}"))

        async def posted(unit: Unit) -> None:
            (await unit.session.get_one(IncidentRoom, room.id)).announcement = address

        return posted

    def _build(self, view: IncidentView) -> Message:
        """What is announced of an incident; of one that has become private, that nothing is."""
        if view.private:
            return build_post(self.delivery, "announcement_withdrawn", None, {}, "")
        card = self.delivery.templates.render_card(
            "announcement", incident=view, url=self.delivery.incident_url(view.ref)
        )
        return Message(card=card, summary=card.title)

    async def say_update(self, job: Job) -> Outcome | None:
        update = await get_update(self.delivery, number_of(job.subject))
        room = await self._get_room(job, update.incident_id)
        view = await self.delivery.view(update.incident_id)
        if view.private:
            return None
        card = build_update_card(self.delivery, view, update)
        platform = self.delivery.platform_of(job)
        channel = await platform.find_standing_room("announcements")
        message = Message(card=card, summary=card.title)
        await platform.post(channel, message, once_of(job), room.announcement or "")
        return None

    async def say_to_ops(self, job: Job) -> Outcome | None:
        platform = self.delivery.platform_of(job)
        channel = await platform.find_standing_room("ops")
        message = build_post(self.delivery, f"ops_{job.payload['words']}", None, job.payload["data"], "")
        await platform.post(channel, message, once_of(job))
        return None

    async def _get_room(self, job: Job, incident_id: int) -> IncidentRoom:
        platform = job.stream.rpartition("@")[2]
        room = await self.delivery.work.look(lambda unit: ask.find_room(unit.session, incident_id, platform))
        if room is None:
            raise Retry("the room is not open yet", 0.5)
        return room
