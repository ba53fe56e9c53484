"""Several processes on one PostgreSQL: what happens in one is seen and done in the others at once, and what only one may do
is done by one."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

import pytest

from bot.flow import others
from bot.flow.alone import HELD_FOR, RENEW_EVERY, Alone
from bot.flow.others import Others
from storage.ear import Ear
from storage.models import OutboxRow
from tests.house import House, open_house
from tests.platforms.inbound import eventually
from tests.platforms.memory import MemoryPlatform
from tests.relay import Relay

ALERT = {"title": "Checkout returns errors", "alias": "checkout", "priority": "P1", "service": "web"}


class Pair(NamedTuple):
    """Two replicas that hear each other."""

    one: House
    two: House


def others_of(house: House) -> Others:
    assert house.parts.others is not None
    return house.parts.others


@pytest.fixture
async def pair(postgres_url: str) -> AsyncIterator[Pair]:
    async with AsyncExitStack() as stack:
        houses = [await stack.enter_async_context(open_house(postgres_url)) for _ in range(2)]
        for house in houses:
            others_of(house).start()
            stack.push_async_callback(others_of(house).stop)
        await eventually(lambda: all(others_of(house).count() == 2 for house in houses))
        yield Pair(*houses)


async def hear(house: House, *topics: str) -> set[str]:
    """What an open page hears first."""
    with house.parts.work.live.listen(set(topics)) as listener:
        async for changed in listener.changes(5.0):
            return changed
    raise AssertionError("it was closed")


async def test_an_open_page_follows_what_happens_at_another_replica(pair: Pair) -> None:
    heard = asyncio.create_task(hear(pair.two, "alerts", "alert:7"))
    await asyncio.sleep(0)
    await pair.one.send(ALERT)
    assert await heard == {"alerts"}


async def test_a_page_hears_even_when_there_was_too_much_to_say(pair: Pair) -> None:
    heard = asyncio.create_task(hear(pair.two, "incident:7"))
    await asyncio.sleep(0)
    others_of(pair.one).tell({f"alert:{number}" for number in range(2_000)}, queued=False, due=None)
    assert await heard == {"incident:7"}


async def test_what_one_replica_queues_another_one_delivers(pair: Pair) -> None:
    """Here nobody delivers in the first, as if it had died right after its commit."""
    woken = []
    wake = pair.two.parts.work.on_queued

    def note() -> None:
        woken.append(True)
        wake()

    pair.two.parts.work.on_queued = note
    delivering = asyncio.create_task(pair.two.parts.outbox.run())
    await pair.one.send(ALERT)

    async def is_delivered() -> bool:
        return not await pair.one.rows(OutboxRow)

    await eventually(is_delivered)
    assert woken
    await pair.two.parts.outbox.stop()
    await delivering
    assert {page.method for page in await pair.one.pages()} == {"room"}


async def test_what_one_replica_plans_wakes_the_clock_of_the_other(pair: Pair) -> None:
    planned: list[datetime] = []
    pair.two.parts.work.on_planned = planned.append
    await pair.one.send(ALERT)
    await eventually(lambda: planned)


async def test_a_replica_that_stops_is_not_counted_any_more(pair: Pair) -> None:
    await others_of(pair.two).stop()
    await eventually(lambda: others_of(pair.one).count() == 1)


async def test_a_cut_line_is_noticed_and_mended(
    pair: Pair, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(others, "LOOK_EVERY", 0.1)
    monkeypatch.setattr(others, "HELLO_EVERY", 0.1)
    monkeypatch.setattr(others, "HEAR_WITHIN", 0.5)
    async with Relay.to_postgres(postgres_url) as relay:
        third = Others(pair.one.parts.work, Ear(relay.url))
        third.start()
        await eventually(lambda: third.count() == 3)
        relay.stall()
        await eventually(lambda: third.problem == "replicas.deaf", 5)
        relay.go_on()
        await eventually(lambda: third.problem == "", 10)
        relay.cut()
        await eventually(lambda: third.problem != "", 5)
        relay.go_on()
        await eventually(lambda: third.problem == "", 10)
        await third.stop()


def add_chat(house: House) -> MemoryPlatform:
    """A chat to which only one replica may listen."""
    chat = MemoryPlatform("chat")
    chat.listens_alone = True
    known = house.parts.work.installation
    house.parts.work.installation = replace(known, platforms=(*known.platforms, "chat"))
    house.parts.starter.makers = {"chat": lambda: chat}
    return chat


async def test_only_one_listens_and_another_takes_over(pair: Pair) -> None:
    chats = [add_chat(house) for house in pair]
    pair.one.parts.starter.start(pair.one.parts.inbound)
    await eventually(lambda: chats[0].inbound)
    pair.two.parts.starter.start(pair.two.parts.inbound)
    await asyncio.sleep(2 * RENEW_EVERY)
    assert chats[1].inbound is None
    started = time.monotonic()
    await pair.one.parts.starter.stop()
    await eventually(lambda: chats[1].inbound, 10)
    assert time.monotonic() - started < HELD_FOR, "who stops gives it back at once"
    await pair.two.parts.starter.stop()


async def test_one_that_was_killed_is_followed_within_ten_seconds(pair: Pair) -> None:
    first, second = Alone(pair.one.parts.work, "chat"), Alone(pair.two.parts.work, "chat")
    await first.wait()
    started = time.monotonic()
    async with asyncio.timeout(30):
        await second.wait()  # the first one does not renew it: it is gone
    assert time.monotonic() - started < 10
    async with asyncio.timeout(10):
        await first.keep()  # it comes back, and finds that it lost it
    assert (first.holds, second.holds) == (False, True)
