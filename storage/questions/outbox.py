"""Which rows of the outbox may be claimed, and the claim itself. The statements are built once: the delivery loop asks
them all the time.

A row may go when it is the head of its stream (nothing waits before it), nobody holds it, and its time has come.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import OutboxRow
from storage.ready import Ready, is_among
from storage.types import Instant
from storage.words import OutboxState

ALIVE = (OutboxState.PENDING, OutboxState.SENDING)
ROWS: Any = OutboxRow.__table__
BEFORE: Any = ROWS.alias("earlier")
NOW = bindparam("now", type_=Instant)
IS_HEAD = (
    ROWS.c.state.in_(ALIVE),
    ~exists().where(BEFORE.c.state.in_(ALIVE), BEFORE.c.stream == ROWS.c.stream, BEFORE.c.id < ROWS.c.id),
)
"""By ix_outbox_stream, once for each row looked at."""
MAY_GO = (or_(ROWS.c.leased_until.is_(None), ROWS.c.leased_until < NOW), ROWS.c.not_before <= NOW)
CLAIMABLE = (
    select(ROWS.c.id, ROWS.c.stream)
    .where(*IS_HEAD, *MAY_GO)
    .order_by(ROWS.c.attempts, ROWS.c.id)
    .limit(bindparam("most", type_=Integer))
)
CLAIMABLE_OF_ALL = Ready(CLAIMABLE)
STILL_FREE = Ready(
    lambda database: (
        select(
            ROWS.c.id,
            ROWS.c.stream,
            ROWS.c.kind,
            ROWS.c.subject,
            ROWS.c.payload,
            ROWS.c.attempts,
            ROWS.c.created_at,
            ROWS.c.maybe_sent,
            ROWS.c.away_since,
        )
        .where(is_among(database, ROWS.c.id, "ids"), *IS_HEAD, *MAY_GO)
        .order_by(ROWS.c.id)
        .with_for_update(skip_locked=True, of=ROWS)
    )
)
LEASE = Ready(
    lambda database: (
        update(ROWS)
        .where(is_among(database, ROWS.c.id, "ids"))
        .values(
            state=OutboxState.SENDING,
            leased_until=bindparam("until", type_=Instant),
            leased_by=bindparam("owner"),
            maybe_sent=True,
        )
    )
)
NEXT = Ready(select(func.min(ROWS.c.not_before)).where(*IS_HEAD, ROWS.c.not_before > NOW))
OURS = (ROWS.c.id == bindparam("row"), ROWS.c.leased_by == bindparam("owner"))
FORGET = Ready(delete(ROWS).where(*OURS).returning(ROWS.c.id))
HOLD = Ready(select(ROWS.c.id).where(*OURS).with_for_update())


def is_in_lane(lane: str) -> Any:
    """Whether a row's stream leads there."""
    return OutboxRow.stream.endswith(f"@{lane}", autoescape=True)


async def list_claimable(
    session: AsyncSession, now: datetime, most: int, closed: Collection[str] = ()
) -> dict[int, str]:
    """Rows that may go now, without those of closed lanes, those that were tried least first: their streams by id."""
    if not closed:
        return dict(await CLAIMABLE_OF_ALL.ask(session, now=now, most=most))
    asked = CLAIMABLE.where(*(~is_in_lane(lane) for lane in closed))
    rows = await (await session.connection()).execute(asked, {"now": now, "most": most})
    return {row[0]: row[1] for row in rows}


async def lease(
    session: AsyncSession, ids: Sequence[int], now: datetime, until: datetime, owner: str
) -> Sequence[Any]:
    """Take those of these rows that may still go; what is asked by STILL_FREE of each."""
    rows: Sequence[Any] = await STILL_FREE.ask(session, ids=list(ids), now=now)
    if rows:
        await LEASE.ask(session, ids=[row.id for row in rows], until=until, owner=owner)
    return rows


async def find_next(session: AsyncSession, now: datetime) -> datetime | None:
    """When the next row that waits for its time may go."""
    found: datetime | None = (await NEXT.ask(session, now=now))[0][0]
    return found


async def give_up(session: AsyncSession, row: int, owner: str, is_done: bool) -> bool:
    """Remove a row that is done with, or lock one that is not; False when it is no longer this owner's."""
    asked = FORGET if is_done else HOLD
    return bool(await asked.ask(session, row=row, owner=owner))
