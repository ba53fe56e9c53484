"""The Room's pages of schedules: who is on call now, next and on each day, as the resolver says."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from html import unescape

import pytest

from bot.flow.unit import Unit
from storage.models import Override, Rotation, Schedule, User
from storage.words import RotationKind
from tests.acceptance.test_oncall import set_rotations
from tests.house import House
from tests.platforms.test_room_pages import Browser, open_browser


@pytest.fixture
async def browser(sqlite_house: House) -> AsyncIterator[Browser]:
    """A reader in Berlin; Kate and Sam take turns of a day in New York."""
    house = sqlite_house
    kate, sam = await house.add_person("Kate"), await house.add_person("Sam")
    await set_rotations(house, {"name": "Daily", "participants": [kate.id, sam.id]})

    async def settle_down(unit: Unit) -> None:
        (await unit.session.get_one(Schedule, 1)).zone = "America/New_York"
        (await unit.session.get_one(User, house.owner.id)).zone = "Europe/Berlin"

    await house.parts.work.run(settle_down)
    opened = await open_browser(house, (await house.rows(User, User.id == house.owner.id))[0])
    yield opened
    await opened.http.close()


async def add_rotation(house: House) -> None:
    async def add(unit: Unit) -> None:
        unit.session.add(
            Rotation(
                schedule_id=1,
                name="Nights",
                kind=RotationKind.WEEKLY,
                starts="2026-11-02T00:00",
                participants=[house.people["Kate"].id],
                position=1,
            )
        )

    await house.parts.work.run(add)


def read_days(page: str) -> dict[str, str]:
    """What each day says, by its date."""
    days = re.findall(r'<li class="day[^"]*" data-key="d([\d-]+)">(.*?)</ul></li>', page, re.DOTALL)
    return {day: read_text(content) for day, content in days}


def read_text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


async def test_a_week_shows_who_is_on_call_each_day_in_the_readers_zone(browser: Browser) -> None:
    status, page = await browser.get("/schedules/primary")
    days = read_days(page)
    assert (status, len(days)) == (200, 7)
    assert days["2026-11-23"].endswith("now , until 15:00 Sam from 15:00 Kate")
    assert days["2026-11-29"].endswith("until 15:00 Sam from 15:00 Kate")
    text = read_text(page)
    assert "On call now Sam until 15:00 Next Kate from 15:00" in text
    assert "Times are yours: Europe/Berlin. The schedule hands over by America/New_York." in text
    assert "Somebody is on call all the time." in text
    assert "The rotations hold without exception." in text


async def test_what_is_out_of_the_ordinary_is_said_in_words(browser: Browser) -> None:
    house = browser.house
    await house.add_person("Ines")
    sam = house.people["Sam"]
    await house.command("/oncall override @ines until:2026-11-24T20:00+00:00 starts:2026-11-24T16:00+00:00")
    await house.command("/oncall override nobody until:2026-11-26T08:00+00:00 starts:2026-11-25T20:00+00:00")
    await house.command(
        "/oncall forward @ines until:2026-11-28T10:00+00:00 starts:2026-11-28T08:00+00:00", sam
    )
    await house.command("/oncall off until:2026-11-27T10:00+00:00 starts:2026-11-27T08:00+00:00", sam)
    days = read_days((await browser.get("/schedules/primary"))[1])
    assert "17:00 – 21:00 Ines ⇄ override" in days["2026-11-24"]
    assert "from 21:00 ▲ Nobody an override says nobody" in days["2026-11-25"]
    assert "until 09:00 ▲ Nobody" in days["2026-11-26"]
    text = read_text((await browser.get("/schedules/primary?view=day&day=2026-11-28"))[1])
    assert "Ines forwards" not in text
    assert "Sam forwards to Ines forwarding · Sat 28 Nov 09:00 – Sat 28 Nov 11:00" in text
    assert "Sam is off time off · Fri 27 Nov 09:00 – Fri 27 Nov 11:00" in text
    assert "▲ Wed 25 Nov 21:00 – Thu 26 Nov 09:00 an override says nobody" in text
    status, text = await browser.get("/schedules")
    assert status == 200
    assert "▲ 1 gap in 30 days" in read_text(text)


async def test_a_stand_in_is_shown_with_whom_it_is_for(browser: Browser) -> None:
    sam = browser.house.people["Sam"]
    await browser.house.command("/oncall off 4h", sam)
    days = read_days((await browser.get("/schedules/primary?view=day"))[1])
    assert days["2026-11-23"].endswith(
        "now , 04:00 – 08:00 Kate ⇄ for Sam, off 08:00 – 15:00 Sam from 15:00 Kate"
    )


async def test_with_several_rotations_each_person_is_shown_with_theirs(browser: Browser) -> None:
    await add_rotation(browser.house)
    days = read_days((await browser.get("/schedules/primary?view=day"))[1])
    assert "now , until 15:00 Sam Daily Kate Nights" in days["2026-11-23"]


async def test_a_month_is_shown_in_whole_weeks_and_leads_to_its_neighbours(browser: Browser) -> None:
    _, page = await browser.get("/schedules/primary?view=month&day=2026-11-23")
    assert next(iter(read_days(page))) == "2026-10-26"
    assert "no rotation is for that time" in read_days(page)["2026-11-01"]
    links = re.findall(r'href="(/schedules/primary\?[^"]+)"', page)
    assert "/schedules/primary?view=month&amp;day=2026-10-31" in links
    assert "/schedules/primary?view=month&amp;day=2026-12-01" in links
    for link in links:
        assert (await browser.get(link.replace("&amp;", "&")))[0] == 200


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("view=year", "it should be day, week or month"),
        ("day=tomorrow", "it should be a date like 2026-11-23"),
        ("day=1999-12-31", "it should be a date like 2026-11-23"),
        ("day=9999-12-31", "it should be a date like 2026-11-23"),
    ],
)
async def test_a_wrong_address_is_told_what_is_wrong(browser: Browser, query: str, said: str) -> None:
    status, page = await browser.get(f"/schedules/primary?{query}")
    assert status == 422
    assert said in page


async def test_a_schedule_that_is_not_there_is_not_found(browser: Browser) -> None:
    status, page = await browser.get("/schedules/nothing")
    assert status == 404
    assert "There is no schedule nothing" in page


async def test_an_override_is_shown_before_it_is_saved(browser: Browser) -> None:
    house = browser.house
    await house.add_person("Ines")
    form = {
        "text": "/oncall override",
        "submitted": "1",
        "arg.who": "@ines",
        "arg.starts": "2026-11-23 12:00",
        "arg.until": "2026-11-23 18:00",
        "arg.schedule": "primary",
        "arg.preview": "yes",
    }
    status, page = await browser.post("/command", headers={"X-Room": "1"}, **form)
    text = read_text(page)
    assert status == 200
    assert "Nothing is saved yet; this does it: /oncall override @ines" in text
    assert "Mon 23 Nov 2026, 12:00 CET until 15:00: Ines instead of Sam" in text
    assert "Mon 23 Nov 2026, 15:00 CET until 18:00: Ines instead of Kate" in text
    assert not await house.rows(Override)
    line = unescape(re.findall(r'name="text" value="(/oncall override [^"]+)"', page)[0])
    status, page = await browser.post("/command", headers={"X-Room": "1"}, text=line)
    assert "Ines is on call in Primary on-call" in read_text(page)
    assert "Ines instead of Sam" in read_text(page)
    (override,) = await house.rows(Override)
    assert (override.starts_at, override.ends_at) == (
        datetime(2026, 11, 23, 11, tzinfo=UTC),
        datetime(2026, 11, 23, 17, tzinfo=UTC),
    )
    days = read_days((await browser.get("/schedules/primary?view=day"))[1])
    assert "12:00 – 18:00 Ines ⇄ override" in days["2026-11-23"]


async def test_what_is_wrong_in_a_preview_is_told(browser: Browser) -> None:
    form = {"arg.who": "nobody", "arg.starts": "2026-11-24 12:00", "arg.until": "2026-11-24 11:00"}
    _, page = await browser.post(
        "/command",
        headers={"X-Room": "1"},
        text="/oncall override",
        submitted="1",
        **form,
        **{"arg.preview": "yes"},
    )
    assert "That ends before it begins." in page


async def test_the_page_offers_what_its_reader_may_do(browser: Browser) -> None:
    house = browser.house
    sam = house.people["Sam"]
    ida = await house.add_person("Ida", role="stakeholder")
    await house.command("/oncall override nobody 2h")
    await house.command("/oncall forward @kate 2h", sam)
    wanted = ("Add override", "/oncall cancel override-1", "/oncall cancel forwarding-1")
    for user, offered in (
        (house.owner, wanted),
        (house.people["Kate"], wanted[:2]),
        (sam, wanted),
        (ida, ()),
    ):
        other = await open_browser(house, user)
        _, page = await other.get("/schedules/primary")
        assert tuple(one for one in wanted if one in page) == offered, user.name
        await other.http.close()
    _, page = await browser.post(
        "/command", headers={"X-Room": "1"}, text="/oncall cancel override-1", confirm="1", label="Cancel"
    )
    assert "is over at once, and the rotations hold again" in page


def read_form(page: str, line: str) -> dict[str, str]:
    """What the button that runs this line sends."""
    (form,) = [one for one in re.findall(r"<form.*?</form>", page, re.DOTALL) if f'value="{line}"' in one]
    return {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)}


async def test_each_of_my_shifts_can_be_offered_there_and_others_take_it(browser: Browser) -> None:
    house = browser.house
    kate = await open_browser(house, house.people["Kate"])
    _, page = await kate.get("/schedules/primary")
    lines = re.findall(r'value="(/oncall swap primary/[^"]+)"', page)
    assert lines[0] == "/oncall swap primary/2026-11-23T14:00:00+00:00"
    assert len(lines) == 10
    span = read_form(page, lines[0])["about"]
    assert span == "Mon 23 Nov 2026, 14:00 UTC until Tue 24 Nov 2026, 14:00 UTC"
    status, said = await kate.post("/command", None, **read_form(page, lines[0]))
    assert status == 200
    assert f"<strong>{span}</strong>" in said
    assert "Until somebody takes it, you stay on call then" in unescape(said)
    await kate.post("/command", text=lines[0])
    _, page = await kate.get("/schedules/primary")
    assert len(re.findall(r'value="(/oncall swap primary/[^"]+)"', page)) == 9
    assert read_form(page, "/oncall withdraw-swap 1")["about"] == span
    _, page = await browser.get("/schedules/primary")
    assert "Kate looks for somebody" in page
    assert 'value="/oncall take-swap 1"' in page
    await browser.post("/command", text="/oncall take-swap 1")
    text = read_days((await browser.get("/schedules/primary"))[1])["2026-11-23"]
    assert f"from 15:00 {house.owner.name} (you) ⇄ swap with Kate" in text
    _, page = await browser.get("/schedules/primary")
    assert f"{house.owner.name} has the shift of Kate" in page
    assert "take-swap" not in page
    await kate.http.close()
