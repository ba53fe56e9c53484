"""Does what is due. A timer row and its effects commit together, so a tick that is late, doubled or killed does no harm.

Due rows are taken in groups, one unit each, as large as can be done in a moment; when a group fails its rows are tried
alone, and the one that fails is put off and stays visible, so it can't hold up the others. While the database is away none
is put off. Kinds that this release does not know are left to the one that planned them.
"""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from prometheus_client import Counter, Histogram
from sqlalchemy import Integer, bindparam, delete, func, select, update

from bot.errors import Unavailable
from bot.flow.unit import Unit, Work
from bot.logs import get_logger
from storage.models import Timer
from storage.ready import Ready, is_among, is_nearly_always

log = get_logger(__name__)
GROUP = 250
"""How many due rows one unit does at most."""
SMALLEST_GROUP = 25
TARGET_SECONDS = 0.15
"""How long a group may take: others write in between, and it ends soon when the process is to stop."""
lateness = Histogram(
    "tocsin_timer_lateness_seconds",
    "From due time to committed effects",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 60),
)
STUCK_AFTER = 3
"""So often a timer fails before somebody is told; that takes a quarter of a minute."""
failed = Counter("tocsin_timer_failed_total", "Timers whose handler failed and was put off", ["kind"])


TIMERS: Any = Timer.__table__


def _is_known(database: str) -> Any:
    """Of a kind that this release does; by ix_timer_due, however much is planned for later."""
    return is_nearly_always(database, is_among(database, TIMERS.c.kind, "kinds"))


def _are_due(database: str) -> Any:
    return (
        select(
            TIMERS.c.id,
            TIMERS.c.kind,
            TIMERS.c.subject,
            TIMERS.c.due_at,
            TIMERS.c.payload,
            TIMERS.c.attempts,
        )
        .where(
            TIMERS.c.due_at <= bindparam("now", type_=TIMERS.c.due_at.type),
            _is_known(database),
        )
        .order_by(TIMERS.c.due_at, TIMERS.c.id)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(skip_locked=True)
    )


DUE = Ready(_are_due)
DUE_ONLY = Ready(lambda database: _are_due(database).where(TIMERS.c.id == bindparam("only")))
FORGET = Ready(lambda database: delete(TIMERS).where(is_among(database, TIMERS.c.id, "timers")))
NEXT = Ready(lambda database: select(func.min(TIMERS.c.due_at)).where(_is_known(database)))


@dataclass(frozen=True)
class Due:
    """A timer whose time has come."""

    id: int
    kind: str
    subject: str
    due_at: datetime
    payload: dict[str, Any]
    attempts: int

    @property
    def number(self) -> int:
        """The id in a subject like `incident:7`."""
        return int(self.subject.rpartition(":")[2])


TimerHandler = Callable[[Unit, Due], Awaitable[None]]
Prepare = Callable[[Unit, Sequence[Due]], Awaitable[None]]
"""Reads in a few questions what the handler will need for each of these."""


OnStuck = Callable[[Unit, Due, str], Awaitable[None]]
"""What follows when a timer was put off again and again, and with what kind of error."""


async def nobody_hears(_unit: Unit, _due: Due, _error: str) -> None:
    """Nothing follows."""


class Timers:
    """Runs due timers through the handlers of their kinds."""

    def __init__(
        self,
        work: Work,
        handlers: dict[str, TimerHandler],
        prepares: Mapping[str, Prepare] | None = None,
        on_stuck: OnStuck = nobody_hears,
    ) -> None:
        self.work = work
        self.handlers = handlers
        self._kinds = sorted(handlers)
        self.prepares = prepares or {}
        self.on_stuck = on_stuck
        self.stopping = False
        self._group_size = SMALLEST_GROUP

    async def run_due(self) -> int:
        """Do everything that is due now; returns how many timers were done."""
        done = 0
        while not self.stopping:
            size = self._group_size
            count = await self._group(size)
            done += count
            if count < size:
                break
        return done

    async def find_next(self) -> datetime | None:
        """When the earliest timer is due, or None."""
        async with self.work.database.read() as session:
            next_due: datetime | None = (await NEXT.ask(session, kinds=self._kinds))[0][0]
            return next_due

    async def _group(self, size: int) -> int:
        started = time.monotonic()
        try:
            done = await self.work.run(lambda unit: self._do(unit, size))
        except Exception as error:
            if isinstance(error, Unavailable) and error.code != "storage.conflict":
                raise  # no timer is to blame, and all of them stay due
            log.exception("timers.group_failed")
            return await self._one_by_one()
        self._fit_group(size, done, time.monotonic() - started)
        return done

    def _fit_group(self, size: int, done: int, seconds: float) -> None:
        if seconds > TARGET_SECONDS:
            self._group_size = max(SMALLEST_GROUP, min(size, done) // 2)
        elif done == size and seconds < TARGET_SECONDS / 2:
            self._group_size = min(GROUP, 2 * size)

    async def _do(self, unit: Unit, limit: int, only: int | None = None) -> int:
        rows = await (
            DUE.ask(unit.session, now=unit.now, most=limit, kinds=self._kinds)
            if only is None
            else DUE_ONLY.ask(unit.session, now=unit.now, most=limit, kinds=self._kinds, only=only)
        )
        due = [Due(*row) for row in rows]
        if not due:
            return 0
        await FORGET.ask(unit.session, timers=[timer.id for timer in due])
        for kind, prepare in self.prepares.items():
            if of_kind := [timer for timer in due if timer.kind == kind]:
                await prepare(unit, of_kind)
        for timer in due:
            await self.handlers[timer.kind](unit, timer)
        for timer in due:
            lateness.observe(max((unit.now - timer.due_at).total_seconds(), 0))
        return len(due)

    async def _one_by_one(self) -> int:
        now = self.work.clock.now()
        async with self.work.database.read() as session:
            ids = list(
                await session.scalars(
                    select(Timer.id)
                    .where(Timer.due_at <= now, Timer.kind.in_(self._kinds))
                    .order_by(Timer.due_at, Timer.id)
                    .limit(SMALLEST_GROUP)
                )
            )
        done = 0
        for timer_id in ids:
            if self.stopping:
                break
            try:
                done += await self.work.run(lambda unit, only=timer_id: self._do(unit, 1, only))  # type: ignore[misc]
            except Exception as error:
                if isinstance(error, Unavailable) and error.code != "storage.conflict":
                    raise
                log.exception("timer.failed", timer=timer_id)
                await self._put_off(timer_id, error)
        return done

    async def _put_off(self, timer_id: int, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"

        async def later(unit: Unit) -> Due | None:
            timer = await unit.session.get(Timer, timer_id)
            if timer is None:
                return None
            due = Due(timer.id, timer.kind, timer.subject, timer.due_at, timer.payload, timer.attempts + 1)
            failed.labels(timer.kind).inc()
            wait = min(300, 5 * 2 ** min(timer.attempts, 6))
            await unit.session.execute(
                update(Timer)
                .where(Timer.id == timer_id)
                .values(
                    attempts=timer.attempts + 1,
                    error=reason[:1000],
                    due_at=unit.now + timedelta(seconds=wait),
                )
            )
            return due

        due = await self.work.run(later)
        if due is not None and due.attempts == STUCK_AFTER:
            try:
                await self.work.run(lambda unit: self._tell(unit, due, type(error).__name__))
            except Exception:
                log.exception("timer.not_told", timer=timer_id)

    async def _tell(self, unit: Unit, due: Due, error: str) -> None:
        """Of the first of a kind: what keeps one from being done often keeps all of them."""
        others = select(Timer.id).where(
            Timer.kind == due.kind, Timer.attempts >= STUCK_AFTER, Timer.id != due.id
        )
        if await unit.session.scalar(others.limit(1)) is None:
            await self.on_stuck(unit, due, error)
