"""People: finding them by what others call them, and adding them."""

import re
from dataclasses import dataclass

from bot.errors import Invalid, Unknown
from bot.flow.unit import Event, Unit
from storage.models import AuditEntry, User
from storage.questions import access as ask
from storage.words import UserRole


@dataclass(frozen=True)
class PersonSwitchedOff(Event):
    """They can't sign in any more, and nobody reaches them."""

    user_id: int


LONGEST_NAME = 120
HANDLE = re.compile(r"[^a-z0-9._-]+")


async def get_user(unit: Unit, name: str) -> User:
    """The person called `name` (handle with or without @, e-mail or full name); raises Unknown with the nearest names, or
    with the handles of all who are called so."""
    name = name.lstrip("@")
    called = await ask.list_called(unit.session, name) if name.strip() else []
    if len(called) > 1:
        raise Unknown("user.several", name=name, handles=[user.handle for user in called])
    if not called:
        near = [user.handle for user in await ask.list_users(unit.session, name[:1])][:3]
        raise Unknown("user.unknown", name=name, near=near)
    return called[0]


def make_handle(name: str) -> str:
    return HANDLE.sub("-", name.strip().lower()).strip("-._")[:64]


def read_email(text: str) -> str:
    """An e-mail address as it was typed, or none; raises Invalid."""
    address = text.strip()
    before, at, after = address.partition("@")
    if address and not (before and at and "." in after and " " not in address and len(address) <= 254):
        raise Invalid("user.bad_email", "email", email=address)
    return address


async def check_email_free(unit: Unit, email: str, user: User | None = None) -> None:
    """Raises Invalid where somebody else who is here has this address: a chat account with it would be nobody's. Who is
    known from chat alone may be the same person, and links."""
    called = await ask.list_called(unit.session, email) if email else []
    for one in called:
        if one is not user and one.email.lower() == email.lower() and not is_visitor(one):
            raise Invalid("user.email_taken", "email", email=email, name=one.name, handle=one.handle)


def is_visitor(user: User) -> bool:
    """Whether this person is only known from a chat platform."""
    return user.origin not in ("seed", "file", "room")


async def add_user(
    unit: Unit,
    name: str,
    email: str = "",
    role: UserRole = UserRole.RESPONDER,
    zone: str = "UTC",
    origin: str = "room",
) -> User:
    """Add a person; raises Invalid when the name is empty, too long or taken, or the e-mail address is none or that of
    somebody else."""
    handle, name, email = make_handle(name), " ".join(name.split()), read_email(email)
    if not handle or len(name) > LONGEST_NAME:
        raise Invalid("user.no_name", "name")
    if await ask.list_called(unit.session, handle):
        raise Invalid("user.taken", "name", name=handle)
    if await ask.is_handle_taken(unit.session, handle):
        raise Invalid("user.left", "name", handle=handle)
    await check_email_free(unit, email)
    user = User(
        handle=handle,
        name=name,
        email=email,
        zone=zone,
        role=role,
        origin=origin,
        created_at=unit.now,
    )
    unit.session.add(user)
    await unit.session.flush()
    audit(unit, "user.added", f"user:{user.id}", user.name)
    unit.touch("people")
    return user


def audit(unit: Unit, what: str, subject: str, text: str = "", **data: object) -> None:
    """Write down who changed what."""
    unit.session.add(
        AuditEntry(
            at=unit.now,
            actor_id=unit.actor.user_id,
            actor_name=unit.actor.name,
            what=what,
            subject=subject,
            text=text[:1000],
            data=dict(data),
        )
    )
