"""A platform is away in a storm: its pages are held a few at a time, and the doctor asks as little as ever."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import event

from bot.flow.unit import Unit
from bot.paging import reach
from bot.paging.reach import hold_waiting_pages
from bot.reports.doctor import examine
from storage.words import PageState
from tests.acceptance.test_outage_pages import by_chat, give_account
from tests.house import House, open_house
from tests.platforms.memory import MemoryPlatform


@pytest.fixture
async def chat() -> MemoryPlatform:
    return MemoryPlatform("chat")


@pytest.fixture
async def stormy(database_url: str, chat: MemoryPlatform) -> AsyncIterator[House]:
    """One person is on two chat platforms, and only one of these answers; another is on the one that is away."""
    other = MemoryPlatform("other")
    async with open_house(database_url, {}, [chat, other]) as house:
        await give_account(house, chat, house.owner, "owner@example.org")
        await give_account(house, other, house.owner, "owner@example.org")
        chat.away = True
        yield house


async def storm(house: House, first: int, count: int) -> None:
    numbers = range(first, first + count)
    await house.send([{"title": f"Host {one}", "alias": f"{one}", "priority": "P1"} for one in numbers])


async def test_what_waits_is_held_in_small_units_and_all_of_it_in_time(
    stormy: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "HELD_AT_ONCE", 5)
    await storm(stormy, 0, 23)

    async def hold(unit: Unit) -> bool:
        return await hold_waiting_pages(unit, "chat", "away")

    assert await stormy.parts.work.rehearse(hold)
    await stormy.at("00:30")
    waiting = [page for page in await by_chat(stormy, stormy.owner) if page.state is PageState.QUEUED]
    assert len(waiting) == 23
    assert all(page.held_at is not None for page in waiting)


async def count_questions(house: House) -> int:
    asked: list[str] = []
    engines: Any = {house.parts.work.database._reader, house.parts.work.database._writer}

    def listen(*what: Any) -> None:
        asked.append(str(what[2]))

    for engine in engines:
        event.listen(engine.sync_engine, "before_cursor_execute", listen)
    findings = await house.parts.work.look(lambda unit: examine(unit, []))
    for engine in engines:
        event.remove(engine.sync_engine, "before_cursor_execute", listen)
    assert "out_of_reach" not in {one.code for one in findings}
    return len(asked)


async def test_the_doctor_asks_as_much_however_many_pages_are_held(stormy: House) -> None:
    await storm(stormy, 0, 2)
    await stormy.at("00:30")
    few = await count_questions(stormy)
    await storm(stormy, 2, 30)
    await stormy.at("00:40")
    held = [page for page in await by_chat(stormy, stormy.owner) if page.held_at is not None]
    assert len(held) == 32
    assert await count_questions(stormy) == few
