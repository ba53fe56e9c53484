"""The main job in a real Chromium, from an alert to a postmortem, on a desktop and on a phone: only by what people do,
pressing and typing, and by what they see. The server is a process of its own."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, expect

from storage.models import TimelineEntry
from tests.acceptance.browser import (
    DESKTOP,
    PATIENCE,
    PHONE,
    Person,
    open_person,
    soon,
    welcome,
)
from tests.served import Served

OWNER = 1


async def send(hook: str, **alert: str) -> None:
    async with aiohttp.ClientSession() as http, http.post(hook, json=alert) as response:
        assert response.status == 202, await response.text()


@pytest.mark.parametrize("window", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_from_an_alert_to_a_postmortem(
    served: Served, chromium: Browser, window: dict[str, Any]
) -> None:
    hook = await served.add_sender("generic")
    kate_id = await served.add_person("Kate")
    mark = await open_person(served, chromium, window, OWNER)
    await welcome(mark, "Mark")
    await mark.sees("No incidents yet")  # and how to make one

    # 1, 2: an alert opens an incident; another joins it and lifts its priority; nobody reloads a page
    await send(hook, title="Checkout is slow", priority="P2", service="web", alias="slow")
    await mark.sees("Checkout is slow", "#list")
    await mark.follow("INC-1")
    await expect(mark.page.locator("h1")).to_have_text("Checkout is slow")
    await expect(mark.page.locator("#head .prio")).to_have_text("P2")
    await mark.sees("nobody yet", "#head")
    head = mark.page.locator("#head")
    p2 = await head.evaluate("head => getComputedStyle(head).borderLeftColor")
    await send(hook, title="Errors at checkout", priority="P1", service="web", alias="errors")
    await expect(mark.page.locator("#head .prio")).to_have_text("P1", timeout=PATIENCE)
    await expect(head).not_to_have_css("border-left-color", p2, timeout=PATIENCE)

    # 3: the person on call is paged, and answers
    await mark.follow("1 page")
    await mark.press("Acknowledge", "#pages")
    await expect(mark.page.locator("#strip .waiting")).to_have_count(0, timeout=PATIENCE)
    await mark.open("/INC-1")
    await mark.sees("Mark", '#head [data-key="ack"]')

    await run_commands(mark)
    kate = await open_person(served, chromium, window, kate_id)
    await welcome(kate, "Kate")
    await keep_messages(mark, kate, served)
    await tell_stakeholders(mark, kate)
    await end_it(mark, kate)
    await review_it(mark)
    assert mark.complaints == []
    assert kate.complaints == []


async def run_commands(mark: Person) -> None:
    """4: typing with completion and help; a form for what is missing; a sentence for what is wrong."""
    await mark.page.locator("h1").click()
    await mark.page.keyboard.press("/")
    await expect(mark.composer).to_be_focused()
    await mark.page.keyboard.type("incident pri")
    await mark.sees("/incident priority", ".completions")
    await mark.page.keyboard.press("Tab")
    await expect(mark.composer).to_have_value("/incident priority ")
    await mark.page.keyboard.type("P9")
    await mark.page.keyboard.press("Enter")
    await expect(mark.page.get_by_label("Priority", exact=True)).to_be_visible(timeout=PATIENCE)
    await mark.sees("P1", "#dialog .error")  # what would be right
    await mark.page.keyboard.press("Escape")
    await mark.composer.fill("")
    await mark.page.keyboard.type("/oncall holidays DE team:nobody-knows")
    await mark.page.keyboard.press("Enter")
    await expect(mark.page.locator("#dialog .error")).to_be_in_viewport(ratio=1, timeout=PATIENCE)
    await mark.page.keyboard.press("Escape")
    await mark.composer.fill("")
    await mark.types("/incident role commander me")
    await mark.show_card()
    await mark.sees("Mark", '[data-key="role-commander"]')
    await mark.composer.fill("/incident role scribe @kate")
    await mark.sees("@kate", ".completions")
    await mark.page.keyboard.press("Enter")  # it is typed in full: nothing is left to complete
    await expect(mark.composer).to_have_value("", timeout=PATIENCE)
    await mark.types("/incident tsak", is_right=False)
    await mark.sees("/incident task", "#replies")  # the nearest command

    await mark.show_card()
    await mark.page.locator("#head-more").click()
    await mark.press("Add task", "#head")
    await mark.fills("What is to be done", "Roll back the gateway")
    await mark.press("Add", "#dialog")
    await mark.show_tab("Tasks")
    await mark.sees("Roll back the gateway", "#entries")
    await mark.press("Task 1 is done", "#entries")
    await mark.sees("done", "#entries .task.over")
    await mark.show_chat()


async def keep_messages(mark: Person, kate: Person, served: Served) -> None:
    """5: what Kate writes shows at Mark's at once; the message action keeps it once; its edit follows."""
    await kate.open("/INC-1")
    await kate.types("The wrong window")
    await mark.sees("The wrong window", "#messages")
    await expect(mark.page.locator("#messages .msg:first-child .by")).to_be_visible()
    await kate.use_menu("The wrong window", "Delete")
    await kate.press("Delete", "#dialog")
    for person in (kate, mark):
        gone = person.page.locator("#messages .msg", has_text="The wrong window")
        await expect(gone).to_have_count(0, timeout=PATIENCE)
        await expect(person.page.locator("#messages .msg:first-child .by")).to_be_visible()  # still
    await kate.types("The graphs jump at 11:47")
    await mark.sees("The graphs jump at 11:47", "#messages")
    for _ in range(2):
        await mark.use_menu("The graphs jump", "Add to incident timeline")
        await expect(mark.page.locator("#replies .reply")).to_be_visible(timeout=PATIENCE)
    await kate.sees("on the timeline", "#messages")
    await kate.use_menu("The graphs jump", "Edit")
    await kate.fills("Message", "The graphs jump at 11:48")
    await kate.press("Save", "#dialog")
    await mark.sees("The graphs jump at 11:48", "#messages")
    await mark.show_tab("Timeline")
    await mark.sees("The graphs jump at 11:48", "#entries")
    entries = await served.rows(TimelineEntry, TimelineEntry.kind == "message")
    assert [entry.text for entry in entries] == ["The graphs jump at 11:48"]
    await mark.page.get_by_label("Show", exact=True).select_option("words")
    await expect(mark.page.locator("#entries .entry")).to_have_count(1, timeout=PATIENCE)
    await mark.show_chat()


async def tell_stakeholders(mark: Person, kate: Person) -> None:
    """6: a status update from its form, with a promise; the announcements and the card say so."""
    await mark.show_card()
    await mark.press("Send status update", "#head")
    for field in await mark.page.locator("#dialog").locator("textarea, input:visible, button").all():
        await expect(field).to_be_in_viewport(ratio=1, timeout=PATIENCE)
    await mark.press("Send update", "#dialog")
    await expect(mark.page.locator('#dialog [aria-invalid="true"]')).to_be_focused(timeout=PATIENCE)
    await mark.fills("What stakeholders should know", "We know the cause and are rolling back.")
    await mark.fills("Next update in", "20m")
    await mark.press("Send update", "#dialog")
    await kate.show_card()
    await kate.sees("in 19 min", "#head")
    await kate.open("/announcements")
    await kate.sees("We know the cause and are rolling back.", "#messages")


async def end_it(mark: Person, kate: Person) -> None:
    """7: resolving asks once, in words; card, alerts and list follow."""
    await mark.show_card()
    await mark.page.locator("#head-more").click()
    await mark.press("Resolve", "#head")
    await mark.sees("Paging stops", "#dialog")
    await mark.press("Resolve", "#dialog")
    await mark.sees("Resolved", "#head")
    await kate.open("/alerts")
    await kate.sees("No open alerts")
    await mark.show_card()
    await mark.press("Close", "#head")
    await mark.sees("Closed", "#head")


async def review_it(mark: Person) -> None:
    """7: the postmortem is drafted from the record, edited, and taken along."""
    await mark.show_card()
    await mark.press("Postmortem", "#head")
    await mark.page.wait_for_url("**/INC-1/postmortem", timeout=PATIENCE)
    await mark.sees("The graphs jump at 11:48", "#timeline")
    await mark.follow("Edit Impact")
    await mark.fills("Text, in Markdown", "Nobody could pay for **ten minutes**.")
    await mark.press("Save")
    await mark.sees("ten minutes", "#impact")
    await mark.press("Published")
    async with mark.page.expect_download() as started:
        await mark.follow("Markdown")
    text = Path(await (await started.value).path()).read_text()
    assert "Nobody could pay for **ten minutes**." in text


@pytest.mark.parametrize("window", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_everybody_can_use_every_page(
    served: Served, chromium: Browser, window: dict[str, Any]
) -> None:
    """axe-core finds no violation, light or dark, and nothing is wider than its window."""
    hook = await served.add_sender("generic")
    await send(hook, title="Checkout is slow " * 6, priority="P1", service="web", description="x" * 300)
    mark = await open_person(served, chromium, window, OWNER)
    await welcome(mark, "Mark")
    await mark.sees("Checkout is slow", "#list")
    await mark.open("/INC-1")
    await mark.types("Look at https://grafana.example.com/" + "d/" * 80)
    await mark.types("/incident task Roll back")
    await mark.types("/incident update Payments are slow")
    starts, until = (f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%dT%H:%M}Z" for days in (3, 4))
    await mark.types(f"/oncall override nobody starts:{starts} until:{until}")
    await mark.sees("you until", "#strip")
    await mark.sees("1 page", "#strip")
    await mark.composer.fill("/incident postmortem")
    await mark.page.keyboard.press("Enter")
    await mark.page.wait_for_url("**/postmortem", timeout=PATIENCE)
    paths = [
        "/", "/INC-1", "/INC-1/timeline", "/INC-1/updates", "/INC-1/alerts", "/INC-1/tasks", "/INC-1/postmortem",
        "/INC-1/postmortem/impact", "/alerts", "/alerts/1", "/oncall", "/services", "/reports", "/announcements", "/ops",
        "/search?q=checkout", "/help", "/me",
    ]  # fmt: skip
    for path in paths:
        await mark.open(path)
        assert await mark.find_violations() == [], path
        assert await mark.find_overflow() <= 0, path
    await mark.open("/INC-1")
    await mark.press("Send status update", "#head")
    await expect(mark.page.locator("#dialog")).to_be_visible()
    assert await mark.find_violations() == [], "a form"
    await mark.page.context.clear_cookies()
    for path in ("/login", "/login/some-token"):
        await mark.open(path)
        assert await mark.find_violations() == [], path


async def test_a_lost_connection_keeps_what_is_typed_and_is_caught_up_with(
    served: Served, chromium: Browser
) -> None:
    hook = await served.add_sender("generic")
    await send(hook, title="Checkout is slow", priority="P1", service="web")
    mark = await open_person(served, chromium, DESKTOP, OWNER)
    await welcome(mark, "Mark")
    await mark.open("/INC-1")
    await mark.types("First")
    await served.stop()
    await expect(mark.page.locator("#offline")).to_be_visible(timeout=PATIENCE)
    await mark.composer.fill("Second")
    await mark.page.keyboard.press("Enter")
    await expect(mark.composer).to_have_value("Second")
    await served.start()
    await send(hook, title="Errors at checkout", priority="P1", service="web")
    await expect(mark.page.locator("#offline")).to_be_hidden(timeout=3 * PATIENCE)
    await mark.sees("2", "#count-alerts")
    await expect(mark.composer).to_have_value("Second")
    await mark.page.keyboard.press("Enter")
    await mark.sees("Second", "#messages")


async def test_the_keyboard_is_enough(served: Served, chromium: Browser) -> None:
    hook = await served.add_sender("generic")
    await send(hook, title="Checkout is slow", priority="P1", service="web")
    mark = await open_person(served, chromium, DESKTOP, OWNER)
    await welcome(mark, "Mark")
    keys = mark.page.keyboard
    await keys.press("/")
    await keys.type("incident declare Mail is late")
    await keys.press("Enter")
    await mark.page.wait_for_url("**/INC-2", timeout=PATIENCE)
    await expect(mark.composer).to_be_visible(timeout=PATIENCE)
    await mark.page.locator("h1").click()
    await keys.press("?")
    await mark.sees("type a command", "#dialog")
    await keys.press("Escape")
    await expect(mark.page.locator("#dialog")).to_be_hidden()
    await keys.press("3")
    await expect(mark.page.locator(".wide-tabs [aria-current]")).to_contain_text("Updates")
    await keys.press("s")
    await expect(mark.page.locator("#find")).to_be_focused()
    await keys.type("inc-1")
    await keys.press("Enter")
    await mark.page.wait_for_url("**/INC-1", timeout=PATIENCE)


async def test_the_keyboard_keeps_its_place(served: Served, chromium: Browser) -> None:
    """What is pressed may be gone afterwards; the keyboard is where it was then, and never on another button."""
    hook = await served.add_sender("generic")
    for name in ("Mail is late", "Disk is full", "Logs are loud"):
        await send(hook, title=name, alias=name, priority="P4")
    mark = await open_person(served, chromium, {"viewport": {"width": 375, "height": 812}}, OWNER)
    await welcome(mark, "Mark")
    await mark.open("/alerts")
    keys = mark.page.keyboard
    middle = mark.page.get_by_role("link", name="Disk is full")
    for button in ("Ack alert 2", "Close alert 2"):
        await mark.page.get_by_role("button", name=button).focus()
        await keys.press("Enter")
        await expect(mark.page.get_by_role("button", name=button)).to_have_count(0, timeout=PATIENCE)
        is_left = button.startswith("Ack")
        await expect(
            middle if is_left else mark.page.get_by_role("link", name="Mail is late")
        ).to_be_focused()
    await mark.page.get_by_label("Alert 1", exact=True).focus()
    await send(hook, title="Backup is late", alias="backup", priority="P4")
    await mark.sees("Backup is late", "#list")
    await expect(mark.page.get_by_label("Alert 1", exact=True)).to_be_focused()

    await mark.open("/alerts/1")
    await mark.page.locator("#alert-more").focus()
    for key in ("Enter", "Tab", "Enter"):
        await keys.press(key)
    await expect(mark.page.locator("#dialog")).to_be_visible(timeout=PATIENCE)
    await mark.page.locator("#alert-more").evaluate("one => one.dataset.old = 1")
    await send(hook, title="Mail is late", alias="Mail is late", priority="P4")
    await expect(mark.page.locator("#alert-more:not([data-old])")).to_have_count(1, timeout=PATIENCE)
    await keys.press("Escape")
    await expect(mark.page.locator("#alert-more")).to_be_focused()


async def test_a_press_is_never_lost_to_a_change(served: Served, chromium: Browser) -> None:
    """A button that is drawn anew between the press and the release would hear neither: in a list, and in a message."""
    hook = await served.add_sender("generic")
    await send(hook, title="Mail is late", alias="mail", priority="P4")
    await send(hook, title="Checkout is slow", alias="slow", priority="P2", service="web")
    mark = await open_person(served, chromium, DESKTOP, OWNER)
    await welcome(mark, "Mark")

    async def press_while(name: str, fetched: str, **alert: str) -> None:
        await mark.page.get_by_role("button", name=name).hover()
        async with mark.page.expect_response(lambda one: fetched in one.url, timeout=PATIENCE) as answer:
            await mark.page.mouse.down()
            await send(hook, **alert)
        await (await answer.value).finished()
        await soon()
        await mark.page.mouse.up()

    await mark.open("/alerts")
    await press_while("Ack alert 1", "/alerts", title="Disk is full", alias="disk", priority="P4")
    await expect(mark.page.get_by_role("button", name="Ack alert 1")).to_have_count(0, timeout=PATIENCE)
    await mark.sees("Disk is full", "#list")  # what changed meanwhile shows
    await mark.open("/announcements")
    await mark.sees("P2", "#messages")
    await press_while("Follow", "/messages?", title="Errors", alias="errors", priority="P1", service="web")
    await mark.sees("INC-1", "#replies")
    await mark.sees("P1", "#messages")


async def test_a_draft_shows_where_it_was_asked_for(served: Served, chromium: Browser) -> None:
    hook = await served.add_sender("generic")
    mark = await open_person(served, chromium, DESKTOP, OWNER)
    await welcome(mark, "Mark")
    await send(hook, title="Checkout is slow", priority="P2", service="web", alias="slow")
    await mark.sees("Checkout is slow", "#list")
    await mark.open("/INC-1/postmortem")
    await mark.sees("There is no postmortem of INC-1 yet.")
    await mark.press("Draft the postmortem")
    await mark.follow("Edit Fault")
    text = mark.page.get_by_label("Text, in Markdown")
    drafted = await text.input_value()
    await text.fill("A switch was pulled.")
    await mark.page.reload()  # as a phone does with a page that it put away
    await mark.sees("It is not saved yet", "#replies")
    await expect(text).to_have_value("A switch was pulled.")
    await mark.follow("Cancel")
    await mark.follow("Edit Fault")
    await expect(text).to_have_value(drafted)
    await text.fill("A cable was pulled.")
    await mark.press("Save")
    await mark.follow("Edit Fault")
    await text.fill("A cable was pulled twice.")
    await mark.press("Save")
    await mark.follow("Edit Fault")
    await expect(text).to_have_value("A cable was pulled twice.")
