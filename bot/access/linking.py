"""Linking: a one-time code that joins a chat account to the person it belongs to.

Whoever types a code shows that both sides are theirs. A person who is only known from a chat platform goes into the other
one, with everything that they have done; between two people of their own, only an account moves. Who is known here has
something to lose, so they are told what a code does before it does it. And codes cannot be guessed: they are long and
short-lived, and who has typed a few wrong ones has to wait.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from bot.access.accounts import give_account, look_up_accounts
from bot.access.merging import check_free, merge
from bot.access.people import audit, is_visitor
from bot.access.roles import check_not_last_owner
from bot.access.secrets import digest
from bot.errors import Invalid, Refused, Unknown
from bot.flow.unit import Unit
from storage.models import ChatAccount, SignInLink, User
from storage.questions import access as ask
from storage.words import UserRole

MINUTES = 15
LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Nothing that looks like something else when it is read from one screen and typed into another."""
LENGTH = 10
WRONG_CODES = 5
"""So many wrong codes one person may type in MINUTES."""


@dataclass(frozen=True)
class Linked:
    """Whose account it is now, on which platforms, and who was merged into them (empty when nobody was)."""

    person: User
    platforms: tuple[str, ...]
    merged: str = ""


async def make_link_code(unit: Unit, user: User) -> str:
    """A code that links once, within MINUTES; the one made before works no more. Only its digest is kept."""
    await ask.forget_codes(unit.session, user.id)
    code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    unit.session.add(
        SignInLink(
            user_id=user.id,
            digest=digest(code),
            purpose="link",
            created_at=unit.now,
            expires_at=unit.now + timedelta(minutes=MINUTES),
        )
    )
    user.welcomed = user.welcomed or is_visitor(user)
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


async def find_maker(unit: Unit, typed: str, user: User) -> User | None:
    """Who has made a code that `user` types; None when it does not work, which is noted. Raises Refused after too many of
    those, and Invalid for their own."""
    since = unit.now - timedelta(minutes=MINUTES)
    if await ask.count_audited(unit.session, "link.wrong_code", f"user:{user.id}", since) >= WRONG_CODES:
        raise Refused("link.too_many", minutes=MINUTES)
    link = await _find_link(unit, typed)
    if link is not None and link.user_id == user.id:
        raise Invalid("link.own_code", "code")
    maker = await unit.session.get_one(User, link.user_id) if link is not None else None
    if maker is None or not maker.active or not user.active:
        audit(unit, "link.wrong_code", f"user:{user.id}", user.name)
        return None
    return maker


async def _find_link(unit: Unit, typed: str) -> SignInLink | None:
    link = await ask.find_link(unit.session, digest(_read_code(typed)), "link")
    return None if link is None or link.used_at is not None or link.expires_at <= unit.now else link


async def use_link_code(unit: Unit, typed: str, user: User, platform: str) -> Linked:
    """`user` has typed a code on `platform` that `find_maker` knows. Raises Refused where both have an account on the same
    platform, or where the one who goes is the last owner."""
    link = await _find_link(unit, typed)
    if link is None:
        raise Invalid("link.code_wrong", "code", minutes=MINUTES)
    for number in sorted((link.user_id, user.id)):
        await unit.lock(await unit.session.get_one(User, number))
    maker = await unit.session.get_one(User, link.user_id)
    link.used_at = unit.now
    if is_visitor(maker) or is_visitor(user):
        gone, kept = _choose(maker, user)
        if kept.role is not UserRole.OWNER:
            await check_not_last_owner(unit, gone)
        name = gone.name
        return Linked(kept, await merge(unit, gone, kept), name)
    return await _move_account(unit, maker, user, platform)


async def unlink(unit: Unit, user: User, platform: str) -> ChatAccount:
    """Take a person's account on a platform away from them; whoever uses it next is met anew."""
    accounts = await ask.list_accounts(unit.session, user.id)
    found = next((one for one in accounts if one.platform == platform), None)
    if found is None:
        raise Unknown("link.no_account", platform=platform, known=[one.platform for one in accounts])
    audit(unit, "account.unlinked", f"user:{user.id}", user.name, platform=platform, address=found.address)
    await unit.session.delete(found)
    await unit.session.flush()
    unit.touch(f"user:{user.id}")
    return found


def _read_code(typed: str) -> str:
    return "".join(typed.upper().split()).replace("-", "")


def _choose(maker: User, typist: User) -> tuple[User, User]:
    """Who goes, and who stays: the visitor goes; of two visitors the one who came later."""
    if is_visitor(maker) and is_visitor(typist):
        return (maker, typist) if maker.id > typist.id else (typist, maker)
    return (maker, typist) if is_visitor(maker) else (typist, maker)


async def _move_account(unit: Unit, maker: User, typist: User, platform: str) -> Linked:
    """Typed in a chat, the account there becomes that of the person who made the code; typed in the Room, the accounts of
    that person become those of whoever is signed in."""
    giver, taker = (maker, typist) if platform == "room" else (typist, maker)
    accounts = await ask.list_accounts(unit.session, giver.id)
    moving = [one for one in accounts if platform in ("room", one.platform)]
    if not moving:
        raise Refused("link.nothing_to_link", name=giver.name)
    await check_free(unit, taker, moving)
    for account in moving:
        await give_account(unit, account, taker)
    unit.touch(f"user:{giver.id}", f"user:{taker.id}")
    look_up_accounts(unit)
    return Linked(taker, tuple(account.platform for account in moving))
