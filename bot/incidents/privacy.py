"""Private incidents: who may see one, and making one private or public.

To everybody else a private incident does not exist. Lists ask with the same rule as a condition
(`storage/questions/privacy.py`); what is about one incident asks here.
"""

from collections.abc import Collection

from bot.errors import Refused, Unknown
from bot.flow.unit import Unit
from bot.incidents.events import IncidentMadePrivate, IncidentMadePublic
from bot.incidents.people import take_part
from storage.models import Alert, Incident, IncidentRoom, Saying, Update, User
from storage.questions import incidents as ask
from storage.questions.privacy import (
    Viewer,
    find_private_of_alerts,
    list_insiders,
    list_merged,
    list_paged,
    read_viewer,
)


def may_see(private: bool, viewer: Viewer, insiders: Collection[int]) -> bool:
    """The rule: what is private is seen by its own people (who declared it, takes part, holds a role or follows) and by
    those who see all: admins, owners, and keys with scope admin."""
    return not private or viewer.sees_all or viewer.user_id in insiders


async def find_viewer(unit: Unit) -> Viewer:
    """Who looks in this unit. A key decides for itself, also when it acts for a person."""
    if unit.actor.sees_private is not None:
        return Viewer(None, unit.actor.sees_private)
    user = await unit.session.get(User, unit.actor.user_id) if unit.actor.user_id is not None else None
    return read_viewer(user) if user is not None else Viewer()


async def is_visible(unit: Unit, incident: Incident) -> bool:
    """Whether who acts in this unit may see it."""
    if not incident.private:
        return True
    return may_see(True, await find_viewer(unit), await list_insiders(unit.session, incident))


async def find_visible(unit: Unit, number: int | None) -> Incident | None:
    """The incident with this number; None when there is none for who acts here."""
    incident = await unit.session.get(Incident, number) if number is not None else None
    return incident if incident is not None and await is_visible(unit, incident) else None


async def get_incident(unit: Unit, ref: str) -> Incident:
    """The incident called `INC-7` (or `7`); raises Unknown, alike for one that is not there and one that who acts here
    may not see."""
    number = ref.upper().removeprefix("INC-")
    found = await find_visible(unit, int(number)) if number.isdecimal() and len(number) < 10 else None
    if found is None:
        raise Unknown("incident.unknown", ref=ref)
    return found


async def find_private(unit: Unit, subject: str) -> Incident | None:
    """The private incident that a subject (`incident:7`, `alert:12`, `update:5`, `said:3`) is or belongs to."""
    kind, _, number = subject.partition(":")
    incident_id = int(number) if kind == "incident" else None
    if kind == "alert":
        alert = await unit.session.get(Alert, int(number))
        incident_id = alert.incident_id if alert is not None else None
    elif kind == "update":
        update = await unit.session.get(Update, int(number))
        incident_id = update.incident_id if update is not None else None
    elif kind == "said":
        saying = await unit.session.get(Saying, int(number))
        incident_id = saying.incident_id if saying is not None else None
    incident = await unit.session.get(Incident, incident_id) if incident_id is not None else None
    return incident if incident is not None and incident.private else None


async def list_private(unit: Unit, subjects: Collection[str]) -> dict[str, Incident]:
    """The same for many incidents and alerts at once; those that are not private are left out."""
    alerts = {subject: int(subject[6:]) for subject in subjects if subject.startswith("alert:")}
    incident_ids = await find_private_of_alerts(unit.session, set(alerts.values())) if alerts else {}
    found = {}
    for subject in subjects:
        incident: Incident | None = None
        if subject not in alerts:
            incident = await find_private(unit, subject)
        elif alerts[subject] in incident_ids:
            incident = await unit.session.get_one(Incident, incident_ids[alerts[subject]])
        if incident is not None:
            found[subject] = incident
    return found


async def is_hidden_from(unit: Unit, subject: str, user: User) -> bool:
    """Whether a subject is or belongs to a private incident that this person may not see."""
    incident = await find_private(unit, subject)
    if incident is None:
        return False
    return not may_see(True, read_viewer(user), await list_insiders(unit.session, incident))


async def hide_private(unit: Unit, subject: str) -> str:
    """A subject as everybody may read it: `private` instead of what would name a private incident."""
    return subject if await find_private(unit, subject) is None else "private"


async def may_come_in(unit: Unit, incident: Incident, platform: str) -> bool:
    """Whether coming into its room on a platform, or speaking there, lets a person take part: not when everybody can,
    because the room was opened before the incident became private."""
    if not incident.private or platform == "room":
        return True
    room = await ask.find_room(unit.session, incident.id, platform)
    return (room is not None and await was_born_private(unit, room)) or await is_visible(unit, incident)


async def is_overheard(unit: Unit, incident: Incident, room: IncidentRoom) -> bool:
    """Whether everybody on its platform can come into this room, though the incident is private by now: nothing that is
    said elsewhere is shown there."""
    return incident.private and room.platform != "room" and not await was_born_private(unit, room)


async def was_born_private(unit: Unit, room: IncidentRoom) -> bool:
    """Whether the incident was private when this room was opened."""
    if "private" in room.shown:
        return bool(room.shown["private"])
    entries = await ask.list_entries(unit.session, room.incident_id, ("incident_declared",))
    return any(entry.data.get("private") for entry in entries)


async def make_private(unit: Unit, incident: Incident) -> tuple[str, ...]:
    """From now on only its own people see it; whoever does this becomes one of them, and so does who was paged for it.
    What was merged into it goes with it. Returns the platforms on which everybody can still come into its room."""
    _check(incident, incident.private, "incident.private_already")
    open_rooms = await _list_rooms(unit, incident, born_private=False)
    incident.private = True
    await unit.session.flush()
    if unit.actor.user_id is not None:
        await take_part(unit, incident, await unit.session.get_one(User, unit.actor.user_id), "acted")
    for user in await list_paged(unit.session, incident.id):
        if await ask.find_participant(unit.session, incident.id, user.id) is None:
            await take_part(unit, incident, user, "paged")
    unit.emit(IncidentMadePrivate(incident.id, open_rooms))
    for merged in await list_merged(unit.session, incident.id):
        await _make_like(unit, merged, private=True)
    return open_rooms


async def make_public(unit: Unit, incident: Incident) -> tuple[str, ...]:
    """From now on everybody sees it, and what was merged into it. Returns the platforms on which its room stays one for
    those who were invited."""
    _check(incident, not incident.private, "incident.public_already")
    closed_rooms = await _list_rooms(unit, incident, born_private=True)
    incident.private = False
    await unit.session.flush()
    unit.emit(IncidentMadePublic(incident.id, closed_rooms))
    for merged in await list_merged(unit.session, incident.id):
        await _make_like(unit, merged, private=False)
    return closed_rooms


def check_merge(incident: Incident, into: Incident) -> None:
    """Raise Refused when one is private and the other is not: the record of each would tell of the other."""
    if incident.private != into.private:
        private, public = (incident, into) if incident.private else (into, incident)
        raise Refused("merge.private", private=private.ref, public=public.ref)


async def _make_like(unit: Unit, merged: Incident, private: bool) -> None:
    if merged.private is not private:
        merged.private = private
        born_private = not private
        rooms = await _list_rooms(unit, merged, born_private=born_private)
        unit.emit((IncidentMadePrivate if private else IncidentMadePublic)(merged.id, rooms))
    for further in await list_merged(unit.session, merged.id):
        await _make_like(unit, further, private)


def _check(incident: Incident, is_so: bool, code: str) -> None:
    if incident.merged_into is not None:
        raise Refused("incident.merged", ref=incident.ref, into=f"INC-{incident.merged_into}")
    if is_so:
        raise Refused(code, ref=incident.ref)


async def _list_rooms(unit: Unit, incident: Incident, born_private: bool) -> tuple[str, ...]:
    """The platforms where its room was opened as a private one, or as one for everybody."""
    rooms = await ask.list_rooms(unit.session, incident.id)
    elsewhere = [room for room in rooms if room.platform != "room" and room.channel]
    return tuple([one.platform for one in elsewhere if await was_born_private(unit, one) is born_private])
