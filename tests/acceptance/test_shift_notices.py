"""Whoever has a shift hears of it before, when it begins and when it is over; nobody else hears anything."""

from datetime import timedelta

import pytest

from bot.oncall.notices import notice_schedules
from storage.models import User
from tests.acceptance.test_oncall import set_rotations
from tests.house import START, House, open_house

HOUR = timedelta(hours=1)


async def begin(house: House) -> tuple[User, User]:
    """Kate and Sam take turns of two days, from 09:00 on; Kate has the one that ends on 24 November."""
    kate, sam = await house.add_person("Kate"), await house.add_person("Sam")
    rotation = {
        "name": "Two days",
        "length": 2,
        "starts": "2026-11-18T09:00",
        "participants": [kate.id, sam.id],
    }
    await set_rotations(house, rotation)
    await house.parts.work.run(notice_schedules)
    await house.settle()
    return kate, sam


async def list_told(house: House, user: User) -> list[str]:
    return [one.text for one in await house.messages(f"direct-{user.id}")]


@pytest.fixture
async def people(house: House) -> tuple[User, User]:
    return await begin(house)


async def test_each_shift_is_told_three_times(house: House, people: tuple[User, User]) -> None:
    kate, sam = people
    await house.move_to(START + 5 * HOUR)
    assert await list_told(house, kate) == await list_told(house, sam) == []
    await house.move_to(START + 6 * HOUR)  # a day before the handoff
    (told,) = await list_told(house, sam)
    assert told.startswith("**Your shift in Primary on-call comes**: Tue 24 Nov 2026")
    assert "until Thu 26 Nov 2026" in told
    await house.move_to(START + 30 * HOUR)
    assert (await list_told(house, sam))[1].startswith("**You are on call in Primary on-call** from now on")
    assert "after Kate" in (await list_told(house, sam))[1]
    (told,) = await list_told(house, kate)
    assert told.startswith("**Your shift in Primary on-call is over**: Sam has it now")
    await house.move_to(START + 78 * HOUR)
    assert [text.split("**")[1] for text in await list_told(house, kate)] == [
        "Your shift in Primary on-call is over",
        "Your shift in Primary on-call comes",
        "You are on call in Primary on-call",
    ]
    assert await list_told(house, house.owner) == []


async def test_whoever_is_put_on_call_now_is_told_now(house: House, people: tuple[User, User]) -> None:
    kate, sam = people
    await house.at("10:00")
    await house.command("/oncall override @sam 2h")
    assert "You are on call in Primary on-call" in (await list_told(house, sam))[0]
    assert "Sam has it now" in (await list_told(house, kate))[0]
    await house.at("01:00:00")
    await house.command("/oncall cancel override-1")
    assert "Kate has it now" in (await list_told(house, sam))[1]
    assert "You are on call in Primary on-call" in (await list_told(house, kate))[1]
    await house.at("05:00:00")
    assert [len(await list_told(house, one)) for one in people] == [2, 2]


async def test_a_restart_tells_what_happened_meanwhile_and_nothing_twice(
    house: House, people: tuple[User, User]
) -> None:
    kate, sam = people
    await house.move_to(START + 29 * HOUR)
    assert len(await list_told(house, sam)) == 1
    house.clock.time = START + 31 * HOUR  # nothing ran at the handoff
    for _ in range(2):
        await house.parts.work.run(notice_schedules)
        await house.settle()
    assert [text.split("**")[1] for text in await list_told(house, sam)] == [
        "Your shift in Primary on-call comes",
        "You are on call in Primary on-call",
    ]
    assert await list_told(house, kate) == [], "two hours late it says nothing new"


async def test_nobody_is_told_where_that_is_switched_off(sqlite_url: str) -> None:
    async with open_house(sqlite_url, {"TOCSIN_SHIFT_NOTICE_HOURS": "0"}) as house:
        people = await begin(house)
        await house.command("/oncall override @sam 2h")
        await house.move_to(START + 40 * HOUR)
        assert [await list_told(house, one) for one in people] == [[], []]


async def test_an_hour_before_where_that_is_wanted(sqlite_url: str) -> None:
    async with open_house(sqlite_url, {"TOCSIN_SHIFT_NOTICE_HOURS": "1"}) as house:
        _, sam = await begin(house)
        await house.move_to(START + 28 * HOUR)
        assert await list_told(house, sam) == []
        await house.move_to(START + 29 * HOUR)
        assert len(await list_told(house, sam)) == 1


async def test_a_shift_that_is_somebody_elses_by_now_is_not_said_to_begin(
    house: House, people: tuple[User, User]
) -> None:
    _, sam = people
    await house.move_to(START + 29 * HOUR)
    house.clock.time = START + 31 * HOUR  # nothing ran at the handoff
    await house.command("/oncall override @kate 2h")
    assert not any("You are on call" in text for text in await list_told(house, sam))
