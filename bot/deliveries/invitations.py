"""Inviting people into an incident's room, each once; and telling those who can't come in, and the room, why."""

from bot.chat.platform import NotInvited
from bot.deliveries.delivery import Delivery
from bot.deliveries.openings import Entry, Openings
from bot.flow.outbox import Job, Outcome
from bot.flow.unit import Unit
from bot.incidents.rooms import get_locked, note_invited
from bot.paging.ways import list_methods
from storage.models import User
from storage.questions import access

GONE = "gone"


class Invitations:
    """Deliverer of `room.invite`."""

    def __init__(self, delivery: Delivery, openings: Openings) -> None:
        self.delivery = delivery
        self.openings = openings

    async def invite(self, job: Job) -> Outcome | None:
        """Everybody who takes part, is on this platform, and was not invited yet."""

        async def invite(entry: Entry) -> Outcome | None:
            wanted = await self._list_wanted(entry)
            if not wanted:
                return None
            refused = await entry.platform.invite(entry.channel, tuple(wanted))
            return self._note(job, entry, wanted, refused)

        return await self.openings.deliver(job, invite)

    async def _list_wanted(self, entry: Entry) -> dict[str, User]:
        """Those to invite, by their address."""
        there = set(entry.room.invited)
        ids = [row.person.id for row in entry.view.participants if row.left_at is None]
        users = await self.delivery.work.look(
            lambda unit: access.list_users_by_id(unit.session, [one for one in ids if one not in there])
        )
        found = {}
        for user in users.values():
            address = await self.delivery.find_address(entry.platform, user) if user.active else None
            if address is not None:
                found[address] = user
        return found

    def _note(
        self, job: Job, entry: Entry, wanted: dict[str, User], refused: tuple[NotInvited, ...]
    ) -> Outcome:
        async def note(unit: Unit) -> None:
            room = await get_locked(unit, entry.room.id)
            if room.channel == entry.channel:
                note_invited(room, [user.id for user in wanted.values()])
            outside = [(wanted[one.address], one.reason) for one in refused if one.address in wanted]
            for user, reason in outside:
                await self._tell(unit, job, entry, user, reason)
            if outside:
                people = [{"name": user.name, "reason": reason} for user, reason in outside]
                payload = {"words": "people_not_invited", "data": {"people": people}, "by": ""}
                unit.put(job.stream, "room.say", job.subject, payload=payload)

        return note

    @staticmethod
    async def _tell(unit: Unit, job: Job, entry: Entry, user: User, reason: str) -> None:
        """One message, where it is seen first: on the platform that did not let them in, unless they are gone from it."""
        own = entry.platform.name
        platforms = [name for name in await list_methods(unit, user) if name in unit.installation.platforms]
        chosen = (
            own if own in platforms and reason != GONE else next((n for n in platforms if n != own), None)
        )
        if chosen is not None:
            data = {"name": entry.room.name, "reason": reason}
            payload = {"words": "not_invited", "data": data, "user": user.id}
            unit.put(f"person:{user.id}@{chosen}", "person.say", job.subject, payload=payload)
