"""Teams that are made and changed in the Room, over real HTTP and without a browser's script."""

from collections.abc import AsyncIterator

import pytest

from bot.flow.unit import Unit
from storage.models import AuditEntry, Member, Team, User
from tests.acceptance.test_shift_notices import list_told
from tests.house import House
from tests.platforms.posted import find_form, press, read
from tests.platforms.test_room_pages import Browser, open_browser
from tests.platforms.test_room_schedules import open_form


@pytest.fixture
async def browser(house: House) -> AsyncIterator[Browser]:
    """The owner's browser; Kate is of the first team, Ana and Sam of none."""
    for name, team in (("Kate", "first-team"), ("Ana", ""), ("Sam", "")):
        await house.add_person(name, team=team)
    opened = await open_browser(house)
    yield opened
    await opened.http.close()


async def make(browser: Browser) -> None:
    """The team `nights` of Kate and Sam."""
    form = await open_form(browser, "/teams/-/new")
    assert form.get("policy") == ["default"]
    form.set("name", "Nights")
    form.set("members", "kate", 0)
    form.set("members", "sam", 1)
    form.fields.append(("platforms", "room"))
    status, place = await press(browser, form, "save")
    assert (status, place) == (303, "/teams/nights?told="), read(place)


async def list_members(house: House) -> list[str]:
    (team,) = await house.rows(Team, Team.slug == "nights")
    names = {user.id: name for name, user in house.people.items()}
    return sorted(names[one.user_id] for one in await house.rows(Member, Member.team_id == team.id))


async def test_a_team_is_made_changed_and_undone(house: House, browser: Browser) -> None:
    await make(browser)
    assert await list_members(house) == ["Kate", "Sam"]
    form = await open_form(browser, "/teams/nights")
    form.set("members", "", 0)
    form.set("members", "ana", 2)
    _, text = await press(browser, form, form.buttons["More lines"])
    form = find_form(text, "edit-form")
    assert form.get("members") == ["sam", "ana", "", ""]
    form.set("holidays", "DE-BE")
    assert (await press(browser, form, "save"))[0] == 303
    assert await list_members(house) == ["Ana", "Sam"]
    (row,) = await house.rows(Team, Team.slug == "nights")
    assert (row.platforms, row.holidays) == (["room"], "DE-BE")
    assert "members [kate, sam] [ana, sam]" in read((await browser.get("/teams/nights"))[1])
    (change,) = await house.rows(AuditEntry, AuditEntry.what == "team.changed")
    assert (await browser.post("/teams/nights/undo", change=str(change.id)))[0] == 303
    assert await list_members(house) == ["Kate", "Sam"]
    (row,) = await house.rows(Team, Team.slug == "nights")
    assert (row.holidays, row.holidays_origin) == ("", "")


async def test_who_was_switched_off_stays_in_it(house: House, browser: Browser) -> None:
    """They are not shown, as nothing is theirs to do; who is switched on again is in the team as before."""
    await make(browser)

    async def leave(unit: Unit) -> None:
        (await unit.session.get_one(User, house.people["Sam"].id)).active = False

    await house.parts.work.run(leave)
    form = await open_form(browser, "/teams/nights")
    assert form.get("members") == ["kate", "", ""]
    form.set("members", "ana", 1)
    assert (await press(browser, form, "save"))[0] == 303
    assert await list_members(house) == ["Ana", "Kate", "Sam"]


async def test_what_is_saved_as_it_stands_changes_nothing(house: House, browser: Browser) -> None:
    await make(browser)
    for slug in ("nights", "first-team"):
        assert (await press(browser, await open_form(browser, f"/teams/{slug}"), "save"))[0] == 303
    what = [one.what for one in await house.rows(AuditEntry) if one.what.startswith("team.")]
    assert what == ["team.created"]


async def test_the_list_says_what_is_whose(house: House, browser: Browser) -> None:
    await make(browser)
    said = read((await browser.get("/teams"))[1])
    assert f"First team first-team Kate, {house.owner.name} Policy Default policy" in said
    assert "Schedules Primary on-call" in said
    assert "Nights nights Kate, Sam Policy Default policy" in said
    form = await open_form(browser, "/teams/nights")
    for index in range(2):
        form.set("members", "", index)
    form.set("policy", "")
    assert (await press(browser, form, "save"))[0] == 303
    said = read((await browser.get("/teams", script=True))[1])
    assert "▲ Nobody is in it" in said
    assert "▲ none, so its trouble pages nobody" in said
    assert 'href="/teams"' in (await browser.get("/oncall"))[1]


async def test_whose_shifts_move_is_seen_before_it_is_saved(house: House, browser: Browser) -> None:
    """All of a team are on call in its turn; Ana comes into it."""
    await make(browser)
    form = await open_form(browser, "/schedules/primary/edit")
    for index in range(len(form.get("rotations.0.participants"))):
        form.set("rotations.0.participants", "team:nights" if not index else "", index)
    assert (await press(browser, form, "save"))[0] == 303
    told = len(await list_told(house, house.people["Ana"]))
    form = await open_form(browser, "/teams/nights")
    form.set("members", "ana", 2)
    _, text = await press(browser, form, "preview")
    said = read(text)
    assert "Primary on-call" in said.partition("Whose shifts move")[2]
    assert "Ana comes" in said
    assert await list_members(house) == ["Kate", "Sam"]
    assert len(await list_told(house, house.people["Ana"])) == told
    ana = house.people["Ana"].id
    assert await press(browser, form, "save") == (303, f"/teams/nights?told={ana}")
    assert "they are told: Ana." in read((await browser.get(f"/teams/nights?told={ana}"))[1])
    assert len(await list_told(house, house.people["Ana"])) == told + 1
    form = await open_form(browser, "/teams/nights")
    for index in range(3):
        form.set("members", "", index)
    assert "▲ Nobody would be on call" in read((await press(browser, form, "preview"))[1])


async def test_a_fault_stands_at_its_place_and_nothing_typed_is_lost(browser: Browser) -> None:
    form = await open_form(browser, "/teams/-/new")
    form.set("members", "robert", 0)
    form.set("policy", "none-such")
    form.set("holidays", "Atlantis")
    form.fields.append(("platforms", "telex"))
    for what in ("save", "preview"):
        status, text = await press(browser, form, what)
        assert status == 422
        said = read(text)
        assert "5 things are wrong" in said
        assert "member 1 : there is no" in said
        assert "robert (there is no such)" in said
        assert find_form(text, "edit-form").get("holidays") == ["Atlantis"]


async def test_it_is_switched_off_unless_something_uses_it(browser: Browser) -> None:
    status, text = await browser.post("/teams/first-team/switch", on="no")
    assert (status, "is used by " in read(text)) == (409, True)
    await make(browser)
    assert (await browser.post("/teams/nights/switch", on="no"))[0] == 303
    assert "Nights ○ off" in read((await browser.get("/teams"))[1])
    assert (await browser.post("/teams/nights/switch", on="yes"))[0] == 303


async def test_who_may_see_and_change_teams(house: House, browser: Browser) -> None:
    eve = await house.add_person("Eve", role="stakeholder")
    responder, stakeholder = await open_browser(house, house.people["Kate"]), await open_browser(house, eve)
    async with responder.http, stakeholder.http:
        assert "New team" not in (await responder.get("/teams"))[1]
        status, text = await responder.get("/teams/first-team")
        assert (status, 'value="save"' in text) == (200, False)
        assert [(await stakeholder.get(one))[0] for one in ("/teams", "/teams/first-team")] == [403, 403]
        assert (await responder.get("/teams/-/new"))[0] == 403
        for path in ("/teams/-/new", "/teams/first-team", "/teams/first-team/undo"):
            for one in (responder, stakeholder):
                assert (await one.post(path, do="save"))[0] == 403
