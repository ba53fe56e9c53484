"""Two people who are made one: what both had is had once, nothing is lost, and nothing names the one who has gone."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.flow.unit import Unit
from bot.oncall.feeds import make_feed
from storage.models import (
    AbsenceCalendar,
    Alert,
    BoardChannel,
    CalendarFeed,
    ContactMethod,
    Forwarding,
    Model,
    Override,
    Rotation,
    Schedule,
    Swap,
    TimeOff,
    User,
)
from storage.questions.people import list_references
from storage.words import SwapState
from tests.acceptance.test_swaps import begin, titles
from tests.house import START, House
from tests.platforms.test_room_pages import open_browser

DAY = timedelta(days=1)
KEPT, GONE = "@kate", "@ines"


async def merge(house: House) -> User:
    """Ines is Kate; no row of any table names Ines any more."""
    gone = house.people["Ines"]
    assert "is Kate now" in await house.ask(f"/tocsin merge {GONE} {KEPT}")

    async def look(unit: Unit) -> None:
        for table, column in list_references():
            found = select(func.count()).select_from(table).where(column == gone.id)
            assert await unit.session.scalar(found) == 0, f"{table.name}.{column.name}"

    await house.parts.work.look(look)
    (kate,) = await house.rows(User, User.handle == "kate")
    assert isinstance(kate, User)
    return kate


async def keep(house: House, *rows: Model) -> None:
    async def add(unit: Unit) -> None:
        unit.session.add_all(rows)

    await house.parts.work.run(add)


def way(user: User, label: str, address: str, kind: str = "ntfy", verified: bool = True) -> ContactMethod:
    times: dict[str, Any] = {"created_at": START, "verified_at": START if verified else None}
    return ContactMethod(user_id=user.id, kind=kind, address=address, label=label, **times)


@pytest.mark.parametrize("is_alone", [True, False], ids=["gone alone", "both"])
async def test_what_either_was_sent_is_seen_and_ended_in_one_place(house: House, is_alone: bool) -> None:
    """On the page with what is theirs, which is looked at while the two become one."""
    kate, *_ = await begin(house)
    if not is_alone:
        await house.ask(f"/page {KEPT} Disk is full")
    await house.ask(f"/page {GONE} Disk is slow")
    browser = await open_browser(house, kate)
    try:
        await merge(house)
        _, text = await browser.get("/oncall")
        assert ("Disk is full" in text) is not is_alone
        assert "Disk is slow" in text
        (channel,) = await house.rows(BoardChannel, BoardChannel.key == f"direct-{kate.id}")
        assert channel.owner_id == kate.id
        _, news = await browser.get(f"/board/{channel.id}/messages?after=1")
        assert ("Disk is slow" in news) is not is_alone  # it came to an open page
        for one in await house.messages(channel.key):
            await house.ask(one.card["buttons"][0]["command"], by=kate)
        states = [one.card["fields"][0]["value"] for one in await house.messages(channel.key)]
        assert states == ["answered"] * (1 if is_alone else 2)
    finally:
        await browser.http.close()


async def test_each_place_is_paged_once_by_a_name_of_its_own(house: House) -> None:
    kate, _, ines = await begin(house)
    await keep(
        house,
        way(kate, "phone", "n/kate"),
        way(ines, "phone", "n/ines"),
        way(kate, "desk", "n/desk"),
        way(ines, "table", "n/desk"),
        way(kate, "new", "n/new", verified=False),
        way(ines, "old", "n/new"),
        way(kate, "home", "https://push.example/1", "push"),
        way(ines, "app", "https://push.example/2", "push"),
    )

    async def wish(unit: Unit) -> None:
        user = await unit.session.get_one(User, ines.id)
        user.paging = {"rules": [{"steps": [{"after": 0, "by": ["phone", "table", "room"]}]}]}
        user.holidays = "DE-BE"

    await house.parts.work.run(wish)
    kept = await merge(house)
    ways = [one for one in await house.rows(ContactMethod) if one.active]
    assert sorted((one.label, one.address, one.verified_at is not None) for one in ways) == [
        ("app", "https://push.example/2", True),
        ("desk", "n/desk", True),
        ("home", "https://push.example/1", True),
        ("new", "n/new", True),
        ("phone", "n/kate", True),
        ("phone-2", "n/ines", True),
    ]
    assert kept.paging["rules"][0]["steps"][0]["by"] == ["phone-2", "desk", "room"]
    assert kept.holidays == "DE-BE"


async def test_absences_are_had_once_and_stay_without_their_calendar(house: House) -> None:
    kate, _, ines = await begin(house)

    def off(user: User, day: int, origin: str = "room") -> TimeOff:
        start = START + day * DAY
        return TimeOff(user_id=user.id, starts_at=start, ends_at=start + DAY, created_at=START, origin=origin)

    def calendar(user: User) -> AbsenceCalendar:
        return AbsenceCalendar(user_id=user.id, url=f"https://example.com/{user.handle}", created_at=START)

    await keep(house, off(kate, 20), off(ines, 20), off(ines, 30, "calendar"), off(kate, 40, "calendar"))
    await keep(house, calendar(kate), calendar(ines))
    await merge(house)
    found = [(one.starts_at - START, one.origin) for one in await house.rows(TimeOff)]
    assert sorted(found) == [(20 * DAY, "room"), (30 * DAY, "room"), (40 * DAY, "calendar")]
    assert [one.url for one in await house.rows(AbsenceCalendar)] == ["https://example.com/kate"]


async def test_nobody_stands_in_for_themselves(house: House) -> None:
    kate, sam, ines = await begin(house)
    await house.command("/oncall override @kate 2026-12-02T09:00 starts:2026-12-01T09:00")
    await house.command("/oncall override @ines 2026-12-02T09:00 starts:2026-12-01T09:00")
    await house.command("/oncall forward @kate 2026-12-24T09:00 starts:2026-12-20T09:00", ines)
    await house.command("/oncall forward @sam 2026-12-29T09:00 starts:2026-12-25T09:00", ines)
    (schedule,) = await house.rows(Schedule)
    (rotation,) = await house.rows(Rotation)

    def swapped(giver: User, taker: User, day: int) -> Override:
        times = {"starts_at": START + day * DAY, "ends_at": START + (day + 1) * DAY, "created_at": START}
        return Override(schedule_id=schedule.id, user_id=taker.id, giver_id=giver.id, **times)

    await keep(house, swapped(ines, kate, 50), swapped(kate, ines, 51), swapped(ines, sam, 52))
    before = len(await house.rows(Override))
    kept = await merge(house)
    rows = await house.rows(Override)
    assert len(rows) == before - 3, "the same override twice, and two swaps among themselves"
    assert [(one.giver_id, one.user_id) for one in rows if one.giver_id] == [(kept.id, sam.id)]
    forwarded = [(one.giver_id, one.taker_id) for one in await house.rows(Forwarding)]
    assert forwarded == [(kept.id, sam.id)]
    assert set(rotation.participants) == {kate.id, ines.id, sam.id}
    (rotation,) = await house.rows(Rotation)
    assert rotation.participants == [kate.id, kate.id, sam.id]


async def test_what_is_offered_stays_offered_but_not_among_themselves(house: House) -> None:
    kate, sam, ines = await begin(house)
    await house.command("/oncall swap next exchange:@ines/2026-11-25T10:00+00:00", kate)
    await house.command("/oncall swap next", ines)
    assert (await titles(house, kate))[-1].startswith("Ines")
    kept = await merge(house)
    await house.settle()
    await house.at("01:00")
    exchange, offer = await house.rows(Swap)
    assert (exchange.state, exchange.user_id) == (SwapState.POINTLESS, kept.id)
    assert (offer.state, offer.user_id) == (SwapState.OPEN, kept.id)
    assert not (await titles(house, kept))[-1].startswith("Ines")
    assert await house.ask(f"/oncall take-swap {offer.id}", sam)
    assert (await house.rows(Swap))[1].taker_id == sam.id


async def test_both_links_to_their_shifts_lead_to_them(house: House) -> None:
    kate, _, ines = await begin(house)
    tokens = [
        await house.parts.work.run(lambda unit, user=user: make_feed(unit, user, "user"))  # type: ignore[misc]
        for user in (kate, ines)
    ]
    await merge(house)
    assert len(await house.rows(CalendarFeed)) == 2
    for token in tokens:
        async with house.http.get(f"{house.url}/calendar/{token}.ics") as response:
            text = await response.text()
            assert (response.status, "BEGIN:VEVENT" in text) == (200, True)


async def test_the_only_link_is_theirs_by_its_name(house: House) -> None:
    _, _, ines = await begin(house)
    await house.parts.work.run(lambda unit: make_feed(unit, ines, "user"))
    kept = await merge(house)
    (feed,) = await house.rows(CalendarFeed)
    assert (feed.user_id, feed.subject) == (kept.id, f"user:{kept.id}")


async def test_who_was_called_to_an_alert_is_called_once(house: House) -> None:
    kate, _, ines = await begin(house)
    await house.send({"title": "Disk full", "alias": "a", "priority": "P4", "service": "web"})

    async def call(unit: Unit) -> None:
        alert = await unit.session.get_one(Alert, 1)
        alert.responders = [{"type": "user", "id": one.id, "name": one.name} for one in (kate, ines)]

    await house.parts.work.run(call)
    kept = await merge(house)
    (alert,) = await house.rows(Alert)
    assert [one["id"] for one in alert.responders] == [kept.id]
