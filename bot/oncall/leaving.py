"""Somebody leaves, or comes back. Who has left can't sign in, does nothing in chat and is not paged. What they did keeps
their name; where schedules and policies name them, the turn is the next person's, and the step goes on to the others."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.access.people import PersonSwitchedOff, audit
from bot.access.roles import check_not_last_owner, check_rank
from bot.catalog.uses import list_uses
from bot.errors import Refused, Unknown
from bot.flow.unit import Unit
from bot.oncall.roster_changes import watch_rosters
from storage.models import User
from storage.questions import access as ask
from storage.questions.incidents import list_acknowledged_by
from storage.words import UserRole

FILE, SEED = "file", "seed"


@dataclass(frozen=True)
class LeftBehind:
    """What others have to see to: `uses` still name who has left, such as `schedule primary`; `work` is what nobody else has
    acknowledged, such as `INC-7`."""

    uses: Sequence[str]
    work: Sequence[str]


async def deactivate(unit: Unit, user: User, rank: UserRole) -> LeftBehind:
    """Let somebody be gone, by whoever has this rank. Raises Forbidden (their role is higher) or Refused (oneself, the last
    owner, somebody of the configuration file)."""
    check_rank(rank, user.role)
    if user.id == unit.actor.user_id:
        raise Refused("leaving.yourself")
    _check_not_in_file(unit, user)
    await check_not_last_owner(unit, user)
    async with watch_rosters(unit):
        await unit.lock(user)
        check_rank(rank, user.role)
        user.active = False
        await ask.end_access(unit.session, user.id)
        audit(unit, "user.left", f"user:{user.id}", user.name)
        unit.emit(PersonSwitchedOff(user.id))
        unit.touch("people", "teams", "oncall", f"user:{user.id}")
    return LeftBehind(await list_uses(unit, "user", user), await list_acknowledged_by(unit.session, user.id))


async def reactivate(unit: Unit, user: User, rank: UserRole) -> None:
    """Let somebody who has left be here again, with what they had: role, teams, turns, ways to be paged. Who was taken out
    of the configuration file is not switched off by it again. Raises Forbidden, or Refused where somebody else has their
    e-mail address now."""
    check_rank(rank, user.role)
    if user.email and await ask.list_called(unit.session, user.email):
        raise Refused("leaving.email_taken", name=user.name, email=user.email)
    async with watch_rosters(unit):
        await unit.lock(user)
        user.active = True
        if user.origin in (FILE, SEED):
            user.origin = "room"
        audit(unit, "user.came_back", f"user:{user.id}", user.name)
        unit.touch("people", "teams", "oncall", f"user:{user.id}")


async def change_role(unit: Unit, user: User, role: UserRole, rank: UserRole) -> None:
    """Let somebody do more, or less. Raises Forbidden where the old or the new role is above this rank, and Refused as
    `deactivate` does."""
    check_rank(rank, user.role)
    check_rank(rank, role)
    _check_not_in_file(unit, user)
    if role is not UserRole.OWNER:
        await check_not_last_owner(unit, user)
    await unit.lock(user)
    check_rank(rank, user.role)
    if user.role is not role:
        audit(unit, "user.role_changed", f"user:{user.id}", user.name, before=user.role, after=role)
        user.role = role
        unit.touch("people", f"user:{user.id}")


async def get_who_left(unit: Unit, name: str) -> User:
    """Who has left and is called so (handle with or without @, e-mail or full name); raises Unknown."""
    called = await ask.list_called(unit.session, name.lstrip("@"), active=False) if name.strip("@ ") else []
    if len(called) != 1:
        handles = [user.handle for user in called or await ask.list_who_left(unit.session)]
        raise Unknown("leaving.unknown", name=name, several=bool(called), handles=handles[:10])
    return called[0]


def _check_not_in_file(unit: Unit, user: User) -> None:
    if user.origin == FILE:
        raise Refused("edit.in_file", name=user.name, file=unit.installation.config_file)
