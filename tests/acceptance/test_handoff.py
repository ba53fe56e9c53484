"""At the end of a shift who leaves and who comes hear what happened, what is open and who is next; anybody can ask."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.chat.markup import render_text
from bot.flow.unit import Unit
from bot.oncall.notices import notice_schedules
from storage.models import EscalationPolicy, User
from tests.acceptance.test_oncall import set_rotations
from tests.acceptance.test_shift_notices import list_told
from tests.house import START, House
from tests.platforms.test_room_pages import open_browser

HOUR = timedelta(hours=1)


@pytest.fixture
async def people(house: House) -> tuple[User, User]:
    """Kate and Sam take turns of a day, from 09:00 on; Kate has the one that runs, at 03:00."""
    kate, sam = await house.add_person("Kate"), await house.add_person("Sam")
    await set_rotations(house, {"name": "Daily", "participants": [sam.id, kate.id]})
    await house.parts.work.run(notice_schedules)
    await house.settle()
    return kate, sam


async def told(house: House, user: User) -> list[str]:
    return [
        render_text(text)
        for text in await list_told(house, user)
        if text.startswith(("**What happened", "**What you take over"))
    ]


async def trouble(house: House) -> None:
    """One page by night for an alert that opens an incident, one by day for an alert that stays, one that is over."""
    await house.send({"title": "Checkout is *down*", "alias": "a", "priority": "P1", "service": "web"})
    await house.command("/incident ack INC-1", house.people["Kate"])
    await house.move_to(START + 5 * HOUR)
    await house.send({"title": "Disk is full", "alias": "b", "priority": "P4", "service": "web"})
    await house.command("/alert ack 2", house.people["Kate"])
    await house.send({"title": "Noise", "alias": "c", "priority": "P4", "service": "web"})
    await house.command("/alert close 3", house.people["Kate"])


async def test_who_leaves_and_who_comes_hear_what_happened(house: House, people: tuple[User, User]) -> None:
    kate, sam = people
    await trouble(house)
    await house.move_to(START + 6 * HOUR)
    (left,), (came,) = await told(house, kate), await told(house, sam)
    assert left.startswith("What happened, and what is open")
    assert "Primary on-call, your shift: Sun 22 Nov 2026, 09:00 UTC until Mon 23 Nov 2026, 09:00 UTC" in left
    assert came.startswith("What you take over")
    assert "Primary on-call, shift of Kate: Sun 22 Nov 2026, 09:00 UTC" in came
    for text in (left, came):
        assert "Paged 3 times, 1 by night: 03:00" in text
        assert "Alerts: 1 × P1, 2 × P4" in text
        assert "Declared: P1 INC-1" in text
        assert "Checkout is *down*, investigating" in text
        assert "P4 alert 2" in text
        assert "Noise" not in text
        assert "On call now: Sam; from Tue 24 Nov 2026, 09:00 UTC Kate." in text
    await house.move_to(START + 29 * HOUR)
    assert len(await told(house, sam)) == 1


async def test_a_shift_without_anything_to_tell_is_not_told_of(
    house: House, people: tuple[User, User]
) -> None:
    kate, sam = people
    await house.move_to(START + 7 * HOUR)
    assert await told(house, kate) == await told(house, sam) == []
    answer = await house.ask("/oncall handoff", sam)
    assert "your shift: Mon 23 Nov 2026, 09:00 UTC until Mon 23 Nov 2026, 10:00 UTC" in answer
    for line in ("Nobody was paged", "No new alerts", "No incident was declared", "Nothing is open."):
        assert line in answer


async def test_it_is_told_when_it_is_asked_for_and_in_the_room(
    house: House, people: tuple[User, User]
) -> None:
    kate, sam = people
    await trouble(house)
    assert "Primary on-call, your shift" in await house.ask("/oncall handoff", kate)
    assert "Primary on-call, shift of Kate" in await house.ask("/oncall handoff", sam)
    browser = await open_browser(house, sam)
    status, page = await browser.get("/schedules/primary/handoff")
    await browser.http.close()
    assert status == 200
    assert "shift of Kate" in page
    assert "/alerts/2" in page
    await house.command("/oncall override nobody 1h")
    assert "Nobody is on call in Primary on-call" in await house.ask("/oncall handoff", sam)


async def test_what_is_private_is_told_to_whom_it_is_known(house: House, people: tuple[User, User]) -> None:
    kate, sam = people
    await house.command("/incident declare Salaries leaked", kate, private="yes", service="web")
    assert "Salaries" in await house.ask("/oncall handoff", kate)
    assert "Salaries" not in await house.ask("/oncall handoff", sam)
    await house.move_to(START + 6 * HOUR)
    assert any("Salaries" in text for text in await told(house, kate))
    assert not any("Salaries" in text for text in await told(house, sam))


async def test_only_who_was_wanted_was_paged(house: House, people: tuple[User, User]) -> None:
    """Not who tried their phone, or was asked whether they are still on it."""
    kate, sam = people

    async def ask_soon(unit: Unit) -> None:
        await unit.session.execute(update(EscalationPolicy).values(ack_timeout=1800))

    await house.parts.work.run(ask_soon)
    await house.send({"title": "Checkout is down", "alias": "a", "priority": "P1", "service": "web"})
    await house.command("/incident ack INC-1", kate)
    await house.command("/tocsin test-page", kate)
    await house.move_to(START + timedelta(minutes=31))
    asked = [page.reason["type"] for page in await house.pages(kate)]
    assert {"test", "still"} < set(asked)
    assert "Paged 1 time, 1 by night: 03:00" in await house.ask("/oncall handoff", sam)
