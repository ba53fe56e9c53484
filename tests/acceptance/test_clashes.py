"""Whoever is on call during their time off or on a public holiday of theirs hears of it in good time, and stays on call."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.chat.markup import render_text
from bot.flow.unit import Unit
from bot.oncall.watch import watch_schedules
from storage.models import Rotation, User
from tests.acceptance.test_oncall import set_rotations, who
from tests.acceptance.test_shift_notices import list_told
from tests.house import START, House
from tests.platforms.test_room_pages import open_browser

DAY = timedelta(days=1)


@pytest.fixture
async def kate(house: House) -> User:
    """Kate is on call alone."""
    found = await house.add_person("Kate")
    await set_rotations(house, {"name": "Daily", "participants": [found.id]})
    await house.parts.work.run(watch_schedules)
    await house.settle()
    return found


async def told(house: House, user: User) -> list[str]:
    return [render_text(text) for text in await list_told(house, user) if "although" in text]


async def list_ops(house: House) -> list[str]:
    return [
        render_text(one.card["body"])
        for one in await house.messages("ops")
        if one.card and "On call while off" in one.card["title"]
    ]


async def test_a_shift_on_a_holiday_is_told_two_weeks_ahead_and_once(house: House, kate: User) -> None:
    answer = await house.ask("/oncall holidays de-be", kate)
    assert "DE-BE: shifts on public holidays there are told in good time" in answer
    assert "Next: Christmas Day (Fri 25 Dec 2026)" in answer
    assert await told(house, kate) == await list_ops(house) == []
    await house.move_to(START + 14 * DAY)
    (said,) = await told(house, kate)
    assert "Christmas Day, Fri 25 Dec 2026, 00:00 UTC until Sat 26 Dec 2026, 00:00 UTC" in said
    assert "Second Day of Christmas" in said
    assert "/oncall swap asks the others" in said
    (said,) = await list_ops(house)
    assert "Kate: Christmas Day, Fri 25 Dec 2026" in said
    await house.move_to(START + 31 * DAY)
    assert len(await told(house, kate)) == 2, "only the one that came nearer: New Year's Day"
    assert "New Year's Day" in (await told(house, kate))[1]
    await house.move_to(START + 32 * DAY + timedelta(hours=12))
    assert "Kate" in await who(house), "a holiday takes nobody off call"


async def test_time_off_that_nobody_can_stand_in_for_is_told_at_once(house: House, kate: User) -> None:
    await house.command("/oncall off until:2026-11-26T09:00+00:00 starts:2026-11-25T09:00+00:00", kate)
    (said,) = await told(house, kate)
    assert "your time off, Wed 25 Nov 2026, 09:00 UTC until Thu 26 Nov 2026, 09:00 UTC" in said
    answer = await house.ask("/oncall clashes")
    assert "Kate is on call: time off, Wed 25 Nov 2026, 09:00 UTC until Thu 26 Nov 2026" in answer
    await house.command("/oncall cancel off-1", kate)
    assert "Nobody is on call during their time off" in await house.ask("/oncall clashes")


async def test_whoever_is_stood_in_for_has_no_clash(house: House, kate: User) -> None:
    sam = await house.add_person("Sam")

    async def join_in(unit: Unit) -> None:
        (row,) = await unit.session.scalars(select(Rotation))
        row.participants = [kate.id, sam.id]

    await house.parts.work.run(join_in)
    await house.command("/oncall off until:2026-11-29T09:00+00:00 starts:2026-11-23T09:00+00:00", kate)
    assert "Nobody is on call during their time off" in await house.ask("/oncall clashes")
    assert await told(house, kate) == []


async def test_the_calendar_shows_whose_holiday_it_is(house: House, kate: User) -> None:
    await house.command("/oncall holidays DE-BE", kate)
    browser = await open_browser(house)
    _, page = await browser.get("/schedules/primary?day=2026-12-25")
    assert "Christmas Day: Kate" in page
    await house.move_to(START + 14 * DAY)
    _, page = await browser.get("/schedules/primary")
    assert "On call while off, on a holiday or twice" in page
    await house.command("/oncall holidays none", kate)
    _, page = await browser.get("/schedules/primary?day=2026-12-25")
    assert "Christmas Day" not in page
    await browser.http.close()


@pytest.mark.parametrize("place", ["XX", "DE-XX", "Germany", "DE-BE-"])
async def test_a_place_that_is_not_known_is_told(sqlite_house: House, place: str) -> None:
    kate = await sqlite_house.add_person("Kate")
    answer = await sqlite_house.ask(f"/oncall holidays {place}", kate)
    assert f"No public holidays are known for {place}" in answer
    assert (await sqlite_house.rows(User, User.id == kate.id))[0].holidays == ""
