"""Questions about the outbox and the timers, for health, metrics and doctor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Arrival, OutboxRow, Timer
from storage.words import OutboxState


@dataclass(frozen=True)
class Queues:
    """Rows that wait and that are parked; the age of the oldest waiting row and of the earliest due timer, in seconds."""

    waiting: int
    parked: int
    oldest: float
    timer_overdue: float
    failing_timers: int


async def look_at_queues(session: AsyncSession, now: datetime) -> Queues:
    counts = {
        row[0]: (int(row[1]), row[2])
        for row in await session.execute(
            select(OutboxRow.state, func.count(), func.min(OutboxRow.created_at)).group_by(OutboxRow.state)
        )
    }
    alive = [counts[state] for state in (OutboxState.PENDING, OutboxState.SENDING) if state in counts]
    oldest = min((row[1] for row in alive), default=now)
    due = await session.scalar(select(func.min(Timer.due_at))) or now
    failing = await session.scalar(select(func.count()).select_from(Timer).where(Timer.attempts > 0)) or 0
    return Queues(
        waiting=sum(row[0] for row in alive),
        parked=counts.get(OutboxState.PARKED, (0, now))[0],
        oldest=max((now - oldest).total_seconds(), 0),
        timer_overdue=max((now - due).total_seconds(), 0),
        failing_timers=failing,
    )


async def list_parked(session: AsyncSession, limit: int = 20) -> Sequence[OutboxRow]:
    return (
        await session.scalars(
            select(OutboxRow)
            .where(OutboxRow.state == OutboxState.PARKED)
            .order_by(OutboxRow.id.desc())
            .limit(limit)
        )
    ).all()


async def count_reasons(session: AsyncSession, limit: int = 5) -> list[tuple[str, int]]:
    """Why deliveries that were tried wait, the most frequent reason first, and how many wait for it."""
    rows = await session.execute(
        select(OutboxRow.error, func.count())
        .where(OutboxRow.state != OutboxState.PARKED, OutboxRow.error != "")
        .group_by(OutboxRow.error)
        .order_by(func.count().desc(), OutboxRow.error)
        .limit(limit)
    )
    return [(row[0], int(row[1])) for row in rows]


async def remember_arrival(session: AsyncSession, key: str, now: datetime) -> bool:
    """Note that something arrived, in the transaction of what it does; False when it did before."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    noted = await session.execute(
        insert(Arrival).values(key=key[:160], at=now).on_conflict_do_nothing().returning(Arrival.key)
    )
    return noted.first() is not None


async def forget_arrivals(session: AsyncSession, before: datetime) -> None:
    """Nothing that arrived so long ago is delivered again."""
    await session.execute(delete(Arrival).where(Arrival.at < before))
