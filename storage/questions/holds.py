"""Questions about alerts that are held back."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Alert
from storage.words import AlertStatus


async def list_ended(session: AsyncSession, now: datetime, limit: int) -> Sequence[Alert]:
    """Open alerts whose hold is over and that nobody has let go yet, the oldest first; nobody else takes them meanwhile."""
    return (
        await session.scalars(
            select(Alert)
            .where(Alert.held_by != "", Alert.held_until <= now, Alert.status == AlertStatus.OPEN)
            .order_by(Alert.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    ).all()


async def end_holds(session: AsyncSession, by: str, now: datetime) -> int:
    """Whatever this holds back is held until now; returns how many alerts that are open."""
    ids = await session.scalars(
        update(Alert)
        .where(Alert.held_by == by, Alert.status == AlertStatus.OPEN)
        .values(held_until=now)
        .returning(Alert.id)
        .execution_options(synchronize_session="fetch")
    )
    return len(ids.all())


async def end_counted(session: AsyncSession, ids: Collection[int], now: datetime) -> int:
    """Those of these alerts that have been sent often enough are held until now; returns how many."""
    found = await session.scalars(
        update(Alert)
        .where(Alert.id.in_(ids), Alert.held_count.is_not(None), Alert.held_count <= Alert.count)
        .values(held_until=now, held_count=None)
        .returning(Alert.id)
        .execution_options(synchronize_session=False)
    )
    return len(found.all())
