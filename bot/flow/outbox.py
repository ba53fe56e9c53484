"""Claims outbox rows, stream by stream, and hands each to the deliverer of its kind.

A claim is a lease: a worker that dies leaves its rows to be claimed again when the lease ends. Only the head of a stream
is ever claimed, so within a stream order holds; streams run in parallel. `Retry` leaves the row at the head and waits;
`Rejected` parks it, visibly, and the stream goes on. When the other side of a lane is away, one row at a time asks for it
(`bot/flow/lanes`); its first answer makes everything that waits for it due at once. Kinds that this release does not know
are left alone: a newer one, which queued them, runs beside it or was here before.
"""

import asyncio
import secrets
import time
from collections import Counter as Counting
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from prometheus_client import Counter
from sqlalchemy import update

from bot.errors import Later, Rejected, Retry, Unavailable
from bot.flow.claimable import Claimable, Shut
from bot.flow.lanes import Heard, Lanes, heard, lane_of
from bot.flow.machine import is_short
from bot.flow.outcomes import after_return, hand_on, park, put_back, put_off
from bot.flow.together import Ahead, Together
from bot.flow.unit import Unit, Work
from bot.logs import get_logger
from storage.engine import Conflict, StorageUnavailable
from storage.models import OutboxRow
from storage.questions import outbox as ask
from storage.words import OutboxState

log = get_logger(__name__)
LEASE = timedelta(seconds=30)
LONGEST_WAIT = 60.0
"""The longest pause between two attempts, in seconds."""
LONGEST_SLEEP = 5.0
"""How long the loop sleeps at most without being woken, in seconds."""
PARALLEL = 16
SEND_SECONDS = LEASE.total_seconds() - 5
"""How long one delivery may take: it ends before its lease does, so that no row is sent by two at once."""
KEPT_ALONE = 600.0
"""So long, in seconds, a single server tries to write down what came of a delivery; one of several until its lease ends."""
LONGEST_PAUSE = 2.0
"""Between two tries to write that down, in seconds."""
EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
FAULTS = 6
"""After so many attempts a row whose deliverer fails in a way that nobody foresaw is parked, and holds up no other."""
delivered = Counter("tocsin_outbox_delivered_total", "Outbox rows delivered", ["kind"])
retried = Counter("tocsin_outbox_retried_total", "Deliveries put off by the other side", ["kind"])
parked = Counter("tocsin_outbox_parked_total", "Outbox rows that the other side will never take", ["kind"])


@dataclass(frozen=True)
class Job:
    """A claimed row. `again` says that the attempt before may have been taken by the other side, and nobody knows."""

    id: int
    stream: str
    kind: str
    subject: str
    payload: dict[str, Any]
    attempts: int
    created_at: datetime
    again: bool = False
    started_at: datetime | None = None
    away_since: datetime | None = None
    """Since when the other side does not answer, where an attempt before found that out; `error` says why."""
    error: str = ""

    @property
    def key(self) -> str:
        """The idempotency key for the other side: the same on each attempt, and never that of another row, also not of
        another database, or of what came after the backup that this one was restored from: there ids come again."""
        return f"outbox-{self.id}-{(self.created_at - EPOCH) // MICROSECOND:x}"

    @property
    def lane(self) -> str:
        return lane_of(self.stream)

    @property
    def was_away(self) -> bool:
        return self.away_since is not None


Outcome = Callable[[Unit], Awaitable[None]]
Deliverer = Callable[[Job], Awaitable[Outcome | None]]
"""Sends one job. Returns what to write in the same transaction that removes the row; raises Retry or Rejected."""
Prepare = Callable[[Unit, Sequence[Job]], Awaitable[None]]
"""Reads in a few questions what writing down what came of these jobs will ask for."""
OnParked = Callable[[Unit, Job, str], Awaitable[None]]
OnLane = Callable[[Unit, str, datetime], Awaitable[None]]
"""What follows when the other side of a lane is away, and when it is back; since when it is or was."""


async def nothing_to_write(_unit: Unit) -> None:
    return


async def nothing_follows(_unit: Unit, _lane: str, _since: datetime) -> None:
    return


@dataclass(frozen=True)
class Sent:
    """A delivery under way: its lane, and the lane's turn when it began."""

    lane: str
    turn: int


class Outbox:
    """The delivery loop of one process."""

    def __init__(
        self,
        work: Work,
        deliverers: dict[str, Deliverer],
        on_parked: OnParked,
        on_away: OnLane = nothing_follows,
        on_back: OnLane = nothing_follows,
        prepares: Mapping[str, Prepare] | None = None,
    ) -> None:
        self.work = work
        self.deliverers = deliverers
        self.prepares = prepares or {}
        self._kinds = sorted(deliverers)
        self.on_parked = on_parked
        self.on_away = on_away
        self.on_back = on_back
        self.lanes = Lanes()
        self._together = Together(work)
        self.owner = secrets.token_hex(6)
        self._wake = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._sending: dict[int, Sent] = {}
        self._claimable = Claimable()
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
                while jobs := await self.claim(PARALLEL - len(self._running), patient=True):
                    for job in jobs:
                        task = asyncio.create_task(self._deliver(job))
                        self._running.add(task)
                        task.add_done_callback(self._finished)
                wait = await self._seconds_to_next()
                if len(self._running) < PARALLEL:
                    wait = min(wait, self._claimable.seconds_to_look())
            except (StorageUnavailable, Conflict) as gone:
                log.warning("outbox.database_away", reason=str(gone)[:200])
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

    async def claim(self, limit: int, patient: bool = False) -> list[Job]:
        """Lease the heads of up to `limit` streams that may go now: those that were tried least first, and of one lane
        only so many, so that one that hangs or is away stops no other. See Claimable.look for `patient`."""
        now = self.work.clock.now()
        while limit > 0 and (chosen := await self._find_claimable(limit, now, patient)):
            if jobs := await self._lease(chosen, now):
                self._sending.update({job.id: Sent(job.lane, self.lanes.turn(job.lane)) for job in jobs})
                return jobs
        return []

    async def _find_claimable(self, limit: int, now: datetime, patient: bool) -> list[int]:
        """Rows to be leased. A claim looks again at each."""
        lacks = len(self._choose(limit, now)) < limit
        closed = self.lanes.list_closed(now, self._count_busy())
        shut = Shut(set(closed), set(self.lanes.list_pausing(now)))
        async with self.work.database.read() as session:
            await self._claimable.look(session, now, self._kinds, shut, lacks, patient)
        chosen = self._choose(limit, now)
        self._claimable.take(chosen)
        return chosen

    async def _lease(self, chosen: list[int], now: datetime) -> list[Job]:
        """Take those of them that may still go."""
        async with self.work.database.write() as session:
            rows = await ask.lease(session, chosen, now, LEASE, self.owner, self._kinds)
        return [
            Job(
                row.id,
                row.stream,
                row.kind,
                row.subject,
                row.payload,
                row.attempts,
                row.created_at,
                row.maybe_sent,
                now,
                row.away_since,
                row.error,
            )
            for row in rows
        ]

    def _count_busy(self) -> Counting[str]:
        return Counting(sent.lane for sent in self._sending.values())

    def _choose(self, limit: int, now: datetime) -> list[int]:
        busy = self._count_busy()
        chosen: list[int] = []
        for number, stream in self._claimable.list_in_order():
            lane = lane_of(stream)
            if (
                len(chosen) < limit
                and busy[lane] < self.lanes.width(lane, now)
                and number not in self._sending
            ):
                busy[lane] += 1
                chosen.append(number)
        return chosen

    async def find_next(self) -> datetime | None:
        """When the next waiting row may go, or the next lane that pauses is tried; None when nothing waits."""
        now = self.work.clock.now()
        async with self.work.database.read() as session:
            row = await ask.find_next(session, now, self._kinds)
        return min((at for at in (row, self.lanes.find_next_opening(now)) if at is not None), default=None)

    async def _seconds_to_next(self) -> float:
        following = await self.find_next()
        if following is None:
            return LONGEST_SLEEP
        return min(max((following - self.work.clock.now()).total_seconds(), 0.01), LONGEST_SLEEP)

    async def _deliver(self, job: Job) -> None:
        ear = Heard()
        heard.set(ear)
        until = time.monotonic() + (KEPT_ALONE if self.work.database.is_sqlite else LEASE.total_seconds())
        try:
            outcome, is_done = await self._send(job, ear)
            is_back = ear.answered and (job.was_away or self.lanes.is_failing(job.lane))
            if is_back:
                outcome = self._after_return(job, outcome)
            elif job.was_away:
                outcome = hand_on(job, outcome)
            await self._keep(job, outcome, is_done, until)
            if ear.answered:
                self.lanes.answer(job.lane)
        finally:
            self._sending.pop(job.id, None)
            self._claimable.served.add(job.stream)

    async def _send(self, job: Job, ear: Heard) -> tuple[Outcome, bool]:
        """Send it; returns what to write down about that, and whether the row is done with."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                outcome = await self.deliverers[job.kind](job)
        except Later as later:
            return put_back(job, later), False
        except Retry as retry:
            ear.answered = ear.answered and not retry.is_away
            return self._put_off(job, retry), False
        except Unavailable as gone:
            return self._put_off(job, Retry(str(gone), alone=True)), False
        except TimeoutError:
            ear.answered = False
            return self._put_off(job, Retry(f"no answer within {SEND_SECONDS} s", maybe_sent=True)), False
        except Rejected as rejected:
            return self._park(job, rejected.reason), False
        except Exception as error:
            log.exception("outbox.delivery_failed", kind=job.kind, subject=job.subject, row=job.id)
            reason = f"{type(error).__name__}: {error}"
            if job.attempts >= FAULTS and not is_short(error):
                return self._park(job, reason), False
            return self._put_off(job, Retry(reason, maybe_sent=True, alone=True)), False
        delivered.labels(job.kind).inc()
        return outcome or nothing_to_write, True

    async def _keep(self, job: Job, outcome: Outcome, is_done: bool, until: float) -> None:
        """Write down what came of it, unless the row is no longer ours; try again while the database is away and nobody else
        can have the row, because a delivery that nobody remembers is made twice."""

        async def keep(unit: Unit) -> None:
            if job.id in unit.known["given up"]:
                await outcome(unit)
            else:
                log.warning("outbox.lease_lost", kind=job.kind, subject=job.subject, row=job.id)

        ahead = Ahead(self._give_up, (job, is_done))
        pause = 0.1
        while True:
            try:
                return await self._together.run(keep, ahead=ahead)
            except Unavailable as gone:
                is_ours = time.monotonic() + pause < until
                if self._stopping or not is_ours or gone.code == "storage.conflict":
                    raise
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    async def _give_up(self, unit: Unit, kept: Sequence[tuple[Job, bool]]) -> None:
        """Those rows that are still ours are no longer leased; what writing down their outcomes asks for is read."""
        mine: set[int] = set()
        for is_done in (True, False):
            rows = [job.id for job, done in kept if done is is_done]
            mine |= await ask.give_up(unit.session, rows, self.owner, is_done)
        unit.known["given up"] = mine
        for kind, prepare in self.prepares.items():
            if jobs := [job for job, done in kept if done and job.kind == kind and job.id in mine]:
                await prepare(unit, jobs)

    def _put_off(self, job: Job, retry: Retry) -> Outcome:
        now = self.work.clock.now()
        if retry.is_away and job.lane:
            sent = self._sending.get(job.id) or Sent(job.lane, self.lanes.turn(job.lane))
            wait = self.lanes.fail(job.lane, sent.turn, now, job.started_at or now)
        elif retry.after is not None:
            wait = retry.after
        else:
            wait = min(LONGEST_WAIT, 0.5 * 2 ** min(job.attempts, 10))
        retried.labels(job.kind).inc()
        reason = retry.reason[:200]
        log.warning("outbox.put_off", kind=job.kind, subject=job.subject, seconds=wait, reason=reason)
        return put_off(job, retry, wait, self.lanes.since(job.lane), self.on_away)

    def _after_return(self, job: Job, outcome: Outcome) -> Outcome:
        due = self.work.clock.now() if self.lanes.is_away(job.lane) or job.was_away else None
        return after_return(job, outcome, self.lanes.since(job.lane), due, self.on_back)

    def _park(self, job: Job, reason: str) -> Outcome:
        parked.labels(job.kind).inc()
        log.error("outbox.parked", kind=job.kind, subject=job.subject, row=job.id, reason=reason[:200])
        return park(job, reason, self.on_parked)

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
