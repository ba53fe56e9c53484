"""Time off from a person's own calendar: a real server of calendars, and what follows from what it says."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.chat.markup import render_text
from storage.models import AbsenceCalendar, AuditEntry, OutboxRow, TimeOff, User
from tests.acceptance.test_oncall import set_rotations, who
from tests.acceptance.test_shift_notices import list_told
from tests.house import START, House, open_house
from tests.platforms.test_room_pages import open_browser

INSIDE = {"TOCSIN_REACH_INSIDE": "127.0.0.1/32"}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECRET = "private-7f3a9c"
ZONES = """BEGIN:VTIMEZONE
TZID:Berlin by Outlook
BEGIN:STANDARD
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE"""


def event(number: int, *lines: str) -> str:
    first = ["BEGIN:VEVENT", f"UID:{number}@hr.example.org", "DTSTAMP:20261101T000000Z"]
    return "\n".join([*first, "SUMMARY:Sailing with Bo", *lines, "END:VEVENT"])


def whole_days(number: int, first: str, last: str, *more: str) -> str:
    return event(number, f"DTSTART;VALUE=DATE:{first}", f"DTEND;VALUE=DATE:{last}", *more)


def calendar(*parts: str) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//HR//HR//EN", ZONES, *parts, "END:VCALENDAR", ""]
    return "\r\n".join("\n".join(lines).split("\n")).encode()


@dataclass
class Shelf:
    """What the server of calendars says, and what it was asked."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    url: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(dict(request.headers))
        tag = self.headers.get("ETag")
        if self.status == 200 and tag is not None and request.headers.get("If-None-Match") == tag:
            return web.Response(status=304)
        return web.Response(body=self.body, status=self.status, headers=self.headers)


@pytest.fixture
async def shelf() -> AsyncIterator[Shelf]:
    found = Shelf()
    app = web.Application()
    app.router.add_get("/{path:.*}", found.answer)
    async with TestServer(app, host="127.0.0.1") as server:
        found.url = str(server.make_url(f"/{SECRET}/absences.ics"))
        yield found


@pytest.fixture
async def inside(database_url: str) -> AsyncIterator[House]:
    async with open_house(database_url, INSIDE) as house:
        yield house


@pytest.fixture
async def inside_sqlite(sqlite_url: str) -> AsyncIterator[House]:
    async with open_house(sqlite_url, INSIDE) as house:
        yield house


@pytest.fixture
async def kate(inside: House) -> User:
    """Kate and Sam take turns by the day, from 09:00 UTC on: now it is Sam, then Kate."""
    found, sam = await inside.add_person("Kate"), await inside.add_person("Sam")
    await set_rotations(inside, {"name": "Daily", "participants": [found.id, sam.id]})
    return found


async def told(house: House, user: User) -> list[str]:
    return [render_text(text).strip() for text in await list_told(house, user) if "alendar" in text]


async def give(house: House, shelf: Shelf, user: User) -> str:
    """Give the calendar; what the person hears then."""
    answer = await house.ask(f"/oncall absences {shelf.url}", user)
    assert "The calendar at 127.0.0.1 is being read" in answer
    assert "Every event of it counts as time off" in answer
    return (await told(house, user))[-1]


async def spans(house: House) -> list[tuple[str, str]]:
    return sorted(
        (f"{one.starts_at:%m-%d %H:%M}", f"{one.ends_at:%m-%d %H:%M}") for one in await house.rows(TimeOff)
    )


async def test_every_shape_of_event_is_at_its_time(inside: House, kate: User, shelf: Shelf) -> None:
    weekly = "RRULE:FREQ=WEEKLY;COUNT=4"
    shelf.body = calendar(
        whole_days(1, "20261224", "20261227"),
        event(2, "DTSTART;VALUE=DATE:20261231"),
        event(3, "DTSTART:20261201T080000Z", "DTEND:20261201T120000Z"),
        event(4, "DTSTART;TZID=Berlin by Outlook:20261202T080000", "DURATION:PT4H"),
        event(
            5, "DTSTART;TZID=America/New_York:20261203T080000", "DTEND;TZID=America/New_York:20261203T090000"
        ),
        event(6, "DTSTART:20261204T080000", "DTEND:20261204T090000"),
        event(
            7,
            "DTSTART;TZID=Europe/Berlin:20270107T080000",
            "DTEND;TZID=Europe/Berlin:20270107T120000",
            weekly,
            "EXDATE;TZID=Europe/Berlin:20270114T080000",
        ),
        event(
            7,
            "RECURRENCE-ID;TZID=Europe/Berlin:20270121T080000",
            "DTSTART;TZID=Europe/Berlin:20270122T080000",
            "DTEND;TZID=Europe/Berlin:20270122T120000",
        ),
        event(
            7,
            "RECURRENCE-ID;TZID=Europe/Berlin:20270128T080000",
            "DTSTART;TZID=Europe/Berlin:20270128T080000",
            "DTEND;TZID=Europe/Berlin:20270128T120000",
            "STATUS:CANCELLED",
        ),
        whole_days(8, "20261210", "20261211", "STATUS:CANCELLED"),
        whole_days(9, "20261211", "20261212", "TRANSP:TRANSPARENT"),
        whole_days(10, "20261212", "20261213", "X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE"),
        whole_days(11, "20261101", "20261102"),
        whole_days(12, "20270401", "20270402"),
        event(13, "DTSTART:20261205T080000Z", "DTEND:20261205T080000Z"),
    )
    said = await give(inside, shelf, kate)
    assert await spans(inside) == [
        ("01-07 07:00", "01-07 11:00"),
        ("01-22 07:00", "01-22 11:00"),
        ("12-01 08:00", "12-01 12:00"),
        ("12-02 07:00", "12-02 11:00"),
        ("12-03 13:00", "12-03 14:00"),
        ("12-04 08:00", "12-04 09:00"),
        ("12-24 00:00", "12-27 00:00"),
        ("12-31 00:00", "01-01 00:00"),
    ]
    assert "8 absences found" in said
    assert "4 events that are cancelled or marked as free do not count" in said
    assert "Tue 1 Dec 2026, 08:00 UTC until Tue 1 Dec 2026, 12:00 UTC" in said
    assert "and 5 more" in said


async def test_days_are_those_of_the_persons_zone(inside: House, kate: User, shelf: Shelf) -> None:
    shelf.headers = {"ETag": '"1"'}
    shelf.body = calendar(whole_days(1, "20261224", "20261225"))
    await give(inside, shelf, kate)
    assert await spans(inside) == [("12-24 00:00", "12-25 00:00")]
    browser = await open_browser(inside, kate)
    await browser.post("/me", name="Kate", email="", zone="Pacific/Auckland")
    await browser.http.close()
    await inside.at("1:00:00")
    assert await spans(inside) == [("12-23 11:00", "12-24 11:00")], (
        "although it says that nothing has changed"
    )


async def test_a_vacation_lets_the_stand_in_be_paged_and_goes_with_its_event(
    inside: House, kate: User, shelf: Shelf
) -> None:
    house, sam = inside, inside.people["Sam"]
    shelf.body = calendar(whole_days(1, "20261123", "20261127"))
    await give(house, shelf, kate)
    await house.at("6:30:00")
    assert "Sam (for Kate, who is off)" in await who(house)
    await house.send({"title": "Checkout is down", "priority": "P1", "service": "web"})
    assert await house.pages(sam)
    assert await house.pages(kate) == []
    shelf.body = calendar()
    await house.at("7:30:00")
    assert (await who(house)).startswith("- Primary on-call: Kate until")
    assert await spans(house) == [("11-23 00:00", "11-23 10:00")], "what has been stays known"


async def test_an_absence_nobody_can_stand_in_for_is_told_like_any_other(
    inside: House, kate: User, shelf: Shelf
) -> None:
    house = inside
    await house.command("/oncall off until:2026-12-30T09:00+00:00", house.people["Sam"])
    shelf.body = calendar(whole_days(1, "20261124", "20261125"))
    await give(house, shelf, kate)
    assert "Kate is on call: time off, Tue 24 Nov 2026" in await house.ask("/oncall clashes")
    said = [text for text in await list_told(house, kate) if "although" in text]
    assert said
    await house.at("5:00:00")
    assert len([text for text in await list_told(house, kate) if "although" in text]) == len(said)


async def test_it_is_read_every_hour_and_only_when_it_has_changed(
    inside: House, kate: User, shelf: Shelf
) -> None:
    shelf.headers = {"ETag": '"1"', "Last-Modified": "Sun, 22 Nov 2026 10:00:00 GMT"}
    shelf.body = calendar(whole_days(1, "20261224", "20261225"))
    await give(inside, shelf, kate)
    await inside.at("2:30:00")
    assert [one.get("If-None-Match") for one in shelf.asked] == [None, '"1"', '"1"']
    assert shelf.asked[1]["If-Modified-Since"] == "Sun, 22 Nov 2026 10:00:00 GMT"
    (row,) = await inside.rows(TimeOff)
    shelf.headers, shelf.body = {}, calendar(whole_days(1, "20261224", "20261226"))
    await inside.at("3:30:00")
    (after,) = await inside.rows(TimeOff)
    assert (after.id, after.ends_at - row.ends_at) == (row.id, DAY)
    assert len(await told(inside, kate)) == 1, "nobody is told of each change"


async def test_what_has_not_changed_is_worked_out_again_as_the_days_go_on(
    inside: House, kate: User, shelf: Shelf
) -> None:
    shelf.headers = {"ETag": '"1"'}
    shelf.body = calendar(whole_days(1, "20270224", "20270225"))
    assert "No absences found" in await give(inside, shelf, kate)
    await inside.move_to(START + 3 * DAY)
    assert await spans(inside) == [("02-24 00:00", "02-25 00:00")]


@pytest.mark.parametrize(
    ("status", "body", "headers", "words"),
    [
        (404, b"no", {}, "The other side answers 404."),
        (500, b"no", {}, "The other side answers 500."),
        (302, b"", {"Location": "http://127.0.0.1/"}, "leads elsewhere, which is not followed"),
        (200, b"<html>Sign in</html>", {}, "no calendar that can be read"),
        (200, b"", {}, "no calendar that can be read"),
        (200, b"BEGIN:VEVENT\r\nEND:VEVENT\r\n", {}, "no calendar that can be read"),
        (200, calendar(event(1, "DTSTART:nonsense")), {}, "no calendar that can be read"),
        (
            200,
            calendar(event(1, "DTSTART:20261201T080000Z", "RRULE:FREQ=SECONDLY")),
            {},
            "more than once a day",
        ),
        (
            200,
            calendar(*(whole_days(one, "20261201", "20261202") for one in range(201))),
            {},
            "It has 201 events that would count",
        ),
        (200, b"x" * (2 * 1024 * 1024 + 1), {}, "larger than 2 MB"),
    ],
    ids=["404", "500", "302", "html", "empty", "event", "nonsense", "secondly", "many", "large"],
)
async def test_what_is_wrong_is_said_and_what_was_known_holds(
    inside_sqlite: House, shelf: Shelf, status: int, body: bytes, headers: dict[str, str], words: str
) -> None:
    house = inside_sqlite
    kate = await house.add_person("Kate")
    shelf.body = calendar(whole_days(1, "20261224", "20261225"))
    await give(house, shelf, kate)
    shelf.status, shelf.body, shelf.headers = status, body, headers
    await house.at("1:00:00")
    assert await spans(house) == [("12-24 00:00", "12-25 00:00")]
    assert len(await told(house, kate)) == 1, "not before a day has passed"
    findings = await house.ask("/tocsin doctor")
    assert "These calendars of absences can't be read: Kate since" in findings
    assert words in findings
    assert words in await house.ask("/oncall absences", kate)
    browser = await open_browser(house, kate)
    _, page = await browser.get("/me/calendars")
    await browser.http.close()
    assert "can’t be read" in page
    assert SECRET not in page + findings
    assert await house.rows(OutboxRow) == []


async def test_after_a_day_of_failing_its_person_is_told_once(
    inside: House, kate: User, shelf: Shelf
) -> None:
    house = inside
    shelf.body = calendar(whole_days(1, "20261224", "20261225"))
    await give(house, shelf, kate)
    shelf.status = 500
    await house.at("24:59:59")
    assert len(await told(house, kate)) == 1
    await house.at("50:00:00")
    said = await told(house, kate)
    assert len(said) == 2, "once"
    assert "can't be read for a day now: The other side answers 500." in said[1]
    assert "The absences that it had Mon 23 Nov 2026, 03:00 UTC still count" in said[1]
    assert await spans(house) == [("12-24 00:00", "12-25 00:00")]
    shelf.status, shelf.body = 200, calendar()
    await house.at("51:00:00")
    assert "calendars of absences" not in await house.ask("/tocsin doctor")
    assert await spans(house) == []


async def test_what_is_wrong_from_the_start_is_heard_at_once(inside: House, kate: User, shelf: Shelf) -> None:
    shelf.status = 404
    said = await give(inside, shelf, kate)
    assert "can't be read: The other side answers 404." in said
    await inside.at("30:00:00")
    assert len(await told(inside, kate)) == 1


async def test_nothing_inside_the_network_is_read(house: House, shelf: Shelf) -> None:
    kate = await house.add_person("Kate")
    shelf.body = calendar(whole_days(1, "20261224", "20261225"))
    for url in (shelf.url, shelf.url.replace("127.0.0.1", "localhost")):
        await house.ask(f"/oncall absences {url}", kate)
        assert "is inside the network and is not reached" in (await told(house, kate))[-1]
    assert shelf.asked == []
    assert await house.rows(TimeOff) == []


@pytest.mark.parametrize(
    "url",
    ["ftp://example.org/a.ics", "calendar.ics", "https://", "https://kate:word@example.org/a", "https://[x/"],
)
async def test_what_is_no_address_is_refused(sqlite_house: House, url: str) -> None:
    kate = await sqlite_house.add_person("Kate")
    assert "That is no address of a calendar" in await sqlite_house.ask(f"/oncall absences {url}", kate)
    assert await sqlite_house.rows(AbsenceCalendar) == []
    browser = await open_browser(sqlite_house, kate)
    status, page = await browser.post("/me/calendars", absences="give", url=url)
    await browser.http.close()
    assert status == 422
    assert "That is no address of a calendar" in page


async def test_a_host_that_no_name_can_be_is_told(sqlite_house: House) -> None:
    kate = await sqlite_house.add_person("Kate")
    for host in ("a..b", f"{'a' * 70}.example.org"):
        await sqlite_house.ask(f"/oncall absences https://{host}/absences.ics", kate)
        assert "The address is no URL that can be called" in (await told(sqlite_house, kate))[-1]
    assert await sqlite_house.rows(OutboxRow) == []


async def test_webcal_is_another_word_for_https(sqlite_house: House) -> None:
    kate = await sqlite_house.add_person("Kate")
    await sqlite_house.ask("/oncall absences webcal://10.0.0.1/a.ics#x", kate)
    (row,) = await sqlite_house.rows(AbsenceCalendar)
    assert row.url == "https://10.0.0.1/a.ics"


async def test_by_hand_it_can_not_be_cancelled_and_off_ends_it(
    inside: House, kate: User, shelf: Shelf
) -> None:
    house = inside
    shelf.body = calendar(whole_days(1, "20261224", "20261225"))
    await give(house, shelf, kate)
    await house.ask("/oncall off until:2026-12-25T09:00+00:00 starts:2026-12-24T00:00+00:00", kate)
    (row,) = await house.rows(TimeOff, TimeOff.origin == "calendar")
    assert "(read in their calendar)" in await house.ask("/oncall exceptions")
    answer = await house.ask(f"/oncall cancel off-{row.id}", kate)
    assert "was read in that person's own calendar" in answer
    browser = await open_browser(house, kate)
    _, page = await browser.get("/schedules/primary")
    assert "read in their calendar" in page
    assert f"/oncall cancel off-{row.id}" not in page
    status, _ = await browser.post("/me/calendars", absences="off")
    assert status == 303
    (left,) = await house.rows(TimeOff)
    assert left.origin == "room", "what was typed stays"
    assert await house.rows(AbsenceCalendar) == []
    count = len(shelf.asked)
    await house.at("3:00:00")
    assert len(shelf.asked) == count
    assert "No calendar of absences was given" in await house.ask("/oncall absences off", kate)
    await browser.http.close()


async def test_the_page_says_how_it_stands_and_the_address_is_shown_nowhere(
    inside: House, kate: User, shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    house = inside
    browser = await open_browser(house, kate)
    _, page = await browser.get("/me/calendars")
    assert "Every event counts" in page
    shelf.body = calendar(whole_days(1, "20261224", "20261225"), whole_days(2, "20261228", "20261230"))
    status, where = await browser.post("/me/calendars", absences="give", url=shelf.url)
    assert (status, where) == (303, "/me/calendars#absences")
    _, page = await browser.get("/me/calendars")
    assert "has 2 absences in the next 90 days" in page
    assert "24 Dec" in page
    seen = [page, *await told(house, kate), await house.ask("/oncall absences", kate)]
    seen += [f"{one.text} {one.data}" for one in await house.rows(AuditEntry)]
    seen.append(caplog.text)
    assert all(SECRET not in text and "Sailing" not in text for text in seen)
    await browser.http.close()


async def test_another_address_takes_the_place_of_the_first(inside: House, kate: User, shelf: Shelf) -> None:
    shelf.body = calendar(whole_days(1, "20261224", "20261225"))
    await give(inside, shelf, kate)
    shelf.url, shelf.body = f"{shelf.url}?other", calendar(whole_days(1, "20261228", "20261229"))
    await give(inside, shelf, kate)
    assert await spans(inside) == [("12-28 00:00", "12-29 00:00")]
    await inside.at("1:30:00")
    assert len(shelf.asked) == 3, "one timer"


async def test_the_calendar_of_somebody_who_was_switched_off_is_forgotten(
    inside: House, kate: User, shelf: Shelf
) -> None:
    shelf.body = calendar(whole_days(1, "20261224", "20261225"))
    await give(inside, shelf, kate)

    async def switch_off(unit: object) -> None:
        (await unit.session.get_one(User, kate.id)).active = False  # type: ignore[attr-defined]

    await inside.parts.work.run(switch_off)
    await inside.at("1:00:00")
    assert await inside.rows(AbsenceCalendar) == await inside.rows(TimeOff) == []
