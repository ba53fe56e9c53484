"""The Room's pages of rules over real HTTP, without a browser's script."""

import html
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.flow.unit import Unit
from storage.models import Alert, AuditEntry, Rule
from tests.house import House
from tests.platforms.test_room_pages import Browser, open_browser

FORM: dict[str, Any] = {
    "name": "Staging is quiet",
    "match": "all",
    "field": "labels.env",
    "not": "",
    "operation": "equals",
    "value": "staging",
    "text": "suppress: yes",
}
STAGING = {"title": "Disk full", "priority": "P1", "labels": {"env": "staging"}}


@pytest.fixture
async def browser(house: House) -> AsyncIterator[Browser]:
    opened = await open_browser(house)
    yield opened
    await opened.http.close()


async def make(browser: Browser) -> str:
    """Make the rule; where it is."""
    status, place = await browser.post("/rules/-/new/policy", do="save", **FORM)
    assert (status, place) == (303, "/rules/staging-is-quiet?told="), place
    return place.partition("?")[0]


def read(text: str) -> str:
    """What a page says, without its tags."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", text)))


def version_of(text: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', text)
    assert found is not None
    return found[1]


async def test_a_rule_is_made_changed_and_undone(house: House, browser: Browser) -> None:
    place = await make(browser)
    (rule,) = await house.rows(Rule, Rule.slug == "staging-is-quiet")
    assert rule.conditions == [
        {"field": "labels.env", "operation": "equals", "value": "staging", "not": False}
    ]
    assert rule.then == {"suppress": True}
    status, text = await browser.get(place)
    assert status == 200
    assert "suppress: true" in text
    old = version_of(text)
    status, answer = await browser.post(
        place, do="save", version=old, **{**FORM, "text": "delay: 5m", "value": ""}
    )
    assert status == 422
    status, answer = await browser.post(place, do="save", version=old, **{**FORM, "text": "delay: 5m"})
    assert (status, answer) == (303, f"{place}?told=")
    status, answer = await browser.post(place, do="save", version=old, **FORM)
    assert status == 409
    assert "Somebody else changed" in read(answer)
    assert "suppress: yes" in answer  # nothing typed is lost
    new = version_of(answer)  # who has seen what others did may save again
    status, answer = await browser.post(place, do="save", version=new, **{**FORM, "text": "delay: 6m"})
    assert (status, answer) == (303, f"{place}?told=")
    text = (await browser.get(place))[1]
    assert "delay5m" in read(text).replace(" ", "")
    change = (await house.rows(AuditEntry, AuditEntry.what == "rule.changed"))[0]
    assert (await browser.post(f"{place}/undo", change=str(change.id)))[0] == 303
    (rule,) = await house.rows(Rule, Rule.slug == "staging-is-quiet")
    assert rule.then == {"suppress": True}


async def test_the_list_shows_order_and_state(house: House, browser: Browser) -> None:
    place = await make(browser)
    await browser.post("/rules/-/new/policy", do="save", **{**FORM, "name": "Second"})
    text = read((await browser.get("/rules"))[1])
    assert text.index("Staging is quiet") < text.index("Second")
    assert (await browser.post("/rules/second/move", place="1"))[1] == "/rules#rule-second"
    text = read((await browser.get("/rules", script=True))[1])
    assert text.index("Second") < text.index("Staging is quiet")
    await browser.post(f"{place}/switch", on="no")
    assert "○ off" in read((await browser.get(place))[1])
    await house.send(STAGING)
    assert "matched 0" in read((await browser.get("/rules"))[1])
    await browser.post(f"{place}/switch", on="yes")
    assert "● on" in read((await browser.get(place))[1])


async def test_an_open_list_hears_of_a_change(house: House, browser: Browser) -> None:
    async with browser.http.get(f"{house.url}/live?topics=rules,policies,teams") as stream:
        await stream.content.readuntil(b"\n\n")
        await make(browser)
        assert b"data: rules" in await stream.content.readuntil(b"\n\n")


async def test_a_fault_stands_at_its_place_and_nothing_typed_is_lost(browser: Browser) -> None:
    wrong = {
        **FORM,
        "field": "titel",
        "text": "suppress: yes\ndelay: 5\ncolour: red\n",
        "value": "<b>&",
        "name": " ",
    }
    for what in ("save", "try"):
        status, text = await browser.post("/rules/-/new/policy", do=what, sender="generic", **wrong)
        assert status == 422
        said = read(text)
        assert "4 things are wrong" in said
        assert "there is no field titel" in said
        assert "Line 2, delay: a length of time needs its unit" in said
        assert "Line 3, colour: there is no key colour here" in said
        assert "must not be empty" in said
        assert 'value="&lt;b&gt;&amp;"' in text
    status, text = await browser.post("/rules/-/new/policy", do="save", **{**FORM, "text": "a: [1\n  b"})
    assert status == 422
    assert "this is not YAML" in read(text)


async def test_it_is_tried_before_it_is_saved(house: House, browser: Browser) -> None:
    await house.send({"title": "Slow", "priority": "P3"})
    await house.send(STAGING)
    own = '{"title": "Another", "labels": {"env": "staging"}}'
    status, text = await browser.post("/rules/-/new/policy", do="try", sender="generic", own=own, **FORM)
    assert status == 200
    said = read(text)
    assert "2 kept messages of generic: 1 would differ" in said
    assert "opens an alert, is held back" in said
    assert "The policy “Staging is quiet” keeps it from paging" in said
    assert [rule.slug for rule in await house.rows(Rule)] == ["urgent"]
    assert len(await house.rows(Alert)) == 2
    status, text = await browser.post("/rules/-/new/policy", do="try", sender="generic", own="{", **FORM)
    assert status == 200
    assert "is not JSON" in read(text)
    status, text = await browser.post("/rules/-/new/policy", do="try", sender="nobody", **FORM)
    assert (status, "There is no integration nobody" in read(text)) == (404, True)


@pytest.mark.parametrize("start", [
    "action?start=title", "action?start=ignore", "action?start=close", "policy?start=delay", "policy?start=suppress",
    "policy?start=flap", "policy?start=close", "route?start=team", "route?start=hours", "route?start=nobody",
    "incident?start=urgent", "incident?start=storm", "route",
])  # fmt: skip
async def test_what_a_new_rule_starts_from_can_be_saved(sqlite_house: House, start: str) -> None:
    await sqlite_house.add_sender("generic")
    browser = await open_browser(sqlite_house)
    async with browser.http:
        status, text = await browser.get(f"/rules/-/new/{start}")
        assert status == 200
        found = re.search(r"<textarea[^>]* name=\"text\"[^>]*>(.*?)</textarea>", text, re.DOTALL)
        assert found is not None
        fields = {**FORM, "text": html.unescape(found[1])}
        status, answer = await browser.post(f"/rules/-/new/{start}", do="save", **fields)
        assert status == 303, read(answer)


async def test_a_rule_of_the_file_is_shown_and_tried_only(house: House, browser: Browser) -> None:
    async def take(unit: Unit) -> None:
        (await unit.session.get_one(Rule, 1)).origin = "file"

    await house.parts.work.run(take)
    text = (await browser.get("/rules/urgent"))[1]
    assert 'value="try"' in text
    assert 'value="save"' not in text
    await house.send(STAGING)
    status, text = await browser.post("/rules/urgent", do="try", sender="generic", **{**FORM, "text": ""})
    assert (status, "1 kept message of generic" in read(text)) == (200, True)
    status, text = await browser.post("/rules/urgent", do="save", version="0", **{**FORM, "text": ""})
    assert (status, "is in the configuration file" in read(text)) == (409, True)
    status, text = await browser.post("/rules/urgent/switch", on="no")
    assert (status, "is in the configuration file (" in read(text), "<form" in text) == (409, False, True)
    assert "Change it there" in read(text)


async def test_who_may_see_and_change_rules(house: House, browser: Browser) -> None:
    place = await make(browser)
    kate, eve = await house.add_person("Kate"), await house.add_person("Eve", role="stakeholder")
    responder, stakeholder = await open_browser(house, kate), await open_browser(house, eve)
    async with responder.http, stakeholder.http:
        status, text = await responder.get(place)
        assert (status, "Undo" in read(text), 'value="save"' in text) == (200, False, False)
        assert 'href="/rules"' in (await responder.get("/services"))[1]
        assert 'href="/rules"' not in (await stakeholder.get("/services"))[1]
        assert [(await stakeholder.get(path))[0] for path in ("/rules", place)] == [403, 403]
        for path in (place, f"{place}/switch", f"{place}/move", f"{place}/undo", "/rules/-/new/policy"):
            for one in (responder, stakeholder):
                assert (await one.post(path, do="save", **FORM))[0] == 403
        assert (await responder.get("/rules/-/new/policy"))[0] == 403
