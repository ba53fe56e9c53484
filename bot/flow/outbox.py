"""Claims outbox rows, stream by stream, and hands each to the deliverer of its kind.

A claim is a lease: a worker that dies leaves its rows to be claimed again when the lease ends. Only the head of a stream
is ever claimed, so within a stream order holds; streams run in parallel. `Retry` leaves the row at the head and waits;
`Rejected` parks it, visibly, and the stream goes on.
"""

import asyncio
import secrets
from collections import Counter as Counting
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from prometheus_client import Counter
from sqlalchemy import and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import aliased

from bot.errors import Later, Rejected, Retry, Unavailable
from bot.flow.unit import Unit, Work
from bot.logs import get_logger
from storage.models import OutboxRow
from storage.words import OutboxState

log = get_logger(__name__)
LEASE = timedelta(seconds=30)
LONGEST_WAIT = 60.0
"""The longest pause between two attempts, in seconds."""
LONGEST_SLEEP = 5.0
"""How long the loop sleeps at most without being woken, in seconds."""
PARALLEL = 16
PER_LANE = 8
"""How many deliveries of one lane run side by side."""
LOOKED_AT = 200
SEND_SECONDS = LEASE.total_seconds() - 5
"""How long one delivery may take: it ends before its lease does, so that no row is sent by two at once."""
FAULTS = 6
"""After so many attempts a row whose deliverer fails in a way that nobody foresaw is parked, and holds up no other."""
delivered = Counter("tocsin_outbox_delivered_total", "Outbox rows delivered", ["kind"])
retried = Counter("tocsin_outbox_retried_total", "Deliveries put off by the other side", ["kind"])
parked = Counter("tocsin_outbox_parked_total", "Outbox rows that the other side will never take", ["kind"])


@dataclass(frozen=True)
class Job:
    """A claimed row. `key` is the same on each attempt: the idempotency key for the other side. `again` says that the
    attempt before may have been taken by the other side, and nobody knows."""

    id: int
    stream: str
    kind: str
    subject: str
    payload: dict[str, Any]
    attempts: int
    created_at: datetime
    again: bool = False

    @property
    def key(self) -> str:
        return f"outbox-{self.id}"

    @property
    def lane(self) -> str:
        return self.stream.rpartition("@")[2]


Outcome = Callable[[Unit], Awaitable[None]]
Deliverer = Callable[[Job], Awaitable[Outcome | None]]
"""Sends one job. Returns what to write in the same transaction that removes the row; raises Retry or Rejected."""
OnParked = Callable[[Unit, Job, str], Awaitable[None]]


class Outbox:
    """The delivery loop of one process."""

    def __init__(self, work: Work, deliverers: dict[str, Deliverer], on_parked: OnParked) -> None:
        self.work = work
        self.deliverers = deliverers
        self.on_parked = on_parked
        self.owner = secrets.token_hex(6)
        self._wake = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._sending: dict[int, str] = {}
        self._stopping = False
        self._ended = asyncio.Event()
        self._ended.set()

    def wake(self) -> None:
        """There may be something to deliver; safe to call often."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver until stopped; a failure of the database only makes it wait."""
        self._ended.clear()
        try:
            if (
                self.work.database.is_sqlite
            ):  # has one server: who holds a lease now was killed, and need not be waited out
                await self._free(OutboxRow.leased_by.is_not(None))
            await self._deliver_until_stopped()
        finally:
            self._ended.set()

    async def _deliver_until_stopped(self) -> None:
        while not self._stopping:
            self._wake.clear()
            wait = 1.0
            try:
                for job in await self.claim(PARALLEL - len(self._running)):
                    task = asyncio.create_task(self._deliver(job))
                    self._running.add(task)
                    task.add_done_callback(self._finished)
                wait = await self._seconds_to_next()
            except Exception:
                log.exception("outbox.loop_failed")
            try:
                await asyncio.wait_for(self._wake.wait(), wait)
            except TimeoutError:
                continue

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("outbox.outcome_not_kept", reason=f"{type(error).__name__}: {error}"[:200])

    async def stop(self, grace: float = 3.0) -> None:
        """Finish what is being sent, then hand back the leases of the rest."""
        self._stopping = True
        self._wake.set()
        try:
            async with asyncio.timeout(grace):
                await self._ended.wait()
                await asyncio.gather(*self._running, return_exceptions=True)
        except TimeoutError:
            log.warning("outbox.stopped_while_sending", rows=len(self._running))
        await self._free(OutboxRow.leased_by == self.owner)

    async def drain(self) -> int:
        """Deliver everything that is due, here and now; returns how many rows were tried."""
        tried = 0
        while jobs := await self.claim(PARALLEL):
            await asyncio.gather(*(self._deliver(job) for job in jobs))
            tried += len(jobs)
        return tried

    async def claim(self, limit: int) -> list[Job]:
        """Lease the heads of up to `limit` streams that may go now: those that were tried least first, and of one lane
        (what stands after the @ of a stream: a platform, a channel) only so many, so that one that hangs stops no other."""
        if limit <= 0:
            return []
        now = self.work.clock.now()
        claimable = await self._list_claimable(now)
        chosen = self._choose(claimable, limit)
        if not chosen:
            return []
        again = {number for number, _, maybe_sent in claimable if maybe_sent}
        free = (
            select(OutboxRow.id)
            .where(OutboxRow.id.in_(chosen), OutboxRow.id.in_(_heads()), *_may_go(now))
            .with_for_update(skip_locked=True)
        )
        async with self.work.database.write() as session:
            rows = await session.scalars(
                update(OutboxRow)
                .where(OutboxRow.id.in_(free))
                .values(
                    state=OutboxState.SENDING,
                    leased_until=now + LEASE,
                    leased_by=self.owner,
                    maybe_sent=True,
                )
                .returning(OutboxRow)
                .execution_options(synchronize_session=False)
            )
            jobs = [
                Job(
                    row.id,
                    row.stream,
                    row.kind,
                    row.subject,
                    row.payload,
                    row.attempts,
                    row.created_at,
                    row.id in again,
                )
                for row in rows
            ]
        self._sending.update({job.id: job.lane for job in jobs})
        return sorted(jobs, key=lambda job: job.id)

    def _choose(self, claimable: list[tuple[int, str, bool]], limit: int) -> list[int]:
        busy = Counting(self._sending.values())
        chosen: list[int] = []
        for number, stream, _ in claimable:
            lane = stream.rpartition("@")[2]
            if len(chosen) < limit and busy[lane] < PER_LANE and number not in self._sending:
                busy[lane] += 1
                chosen.append(number)
        return chosen

    async def _list_claimable(self, now: datetime) -> list[tuple[int, str, bool]]:
        async with self.work.database.read() as session:
            rows = await session.execute(
                select(OutboxRow.id, OutboxRow.stream, OutboxRow.maybe_sent)
                .where(OutboxRow.id.in_(_heads()), *_may_go(now))
                .order_by(OutboxRow.attempts, OutboxRow.id)
                .limit(LOOKED_AT)
            )
            return [(row[0], row[1], row[2]) for row in rows]

    async def find_next(self) -> datetime | None:
        """When the next waiting row may go, or None."""
        now = self.work.clock.now()
        async with self.work.database.read() as session:
            return await session.scalar(
                select(func.min(OutboxRow.not_before)).where(
                    OutboxRow.id.in_(_heads()), OutboxRow.not_before > now
                )
            )

    async def _seconds_to_next(self) -> float:
        following = await self.find_next()
        if following is None:
            return LONGEST_SLEEP
        return min(max((following - self.work.clock.now()).total_seconds(), 0.01), LONGEST_SLEEP)

    async def _deliver(self, job: Job) -> None:
        try:
            await self._keep(job, await self._send(job))
        finally:
            self._sending.pop(job.id, None)

    async def _send(self, job: Job) -> Outcome:
        """Send it; returns what to write down about that."""
        deliverer = self.deliverers.get(job.kind)
        try:
            if deliverer is None:
                raise Rejected("no deliverer for this kind")
            async with asyncio.timeout(SEND_SECONDS):
                outcome = await deliverer(job)
        except Later as later:
            return self._put_back(job, later)
        except Retry as retry:
            return self._put_off(job, retry)
        except Unavailable as gone:
            return self._put_off(job, Retry(str(gone)))
        except TimeoutError:
            return self._put_off(job, Retry(f"no answer within {SEND_SECONDS} s", maybe_sent=True))
        except Rejected as rejected:
            return self._park(job, rejected.reason)
        except Exception as error:
            log.exception("outbox.delivery_failed", kind=job.kind, subject=job.subject, row=job.id)
            reason = f"{type(error).__name__}: {error}"
            if job.attempts >= FAULTS:
                return self._park(job, reason)
            return self._put_off(job, Retry(reason, maybe_sent=True))
        delivered.labels(job.kind).inc()

        async def done(unit: Unit) -> None:
            await unit.session.execute(delete(OutboxRow).where(OutboxRow.id == job.id))
            if outcome is not None:
                await outcome(unit)

        return done

    async def _keep(self, job: Job, outcome: Outcome) -> None:
        """Write down what came of it, unless the row is no longer ours; try again while the database is away, because a
        delivery that nobody remembers is made twice."""

        async def keep(unit: Unit) -> None:
            owner = await unit.session.scalar(
                select(OutboxRow.leased_by).where(OutboxRow.id == job.id).with_for_update()
            )
            if owner == self.owner:
                await outcome(unit)
            else:
                log.warning("outbox.lease_lost", kind=job.kind, subject=job.subject, row=job.id)

        for wait in (0.1, 0.5, 2.0):
            try:
                return await self.work.run(keep)
            except Unavailable:
                await asyncio.sleep(wait)
        return await self.work.run(keep)

    def _put_off(self, job: Job, retry: Retry) -> Outcome:
        wait = retry.after if retry.after is not None else min(LONGEST_WAIT, 0.5 * 2 ** min(job.attempts, 10))
        retried.labels(job.kind).inc()
        reason = retry.reason[:200]
        log.warning("outbox.put_off", kind=job.kind, subject=job.subject, seconds=wait, reason=reason)

        async def wait_longer(unit: Unit) -> None:
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
                )
            )

        return wait_longer

    def _put_back(self, job: Job, later: Later) -> Outcome:
        """Let it wait with those that wait; when the same is queued again meanwhile, one of the two is enough."""

        async def wait(unit: Unit) -> None:
            twin = aliased(OutboxRow)
            same = and_(
                twin.stream == OutboxRow.stream,
                twin.kind == OutboxRow.kind,
                twin.subject == OutboxRow.subject,
                twin.state == OutboxState.PENDING,
                twin.coalesce_row,
                OutboxRow.coalesce_row,
            )
            if await unit.session.scalar(select(exists().where(OutboxRow.id == job.id, same))):
                await unit.session.execute(delete(OutboxRow).where(OutboxRow.id == job.id))
                return
            await unit.session.execute(
                update(OutboxRow)
                .where(OutboxRow.id == job.id)
                .values(
                    state=OutboxState.PENDING,
                    leased_until=None,
                    leased_by=None,
                    maybe_sent=job.again,
                    not_before=unit.now + timedelta(seconds=later.after),
                )
            )

        return wait

    def _park(self, job: Job, reason: str) -> Outcome:
        parked.labels(job.kind).inc()
        log.error("outbox.parked", kind=job.kind, subject=job.subject, row=job.id, reason=reason[:200])

        async def park(unit: Unit) -> None:
            await unit.session.execute(
                update(OutboxRow)
                .where(OutboxRow.id == job.id)
                .values(state=OutboxState.PARKED, leased_until=None, leased_by=None, error=reason[:1000])
            )
            await self.on_parked(unit, job, reason)

        return park

    async def _free(self, whose: Any) -> None:
        """Let others claim these rows now. Where that cannot be written, their leases end by themselves."""

        async def free(unit: Unit) -> None:
            await unit.session.execute(
                update(OutboxRow)
                .where(whose, OutboxRow.state == OutboxState.SENDING)
                .values(leased_until=None, leased_by=None)
            )

        try:
            await self.work.run(free)
        except Unavailable as gone:
            log.warning("outbox.leases_not_freed", reason=str(gone))


def _heads() -> Any:
    return (
        select(func.min(OutboxRow.id))
        .where(OutboxRow.state.in_((OutboxState.PENDING, OutboxState.SENDING)))
        .group_by(OutboxRow.stream)
    )


def _may_go(now: datetime) -> tuple[Any, ...]:
    free = or_(OutboxRow.leased_until.is_(None), OutboxRow.leased_until < now)
    return (free, OutboxRow.not_before <= now)
