"""Questions about the outbox and the timers, for health, metrics and doctor."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Arrival, OutboxRow, Timer
from storage.questions.outbox import ALIVE, lane_of_stream
from storage.ready import Ready
from storage.words import OutboxState

SHOWN_AFTER = timedelta(minutes=1)
"""A platform that does not answer for so long is an outage: pages, cards, `/readyz` and the doctor say so."""


@dataclass(frozen=True)
class Queues:
    """Rows that wait and that are parked; the age of the oldest waiting row and of the earliest due timer, in seconds."""

    waiting: int
    parked: int
    oldest: float
    timer_overdue: float
    failing_timers: int


@dataclass(frozen=True)
class Waiting:
    """What waits for one other side: its lane (`slack`), how many rows, and since when the oldest of them does."""

    lane: str
    rows: int
    oldest: datetime


@dataclass(frozen=True)
class Away:
    """A platform or channel that does not answer: since when, why, and what waits for it. THE definition of being away:
    some row was tried in vain, and no answer of any kind has come since."""

    lane: str
    since: datetime
    reason: str
    rows: int
    oldest: datetime

    def seconds(self, now: datetime) -> float:
        return max((now - self.since).total_seconds(), 0.0)


async def list_waiting(session: AsyncSession) -> list[Waiting]:
    """What waits, by lane; of the rows only entries of an index are read: ix_outbox_stream."""
    lane = lane_of_stream(session.get_bind().dialect.name, OutboxRow.stream)
    by_lane = (
        select(lane.label("lane"), func.count().label("rows"), func.min(OutboxRow.id).label("first"))
        .where(OutboxRow.state.in_(ALIVE))
        .group_by(lane)
        .subquery()
    )
    rows = await session.execute(
        select(by_lane.c.lane, by_lane.c.rows, OutboxRow.created_at)
        .join(OutboxRow, OutboxRow.id == by_lane.c.first)
        .order_by(by_lane.c.lane)
    )
    return [Waiting(row[0], int(row[1]), row[2]) for row in rows]


TRIED = Ready(
    select(OutboxRow.stream, OutboxRow.away_since, OutboxRow.error)
    .where(OutboxRow.away_since.is_not(None), OutboxRow.state != OutboxState.PARKED)
    .order_by(OutboxRow.not_before.desc())
)


async def list_away(session: AsyncSession) -> list[Away]:
    """Every other side that does not answer; costs one look at a small index when all of them do: ix_outbox_away."""
    tried = await TRIED.ask(session)
    if not tried:
        return []
    waiting = {one.lane: one for one in await list_waiting(session)}
    found: dict[str, Away] = {}
    for stream, since, error in tried:
        assert since is not None
        lane = stream.rpartition("@")[2]
        known = found.get(lane)
        if known is not None:
            found[lane] = replace(known, since=min(known.since, since))
        elif lane in waiting:
            found[lane] = Away(lane, since, error, waiting[lane].rows, waiting[lane].oldest)
    return sorted(found.values(), key=lambda one: one.since)


async def list_outages(session: AsyncSession, now: datetime) -> list[Away]:
    """Those that have been away for so long that people are told; what is one person's alone is theirs to know."""
    return [one for one in await list_away(session) if now - one.since >= SHOWN_AFTER and "." not in one.lane]


async def find_away(session: AsyncSession, lane: str) -> Away | None:
    return next((one for one in await list_away(session) if one.lane == lane), None)


async def look_at_queues(
    session: AsyncSession, now: datetime, kinds: Collection[str] | None = None
) -> Queues:
    """`kinds` are the timers that count, for whoever does only those."""
    by_state = (
        select(OutboxRow.state, func.count().label("rows"), func.min(OutboxRow.id).label("first"))
        .group_by(OutboxRow.state)
        .subquery()
    )
    first = select(by_state.c.state, by_state.c.rows, OutboxRow.created_at).join(
        OutboxRow, OutboxRow.id == by_state.c.first
    )
    counts = {row[0]: (int(row[1]), row[2]) for row in await session.execute(first)}
    alive = [counts[state] for state in ALIVE if state in counts]
    oldest = min((row[1] for row in alive), default=now)
    counted = [] if kinds is None else [Timer.kind.in_(kinds)]
    due = await session.scalar(select(func.min(Timer.due_at)).where(*counted)) or now
    failing = await session.scalar(select(func.count()).select_from(Timer).where(Timer.attempts > 0)) or 0
    return Queues(
        waiting=sum(row[0] for row in alive),
        parked=counts.get(OutboxState.PARKED, (0, now))[0],
        oldest=max((now - oldest).total_seconds(), 0),
        timer_overdue=max((now - due).total_seconds(), 0),
        failing_timers=failing,
    )


async def list_behind(session: AsyncSession, row_id: int, stream: str, kind: str) -> Sequence[OutboxRow]:
    """What waits in the same stream behind this row, of one kind: ix_outbox_stream."""
    return (
        await session.scalars(
            select(OutboxRow)
            .where(
                OutboxRow.state == OutboxState.PENDING,
                OutboxRow.stream == stream,
                OutboxRow.kind == kind,
                OutboxRow.id > row_id,
            )
            .order_by(OutboxRow.id)
        )
    ).all()


async def is_queued(session: AsyncSession, stream: str, kind: str) -> bool:
    """Whether something of this kind waits in a stream: ix_outbox_stream."""
    alive = (OutboxState.PENDING, OutboxState.SENDING)
    asked = select(OutboxRow.id).where(
        OutboxRow.state.in_(alive), OutboxRow.stream == stream, OutboxRow.kind == kind
    )
    return await session.scalar(asked.limit(1)) is not None


async def list_parked(session: AsyncSession, limit: int = 20) -> Sequence[OutboxRow]:
    return (
        await session.scalars(
            select(OutboxRow)
            .where(OutboxRow.state == OutboxState.PARKED)
            .order_by(OutboxRow.id.desc())
            .limit(limit)
        )
    ).all()


async def take_parked(session: AsyncSession, lane: str, limit: int) -> Sequence[OutboxRow]:
    """Remove what is parked, of one lane (and those of single people: `ntfy.7`) or (empty) of all, the oldest first, and
    return what it was."""
    of_lane = OutboxRow.stream.endswith(f"@{lane}", autoescape=True) | OutboxRow.stream.contains(
        f"@{lane}.", autoescape=True
    )
    wanted = [of_lane] if lane else []
    rows = (
        await session.scalars(
            select(OutboxRow)
            .where(OutboxRow.state == OutboxState.PARKED, *wanted)
            .order_by(OutboxRow.id)
            .limit(limit)
            .with_for_update()
        )
    ).all()
    for row in rows:
        session.expunge(row)
    await session.execute(delete(OutboxRow).where(OutboxRow.id.in_([row.id for row in rows])))
    return rows


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


async def has_arrived(session: AsyncSession, key: str) -> bool:
    """Whether it was remembered before."""
    return await session.get(Arrival, key[:160]) is not None


async def forget_arrivals(session: AsyncSession, before: datetime) -> None:
    """Nothing that arrived so long ago is delivered again."""
    await session.execute(delete(Arrival).where(Arrival.at < before))
