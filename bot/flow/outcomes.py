"""What is written down after a delivery that did not simply succeed: put back, put off, parked, or back after an outage.

Each function returns what the outbox runs in the transaction that gives up its lease.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, func, select, update
from sqlalchemy.orm import aliased

from bot.errors import Later, Retry
from bot.flow.unit import Unit
from storage.models import OutboxRow
from storage.questions.outbox import ALIVE, is_in_lane
from storage.words import OutboxState

if TYPE_CHECKING:
    from bot.flow.outbox import Job, OnLane, OnParked, Outcome


def put_off(job: Job, retry: Retry, wait: float, since: datetime | None, on_away: OnLane) -> Outcome:
    """It stays at the head of its stream and waits. `since` is when its lane began to fail, as far as is known."""

    async def wait_longer(unit: Unit) -> None:
        is_away = retry.is_away and bool(job.lane)
        began = await _find_away_since(unit, job, since) if is_away else None
        await unit.session.execute(
            update(OutboxRow)
            .where(OutboxRow.id == job.id)
            .values(
                leased_until=None,
                leased_by=None,
                attempts=OutboxRow.attempts + 1,
                maybe_sent=job.again or retry.maybe_sent,
                error=retry.reason[:1000],
                not_before=unit.now + timedelta(seconds=wait),
                away_since=began,
            )
        )
        if began is not None:
            await on_away(unit, job.lane, began)

    return wait_longer


async def _find_away_since(unit: Unit, job: Job, since: datetime | None) -> datetime:
    """The first attempt in this lane that nobody answered, since somebody did."""
    known = await unit.session.scalar(_first_failure(job.lane))
    return min(moment for moment in (known, since, job.started_at, unit.now) if moment is not None)


def after_return(
    job: Job, outcome: Outcome, since: datetime | None, due: datetime | None, on_back: OnLane
) -> Outcome:
    """The other side of the lane has answered: nothing counts as unanswered any more, and what waited is due at `due`."""

    async def back(unit: Unit) -> None:
        known = await unit.session.scalar(_first_failure(job.lane))
        await unit.session.execute(
            update(OutboxRow)
            .where(OutboxRow.away_since.is_not(None), is_in_lane(job.lane))
            .values(away_since=None, **({"not_before": due} if due is not None else {}))
        )
        await outcome(unit)
        moments = [moment for moment in (known, since) if moment is not None]
        if moments:
            await on_back(unit, job.lane, min(moments))

    return back


def hand_on(job: Job, outcome: Outcome) -> Outcome:
    """The other side of the lane has still not answered: when this row no longer says so, because there was nothing to send
    any more, say, the next one does."""

    async def remember(unit: Unit) -> None:
        await outcome(unit)
        if await unit.session.scalar(_first_failure(job.lane)) is not None:
            return
        for next_one in (OutboxRow.stream == job.stream, is_in_lane(job.lane)):
            following = select(func.min(OutboxRow.id)).where(OutboxRow.state.in_(ALIVE), next_one)
            if (number := await unit.session.scalar(following)) is not None:
                found = update(OutboxRow).where(OutboxRow.id == number)
                await unit.session.execute(found.values(away_since=job.away_since, error=job.error))
                return

    return remember


def put_back(job: Job, later: Later) -> Outcome:
    """Let it wait with those that wait; when the same is queued again meanwhile, one of the two is enough, which waits as
    long if it can."""

    async def wait(unit: Unit) -> None:
        due = unit.now + timedelta(seconds=later.after)
        twin = aliased(OutboxRow)
        same = and_(
            twin.stream == OutboxRow.stream,
            twin.kind == OutboxRow.kind,
            twin.subject == OutboxRow.subject,
            twin.state == OutboxState.PENDING,
            twin.coalesce_row,
            OutboxRow.coalesce_row,
        )
        found = await unit.session.execute(select(twin.id, twin.patient).where(OutboxRow.id == job.id, same))
        if (again := found.first()) is not None:
            await unit.session.execute(delete(OutboxRow).where(OutboxRow.id == job.id))
            if again.patient:
                await unit.session.execute(
                    update(OutboxRow)
                    .where(OutboxRow.id == again.id, OutboxRow.patient)
                    .values(not_before=due)
                )
            return
        await unit.session.execute(
            update(OutboxRow)
            .where(OutboxRow.id == job.id)
            .values(
                state=OutboxState.PENDING,
                leased_until=None,
                leased_by=None,
                maybe_sent=job.again,
                away_since=None,
                not_before=due,
            )
        )

    return wait


def park(job: Job, reason: str, on_parked: OnParked) -> Outcome:
    """The other side will never take it; the stream goes on."""

    async def write(unit: Unit) -> None:
        await unit.session.execute(
            update(OutboxRow)
            .where(OutboxRow.id == job.id)
            .values(
                state=OutboxState.PARKED,
                leased_until=None,
                leased_by=None,
                error=reason[:1000],
                away_since=None,
            )
        )
        await on_parked(unit, job, reason)

    return write


def _first_failure(lane: str) -> Any:
    return select(func.min(OutboxRow.away_since)).where(OutboxRow.away_since.is_not(None), is_in_lane(lane))
