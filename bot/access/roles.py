"""What each role may do. Roles include the ones below them: owner, admin, responder, stakeholder."""

from bot.errors import Forbidden
from storage.models import User
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
