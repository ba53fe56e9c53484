"""The announcements room: one post per incident, edited as it changes, with each update beneath it. And the ops room."""

from datetime import timedelta

from bot.chat.platform import Message, Once, Platform
from bot.deliveries.delivery import Delivery, number_of, once_of
from bot.deliveries.posts import build_post, build_update_card, digest_of, get_update, leave_out_counts
from bot.errors import Later, Lost, Rejected
from bot.flow.outbox import Job, Outcome
from bot.flow.unit import Unit
from bot.incidents.rooms import UNKNOWN, Look, keep, remember, seconds_to_edit
from bot.incidents.view import IncidentView
from storage.models import IncidentRoom
from storage.questions import flow
from storage.questions import incidents as ask

WAIT_FOR_POST = timedelta(hours=1)
"""How long an update waits for the post that it belongs under, while that is queued; then it is posted by itself."""
LOOK_AGAIN = (1.0, 15.0)
"""After so many seconds at least and at most it looks again whether the post is there: half of its age so far."""
POSTS = 4
"""So often an incident is announced at most: whoever deletes the post again and again does not want it."""


class Announcements:
    """Deliverers of `announce.*` and `ops.say`."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery

    async def post(self, job: Job) -> Outcome | None:
        """The one post, unless it is there or the incident is private."""
        view = await self.delivery.view(number_of(job.subject))
        platform = self.delivery.platform_of(job)
        room = await self._find_room(view.id, platform)
        if view.private or (room is not None and room.announcement is not None):
            return None
        return await self._post(job, platform, view, room)

    async def refresh(self, job: Job) -> Outcome | None:
        """Edit the post; one that was deleted while the incident is open is posted anew."""
        platform = self.delivery.platform_of(job)
        room = await self._find_room(number_of(job.subject), platform)
        if room is None or room.announcement is None:
            return None
        view = await self.delivery.view(room.incident_id)
        message, look = self._build(view, room)
        wait = seconds_to_edit(room.shown.get("announcement", {}), look, self.delivery.work.clock.now())
        if wait is None:
            return None
        if wait:
            raise Later(wait)
        channel = await platform.find_standing_room("announcements")
        try:
            await platform.edit(channel, room.announcement, message)
        except Lost as lost:
            if view.private or not view.is_open:
                return None
            if int(room.shown.get("announcements", 0)) >= POSTS:
                raise Rejected(f"announcement.lost_too_often {lost.reason}") from lost
            return await self._post(job, platform, view, room)
        return _note(view.id, platform, room.announcement, look)

    async def say_update(self, job: Job) -> Outcome | None:
        """Under the post. A private incident has none, and nothing is said of it."""
        update = await get_update(self.delivery, number_of(job.subject))
        platform = self.delivery.platform_of(job)
        view = await self.delivery.view(update.incident_id)
        if view.private:
            return None
        room = await self._find_room(view.id, platform)
        thread = room.announcement if room is not None else None
        age = self.delivery.work.clock.now() - job.created_at
        if thread is None and age < WAIT_FOR_POST and await self._is_post_queued(view.id, platform):
            raise Later(min(max(age.total_seconds() / 2, LOOK_AGAIN[0]), LOOK_AGAIN[1]))
        card = build_update_card(self.delivery, view, update)
        await self._post_standing(
            platform, "announcements", Message(card=card, summary=card.title), once_of(job), thread or ""
        )
        return None

    async def _is_post_queued(self, incident_id: int, platform: Platform) -> bool:
        stream = f"INC-{incident_id}@{platform.name}"
        return await self.delivery.work.look(
            lambda unit: flow.is_queued(unit.session, stream, "announce.card")
        )

    async def say_to_ops(self, job: Job) -> Outcome | None:
        message = build_post(self.delivery, f"ops_{job.payload['words']}", None, job.payload["data"], "")
        await self._post_standing(self.delivery.platform_of(job), "ops", message, once_of(job))
        return None

    async def say(self, job: Job) -> Outcome | None:
        """Words that stand for themselves."""
        message = build_post(self.delivery, job.payload["words"], None, job.payload["data"], "")
        await self._post_standing(self.delivery.platform_of(job), "announcements", message, once_of(job))
        return None

    async def _post(
        self, job: Job, platform: Platform, view: IncidentView, room: IncidentRoom | None
    ) -> Outcome:
        number = int(room.shown.get("announcements", 0)) + 1 if room is not None else 1
        key = f"announcement-{view.id}" if number == 1 else f"announcement-{view.id}-{number}"
        message, look = self._build(view, room)
        address = await self._post_standing(platform, "announcements", message, once_of(job, key))
        look = UNKNOWN if job.again else look
        return _note(view.id, platform, address, look, number)

    async def _post_standing(
        self, platform: Platform, name: str, message: Message, once: Once, thread: str = ""
    ) -> str:
        """Post into a standing room; where that was lost, into the one that is found or made now."""
        channel = await platform.find_standing_room(name)
        try:
            return await platform.post(channel, message, once, thread)
        except Lost:
            channel = await platform.find_standing_room(name)
            return await platform.post(channel, message, once)

    def _build(self, view: IncidentView, room: IncidentRoom | None) -> tuple[Message, Look]:
        """What is announced of an incident; of one that has become private, that nothing is."""
        message = self._render(view, room)
        return message, Look(digest_of(message), digest_of(self._render(leave_out_counts(view), room)))

    def _render(self, view: IncidentView, room: IncidentRoom | None) -> Message:
        if view.private:
            return build_post(self.delivery, "announcement_withdrawn", None, {}, "")
        url = self.delivery.incident_url(view.ref)
        room_url = room.url if room is not None and room.channel is not None else url
        card = self.delivery.templates.render_card("announcement", incident=view, url=url, room_url=room_url)
        return Message(card=card, summary=card.title)

    async def _find_room(self, incident_id: int, platform: Platform) -> IncidentRoom | None:
        return await self.delivery.work.look(
            lambda unit: ask.find_room(unit.session, incident_id, platform.name)
        )


def _note(
    incident_id: int, platform: Platform, address: str, look: Look, number: int | None = None
) -> Outcome:
    """Keep where the post is and what it shows; `number` says that it is a new one."""

    async def note(unit: Unit) -> None:
        room = await ask.find_room(unit.session, incident_id, platform.name)
        if room is None:  # announced, though the platform lets no room be opened
            room = IncidentRoom(incident_id=incident_id, platform=platform.name, invited=[], shown={})
            unit.session.add(room)
            await unit.session.flush()
        else:
            await unit.lock(room)
        remember(room, "announcement", look, unit.now)
        if number is not None:
            room.announcement = address
            keep(room, announcements=number)
            stream = f"INC-{incident_id}.announcement@{platform.name}"
            unit.put(stream, "announce.refresh", f"incident:{incident_id}", coalesce=True)

    return note
