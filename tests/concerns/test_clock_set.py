"""The machine's clock is set while Tocsin works, or one replica's is wrong; or the database is away when it is time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import apscheduler.schedulers.base
import pytest

from bot.errors import Retry, Unavailable
from bot.flow import clock
from bot.flow.clock import Alarm
from bot.flow.outbox import Job, Outbox
from bot.flow.timers import Due, Timers
from bot.flow.unit import Unit, Work
from storage.engine import Database
from storage.models import Timer
from tests.house import HandClock, House
from tests.platforms.inbound import eventually

HOUR = timedelta(hours=1)


@pytest.fixture
async def work(database_url: str) -> Work:
    return Work(Database(database_url), HandClock(), {})


async def put(work: Work, stream: str) -> None:
    async def change(unit: Unit) -> None:
        unit.put(stream, "thing", "thing:1")

    await work.run(change)


async def plan(work: Work) -> None:
    async def change(unit: Unit) -> None:
        unit.plan("thing", "thing:1", unit.now)

    await work.run(change)


def set_clock(work: Work, by: timedelta) -> None:
    work.clock.time += by  # type: ignore[attr-defined]


async def nobody(_unit: Unit, _job: Job, _reason: str) -> None:
    raise AssertionError("nothing is parked")


async def test_what_was_queued_before_the_clock_was_put_back_goes_at_once(work: Work) -> None:
    taken: list[str] = []

    async def deliver(job: Job) -> None:
        taken.append(job.subject)

    await put(work, "s@x")
    set_clock(work, -HOUR)
    await Outbox(work, {"thing": deliver}, nobody).drain()
    assert taken == ["thing:1"]
    await work.database.close()


async def test_what_was_put_off_waits_for_its_time(work: Work) -> None:
    tried: list[int] = []

    async def deliver(job: Job) -> None:
        tried.append(job.attempts)
        raise Retry("busy", 5.0)

    worker = Outbox(work, {"thing": deliver}, nobody)
    await put(work, "s@x")
    set_clock(work, -HOUR)
    for _ in range(3):
        await worker.drain()
    assert tried == [0]
    set_clock(work, timedelta(seconds=5))
    await worker.drain()
    assert tried == [0, 1]
    await work.database.close()


async def test_a_lane_does_not_pause_until_a_time_that_was_taken_back(work: Work) -> None:
    taken: list[str] = []

    async def deliver(job: Job) -> None:
        if job.stream == "first@x":
            raise Retry("no answer")
        taken.append(job.stream)

    worker = Outbox(work, {"thing": deliver}, nobody)
    await put(work, "first@x")
    await worker.drain()
    await put(work, "second@x")
    assert await worker.drain() == 0, "the lane pauses"
    set_clock(work, -HOUR)
    await put(work, "third@x")
    await worker.drain()
    assert taken == ["second@x", "third@x"]
    await work.database.close()


@pytest.mark.postgresql
async def test_a_replica_whose_clock_is_ahead_takes_nothing_that_is_being_sent(postgres_url: str) -> None:
    right, ahead = (Work(Database(postgres_url), HandClock(), {}) for _ in range(2))
    set_clock(ahead, HOUR)

    async def deliver(_: Job) -> None:
        raise AssertionError("somebody else sends it")

    await put(right, "s@x")
    assert len(await Outbox(right, {"thing": deliver}, nobody).claim(5)) == 1
    assert await Outbox(ahead, {"thing": deliver}, nobody).drain() == 0
    for one in (right, ahead):
        await one.database.close()


async def test_a_database_that_is_away_puts_no_timer_off(work: Work) -> None:
    """A growing pause is for handlers that fail; here the next step would come minutes late."""
    is_away = True
    done: list[str] = []

    async def handle(_: Unit, due: Due) -> None:
        if is_away:
            raise Unavailable("storage.unavailable")
        done.append(due.subject)

    timers = Timers(work, {"thing": handle})
    await plan(work)
    for _ in range(3):
        with pytest.raises(Unavailable):
            await timers.run_due()
    is_away = False
    await timers.run_due()
    assert done == ["thing:1"]
    await work.database.close()


@asynccontextmanager
async def looking(work: Work, handle: Callable[[Unit, Due], Any]) -> AsyncIterator[None]:
    """An alarm that runs, and that is not told of what is planned."""

    async def nothing() -> None:
        return

    alarm = Alarm(Timers(work, {"thing": handle}), nothing)
    alarm.start()
    try:
        yield
    finally:
        await alarm.stop()
        await work.database.close()


async def test_it_looks_again_a_second_after_the_database_was_away(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "SWEEP_SECONDS", 60)
    tries: list[str] = []

    async def handle(_: Unit, due: Due) -> None:
        tries.append(due.subject)
        if len(tries) == 1:
            raise Unavailable("storage.unavailable")

    work.clock.time = datetime.now(UTC)  # type: ignore[attr-defined]
    await plan(work)
    async with looking(work, handle):
        await eventually(lambda: len(tries) == 2, 10)


async def test_the_net_holds_when_the_clock_was_put_back(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of the scheduler, by which a sweep of its own would be due in an hour."""
    monkeypatch.setattr(clock, "SWEEP_SECONDS", 0.5)
    done: list[str] = []

    async def handle(_: Unit, due: Due) -> None:
        done.append(due.subject)

    class PutBack(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) - HOUR

    async with looking(work, handle):
        await asyncio.sleep(0.1)
        monkeypatch.setattr(apscheduler.schedulers.base, "datetime", PutBack)
        await asyncio.sleep(1.0)
        await plan(work)
        await eventually(lambda: done, 10)


async def test_a_page_goes_out_though_its_alert_came_by_a_clock_that_was_ahead(house: House) -> None:
    hook = await house.add_sender("generic")
    house.clock.time += HOUR
    async with house.http.post(hook, json={"title": "Checkout", "alias": "c", "priority": "P1"}) as response:
        assert response.status == 202
    house.clock.time -= HOUR
    await house.parts.outbox.drain()
    assert [page.state.value for page in await house.pages()] == ["sent"]
    assert await house.rows(Timer), "its next step is planned"
