"""Escalation policies that are made and changed in the Room, over real HTTP and without a browser's script."""

from collections.abc import AsyncIterator

import pytest

from bot.flow.unit import Unit
from storage.models import AuditEntry, EscalationPolicy, PolicyStep
from tests.house import House
from tests.platforms.posted import find_form, press, read
from tests.platforms.test_room_pages import Browser, open_browser
from tests.platforms.test_room_schedules import open_form


@pytest.fixture
async def browser(house: House) -> AsyncIterator[Browser]:
    """The owner's browser; Kate and Sam are of the first team."""
    for name in ("Kate", "Sam"):
        await house.add_person(name)
    opened = await open_browser(house)
    yield opened
    await opened.http.close()


async def make(browser: Browser) -> None:
    """The policy `nights`: Kate at once, Sam after five minutes."""
    form = await open_form(browser, "/policies/-/new")
    form.set("name", "Nights")
    form.set("repeat", "")
    form.set("steps.0.page", "user:kate")
    status, text = await press(browser, form, form.buttons["Add a step"])
    assert status == 200
    form = find_form(text, "edit-form")
    form.set("steps.1.after", "5m")
    form.set("steps.1.page", "user:sam")
    status, place = await press(browser, form, "save")
    assert (status, place) == (303, "/policies/nights?told="), read(place)


async def find_steps(house: House) -> list[tuple[int, str, list[tuple[str, str]]]]:
    (row,) = await house.rows(EscalationPolicy, EscalationPolicy.slug == "nights")
    steps = await house.rows(PolicyStep, PolicyStep.policy_id == row.id)
    return [
        (
            step.delay,
            step.condition,
            [(one.get("pick") or one["type"], one["name"]) for one in step.recipients],
        )
        for step in sorted(steps, key=lambda one: one.position)
    ]


async def test_a_policy_is_made_changed_and_undone(house: House, browser: Browser) -> None:
    await make(browser)
    kate, sam = ("user", "Kate"), ("user", "Sam")
    assert await find_steps(house) == [
        (0, "not_acknowledged", [kate]),
        (300, "not_acknowledged", [sam]),
    ]
    form = await open_form(browser, "/policies/nights")
    form.set("steps.0.page", "next:primary", 1)
    form.set("steps.0.page", "random:first-team", 2)
    form.set("steps.1.when", "not_closed")
    form.set("ack_timeout", "30m")
    form.fields.append(("close_at_end", "yes"))
    _, text = await press(browser, form, form.buttons["Move recipient 2 of step 1 up"])
    form = find_form(text, "edit-form")
    assert form.get("close_at_end") == ["yes"]
    assert (await press(browser, form, "save"))[0] == 303
    assert await find_steps(house) == [
        (0, "not_acknowledged", [("next", "Primary on-call"), kate, ("random", "First team")]),
        (300, "not_closed", [sam]),
    ]
    (row,) = await house.rows(EscalationPolicy, EscalationPolicy.slug == "nights")
    assert (row.ack_timeout, row.close_at_end, row.repeat) == (1800, True, 0)
    text = read((await browser.get("/policies/nights"))[1])
    assert "steps[1].when not_closed" in text
    assert "steps[0].page ['user:kate']" in text
    (change,) = await house.rows(AuditEntry, AuditEntry.what == "policy.changed")
    assert (await browser.post("/policies/nights/undo", change=str(change.id)))[0] == 303
    assert (await find_steps(house))[1] == (300, "not_acknowledged", [sam])


async def test_what_is_saved_as_it_stands_changes_nothing(house: House, browser: Browser) -> None:
    await make(browser)
    for slug in ("nights", "default"):
        assert (await press(browser, await open_form(browser, f"/policies/{slug}"), "save"))[0] == 303
    what = [one.what for one in await house.rows(AuditEntry) if one.subject.startswith("policy:")]
    assert what == ["policy.created"]


async def test_the_list_says_who_is_paged_now(house: House, browser: Browser) -> None:
    await make(browser)
    said = read((await browser.get("/policies"))[1])
    assert "Default policy of First team" in said
    assert "at once (Kate): Kate: in the Room" in said
    assert "after 5 min (Sam): Sam: in the Room" in said
    assert "reaches nobody" not in said

    async def leave(unit: Unit) -> None:
        user = await unit.session.get_one(type(house.owner), house.people["Sam"].id)
        user.active = False

    await house.parts.work.run(leave)
    said = read((await browser.get("/policies", script=True))[1])
    assert "▲ Step 2 reaches nobody now" in said
    assert 'href="/policies"' in (await browser.get("/oncall"))[1]


async def test_who_would_be_paged_is_seen_before_it_is_saved(house: House, browser: Browser) -> None:
    form = await open_form(browser, "/policies/-/new")
    assert form.get("steps.0.page") == ["schedule:primary", "", ""]
    form.set("name", "Try")
    status, text = await press(browser, form, "preview")
    said = read(text)
    assert status == 200
    assert "Who would be paged now" in said
    assert f"at once (Primary on-call): {house.owner.name}" in said
    assert "comes 2 more times" in said
    assert len(await house.rows(EscalationPolicy)) == 1
    form = await open_form(browser, "/policies/default")
    form.set("steps.0.page", "next:primary", 1)
    assert "(Primary on-call, next in Primary on-call)" in read((await press(browser, form, "preview"))[1])
    form.set("steps.0.page", "", 1)
    form.set("steps.0.page", "user:sam")
    assert "at once (Sam): Sam: in the Room" in read((await press(browser, form, "preview"))[1])


async def test_who_would_be_paged_at_another_time(house: House, browser: Browser) -> None:
    """Kate has the pager for the night of Tuesday."""
    await house.command("/oncall override @kate until:2026-11-25T06:00+00:00 starts:2026-11-24T22:00+00:00")
    form = await open_form(browser, "/policies/default")
    form.set("at", "2026-11-25T03:00")
    form.set("priority", "P4")
    status, text = await press(browser, form, "preview")
    said = read(text)
    assert status == 200
    assert "Who would be paged from Wed 25 Nov 03:00 on By a P4" in said
    assert "at once (Primary on-call): Kate" in said
    form = find_form(text, "edit-form")
    assert (form.get("at"), form.get("priority")) == (["2026-11-25T03:00"], ["P4"])
    for wrong in ("tomorrow", "9999-12-31T23:59", "2026-02-31T03:00"):
        form.set("at", wrong)
        status, text = await press(browser, form, "preview")
        assert (status, "it should be a date and a time of day" in read(text)) == (422, True)


async def test_a_fault_stands_at_its_place_and_nothing_typed_is_lost(browser: Browser) -> None:
    form = await open_form(browser, "/policies/-/new")
    form.set("steps.0.after", "5")
    form.set("steps.0.page", "user:robert")
    form.set("repeat", "many")
    form.fields.append(("reset_on_repeat", "yes"))
    for what in ("save", "preview"):
        status, text = await press(browser, form, what)
        assert status == 422
        said = read(text)
        assert "4 things are wrong" in said
        assert "step 1, page 1 : there is no" in said
        assert "user:robert (there is no such)" in said
        again = find_form(text, "edit-form")
        assert (again.get("steps.0.after"), again.get("reset_on_repeat")) == (["5"], ["yes"])


async def test_it_is_switched_off_unless_something_uses_it(browser: Browser) -> None:
    status, text = await browser.post("/policies/default/switch", on="no")
    assert (status, "is used by team first-team" in read(text)) == (409, True)
    await make(browser)
    assert (await browser.post("/policies/nights/switch", on="no"))[0] == 303
    assert "Nights ○ off" in read((await browser.get("/policies"))[1])
    assert (await browser.post("/policies/nights/switch", on="yes"))[0] == 303
    assert "● on" in read((await browser.get("/policies/nights"))[1])


async def test_two_people_do_not_overwrite_each_other(browser: Browser) -> None:
    form, other = [await open_form(browser, "/policies/default") for _ in range(2)]
    form.set("name", "Mine")
    assert (await press(browser, form, "save"))[0] == 303
    assert (await press(browser, other, "save"))[0] == 409


async def test_who_may_see_and_change_policies(house: House, browser: Browser) -> None:
    eve = await house.add_person("Eve", role="stakeholder")
    responder, stakeholder = await open_browser(house, house.people["Kate"]), await open_browser(house, eve)
    async with responder.http, stakeholder.http:
        assert "New policy" not in (await responder.get("/policies"))[1]
        status, text = await responder.get("/policies/default")
        assert (status, 'value="save"' in text) == (200, False)
        assert [(await stakeholder.get(one))[0] for one in ("/policies", "/policies/default")] == [403, 403]
        assert (await responder.get("/policies/-/new"))[0] == 403
        for path in ("/policies/-/new", "/policies/default", "/policies/default/undo"):
            for one in (responder, stakeholder):
                assert (await one.post(path, do="save"))[0] == 403
