"""The clock that says when to look. APScheduler holds no state: one wake-up armed at the earliest due time, and housekeeping
by cron. A sweep is the net; it goes by the time that passes, so that it holds also when the machine's clock is set. What is
due is in the database, so a restart forgets nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.errors import Unavailable
from bot.flow.timers import Timers
from bot.logs import get_logger
from storage.engine import StorageUnavailable

log = get_logger(__name__)
SWEEP_SECONDS = 5
AGAIN_AFTER = timedelta(seconds=1)
"""So soon it looks again when the database was away."""
GRACE = 3.0
"""How long a stop waits for what is being done, in seconds."""


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class Alarm:
    """Wakes the timers at the right moment."""

    def __init__(self, timers: Timers, housekeeping: Callable[[], Awaitable[None]]) -> None:
        self.timers = timers
        self.housekeeping = housekeeping
        self._armed: datetime | None = None
        self._looking = False
        self._wanted: datetime | None = None
        """The earliest time for which somebody armed it while it was looking."""
        self._at_work: set[asyncio.Task[None] | None] = set()
        self._sweeping: asyncio.Task[None] | None = None
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )

    def start(self) -> None:
        self._sweeping = asyncio.create_task(self._sweep())
        self._scheduler.add_job(self._keep_house, "cron", minute=17, id="housekeeping")
        self._scheduler.add_job(self._keep_house, id="first housekeeping")
        self._scheduler.start()
        self.arm(self.timers.work.clock.now())

    def arm(self, at: datetime) -> None:
        """Make sure to look at `at` at the latest."""
        if self._looking:
            self._wanted = min(self._wanted or at, at)
            return
        if self._armed is not None and self._armed <= at:
            return
        self._armed = at
        run_at = max(at, datetime.now(UTC)) + timedelta(microseconds=1)
        self._scheduler.add_job(
            self._look, "date", run_date=run_at, id="wake", replace_existing=True, max_instances=2
        )

    async def _sweep(self) -> None:
        while not self.timers.stopping:
            await asyncio.sleep(SWEEP_SECONDS)
            await self._look()

    async def _look(self) -> None:
        """One at a time: whoever comes meanwhile is looked for once more."""
        if self._looking:
            self._wanted = self.timers.work.clock.now()
            return
        self._looking, self._armed, self._wanted = True, None, None
        following: datetime | None = None
        try:
            async with self._at_work_on("look"):
                try:
                    await self.timers.run_due()
                    following = await self.timers.find_next()
                except (Unavailable, StorageUnavailable) as gone:
                    log.warning("clock.database_away", reason=str(gone)[:200])
                    following = self.timers.work.clock.now() + AGAIN_AFTER
        finally:
            self._looking = False
        if moments := [at for at in (following, self._wanted) if at is not None]:
            self.arm(min(moments))

    async def _keep_house(self) -> None:
        async with self._at_work_on("housekeeping"):
            try:
                await self.housekeeping()
            except (Unavailable, StorageUnavailable) as gone:
                log.warning("clock.database_away", reason=str(gone)[:200])  # the next one does it

    @asynccontextmanager
    async def _at_work_on(self, what: str) -> AsyncIterator[None]:
        task = asyncio.current_task()
        self._at_work.add(task)
        try:
            yield
        except asyncio.CancelledError:
            if not self.timers.stopping:
                raise
            log.warning("clock.stopped_while_at_work", what=what)  # rolled back, and due after the next start
        except Exception:
            log.exception("clock.failed", what=what)
        finally:
            self._at_work.discard(task)

    async def stop(self) -> None:
        """Look no more, and let what is being done come to its end."""
        if not self._scheduler.running:
            return
        self._scheduler.pause()
        self.timers.stopping = True
        if at_work := [task for task in self._at_work if task is not None]:
            await asyncio.wait(at_work, timeout=GRACE)
        self._scheduler.shutdown(wait=False)
        if self._sweeping is not None:
            self._sweeping.cancel()
