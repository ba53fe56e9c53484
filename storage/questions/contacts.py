"""Questions about the contact methods of people."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import ContactMethod
from storage.ready import Ready, is_among

CONTACTS: Any = ContactMethod.__table__
OF_USERS = (
    select(ContactMethod)
    .where(
        ContactMethod.user_id.in_(bindparam("users", expanding=True)),
        ContactMethod.active.is_(True),
    )
    .order_by(ContactMethod.id)
)


async def list_contacts(session: AsyncSession, user_ids: Collection[int]) -> Sequence[ContactMethod]:
    """Those of these people that were not removed, verified or not, in the order in which they were added:
    ix_contact_method_user_id."""
    return (await session.scalars(OF_USERS, {"users": list(user_ids)})).all()


VERIFIED = Ready(
    lambda database: (
        select(CONTACTS.c.user_id, CONTACTS.c.id, CONTACTS.c.kind, CONTACTS.c.label)
        .where(
            is_among(database, CONTACTS.c.user_id, "users"),
            CONTACTS.c.active.is_(True),
            CONTACTS.c.verified_at.is_not(None),
        )
        .order_by(CONTACTS.c.id)
    )
)


async def list_verified_rows(session: AsyncSession, user_ids: Collection[int]) -> list[Any]:
    """(user_id, id, kind, label) of those that are verified, in the same order: what paging asks each time."""
    return await VERIFIED.ask(session, users=sorted(user_ids))


async def list_devices_at(session: AsyncSession, address: str) -> Sequence[ContactMethod]:
    """The devices with this address that were not removed, of anybody."""
    return (
        await session.scalars(
            select(ContactMethod)
            .where(
                ContactMethod.kind == "push",
                ContactMethod.address == address,
                ContactMethod.active.is_(True),
            )
            .order_by(ContactMethod.id)
        )
    ).all()


async def list_gone(session: AsyncSession) -> Sequence[ContactMethod]:
    """What people still have though nothing goes there any more."""
    return (
        await session.scalars(
            select(ContactMethod)
            .where(ContactMethod.gone_because != "", ContactMethod.active.is_(True))
            .order_by(ContactMethod.id)
        )
    ).all()


async def list_all_contacts(session: AsyncSession) -> Sequence[ContactMethod]:
    """Those of everybody, removed or not."""
    return (await session.scalars(select(ContactMethod).order_by(ContactMethod.id))).all()
