"""Schedules that are made and changed in the Room, over real HTTP and without a browser's script."""

from collections.abc import AsyncIterator

import pytest

from bot.flow.unit import Unit
from storage.models import AuditEntry, Rotation, Schedule, Team, User
from tests.acceptance.test_shift_notices import list_told
from tests.house import House
from tests.platforms.posted import Form, find_form, press, read
from tests.platforms.test_room_pages import Browser, open_browser


@pytest.fixture
async def browser(house: House) -> AsyncIterator[Browser]:
    """The owner's browser; Kate and Sam are of the first team, Ana of none."""
    for name, team in (("Kate", "first-team"), ("Sam", "first-team"), ("Ana", "")):
        await house.add_person(name, team=team)
    opened = await open_browser(house)
    yield opened
    await opened.http.close()


async def open_form(browser: Browser, path: str) -> Form:
    status, text = await browser.get(path)
    assert status == 200, text
    return find_form(text, "edit-form")


async def make(browser: Browser) -> None:
    """The schedule `nights`, in which Kate and Sam take turns of a week."""
    form = await open_form(browser, "/schedules/-/new")
    form.set("name", "Nights")
    form.set("rotations.0.participants", "kate", 0)
    form.set("rotations.0.participants", "sam", 1)
    status, place = await press(browser, form, "save")
    assert status == 303, read(place)
    assert place.startswith("/schedules/nights?told=")


async def find_rotations(house: House, slug: str = "nights") -> list[Rotation]:
    (row,) = await house.rows(Schedule, Schedule.slug == slug)
    return sorted(await house.rows(Rotation, Rotation.schedule_id == row.id), key=lambda one: one.position)


async def test_a_schedule_is_made_and_its_people_are_told(house: House, browser: Browser) -> None:
    assert "New schedule" in (await browser.get("/schedules"))[1]
    form = await open_form(browser, "/schedules/-/new")
    assert form.get("rotations.0.starts") == ["2026-11-23T09:00"]
    await make(browser)
    (rotation,) = await find_rotations(house)
    kate, sam = house.people["Kate"], house.people["Sam"]
    assert rotation.participants == [kate.id, sam.id]
    text = read((await browser.get(f"/schedules/nights?told={kate.id},{sam.id}"))[1])
    assert "✓ Saved. Their shifts move, and they are told: Kate, Sam." in text
    assert any("Your shifts in Nights" in one for one in await list_told(house, kate))


async def test_it_comes_back_as_its_buttons_say_and_nothing_is_saved(house: House, browser: Browser) -> None:
    await make(browser)
    form = await open_form(browser, "/schedules/nights/edit")
    form.set("name", "Late <nights>")

    async def do(label: str) -> Form:
        status, text = await press(browser, form, form.buttons[label])
        assert status == 200, read(text)
        assert "Saved" not in text
        return find_form(text, "edit-form")

    form.set("rotations.0.participants", "team:first-team", 2)
    form.set("rotations.0.participants", "nobody", 3)
    form = await do("Move turn 2 of rotation 1 up")
    turns = "rotations.0.participants"
    assert form.get(turns) == ["sam", "kate", "team:first-team", "nobody", "", ""]
    form.set(turns, "", 0)
    form = await do("More lines of rotation 1")
    assert form.get(turns) == ["kate", "team:first-team", "nobody", "", ""]
    form = await do("Add a rotation")
    assert form.get("rotations.1.starts") == ["2026-11-23T09:00"]
    form.set("rotations.1.name", "Backup")
    form.set("rotations.1.participants", "ana")
    form = await do("Move rotation 2 up")
    assert form.get("rotations.0.name") == ["Backup"]
    form = await do("Only in some hours of rotation 1")
    assert form.get("rotations.0.hours.0.from") == ["18:00"]
    form = await do("More hours of rotation 1")
    form = await do("Remove hours 2 of rotation 1")
    assert form.get("rotations.0.hours.1.from") == []
    form = await do("Remove rotation 2")
    assert form.get("rotations.1.name") == []
    assert form.get("name") == ["Late <nights>"]
    assert len(await find_rotations(house)) == 1
    form.fields += [("rotations.0.hours.0.days", "fri")]
    form.set("rotations.0.hours.0.until_day", "mon")
    assert (await press(browser, form, "save"))[0] == 303
    (rotation,) = await find_rotations(house)
    assert rotation.participants == [house.people["Ana"].id]
    assert rotation.hours == [{"days": ["fri"], "from": "18:00", "until": "09:00", "until_day": "mon"}]


async def test_what_is_saved_as_it_stands_changes_nothing(house: House, browser: Browser) -> None:
    await make(browser)
    form = await open_form(browser, "/schedules/nights/edit")
    status, place = await press(browser, form, "save")
    assert (status, place) == (303, "/schedules/nights?told=")
    assert "Saved." in (await browser.get(place))[1]
    what = [one.what for one in await house.rows(AuditEntry) if one.subject.startswith("schedule:")]
    assert what == ["schedule.created"]


async def test_whose_shifts_move_is_seen_before_it_is_saved(house: House, browser: Browser) -> None:
    await make(browser)
    form = await open_form(browser, "/schedules/nights/edit")
    _, text = await press(browser, form, "preview")
    assert "Nobody’s shift moves." in read(text)
    form.set("rotations.0.participants", "ana", 1)
    form.set("rotations.0.kind", "hourly")
    told = len(await list_told(house, house.people["Ana"]))
    status, text = await press(browser, form, "preview")
    said = read(text)
    assert status == 200
    assert "Kate → leaves, Ana" in said
    assert "And 1" in said
    assert text.count('class="row move-row') == 20
    form.set("rotations.0.participants", "nobody", 1)
    form.set("rotations.0.kind", "weekly")
    status, text = await press(browser, form, "preview")
    assert "▲ Nobody is on call" in read(text)
    assert "▲ Nobody would be on call" in read(text)
    assert [one.kind for one in await find_rotations(house)] == ["weekly"]
    assert len(await list_told(house, house.people["Ana"])) == told
    _, text = await press(browser, await open_form(browser, "/schedules/-/new"), "preview")
    assert "Nothing is saved: 2 things are wrong" in read(text)


async def test_a_fault_stands_at_its_place_and_nothing_typed_is_lost(browser: Browser) -> None:
    form = await open_form(browser, "/schedules/-/new")
    form.set("name", " ")
    form.set("zone", "Mars/<b>Olympus")
    form.set("rotations.0.length", "much")
    form.set("rotations.0.starts", "2026-11-31T09:00")
    form.set("rotations.0.participants", "robert", 1)
    for what in ("save", "preview"):
        status, text = await press(browser, form, what)
        assert status == 422
        said = read(text)
        assert "5 things are wrong" in said
        assert 'href="#f-rotations.0.participants.0">rotation 1, participant 1</a>' in text
        assert 'value="Mars/&lt;b&gt;Olympus"' in text
        assert "robert (there is no such)" in said
        again = find_form(text, "edit-form")
        assert again.get("rotations.0.length") == ["much"]
        assert text.count('aria-invalid="true"') == 5


async def test_a_schedule_called_new_can_be_opened(browser: Browser) -> None:
    form = await open_form(browser, "/schedules/-/new")
    form.set("name", "New")
    form.set("rotations.0.participants", "kate")
    status, place = await press(browser, form, "save")
    assert (status, place.partition("?")[0]) == (303, "/schedules/new")


async def test_two_people_do_not_overwrite_each_other(browser: Browser) -> None:
    await make(browser)
    form, other = [await open_form(browser, "/schedules/nights/edit") for _ in range(2)]
    form.set("name", "Mine")
    other.set("name", "Theirs")
    assert (await press(browser, form, "save"))[0] == 303
    status, text = await press(browser, other, "save")
    assert (status, "Somebody else changed “Mine” meanwhile" in read(text)) == (409, True)
    again = find_form(text, "edit-form")
    assert again.get("name") == ["Theirs"]
    assert (await press(browser, again, "save"))[0] == 303


async def test_each_change_can_be_undone(house: House, browser: Browser) -> None:
    await make(browser)
    form = await open_form(browser, "/schedules/nights/edit")
    form.set("rotations.0.participants", "ana")
    await press(browser, form, "save")
    text = (await browser.get("/schedules/nights/edit"))[1]
    assert "rotations[0].participants [kate, sam] [ana, sam]" in read(text)
    change = (await house.rows(AuditEntry, AuditEntry.what == "schedule.changed"))[0]
    status, place = await browser.post("/schedules/nights/edit/undo", change=str(change.id))
    ids = ",".join(str(house.people[name].id) for name in ("Kate", "Ana"))
    assert (status, place) == (303, f"/schedules/nights/edit?told={ids}")
    (rotation,) = await find_rotations(house)
    assert rotation.participants[0] == house.people["Kate"].id


async def test_it_is_switched_off_unless_something_uses_it(house: House, browser: Browser) -> None:
    status, text = await browser.post("/schedules/primary/edit/switch", on="no")
    assert (status, "is used by policy default" in read(text)) == (409, True)
    await make(browser)
    assert (await browser.post("/schedules/nights/edit/switch", on="no"))[0] == 303
    text = read((await browser.get("/schedules"))[1])
    assert "Switched off Nights" in text
    assert (await browser.get("/schedules/nights"))[0] == 404
    assert "○ off" in read((await browser.get("/schedules/nights/edit"))[1])
    form = await open_form(browser, "/schedules/nights/edit")
    form.set("rotations.0.participants", "ana")
    assert "Nobody’s shift moves: it is switched off." in read((await press(browser, form, "preview"))[1])
    status, place = await press(browser, form, "save")
    assert (status, place) == (303, "/schedules/nights/edit?told=")
    assert "✓ Saved." in read((await browser.get(place))[1])
    assert (await browser.post("/schedules/nights/edit/switch", on="yes"))[0] == 303
    assert (await browser.get("/schedules/nights"))[0] == 200


async def test_one_of_the_file_is_shown_and_tried_only(house: House, browser: Browser) -> None:
    await make(browser)

    async def take(unit: Unit) -> None:
        (row,) = await house.rows(Schedule, Schedule.slug == "nights")
        (await unit.session.get_one(Schedule, row.id)).origin = "file"

    await house.parts.work.run(take)
    text = (await browser.get("/schedules/nights/edit"))[1]
    assert "try a change here, then write it there" in read(text)
    form = find_form(text, "edit-form")
    assert "Save" not in form.buttons
    form.set("rotations.0.participants", "ana")
    status, text = await press(browser, form, "preview")
    assert (status, "Kate → leaves, Ana" in read(text)) == (200, True)
    status, text = await press(browser, form, "save")
    assert (status, "is in the configuration file" in read(text)) == (409, True)


async def test_who_was_switched_off_is_shown_as_such(house: House, browser: Browser) -> None:
    await make(browser)

    async def leave(unit: Unit) -> None:
        (await unit.session.get_one(User, house.people["Sam"].id)).active = False
        (await unit.session.get_one(Team, 1)).active = True

    await house.parts.work.run(leave)
    text = (await browser.get("/schedules/nights/edit"))[1]
    assert "Sam (switched off)" in read(text)
    form = find_form(text, "edit-form")
    assert form.get("rotations.0.participants") == ["kate", "sam", "", ""]
    status, text = await press(browser, form, "save")
    assert (status, "rotation 1, participant 2" in text) == (422, True)


async def test_who_may_see_and_change_schedules(house: House, browser: Browser) -> None:
    await make(browser)
    eve = await house.add_person("Eve", role="stakeholder")
    responder, stakeholder = await open_browser(house, house.people["Kate"]), await open_browser(house, eve)
    place = "/schedules/nights/edit"
    async with responder.http, stakeholder.http:
        status, text = await responder.get(place)
        assert (status, "Undo" in read(text), 'value="save"' in text) == (200, False, False)
        assert find_form(text, "edit-form").get("rotations.0.participants") == ["kate", "sam"]
        assert "New schedule" not in (await responder.get("/schedules"))[1]
        assert "Rotations" in (await responder.get("/schedules/nights"))[1]
        assert f'href="{place}"' not in (await stakeholder.get("/schedules/nights"))[1]
        assert (await stakeholder.get(place))[0] == 403
        assert (await responder.get("/schedules/-/new"))[0] == 403
        for path in (place, f"{place}/switch", f"{place}/undo", "/schedules/-/new"):
            for one in (responder, stakeholder):
                assert (await one.post(path, do="save"))[0] == 403


async def test_whoever_has_the_turn_keeps_it_unless_told_otherwise(house: House, browser: Browser) -> None:
    """At 03:00 UTC on Monday 23 November the first week, which is Kate's, has hours to go until it begins."""
    await make(browser)
    await house.at("200:00:00")  # Tuesday 1 December: the week of Sam
    form = await open_form(browser, "/schedules/nights/edit")
    assert form.get("keep") == ["yes"]
    form.set("rotations.0.participants", "ana", 0)
    form.set("rotations.0.participants", "kate", 1)
    form.set("rotations.0.participants", "sam", 2)
    status, text = await press(browser, form, "preview")
    assert status == 200
    assert "Tue 1 Dec" not in read(text).split("in the next 60 days")[1].split("History")[0]
    form = find_form(text, "edit-form")
    form.fields.remove(("keep", "yes"))
    status, text = await press(browser, form, "preview")
    assert "Sam → leaves, Kate" in read(text), "the turns begin anew from 23 November"
    assert find_form(text, "edit-form").get("keep") == []
    form.fields.append(("keep", "yes"))
    status, _ = await press(browser, form, "save")
    assert status == 303
    (rotation,) = await find_rotations(house)
    people = [house.people[name].id for name in ("Ana", "Kate", "Sam")]
    assert (rotation.participants, rotation.starts) == (people, "2026-11-16T09:00")
