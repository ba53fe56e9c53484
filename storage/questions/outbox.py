"""Which rows of the outbox may be claimed, and the claim itself. The statements are built once: the delivery loop asks
them all the time.

A row may go when it is the head of its stream (nothing waits before it), nobody holds it, and its time has come. Each
question is about the kinds that this release delivers.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    Integer,
    Interval,
    String,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import OutboxRow
from storage.ready import Ready, is_among, is_nearly_always
from storage.types import Instant
from storage.words import OutboxState

ALIVE = (OutboxState.PENDING, OutboxState.SENDING)
ROWS: Any = OutboxRow.__table__
BEFORE: Any = ROWS.alias("earlier")
NOW = bindparam("now", type_=Instant)


def _is_alive(database: str) -> Any:
    """In the very words of ix_outbox_alive, so that it is known to answer."""
    states: Any = bindparam(None, ALIVE, expanding=True, literal_execute=True)
    return is_nearly_always(database, ROWS.c.state.in_(states))


@cache
def _is_head(database: str) -> tuple[Any, ...]:
    """By ix_outbox_stream, once for each row looked at. What this release can't deliver is no head, and holds up nothing: it
    is left to the release that queued it."""
    before = (
        BEFORE.c.state.in_(ALIVE),
        BEFORE.c.stream == ROWS.c.stream,
        BEFORE.c.id < ROWS.c.id,
        is_among(database, BEFORE.c.kind, "kinds"),
    )
    return _is_alive(database), is_among(database, ROWS.c.kind, "kinds"), ~exists().where(*before)


@cache
def _may_go(database: str) -> tuple[Any, ...]:
    """Nobody holds it, and its time has come, which for a row that was never put off is always, also when it was queued by
    a clock that was ahead. Where there are several processes, whose clocks may differ, a lease goes by the database's."""
    clock = NOW if database == "sqlite" else func.now()
    return (
        or_(ROWS.c.leased_until.is_(None), ROWS.c.leased_until < clock),
        or_(ROWS.c.not_before <= NOW, ROWS.c.not_before == ROWS.c.created_at),
    )


def lane_of_stream(database: str, stream: Any) -> Any:
    """What stands after the @ of a stream, which has one at most."""
    find = func.instr if database == "sqlite" else func.strpos
    return func.substr(stream, find(stream, "@") + 1, type_=String)


def _is_open(database: str) -> Any:
    return ~is_among(database, lane_of_stream(database, ROWS.c.stream), "closed")


def _is_open_or_page(database: str) -> tuple[Any, Any]:
    lane = lane_of_stream(database, ROWS.c.stream)
    is_page = ROWS.c.kind == "page.send"
    return or_(is_page, _is_open(database)), ~is_among(database, lane, "pausing")


def _heads_of_streams(database: str) -> Any:
    """The first row that waits in each of the streams, by ix_outbox_stream, however many wait behind it."""
    given: Any
    if database == "sqlite":
        given = func.json_each(bindparam("streams", type_=JSON)).table_valued("value")
    else:
        given = func.unnest(bindparam("streams", type_=ARRAY(String))).table_valued("value").render_derived()
    first: Any = ROWS.alias("first")
    return select(
        select(func.min(first.c.id))
        .where(first.c.state == OutboxState.PENDING, first.c.stream == given.c.value)
        .correlate(given)
        .scalar_subquery()
    ).select_from(given)


CLAIMABLE = Ready(
    lambda database: (
        select(ROWS.c.id, ROWS.c.stream)
        .where(*_is_head(database), *_may_go(database), _is_open(database))
        .order_by(ROWS.c.attempts, ROWS.c.id)
        .limit(bindparam("most", type_=Integer))
    )
)
PAGES = Ready(
    lambda database: (
        select(ROWS.c.id, ROWS.c.stream)
        .where(
            ROWS.c.kind == "page.send",
            is_among(database, lane_of_stream(database, ROWS.c.stream), "lanes"),
            *_is_head(database),
            *_may_go(database),
        )
        .order_by(ROWS.c.attempts, ROWS.c.id)
        .limit(bindparam("most", type_=Integer))
    )
)
NEWEST = Ready(select(func.max(ROWS.c.id)))
FRESH = Ready(
    lambda database: (
        select(ROWS.c.id, ROWS.c.stream)
        .where(
            ROWS.c.id > bindparam("after"),
            *_is_head(database),
            *_may_go(database),
            *_is_open_or_page(database),
        )
        .order_by(ROWS.c.id)
        .limit(bindparam("most", type_=Integer))
    )
)
FOLLOWING = Ready(
    lambda database: (
        select(ROWS.c.id, ROWS.c.stream)
        .where(
            ROWS.c.id.in_(_heads_of_streams(database)),
            *_is_head(database),
            *_may_go(database),
            *_is_open_or_page(database),
        )
        .order_by(ROWS.c.id)
    )
)
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
            ROWS.c.error,
        )
        .where(is_among(database, ROWS.c.id, "ids"), *_is_head(database), *_may_go(database))
        .order_by(ROWS.c.id)
        .with_for_update(skip_locked=True, of=ROWS)
    )
)


def _until(database: str) -> Any:
    if database == "sqlite":
        return bindparam("until", type_=Instant)
    return func.now() + bindparam("lasts", type_=Interval)


LEASE = Ready(
    lambda database: (
        update(ROWS)
        .where(is_among(database, ROWS.c.id, "ids"))
        .values(
            state=OutboxState.SENDING,
            leased_until=_until(database),
            leased_by=bindparam("owner"),
            maybe_sent=True,
        )
    )
)
NEXT = Ready(
    lambda database: select(func.min(ROWS.c.not_before)).where(
        *_is_head(database), ROWS.c.not_before > NOW, ROWS.c.not_before != ROWS.c.created_at
    )
)


def _are_ours(database: str) -> tuple[Any, Any]:
    return is_among(database, ROWS.c.id, "rows"), ROWS.c.leased_by == bindparam("owner")


FORGET = Ready(lambda database: delete(ROWS).where(*_are_ours(database)).returning(ROWS.c.id))
HOLD = Ready(lambda database: select(ROWS.c.id).where(*_are_ours(database)).with_for_update())


def is_in_lane(lane: str) -> Any:
    """Whether a row's stream leads there."""
    return OutboxRow.stream.endswith(f"@{lane}", autoescape=True)


async def list_claimable(
    session: AsyncSession, now: datetime, most: int, kinds: Sequence[str], closed: Collection[str] = ()
) -> dict[int, str]:
    """Rows of these kinds that may go now, without those of closed lanes, those that were tried least first: their streams
    by id. Each row that waits before the last of them is looked at: it costs more the more waits. ix_outbox_alive."""
    asked = {"now": now, "most": most, "kinds": kinds, "closed": list(closed)}
    return dict(await CLAIMABLE.ask(session, **asked))


async def list_claimable_pages(
    session: AsyncSession, now: datetime, most: int, kinds: Sequence[str], lanes: Collection[str]
) -> dict[int, str]:
    """Of those rows the pages of these lanes."""
    asked = {"now": now, "most": most, "kinds": kinds, "lanes": sorted(lanes)}
    return dict(await PAGES.ask(session, **asked))


async def find_newest(session: AsyncSession) -> int | None:
    """The highest id of a row that is there."""
    found: int | None = (await NEWEST.ask(session))[0][0]
    return found


async def list_fresh(
    session: AsyncSession,
    now: datetime,
    most: int,
    kinds: Sequence[str],
    pausing: Collection[str],
    closed: Collection[str],
    after: int,
    streams: Collection[str],
) -> dict[int, str]:
    """Of those rows only the ones that came after this one, and the heads of these streams, with the pages of closed lanes
    that don't pause: costs little however many wait."""
    asked = {"now": now, "kinds": kinds, "closed": sorted(closed), "pausing": sorted(pausing)}
    found = await FOLLOWING.ask(session, streams=sorted(streams), **asked) if streams else []
    return dict([*found, *await FRESH.ask(session, after=after, most=most, **asked)])


async def lease(
    session: AsyncSession,
    ids: Sequence[int],
    now: datetime,
    lasts: timedelta,
    owner: str,
    kinds: Sequence[str],
) -> Sequence[Any]:
    """Take those of these rows that may still go; what is asked by STILL_FREE of each."""
    rows: Sequence[Any] = await STILL_FREE.ask(session, ids=list(ids), now=now, kinds=kinds)
    if rows:
        is_sqlite = session.get_bind().dialect.name == "sqlite"
        end = {"until": now + lasts} if is_sqlite else {"lasts": lasts}
        await LEASE.ask(session, ids=[row.id for row in rows], owner=owner, **end)
    return rows


async def find_next(session: AsyncSession, now: datetime, kinds: Sequence[str]) -> datetime | None:
    """When the next row of these kinds that waits for its time may go."""
    found: datetime | None = (await NEXT.ask(session, now=now, kinds=kinds))[0][0]
    return found


async def give_up(session: AsyncSession, rows: Collection[int], owner: str, is_done: bool) -> set[int]:
    """Remove rows that are done with, or lock those that are not; which of them are still this owner's."""
    if not rows:
        return set()
    asked = FORGET if is_done else HOLD
    return {row[0] for row in await asked.ask(session, rows=sorted(rows), owner=owner)}
