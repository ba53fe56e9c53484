"""The people of an incident: participants, roles, followers."""

from collections.abc import Iterable

from bot.errors import Refused
from bot.flow.unit import Unit
from bot.incidents.events import (
    FollowerAdded,
    FollowerGone,
    PersonInvited,
    PersonJoined,
    PersonLeft,
    RespondersInvited,
    RoleLeft,
    RoleTaken,
)
from storage.models import Follower, Incident, Participant, RoleHolder, User
from storage.questions import incidents as ask

ROLES = ("commander", "communications", "scribe")
"""The roles that every incident has; their names for people are in templates. A team may use others besides."""


async def take_part(unit: Unit, incident: Incident, user: User, how: str) -> bool:
    """Record a person as participant; returns False when they are one already."""
    known = await ask.find_participant(unit.session, incident.id, user.id)
    if known is not None and known.left_at is None:
        if known.how in ("invited", "paged") and how in ("joined", "spoke", "acted"):
            known.how = how
            unit.emit(PersonJoined(incident.id, user.name, user.id))
        return False
    if known is not None:
        known.left_at, known.how = None, how
    else:
        unit.session.add(Participant(incident_id=incident.id, user_id=user.id, how=how, since=unit.now))
    await unit.session.flush()
    if how == "invited":
        unit.emit(PersonInvited(incident.id, user.name, user.id))
    elif how != "paged":
        unit.emit(PersonJoined(incident.id, user.name, user.id))
    return True


async def invite_all(unit: Unit, incident: Incident, users: Iterable[User]) -> None:
    """Invite the responders that come with the incident, in one line of the timeline."""
    names = []
    for user in users:
        if await ask.find_participant(unit.session, incident.id, user.id) is None:
            unit.session.add(
                Participant(incident_id=incident.id, user_id=user.id, how="invited", since=unit.now)
            )
            names.append(user.name)
    await unit.session.flush()
    if names:
        unit.emit(RespondersInvited(incident.id, tuple(names)))


async def leave(unit: Unit, incident: Incident, user: User) -> None:
    """Stop taking part; roles are given back. Raises Refused when the person takes no part."""
    known = await ask.find_participant(unit.session, incident.id, user.id)
    if known is None or known.left_at is not None:
        raise Refused("incident.not_in_it", ref=incident.ref)
    known.left_at = unit.now
    await give_back_roles(unit, incident, user)
    unit.emit(PersonLeft(incident.id, user.name, user.id))


async def give_back_roles(unit: Unit, incident: Incident, user: User) -> list[str]:
    """Nobody holds what this person held; returns the roles."""
    roles = []
    for holder, _ in await ask.list_roles(unit.session, incident.id):
        if holder.user_id == user.id:
            await unit.session.delete(holder)
            unit.emit(RoleLeft(incident.id, holder.role, user.name))
            roles.append(holder.role)
    return roles


async def give_role(unit: Unit, incident: Incident, role: str, user: User) -> bool:
    """Give a role to a person, who becomes a participant. Returns False when they hold it already."""
    before = ""
    for holder, holder_user in await ask.list_roles(unit.session, incident.id):
        if holder.role == role:
            if holder.user_id == user.id:
                return False
            before = holder_user.name
            await unit.session.delete(holder)
            await unit.session.flush()
    unit.session.add(RoleHolder(incident_id=incident.id, role=role, user_id=user.id, since=unit.now))
    await take_part(unit, incident, user, "joined")
    unit.emit(RoleTaken(incident.id, role, user.name, user.id, before))
    return True


async def clear_role(unit: Unit, incident: Incident, role: str) -> None:
    """Take a role back from whoever holds it; raises Refused when nobody does."""
    for holder, user in await ask.list_roles(unit.session, incident.id):
        if holder.role == role:
            await unit.session.delete(holder)
            unit.emit(RoleLeft(incident.id, role, user.name))
            return
    raise Refused("role.nobody", role=role)


async def find_commander(unit: Unit, incident_id: int) -> User | None:
    roles = await ask.list_roles(unit.session, incident_id)
    return next((user for holder, user in roles if holder.role == "commander"), None)


async def follow(unit: Unit, incident: Incident, user: User) -> bool:
    """Send this person each status update; returns False when they follow already."""
    if await unit.session.get(Follower, (incident.id, user.id)) is not None:
        return False
    unit.session.add(Follower(incident_id=incident.id, user_id=user.id))
    await unit.session.flush()
    unit.emit(FollowerAdded(incident.id, user.name, user.id))
    return True


async def unfollow(unit: Unit, incident: Incident, user: User) -> None:
    found = await unit.session.get(Follower, (incident.id, user.id))
    if found is None:
        raise Refused("incident.not_followed", ref=incident.ref)
    await unit.session.delete(found)
    unit.emit(FollowerGone(incident.id, user.name, user.id))
