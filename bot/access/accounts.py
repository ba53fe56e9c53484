"""Chat accounts: which person acts when an account on a chat platform does, and where a person is reached there.

An account belongs to the person with the same e-mail address, or to whoever has linked it (`bot/access/linking`). Somebody
whom nobody knows becomes a person of their own, by their name there, so that nothing is ever done by nobody.
"""

from bot.access.people import audit, is_visitor, make_handle
from bot.chat.invocation import Visitor
from bot.errors import Unknown
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
    known = await _find_by_email(unit, visitor)
    if known is None:
        new = await _add_visitor(unit, visitor)
        return Actor(new.name, new.id, visitor.platform)
    if not known.active and await ask.find_account_of(unit.session, visitor.platform, known.id) is not None:
        return Actor(known.name, None, visitor.platform)
    await keep_address(unit, visitor.platform, known.id, visitor.address, visitor.name, visitor.guest)
    return Actor(known.name, known.id if known.active else None, visitor.platform)


async def _find_by_email(unit: Unit, visitor: Visitor) -> User | None:
    """The person with this e-mail address, or who had it and has left. Who is here and acts by another account there is
    somebody else. A guest's address was not given out by the organisation, and proves nothing."""
    if not visitor.email or visitor.guest:
        return None
    user = await ask.find_user_by_email(unit.session, visitor.email)
    if user is not None and not user.active:
        return user
    known = await ask.find_account_of(unit.session, visitor.platform, user.id) if user else None
    return user if known is None or known.address is None else None


async def _add_visitor(unit: Unit, visitor: Visitor) -> User:
    """A person made from an account, which is theirs. Members of the workspace may respond; guests may only read and
    follow. Two units that make one of the same account conflict, so that it is never two people."""
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
    unit.session.add(
        ChatAccount(
            platform=visitor.platform,
            user_id=user.id,
            address=visitor.address,
            name=visitor.name[:120],
            guest=visitor.guest,
            checked_at=unit.now,
        )
    )
    await unit.session.flush()
    audit(unit, "user.met", f"user:{user.id}", user.name, platform=visitor.platform, address=visitor.address)
    unit.touch("people")
    return user


async def get_user_of_account(unit: Unit, platform: str, address: str) -> User:
    """The person whose account has this address; raises Unknown when it is nobody's, or of somebody who is gone."""
    account = await ask.find_account(unit.session, platform, address)
    user = await unit.session.get(User, account.user_id) if account is not None else None
    if user is None or not user.active:
        raise Unknown("account.unknown")
    return user


async def is_new_here(unit: Unit, actor: Actor) -> bool:
    """Whether this is a person whom nobody knew and who was not told so yet."""
    user = await unit.session.get(User, actor.user_id) if actor.user_id is not None else None
    return user is not None and user.active and is_visitor(user) and not user.welcomed


async def welcome(unit: Unit, actor: Actor) -> bool:
    """The person is told now that nobody knew them. False when they were told before."""
    if not await is_new_here(unit, actor):
        return False
    (await unit.session.get_one(User, actor.user_id)).welcomed = True
    return True


async def keep_address(
    unit: Unit, platform: str, user_id: int, address: str | None, name: str = "", guest: bool = False
) -> str | None:
    """Remember where a person is on a platform, or (None) that they are not on it. An account that is known to be somebody
    else's stays theirs. Returns what is known now."""
    owner = await ask.find_account(unit.session, platform, address) if address is not None else None
    if owner is not None and owner.user_id != user_id:
        address = None
    known = await ask.find_account_of(unit.session, platform, user_id)
    if known is None:
        known = ChatAccount(platform=platform, user_id=user_id, checked_at=unit.now)
        unit.session.add(known)
    known.address, known.checked_at = address, unit.now
    known.name, known.guest = name[:120] or known.name or "", guest
    await unit.session.flush()
    return known.address


async def give_account(unit: Unit, account: ChatAccount, taker: User) -> None:
    """An account is that of another person from now on."""
    platform, address, name, guest = account.platform, account.address, account.name, account.guest
    giver = account.user_id
    await unit.session.delete(account)
    await unit.session.flush()
    await keep_address(unit, platform, taker.id, address, name, guest)
    audit(
        unit, "account.linked", f"user:{taker.id}", taker.name, platform=platform, address=address, of=giver
    )


def look_up_accounts(unit: Unit) -> None:
    """Let the people who are not known on a chat platform be looked for there, beside all other work."""
    for platform in unit.installation.platforms:
        if platform != "room":
            unit.put(f"accounts@{platform}", "account.find", "people", coalesce=True)
