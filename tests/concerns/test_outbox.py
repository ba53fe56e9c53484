"""The outbox: within a stream order holds, whatever fails; nothing is lost; a parked row blocks nobody."""

import asyncio
import errno
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.errors import Later, Rejected, Retry
from bot.flow.lanes import note_answer
from bot.flow.outbox import LEASE, Job, Outbox
from bot.flow.unit import Unit, Work
from storage.engine import Database
from storage.models import OutboxRow
from storage.questions.flow import list_away
from storage.words import OutboxState
from tests.house import HandClock
from tests.relay import Relay


@dataclass
class OtherSide:
    """A platform that fails at random, and remembers what it took."""

    dice: random.Random
    failing: float
    taken: list[tuple[str, int]] = field(default_factory=list)
    parked: list[str] = field(default_factory=list)

    async def deliver(self, job: Job) -> None:
        await asyncio.sleep(0)
        luck = self.dice.random()
        if luck < self.failing:
            raise Retry("busy", self.dice.choice((0.5, 3.0, None)))
        if luck < self.failing + 0.05:
            raise Rejected("never")
        self.taken.append((job.stream, job.payload["n"]))

    async def on_parked(self, _: Unit, job: Job, reason: str) -> None:
        self.parked.append(f"{job.stream}/{job.payload['n']}")


@pytest.fixture
async def work(database_url: str) -> Work:
    return Work(Database(database_url), HandClock(), {})


async def put(work: Work, stream: str, *numbers: int) -> None:
    async def change(unit: Unit) -> None:
        for number in numbers:
            unit.put(stream, "thing", f"thing:{number}", payload={"n": number})

    await work.run(change)


async def end_leases(work: Work) -> None:
    """As if they had been taken long ago."""

    async def change(unit: Unit) -> None:
        for row in await unit.session.scalars(select(OutboxRow).where(OutboxRow.leased_until.is_not(None))):
            assert row.leased_until is not None
            row.leased_until -= LEASE + timedelta(seconds=1)

    await work.run(change)
    work.clock.time += timedelta(seconds=1)  # type: ignore[attr-defined]


async def count_waiting(work: Work) -> int:
    async with work.database.read() as session:
        rows = await session.scalars(select(OutboxRow.id).where(OutboxRow.state != OutboxState.PARKED))
        return len(rows.all())


@pytest.mark.parametrize("seed", range(2))
async def test_order_within_a_stream_holds_and_nothing_is_lost(work: Work, seed: int) -> None:
    dice = random.Random(seed)
    side = OtherSide(dice, failing=0.4)
    workers = [Outbox(work, {"thing": side.deliver}, side.on_parked) for _ in range(2)]
    sent = {f"s{stream}": list(range(12)) for stream in range(4)}
    for number in range(12):
        for stream in sent:
            await put(work, stream, number)
        await asyncio.gather(*(worker.drain() for worker in workers))
        work.clock.time += timedelta(seconds=dice.choice((0, 1, 5)))  # type: ignore[attr-defined]
    while await count_waiting(work):
        work.clock.time += timedelta(seconds=30)  # type: ignore[attr-defined]
        await asyncio.gather(*(worker.drain() for worker in workers))
    for stream, numbers in sent.items():
        taken = [number for name, number in side.taken if name == stream]
        parked = [int(one.split("/")[1]) for one in side.parked if one.startswith(f"{stream}/")]
        assert taken == sorted(taken)
        assert sorted(taken + parked) == numbers
    await work.database.close()


async def test_waiting_refreshes_of_one_card_are_one(work: Work) -> None:
    side = OtherSide(random.Random(1), failing=0)

    async def change(unit: Unit) -> None:
        for _ in range(100):
            unit.put("INC-1@x", "thing", "incident:1", coalesce=True, payload={"n": 1})

    for _ in range(10):
        await work.run(change)
    async with work.database.read() as session:
        assert len(list(await session.scalars(OutboxRow.__table__.select()))) == 1
    await Outbox(work, {"thing": side.deliver}, side.on_parked).drain()
    assert len(side.taken) + len(side.parked) == 1
    await work.database.close()


async def test_a_worker_that_dies_loses_nothing(work: Work) -> None:
    side = OtherSide(random.Random(2), failing=0)
    await put(work, "s", 1, 2)
    dead = Outbox(work, {"thing": side.deliver}, side.on_parked)
    assert [job.payload["n"] for job in await dead.claim(5)] == [1]
    other = Outbox(work, {"thing": side.deliver}, side.on_parked)
    assert await other.drain() == 0
    await end_leases(work)
    await other.drain()
    assert [number for _, number in side.taken] == [1, 2]
    await work.database.close()


@pytest.mark.parametrize("failure", [Retry("busy", 1.0), Later(1.0)], ids=["refused", "too early"])
async def test_what_may_have_arrived_is_looked_for_until_it_is_certain(
    work: Work, failure: Exception
) -> None:
    """An attempt that surely did nothing does not tell what the one before it did."""
    side = OtherSide(random.Random(5), failing=0)
    looked: list[bool] = []
    outcomes: list[Exception | None] = [Retry("no answer", 1.0, maybe_sent=True), failure, None]

    async def deliver(job: Job) -> None:
        looked.append(job.again)
        outcome = outcomes.pop(0)
        if outcome is not None:
            raise outcome

    await put(work, "s", 1)
    worker = Outbox(work, {"thing": deliver}, side.on_parked)
    while await count_waiting(work):
        await worker.drain()
        work.clock.time += timedelta(seconds=2)  # type: ignore[attr-defined]
    assert looked == [False, True, True]
    await work.database.close()


async def test_ids_of_rows_are_never_given_out_twice(work: Work) -> None:
    """They are idempotency keys for the other side."""
    side = OtherSide(random.Random(3), failing=0)
    keys: list[str] = []

    async def remember(job: Job) -> None:
        keys.append(job.key)

    worker = Outbox(work, {"thing": remember}, side.on_parked)
    for number in range(5):
        await put(work, "s", number)
        await worker.drain()
    assert len(set(keys)) == 5
    await work.database.close()


async def test_a_parked_row_is_kept_and_blocks_nobody(work: Work) -> None:
    taken: list[int] = []

    async def deliver(job: Job) -> None:
        if job.payload["n"] == 1:
            raise Rejected("never")
        taken.append(job.payload["n"])

    side = OtherSide(random.Random(4), failing=0)
    await put(work, "s", 1, 2)
    await Outbox(work, {"thing": deliver}, side.on_parked).drain()
    assert taken == [2]
    async with work.database.read() as session:
        (row,) = (await session.execute(OutboxRow.__table__.select())).all()
    assert (row.state, row.error) == (OutboxState.PARKED, "never")
    await work.database.close()


class Away:
    """Another side that is away, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.is_there = False
        self.taken: list[int] = []

    async def deliver(self, job: Job) -> None:
        self.asked += 1
        if not self.is_there:
            raise Retry("away")
        if job.payload["n"] >= 0:
            note_answer()
            self.taken.append(job.payload["n"])

    async def on_parked(self, unit: Unit, job: Job, reason: str) -> None:
        raise AssertionError(reason)

    def start(self, work: Work) -> Outbox:
        return Outbox(work, {"thing": self.deliver}, self.on_parked)


async def pass_time(work: Work, worker: Outbox, seconds: float) -> None:
    end = work.clock.now() + timedelta(seconds=seconds)
    while (following := await worker.find_next()) is not None and following <= end:
        work.clock.time = following  # type: ignore[attr-defined]
        await worker.drain()
    work.clock.time = end  # type: ignore[attr-defined]
    await worker.drain()


async def test_nothing_is_parked_because_the_machine_had_no_file_to_open(work: Work) -> None:
    """However long that lasts: it is the fault of no row, and would be of all."""
    tries: list[int] = []

    async def deliver(job: Job) -> None:
        tries.append(job.attempts)
        if len(tries) < 12:
            raise OSError(errno.EMFILE, "Too many open files")

    async def on_parked(_: Unit, _job: Job, reason: str) -> None:
        raise AssertionError(reason)

    await put(work, "s@x", 1)
    worker = Outbox(work, {"thing": deliver}, on_parked)
    await worker.drain()
    await pass_time(work, worker, 900)
    assert len(tries) == 12
    assert await count_waiting(work) == 0
    await work.database.close()


async def test_a_lane_that_is_away_is_asked_by_one_row_and_goes_on_in_seconds_after_a_restart_too(
    work: Work,
) -> None:
    side = Away()
    worker = side.start(work)
    began = work.clock.now()
    for number in range(100):
        await put(work, f"s{number}@x", number)
    await worker.drain()
    at_once, side.asked = side.asked, 0
    await pass_time(work, worker, 120)
    assert (at_once <= 8, side.asked <= 16) == (True, True), (at_once, side.asked)
    worker = side.start(work)  # another process, which knows nothing but what is in the rows
    side.asked = 0
    await pass_time(work, worker, 60)
    assert side.asked <= 8 + 10
    async with work.database.read() as session:
        (away,) = await list_away(session)
    assert (away.lane, away.since, away.rows) == ("x", began, 100)
    side.is_there = True
    await pass_time(work, worker, 10)
    assert sorted(side.taken) == list(range(100))
    async with work.database.read() as session:
        assert await list_away(session) == []
    await work.database.close()


async def test_a_delivery_that_had_nothing_to_send_is_no_answer(work: Work) -> None:
    side = Away()
    worker = side.start(work)
    for number in range(3):
        await put(work, f"s{number}@x", number)
    await worker.drain()
    await pass_time(work, worker, 5)
    side.is_there = True
    await put(work, "quiet@x", -1)
    side.taken.clear()
    async with work.database.read() as session:
        assert [one.lane for one in await list_away(session)] == ["x"]
    worker.lanes.fail("x", worker.lanes.turn("x"), work.clock.now(), work.clock.now())
    job = next(job for job in await side.start(work).claim(10) if job.stream == "quiet@x")
    await worker._deliver(job)
    async with work.database.read() as session:
        assert [one.lane for one in await list_away(session)] == ["x"]
    await work.database.close()


async def test_one_lane_that_is_away_holds_up_no_other_however_much_waits_for_it(work: Work) -> None:
    side, other = Away(), Away()
    other.is_there = True

    async def deliver(job: Job) -> None:
        await (side if job.lane == "x" else other).deliver(job)

    worker = Outbox(work, {"thing": deliver}, side.on_parked)
    for number in range(250):
        await put(work, f"s{number}@x", number)
    await worker.drain()
    await put(work, "s@y", 1)
    await worker.drain()
    assert other.taken == [1]
    await work.database.close()


SetAway = Callable[[bool], Awaitable[None]]


async def send_while_the_database_goes(work: Work, set_away: SetAway) -> int:
    """How often it is sent when the database is away for five seconds from then on."""
    sent: list[int] = []
    coming: list[asyncio.Task[None]] = []

    async def come_back() -> None:
        await asyncio.sleep(5)
        await set_away(False)

    async def deliver(job: Job) -> None:
        sent.append(job.id)
        await set_away(True)
        coming.append(asyncio.create_task(come_back()))

    async def on_parked(_unit: Unit, _job: Job, reason: str) -> None:
        raise AssertionError(reason)

    await put(work, "s", 1)
    worker = Outbox(work, {"thing": deliver}, on_parked)
    await worker.drain()
    await asyncio.gather(*coming)
    assert await count_waiting(work) == 0
    await work.database.close()
    return len(sent)


@pytest.mark.postgresql
async def test_what_was_sent_is_not_forgotten_while_the_server_is_away(postgres_url: str) -> None:
    async with Relay.to_postgres(postgres_url) as relay:

        async def set_away(is_away: bool) -> None:
            (relay.cut if is_away else relay.go_on)()

        assert await send_while_the_database_goes(Work(Database(relay.url), HandClock(), {}), set_away) == 1


async def test_what_was_sent_is_not_forgotten_while_the_file_can_not_be_written(sqlite_url: str) -> None:
    work = Work(Database(sqlite_url), HandClock(), {})

    async def set_away(is_away: bool) -> None:
        async with work.database._writer.connect() as connection:
            raw: Any = (await connection.get_raw_connection()).driver_connection
            await raw.execute(f"PRAGMA query_only={int(is_away)}")  # outside any transaction

    assert await send_while_the_database_goes(work, set_away) == 1
