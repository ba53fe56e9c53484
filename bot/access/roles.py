"""What each role may do. Roles include the ones below them: owner, admin, responder, stakeholder."""

from bot.errors import Forbidden
from storage.models import User
from storage.words import UserRole

ORDER = (UserRole.STAKEHOLDER, UserRole.RESPONDER, UserRole.ADMIN, UserRole.OWNER)


def check_role(user: User | None, needs: str) -> None:
    """Raise Forbidden unless the person's role includes `needs`. A program with a key (no person) acts as responder;
    its key's scope was checked at the door."""
    role = user.role if user is not None else UserRole.RESPONDER
    if ORDER.index(role) < ORDER.index(UserRole(needs)):
        raise Forbidden("role.missing", role=role.value, needs=needs)
