"""Chat accounts: which person acts when an account on a chat platform does, and where a person is reached there.

An account belongs to the person with the same e-mail address, or to whoever has linked it (`bot/access/linking`). Somebody
whom nobody knows becomes a person of their own, by their name there, so that nothing is ever done by nobody.
"""

from bot.access.people import audit, make_handle
from bot.chat.invocation import Visitor
from bot.flow.unit import Actor, Unit
from storage.models import ChatAccount, User
from storage.questions import access as ask
from storage.words import UserRole


async def meet(unit: Unit, visitor: Visitor) -> Actor | None:
    """Who this account is. None when it is not known and its name is not given: ask again with the profile."""
    account = await ask.find_account(unit.session, visitor.platform, visitor.address)
    if account is not None:
        user = await unit.session.get_one(User, account.user_id)
        if user.active:
            return Actor(user.name, user.id, visitor.platform)
        return Actor(account.name or user.name, None, visitor.platform)
    if not visitor.name:
        return None
    user = await _find_by_email(unit, visitor) or await _add_visitor(unit, visitor)
    await keep_address(unit, visitor.platform, user.id, visitor.address, visitor.name, visitor.guest)
    return Actor(user.name, user.id, visitor.platform)


async def _find_by_email(unit: Unit, visitor: Visitor) -> User | None:
    """The person with this e-mail address, unless they act by another account there. A guest's address was not given out by
    the organisation, and proves nothing."""
    if not visitor.email or visitor.guest:
        return None
    user = await ask.find_user_by_email(unit.session, visitor.email)
    known = await ask.find_account_of(unit.session, visitor.platform, user.id) if user else None
    return user if known is None or known.address is None else None


async def _add_visitor(unit: Unit, visitor: Visitor) -> User:
    """A person made from an account. Members of the workspace may respond; guests may only read and follow."""
    base = make_handle(visitor.name) or f"{visitor.platform}-{visitor.address.lower()}"
    handle, number = base, 2
    while await ask.is_handle_taken(unit.session, handle):
        handle, number = f"{base[:60]}-{number}", number + 1
    user = User(
        handle=handle,
        name=visitor.name[:120],
        email="" if visitor.guest else visitor.email,
        zone=visitor.zone or "UTC",
        role=UserRole.STAKEHOLDER if visitor.guest else unit.installation.visitor_role,
        origin=visitor.platform,
        created_at=unit.now,
    )
    unit.session.add(user)
    await unit.session.flush()
    audit(unit, "user.met", f"user:{user.id}", user.name, platform=visitor.platform, address=visitor.address)
    return user


def is_visitor(user: User, platform: str) -> bool:
    """Whether this person is only known from a chat platform."""
    return user.origin == platform


async def keep_address(
    unit: Unit, platform: str, user_id: int, address: str | None, name: str = "", guest: bool = False
) -> None:
    """Remember where a person is on a platform, or (None) that they are not on it."""
    known = await ask.find_account_of(unit.session, platform, user_id)
    if known is None:
        known = ChatAccount(platform=platform, user_id=user_id, checked_at=unit.now)
        unit.session.add(known)
    known.address, known.checked_at = address, unit.now
    known.name, known.guest = name[:120] or known.name or "", guest
    await unit.session.flush()
