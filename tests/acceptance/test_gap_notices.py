"""People hear of a gap in a schedule while there is time to find somebody, and once."""

from datetime import timedelta

import pytest

from bot.chat.markup import render_text
from bot.flow.unit import Unit
from bot.oncall.watch import watch_schedules
from storage.models import Schedule
from tests.acceptance.test_oncall import set_rotations
from tests.house import START, House

DAY = timedelta(days=1)


@pytest.fixture
async def kate_ends(house: House) -> House:
    """Kate is on call alone, until 20 December."""
    kate = await house.add_person("Kate")
    await set_rotations(house, {"name": "Daily", "participants": [kate.id], "ends": "2026-12-20T09:00"})
    await house.settle()
    return house


async def list_told(house: House) -> list[str]:
    """What the ops room says of gaps."""
    cards = [one.card for one in await house.messages("ops") if one.card]
    return [
        f"{card['title']}\n{render_text(card['body'])}"
        for card in cards
        if "will be on call" in card["title"]
    ]


async def test_a_gap_is_told_two_weeks_ahead_and_once(kate_ends: House) -> None:
    house = kate_ends
    assert await list_told(house) == []
    await house.move_to(START + 13 * DAY)
    (told,) = await list_told(house)
    assert "Nobody will be on call in Primary on-call" in told
    assert "Sun 20 Dec 2026, 09:00 UTC on: no rotation is for that time" in told
    await house.move_to(START + 40 * DAY)
    assert len(await list_told(house)) == 1


async def test_a_gap_that_somebody_makes_is_told_at_once(kate_ends: House) -> None:
    house = kate_ends
    await house.command("/oncall override nobody until:2026-11-26T09:00+00:00 starts:2026-11-25T09:00+00:00")
    (told,) = await list_told(house)
    assert "Wed 25 Nov 2026, 09:00 UTC until Thu 26 Nov 2026, 09:00 UTC: an override says nobody" in told
    await house.command("/oncall take 1h")
    await house.parts.work.run(watch_schedules)
    await house.settle()
    assert len(await list_told(house)) == 1
    await house.command("/oncall override nobody until:2026-11-29T09:00+00:00 starts:2026-11-28T09:00+00:00")
    told = (await list_told(house))[1]
    assert "Sat 28 Nov 2026" in told
    assert "Wed 25 Nov 2026" not in told


async def test_many_gaps_are_one_message(house: House) -> None:
    kate = await house.add_person("Kate")
    hours = [{"from": "09:00", "until": "17:00"}]
    await set_rotations(house, {"name": "Days", "participants": [kate.id], "hours": hours})
    await house.parts.work.run(watch_schedules)
    await house.settle()
    (told,) = await list_told(house)
    assert told.count("no rotation is for that time") == 5
    assert "and 17 more" in told


async def test_a_deliberate_gap_is_not_told(house: House) -> None:
    kate = await house.add_person("Kate")
    await set_rotations(house, {"name": "Daily", "participants": [kate.id, None]})
    await house.parts.work.run(watch_schedules)
    await house.move_to(START + 8 * DAY)
    assert await list_told(house) == []


async def test_a_schedule_that_was_switched_off_is_not_watched(kate_ends: House) -> None:
    house = kate_ends

    async def switch_off(unit: Unit) -> None:
        (await unit.session.get_one(Schedule, 1)).active = False

    await house.parts.work.run(switch_off)
    await house.move_to(START + 20 * DAY)
    assert await list_told(house) == []
