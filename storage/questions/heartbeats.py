"""Questions about heartbeats."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Heartbeat
from storage.words import HeartbeatStatus


@dataclass(frozen=True)
class Pinged:
    """A heartbeat as it was when its ping came."""

    id: int
    slug: str
    active: bool
    status: HeartbeatStatus


async def note_ping(session: AsyncSession, digest: str, at: datetime) -> Pinged | None:
    """Write down a ping with this key's digest: one statement, and for a heartbeat that is up nothing else is needed."""
    return await _note(session, Heartbeat.digest == digest, at)


async def note_ping_of(session: AsyncSession, heartbeat_id: int, at: datetime) -> Pinged | None:
    """Write down a ping of a heartbeat that is known otherwise."""
    return await _note(session, Heartbeat.id == heartbeat_id, at)


async def _note(session: AsyncSession, which: ColumnElement[bool], at: datetime) -> Pinged | None:
    found = await session.execute(
        update(Heartbeat)
        .where(which)
        .values(last_ping_at=at)
        .returning(Heartbeat.id, Heartbeat.slug, Heartbeat.active, Heartbeat.status),
        execution_options={"synchronize_session": False},
    )
    row = found.one_or_none()
    return None if row is None else Pinged(row.id, row.slug, row.active, row.status)


async def set_status(session: AsyncSession, heartbeat_id: int, status: HeartbeatStatus) -> None:
    await session.execute(
        update(Heartbeat)
        .where(Heartbeat.id == heartbeat_id)
        .values(status=status)
        .execution_options(synchronize_session=False)
    )


async def find_heartbeat(session: AsyncSession, name: str) -> Heartbeat | None:
    """The heartbeat with this slug or, where none has it, with this name (case does not matter), watched or not."""
    wanted = name.strip().lower()
    by_slug = func.lower(Heartbeat.slug) == wanted
    found = await session.scalars(
        select(Heartbeat)
        .where(or_(by_slug, func.lower(Heartbeat.name) == wanted))
        .order_by(by_slug.desc(), Heartbeat.active.desc(), Heartbeat.id)
    )
    return found.first()


async def list_heartbeats(session: AsyncSession) -> Sequence[Heartbeat]:
    """All of them, watched or not, by name."""
    return (await session.scalars(select(Heartbeat).order_by(Heartbeat.name, Heartbeat.id))).all()


async def has_key(session: AsyncSession, digest: str) -> bool:
    """Whether a heartbeat has the key of this digest."""
    return await session.scalar(select(Heartbeat.id).where(Heartbeat.digest == digest)) is not None
