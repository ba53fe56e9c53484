"""Rules in a real Chromium, on a desktop and on a phone: a rule is made, tried before it is saved, moved and undone."""

import os
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from storage.models import Rule
from tests.acceptance.browser import DESKTOP, PATIENCE, PHONE, Person, open_person, welcome
from tests.acceptance.test_room_browser import OWNER, send
from tests.served import Served


async def look(mark: Person, name: str) -> None:
    """Nothing is too wide, and axe-core objects to nothing, light or dark."""
    width = int(await mark.page.evaluate("document.documentElement.scrollWidth"))
    assert mark.page.viewport_size is not None
    assert width <= mark.page.viewport_size["width"], name
    assert await mark.find_violations() == [], name
    if folder := os.environ.get("SHOTS"):
        for scheme in ("light", "dark"):
            await mark.page.emulate_media(color_scheme=scheme)
            kind = "phone" if mark.is_phone else "desk"
            await mark.page.screenshot(path=f"{folder}/{name}-{kind}-{scheme}.png", full_page=True)


@pytest.mark.parametrize("window", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_a_rule_is_made_tried_moved_and_undone(
    served: Served, chromium: Browser, window: dict[str, Any]
) -> None:
    hook = await served.add_sender("generic")
    await send(hook, title="Disk full", priority="P1", service="web", alias="disk")
    await send(hook, title="Slow", priority="P3", service="web", alias="slow")
    mark = await open_person(served, chromium, window, OWNER)
    await welcome(mark, "Mark")
    if mark.is_phone:
        await mark.press("Menu")
    await mark.follow("Rules", "#nav")
    await mark.sees("Urgent alerts open an incident")
    await look(mark, "list")

    await mark.follow("New alert policy")
    await mark.follow("never pages")
    await mark.page.get_by_label("Name", exact=True).fill("Disks wait")
    await mark.page.get_by_label("Field 1").fill("title")
    await mark.page.get_by_label("Operation 1").select_option("starts_with")
    await mark.page.get_by_label("Value 1").fill("Disk")
    await mark.page.locator("#f-text").fill("suppress: yes\ndelay: 5\n")
    await mark.press("Save")
    await mark.sees("Line 2, delay")
    await look(mark, "wrong")
    await mark.page.locator("#f-text").fill("suppress: yes\n")
    await mark.press("Try it")
    await mark.sees("2 kept messages of generic: 1 would differ")
    await expect(mark.page.locator("#tried .changed")).to_contain_text("Disk full")
    await look(mark, "tried")
    assert len(await served.rows(Rule)) == 1
    await mark.press("Save")
    await mark.page.wait_for_url(served.url + "/rules/disks-wait?told=")
    await mark.page.locator("#f-text").fill("delay: 5m\n")
    await mark.press("Save")
    await mark.sees("changed it")
    await look(mark, "history")
    await mark.page.get_by_role("button", name="Undo: changed it").first.click()
    await mark.sees("undid a change")
    (rule,) = await served.rows(Rule, Rule.slug == "disks-wait")
    assert rule.then == {"suppress": True}
    await mark.press("Switch off")
    await mark.sees("off")
    await mark.open("/rules/-/new/policy?start=flap")
    await mark.page.get_by_label("Name", exact=True).fill("Calm")
    await mark.press("Save")
    await mark.page.wait_for_url(served.url + "/rules/calm?told=")
    await mark.open("/rules")
    await mark.page.get_by_label("Move “Calm” up").click()
    await expect(mark.page.locator(".rule-row .row-title").first).to_have_text("Calm", timeout=PATIENCE)
    await look(mark, "moved")
    (complaint,) = mark.complaints  # of the one answer that says what is wrong
    assert "422" in complaint
