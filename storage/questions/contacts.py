"""Questions about the contact methods of people."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import ContactMethod


async def list_contacts(session: AsyncSession, user_id: int) -> Sequence[ContactMethod]:
    """Those that were not removed, verified or not, in the order in which they were added: ix_contact_method_user_id."""
    return (
        await session.scalars(
            select(ContactMethod)
            .where(ContactMethod.user_id == user_id, ContactMethod.active.is_(True))
            .order_by(ContactMethod.id)
        )
    ).all()


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
