"""A backlog: a page waits for no card, an outage is remembered as long as it lasts, and not everything is looked at anew."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, update

from bot.errors import Retry
from bot.flow import claimable
from bot.flow.lanes import note_answer
from bot.flow.outbox import Job, Outbox
from bot.flow.unit import Unit, Work
from storage.engine import Database
from storage.models import OutboxRow
from storage.questions.flow import list_away, list_waiting, look_at_queues
from tests.house import HandClock


@pytest.fixture
async def work(database_url: str) -> Work:
    return Work(Database(database_url), HandClock(), {})


async def put(work: Work, stream: str, kind: str, *numbers: int) -> None:
    async def change(unit: Unit) -> None:
        for number in numbers:
            unit.put(stream.format(number), kind, f"{kind}:{number}", payload={"n": number})

    await work.run(change)


def start(work: Work, deliver: Any) -> Outbox:
    async def on_parked(_: Unit, job: Job, reason: str) -> None:
        raise AssertionError(reason)

    return Outbox(work, {"card": deliver, "page.send": deliver}, on_parked)


async def test_a_page_overtakes_the_cards_that_wait_for_the_same_platform(work: Work) -> None:
    taken: list[str] = []

    async def deliver(job: Job) -> None:
        note_answer()
        taken.append(job.kind)
        if len(taken) == 20:
            await put(work, "page:{}@x", "page.send", 1)

    await put(work, "INC-{}@x", "card", *range(300))
    await start(work, deliver).drain()
    assert len(taken) == 301
    assert taken.index("page.send") < 20 + 2 * 8


async def test_pages_go_while_two_platforms_have_more_to_do_than_they_can(work: Work) -> None:
    taken: list[str] = []

    async def deliver(job: Job) -> None:
        note_answer()
        taken.append(job.lane)

    for lane in ("x", "y"):
        await put(work, f"INC-{{}}@{lane}", "card", *range(100))
    await put(work, "page:{}@z", "page.send", 1)
    await start(work, deliver).drain()
    assert taken.index("z") < 2 * 16


async def test_that_a_platform_is_away_is_known_when_the_row_that_said_so_is_no_longer_needed(
    work: Work,
) -> None:
    answers: list[Exception | None] = [Retry("not there"), None]

    async def deliver(_: Job) -> None:
        answer = answers.pop(0) if answers else Retry("not there")
        if answer is not None:
            raise answer

    await put(work, "page:7@x", "page.send", 1, 2, 3)
    worker, began = start(work, deliver), work.clock.now()
    await worker.drain()
    work.clock.time += timedelta(seconds=5)  # type: ignore[attr-defined]
    (job,) = await worker.claim(1)
    await worker._deliver(job)
    async with work.database.read() as session:
        (away,) = await list_away(session)
    assert (away.lane, away.since, away.reason, away.rows) == ("x", began, "not there", 2)


async def test_a_long_backlog_is_not_looked_at_for_each_delivery(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came since, and what follows in a stream, is found all the same."""
    taken: list[tuple[str, int]] = []

    async def deliver(job: Job) -> None:
        note_answer()
        taken.append((job.lane, job.payload["n"]))

    monkeypatch.setattr(claimable, "CHEAP", -1.0)
    monkeypatch.setattr(claimable, "LONGEST_PAUSE", 1_000.0)
    monkeypatch.setattr(claimable, "SHARE", 1_000_000_000)
    await put(work, "s@x", "card", *range(50))
    asked: list[str] = []
    for engine in {work.database._writer, work.database._reader}:
        event.listen(engine.sync_engine, "before_cursor_execute", lambda *what: asked.append(str(what[2])))
    worker = start(work, deliver)
    for number in range(30):
        if number == 10:
            await put(work, "t@y", "card", 1)
        for job in await worker.claim(16, patient=True):
            await worker._deliver(job)
    assert [number for lane, number in taken if lane == "x"] == list(range(len(taken) - 1))
    assert ("y", 1) in taken
    assert len(taken) >= 28
    assert len([one for one in asked if "outbox.attempts, outbox.id" in one]) <= 3


async def test_what_waits_is_counted_by_platform_without_reading_the_rows(work: Work) -> None:
    began = work.clock.now()
    await put(work, "INC-{}@slack", "card", *range(40))
    await put(work, "alone", "card", 1)
    work.clock.time += timedelta(minutes=1)  # type: ignore[attr-defined]
    await put(work, "page:{}@ntfy.7", "page.send", *range(3))

    async def park(unit: Unit) -> None:
        await unit.session.execute(
            update(OutboxRow).where(OutboxRow.stream == "INC-1@slack").values(state="parked")
        )

    await work.run(park)
    async with work.database.read() as session:
        found = [(one.lane, one.rows, one.oldest) for one in await list_waiting(session)]
        queues = await look_at_queues(session, work.clock.now())
    assert found == [("alone", 1, began), ("ntfy.7", 3, work.clock.now()), ("slack", 39, began)]
    assert (queues.waiting, queues.parked, queues.oldest) == (43, 1, 60.0)
