"""Calendar links: what calendar programs read there, and that nobody else gets in. Two parsers read each file."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import vobject

from bot.flow.unit import Unit
from storage.models import CalendarFeed, Schedule, Team, User
from storage.words import RotationKind
from tests.acceptance.test_oncall import set_rotations
from tests.house import House
from tests.platforms.test_room_pages import Browser, open_browser

PARIS = ZoneInfo("Europe/Paris")
WEEK = timedelta(days=7)
Shift = tuple[str, Any, Any]
"""Who, from when, until when."""


@pytest.fixture
async def kate(house: House) -> AsyncIterator[Browser]:
    """Kate's browser. She and Sam have a week each, from Monday 09:00 in Paris on."""
    people = [await house.add_person("Kate"), await house.add_person("Sam")]
    await set_rotations(
        house,
        {
            "name": "Weekly",
            "kind": RotationKind.WEEKLY,
            "starts": "2026-01-05T09:00",
            "participants": [one.id for one in people],
        },
    )

    async def move(unit: Unit) -> None:
        (await unit.session.get_one(Schedule, 1)).zone = "Europe/Paris"

    await house.parts.work.run(move)
    opened = await open_browser(house, people[0])
    yield opened
    await opened.http.close()


async def make_link(browser: Browser, of: str) -> str:
    """A new link, as a path."""
    status, page = await browser.post("/me/calendars", of=of)
    assert status == 200
    path: str
    (path,) = re.findall(r'value="http[^"]*(/calendar/calendar_[0-9a-f]{40}\.ics)"', page)
    return path


async def read(house: House, path: str) -> tuple[str, list[Shift]]:
    """Name and shifts of a calendar, without a session; both parsers say the same."""
    async with house.http.get(house.url + path) as response:
        assert (response.status, response.content_type) == (200, "text/calendar")
        content = await response.read()
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    ours = icalendar.Calendar.from_ical(content)
    theirs = vobject.readOne(content.decode())
    shifts = [(str(one["summary"]), one.DTSTART, one.DTEND) for one in ours.events]
    events = theirs.contents.get("vevent", [])
    assert shifts == [(one.summary.value, one.dtstart.value, one.dtend.value) for one in events]
    assert len({one.uid.value for one in events}) == len(events)
    return str(ours["x-wr-calname"]), shifts


async def test_shifts_keep_to_the_wall_when_clocks_change(kate: Browser) -> None:
    name, shifts = await read(kate.house, await make_link(kate, "schedule:primary"))
    assert name == "On call in Primary on-call"
    whole = shifts[1:-1]
    assert [who for who, _, _ in whole[:3]] == ["Sam", "Kate", "Sam"]
    assert {f"{start.astimezone(PARIS):%a %H:%M}" for _, start, _ in whole} == {"Mon 09:00"}
    assert all(before[2] == after[1] for before, after in zip(shifts, shifts[1:], strict=False))
    lengths = {f"{start.astimezone(PARIS):%d %b}": end - start for _, start, end in whole}
    assert lengths.pop("19 Oct") == WEEK + timedelta(hours=1)
    assert lengths.pop("22 Mar") == WEEK - timedelta(hours=1)
    assert set(lengths.values()) == {WEEK}


async def test_a_persons_own_calendar_has_their_shifts_whatever_the_reason(kate: Browser) -> None:
    house = kate.house
    path = await make_link(kate, "user")
    name, shifts = await read(house, path)
    assert name == "On call: Kate"
    handoff, following = datetime(2026, 11, 23, 8, tzinfo=UTC), datetime(2026, 11, 30, 8, tzinfo=UTC)
    assert ("On call: Primary on-call", handoff, following) in shifts
    start, end = datetime(2026, 11, 24, 10, tzinfo=UTC), datetime(2026, 11, 24, 12, tzinfo=UTC)
    await house.command(f"/oncall override @sam starts:{start.isoformat()} until:{end.isoformat()}")
    _, shifts = await read(house, path)
    assert [one[1:] for one in shifts if handoff <= one[1] < following] == [
        (handoff, start),
        (end, following),
    ]


async def test_a_teams_calendar_names_person_and_schedule(kate: Browser) -> None:
    house = kate.house
    (schedule,), (team,) = await house.rows(Schedule), await house.rows(Team)
    assert schedule.team_id == team.id
    name, shifts = await read(house, await make_link(kate, f"team:{team.slug}"))
    assert name == f"On call in {team.name}"
    assert {one[0] for one in shifts} == {"Kate (Primary on-call)", "Sam (Primary on-call)"}


async def test_a_team_without_a_schedule_has_an_empty_calendar(kate: Browser) -> None:
    await kate.house.add_second_team("Quiet", "Ines", "quiet")
    assert (await read(kate.house, await make_link(kate, "team:quiet")))[1] == []


async def test_a_new_link_ends_the_old_one_and_so_does_revoking(kate: Browser) -> None:
    house = kate.house
    old = await make_link(kate, "schedule:primary")
    other = await make_link(kate, "user")
    new = await make_link(kate, "schedule:primary")
    assert (await kate.get(old))[0] == 404
    await read(house, new)
    status, answer = await kate.post("/me/calendars", revoke="schedule:1")
    assert (status, answer) == (303, "/me/calendars")
    status, page = await kate.get(new)
    assert status == 404
    assert "It was revoked or renewed" in page
    await read(house, other)


async def test_one_of_several_links_is_renewed_on_the_page(kate: Browser) -> None:
    house = kate.house
    own, schedule = await make_link(kate, "user"), await make_link(kate, "schedule:primary")
    _, page = await kate.post("/me/calendars", renew="schedule:1")
    (new,) = re.findall(r'value="http[^"]*(/calendar/calendar_[0-9a-f]{40}\.ics)"', page)
    assert (await kate.get(schedule))[0] == 404
    await read(house, own)
    await read(house, new)
    status, page = await kate.post("/me/calendars", renew="team:1")
    assert status == 422, "there is none to renew"


async def test_links_are_made_and_renewed_one_by_one_in_chat(kate: Browser) -> None:
    house, person = kate.house, kate.house.people["Kate"]

    async def ask(line: str) -> tuple[str, str]:
        """What is answered, and the link in it."""
        answer = await house.ask(f"/oncall calendar {line}", person)
        found = re.findall(r"http\S*(/calendar/calendar_[0-9a-f]{40}\.ics)", answer)
        return answer, found[0] if found else ""

    _, own = await ask("")
    answer, schedule = await ask("schedule:primary")
    assert "/oncall calendar renew:yes" in answer
    assert "/oncall calendar schedule:primary renew:yes" in answer
    assert (await read(house, own))[1] != []
    answer, nothing = await ask("primary")
    assert "You have this link already" in answer
    assert nothing == ""
    answer, new = await ask("primary renew:yes")
    assert "The old link has ended" in answer
    assert (await kate.get(schedule))[0] == 404
    await read(house, new)
    await read(house, own)
    assert "There is no schedule nothing" in (await ask("nothing"))[0]
    assert "user:9" in (await ask("user:9"))[0]


async def test_a_link_is_its_persons_own_and_ends_with_them(kate: Browser) -> None:
    house = kate.house
    path = await make_link(kate, "schedule:primary")
    sam = await open_browser(house, house.people["Sam"])
    assert (await sam.post("/me/calendars", revoke="schedule:1"))[0] == 404
    assert "Links you have made" not in (await sam.get("/me/calendars"))[1]
    await sam.http.close()
    await read(house, path)

    async def leave(unit: Unit) -> None:
        (await unit.session.get_one(User, house.people["Kate"].id)).active = False

    await house.parts.work.run(leave)
    async with house.http.get(house.url + path) as response:
        assert response.status == 404


async def test_only_the_digest_of_a_link_is_kept_and_the_page_shows_it_once(kate: Browser) -> None:
    path = await make_link(kate, "user")
    token = path.removeprefix("/calendar/").removesuffix(".ics")
    (row,) = await kate.house.rows(CalendarFeed)
    assert token not in str(vars(row))
    assert token not in (await kate.get("/me/calendars"))[1]
    assert "Your own shifts" in (await kate.get("/me/calendars"))[1]


@pytest.mark.parametrize("token", ["calendar_" + "0" * 40, "nothing", "%00", "%F0%9F%98%80"])
async def test_a_guess_gets_nothing(sqlite_house: House, token: str) -> None:
    async with sqlite_house.http.get(f"{sqlite_house.url}/calendar/{token}.ics") as response:
        assert response.status == 404
        assert "VCALENDAR" not in await response.text()


async def test_what_is_not_there_is_told(kate: Browser) -> None:
    for of, said in (("schedule:nothing", "There is no schedule nothing"), ("moon", "no such calendar link")):
        status, page = await kate.post("/me/calendars", of=of)
        assert status == 422
        assert said in page
