"""What stands in an incident's room beside its card: topic, name, links, and the few messages; and archiving it."""

from contextlib import suppress

from bot.chat.markup import render_text
from bot.chat.platform import Bookmark, Message
from bot.deliveries.cards import refresh_card_of
from bot.deliveries.delivery import Delivery, number_of, once_of
from bot.deliveries.openings import Act, Entry, Openings
from bot.deliveries.pointless import is_pointless
from bot.deliveries.posts import build_post, build_update_card, digest_of, get_update
from bot.deliveries.questions import ASKED, is_answered, remember_question
from bot.errors import Lost
from bot.flow.outbox import Job, Outcome
from bot.flow.unit import Unit
from bot.incidents.rooms import get_locked, keep, room_name
from bot.incidents.timeline import read_story
from bot.incidents.view import IncidentView
from storage.models import Incident
from storage.questions import incidents as ask
from storage.words import IncidentStatus

LINKS = 10


class Rooms:
    """Deliverers of `room.*`, but for the card and the invitations."""

    def __init__(self, delivery: Delivery, openings: Openings) -> None:
        self.delivery = delivery
        self.openings = openings

    async def open(self, job: Job) -> Outcome | None:
        await self.openings.enter(job)
        return None

    async def show_topic(self, job: Job) -> Outcome | None:
        async def show(entry: Entry) -> Outcome | None:
            topic = self.openings.spell_topic(entry.view)
            if entry.room.shown.get("topic") == topic:
                return None
            await entry.platform.set_topic(entry.channel, topic)
            return _keep(entry, topic=topic)

        return await self._change_head(job, show)

    async def _change_head(self, job: Job, change: Act) -> Outcome | None:
        """Of a room that is there. One that is opened later gets name and topic as they are then; one that was lost is
        found to be so by what is said in it."""
        entry = await self.openings.find_entry(job)
        if entry is None:
            return None
        with suppress(Lost):
            return await change(entry)
        return None

    async def rename(self, job: Job) -> Outcome | None:
        """After its title has changed; a name that people gave it stays."""

        async def rename(entry: Entry) -> Outcome | None:
            wanted = room_name(entry.view.ref, entry.view.title)
            shown = entry.room.shown
            if shown.get("asked_name") == wanted or shown.get("named_by_hand"):
                return None
            name = await entry.platform.rename_room(entry.channel, wanted)

            async def renamed(unit: Unit) -> None:
                room = await get_locked(unit, entry.room.id)
                room.name = name
                keep(room, asked_name=wanted)
                unit.touch(f"incident:{entry.view.id}")

            return renamed

        return await self._change_head(job, rename)

    async def show_links(self, job: Job) -> Outcome | None:
        async def show(entry: Entry) -> Outcome | None:
            links = await self._list_links(entry.view)
            digest = digest_of([(link.title, link.url) for link in links])
            if entry.room.shown.get("links") == digest:
                return None
            await entry.platform.set_links(entry.channel, links)
            return _keep(entry, links=digest)

        return await self.openings.deliver(job, show)

    async def _list_links(self, view: IncidentView) -> tuple[Bookmark, ...]:
        """The incident's page, its call, what to do, and what people have added; each address once."""
        runbook = await self.delivery.work.look(lambda unit: ask.find_runbook(unit.session, view.id))
        named = (
            ("room", self.delivery.incident_url(view.ref)),
            ("call", view.call_url),
            ("runbook", runbook),
        )
        words = self.delivery.templates.render_sentence
        wanted = [(render_text(words("posts/links", name)), url) for name, url in named if url]
        wanted += [(link.title or link.url, link.url) for link in view.links]
        seen: dict[str, Bookmark] = {}
        for title, url in wanted:
            seen.setdefault(url, Bookmark(title, url))
        return tuple(seen.values())[:LINKS]

    async def say(self, job: Job) -> Outcome | None:
        """One message, its words from `templates/posts/`; not what a later state has made pointless."""

        async def say(entry: Entry) -> Outcome | None:
            words, data, by = job.payload["words"], job.payload["data"], job.payload["by"]
            if await is_pointless(self.delivery, job, entry.view) or await is_answered(self.delivery, job):
                return None
            message = build_post(self.delivery, words, entry.view, data, by)
            address = await entry.platform.post(entry.channel, message, once_of(job, entry.key(job)))
            return remember_question(entry, address, data) if words == ASKED else None

        return await self.openings.deliver(job, say)

    async def say_update(self, job: Job) -> Outcome | None:
        update = await get_update(self.delivery, number_of(job.subject))

        async def say(entry: Entry) -> Outcome | None:
            card = build_update_card(self.delivery, entry.view, update)
            message = Message(card=card, summary=card.title)
            await entry.platform.post(entry.channel, message, once_of(job, entry.key(job)))
            return None

        return await self.openings.deliver(job, say, update.incident_id)

    async def catch_up(self, job: Job) -> Outcome | None:
        """The story so far, in one message, for a room that was opened while the incident was under way."""

        async def tell(entry: Entry) -> Outcome | None:
            story = await self.delivery.work.look(
                lambda unit: read_story(unit.session, entry.view.id, self.delivery.templates)
            )
            values = {"incident": entry.view, "lines": story, "now": self.delivery.work.clock.now()}
            url = self.delivery.incident_url(entry.view.ref)
            markup = self.delivery.templates.render_markup(
                "posts/room_opened_later", **values, zone="UTC", url=url
            )
            message = Message(markup, summary=render_text(markup))
            await entry.platform.post(entry.channel, message, once_of(job, entry.key(job)))
            return None

        return await self.openings.deliver(job, tell)

    async def archive(self, job: Job) -> Outcome | None:
        """Of an incident that is closed still. What was archived or deleted by hand meanwhile counts as archived."""
        view = await self.delivery.view(number_of(job.subject))
        platform = self.delivery.platform_of(job)
        room = await self.openings.find(view.id, platform.name)
        if room is None or room.channel is None or room.archived_at is not None:
            return None
        if view.status is not IncidentStatus.CLOSED:
            return None
        with suppress(Lost):
            await platform.archive(room.channel)

        async def archived(unit: Unit) -> None:
            (await get_locked(unit, room.id)).archived_at = unit.now
            incident = await unit.session.get_one(Incident, view.id)
            if incident.status is not IncidentStatus.CLOSED:  # reopened while it was being archived
                unit.put(job.stream, "room.restore", job.subject, coalesce=True)
            unit.touch(f"incident:{view.id}")

        return archived

    async def restore(self, job: Job) -> Outcome | None:
        """Of an incident that is open again. Where the platform can't, there is a new room, which names the old one."""

        async def restore(entry: Entry) -> Outcome | None:
            if entry.room.archived_at is None:
                return None
            try:
                await entry.platform.restore(entry.channel)
            except Lost as lost:
                new = await self.openings.replace(entry, lost)
                return _point_to(job, entry) if new is not None else None
            return restored(entry)

        def restored(entry: Entry) -> Outcome:
            async def note(unit: Unit) -> None:
                room = await get_locked(unit, entry.room.id)
                room.archived_at = None
                refresh_card_of(unit, room)
                head = f"INC-{room.incident_id}.head@{room.platform}"
                for kind in ("room.topic", "room.rename"):
                    unit.put(head, kind, job.subject, coalesce=True)
                unit.touch(f"incident:{entry.view.id}")

            return note

        return await self.openings.deliver(job, restore)


def _keep(entry: Entry, **values: str) -> Outcome:
    async def note(unit: Unit) -> None:
        room = await get_locked(unit, entry.room.id)
        if room.channel == entry.channel:
            keep(room, **values)

    return note


def _point_to(job: Job, old: Entry) -> Outcome:
    async def point(unit: Unit) -> None:
        data = {"name": old.room.name, "url": old.room.url}
        payload = {"words": "room_replaced", "data": data, "by": ""}
        unit.put(job.stream, "room.say", job.subject, payload=payload)

    return point
