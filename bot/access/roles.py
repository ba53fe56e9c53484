"""What each role may do. Roles include the ones below them: owner, admin, responder, stakeholder."""

from bot.errors import Forbidden, Refused
from bot.flow.unit import Unit
from storage.models import User
from storage.questions import access as ask
from storage.words import UserRole

ORDER = (UserRole.STAKEHOLDER, UserRole.RESPONDER, UserRole.ADMIN, UserRole.OWNER)


def has_role(user: User | None, needs: str) -> bool:
    """Whether the person's role includes `needs`; a program's does as `check_role` says."""
    role = user.role if user is not None else UserRole.RESPONDER
    return ORDER.index(role) >= ORDER.index(UserRole(needs))


def check_rank(rank: UserRole, needs: UserRole) -> None:
    """Raise Forbidden where somebody of this rank would handle what takes a higher role."""
    if ORDER.index(rank) < ORDER.index(needs):
        raise Forbidden("role.missing", role=rank.value, needs=needs.value)


def check_role(user: User | None, needs: str) -> None:
    """Raise Forbidden unless the person's role includes `needs`. A program with a key (no person) acts as responder;
    its key's scope was checked at the door."""
    if not has_role(user, needs):
        role = user.role if user is not None else UserRole.RESPONDER
        raise Forbidden("role.missing", role=role.value, needs=needs)


async def check_not_last_owner(unit: Unit, user: User) -> None:
    """Raises Refused when nobody else could do everything."""
    for owner in await ask.list_owners(unit.session):
        await unit.lock(owner)
    if [one.id for one in await ask.list_owners(unit.session)] == [user.id]:
        raise Refused("leaving.last_owner", name=user.name)
