"""The Room under real hands, in a real Chromium: presses that come twice or too late, pages that change while somebody
reads or writes, and connections and sessions that end meanwhile."""

import asyncio

from playwright.async_api import Browser, Locator, Route, expect

from storage.models import Alert
from tests.acceptance.browser import (
    DESKTOP,
    PATIENCE,
    PHONE,
    open_person,
    soon,
    welcome,
)
from tests.acceptance.test_room_browser import OWNER, send
from tests.served import Served

WINDOW = 0.5
"""For how long buttons that moved hear nothing, in seconds."""


async def find_middle(thing: Locator) -> tuple[float, float]:
    box = await thing.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def list_open(served: Served) -> list[int]:
    return [alert.id for alert in await served.rows(Alert) if alert.status == "open"]


async def fill_list(hook: str, many: int) -> None:
    for number in range(1, many + 1):
        await send(hook, title=f"Alert number {number}", alias=f"a{number}", priority="P4")


async def test_a_second_press_closes_no_second_alert(served: Served, chromium: Browser) -> None:
    """What comes to lie under the finger by the first press is not what the second is for."""
    await fill_list(await served.add_sender("generic"), 4)
    mark = await open_person(served, chromium, DESKTOP, OWNER)
    await welcome(mark, "Mark")
    await mark.open("/alerts")
    rows = mark.page.locator(".alert-rows .row")
    place = await find_middle(mark.page.get_by_role("button", name="Close alert 3"))
    await mark.page.mouse.click(*place)
    await expect(rows).to_have_count(3, timeout=PATIENCE)  # the row below is there now
    await mark.page.mouse.click(*place)
    await asyncio.sleep(4)  # the list stands still meanwhile
    assert await list_open(served) == [1, 2, 4]
    await mark.page.mouse.click(*place)  # and whoever means it closes the next one from the same place
    await expect(rows).to_have_count(2, timeout=PATIENCE)
    assert await list_open(served) == [1, 4]


async def test_a_finger_that_acknowledges_twice_closes_nothing(served: Served, chromium: Browser) -> None:
    """On a phone both buttons share the width; the one that is left stays on its own half."""
    await fill_list(await served.add_sender("generic"), 2)
    mark = await open_person(served, chromium, PHONE, OWNER)
    await welcome(mark, "Mark")
    await mark.open("/alerts")
    button = mark.page.get_by_role("button", name="Ack alert 2")
    place = await find_middle(button)
    await mark.page.touchscreen.tap(*place)
    await expect(button).to_have_count(0, timeout=PATIENCE)
    await asyncio.sleep(2 * WINDOW)
    await mark.page.touchscreen.tap(*place)
    await soon()
    assert await list_open(served) == [1, 2]


async def test_what_is_read_stays_where_it_is(served: Served, chromium: Browser) -> None:
    """News above does not push it away, what had the keyboard does not call it back, what is selected can be copied."""
    hook = await served.add_sender("generic")
    await fill_list(hook, 30)
    mark = await open_person(served, chromium, DESKTOP, OWNER)
    await welcome(mark, "Mark")
    await mark.open("/alerts")
    await mark.press("Ack alert 30")  # which is gone then, and leaves the keyboard in its row
    row = mark.page.locator("[data-key=a10]")
    found = "document.querySelector('[data-key=a10]')"

    async def is_undisturbed(title: str) -> None:
        before = await mark.page.evaluate(f"{found}.getBoundingClientRect().y")
        await send(hook, title=title, alias=title, priority="P3")
        await expect(mark.page.locator("#list")).to_contain_text(title, timeout=PATIENCE)
        assert await mark.page.evaluate(f"{found}.getBoundingClientRect().y") == before

    await expect(mark.page.get_by_role("button", name="Ack alert 30")).to_have_count(0, timeout=PATIENCE)
    await mark.page.evaluate(f"{found}.scrollIntoView({{ block: 'center' }})")
    await is_undisturbed("Backup is late")
    await is_undisturbed("Disk is full")

    words = row.locator(".quiet").first
    box = await words.bounding_box()
    assert box is not None
    await mark.page.mouse.move(box["x"] + 1, box["y"] + 9)
    await mark.page.mouse.down()
    await mark.page.mouse.move(box["x"] + 60, box["y"] + 9, steps=4)
    await mark.page.mouse.up()
    selected = await mark.page.evaluate("getSelection().toString()")
    assert selected
    async with mark.page.expect_response(lambda one: "/alerts" in one.url, timeout=PATIENCE):
        await send(hook, title="Logs are loud", alias="loud", priority="P3")
    await soon()
    assert await mark.page.evaluate("getSelection().toString()") == selected
    await mark.press("Ack alert 10")  # which shows at once, whatever is selected
    await expect(mark.page.get_by_role("button", name="Ack alert 10")).to_have_count(0, timeout=4_000)
    await expect(mark.page.locator("#list")).to_contain_text("Logs are loud", timeout=PATIENCE)


async def test_a_session_that_ends_takes_nothing_along(served: Served, chromium: Browser) -> None:
    hook = await served.add_sender("generic")
    await send(hook, title="Checkout is slow", alias="slow", priority="P1", service="web")
    mark = await open_person(served, chromium, DESKTOP, OWNER)
    await welcome(mark, "Mark")
    await mark.open("/INC-1")
    await mark.sees("INC-1", "#head")
    await mark.press("Send status update", "#head")
    await mark.fills("What stakeholders should know", "We found it.")
    cookies = await mark.context.cookies()
    await mark.context.clear_cookies()
    await send(hook, title="Errors", alias="errors", priority="P1", service="web")
    await expect(mark.page.locator("#replies")).to_contain_text("no longer signed in", timeout=PATIENCE)
    await mark.press("Send update", "#dialog")
    await mark.sees("no longer signed in", "#dialog")
    await mark.context.add_cookies(  # as another tab gets them
        [{"name": one["name"], "value": one["value"], "url": served.url} for one in cookies]
    )
    await mark.press("Send update", "#dialog")
    await expect(mark.page.locator("#dialog")).to_be_hidden(timeout=PATIENCE)
    await mark.show_tab("Updates")
    await mark.sees("We found it.", "#panel")


async def test_what_a_proxy_answers_takes_no_message_along(served: Served, chromium: Browser) -> None:
    hook = await served.add_sender("generic")
    await send(hook, title="Checkout is slow", alias="slow", priority="P1", service="web")
    mark = await open_person(served, chromium, DESKTOP, OWNER)
    await welcome(mark, "Mark")
    await mark.open("/INC-1")

    async def refuse(route: Route) -> None:
        await route.fulfill(status=502, content_type="text/html", body="<h1>502 Bad Gateway</h1>")

    await mark.page.route("**/say", refuse)
    await mark.types("It is the cable", is_right=False)
    await expect(mark.page.locator("#offline")).to_be_visible(timeout=PATIENCE)
    await mark.page.unroute("**/say")
    await mark.page.keyboard.press("Enter")
    await mark.sees("It is the cable", "#messages")


async def test_an_old_answer_does_not_undo_a_filter(served: Served, chromium: Browser) -> None:
    """Asked before the filter was typed, and come after what it found."""
    hook = await served.add_sender("generic")
    await send(hook, title="Mail is late", alias="mail", priority="P4")
    await send(hook, title="Disk is full", alias="disk", priority="P4")
    mark = await open_person(served, chromium, DESKTOP, OWNER)
    await welcome(mark, "Mark")
    await mark.open("/alerts")
    await soon()
    late = asyncio.Event()

    async def delay(route: Route) -> None:
        if "text=disk" not in route.request.url:
            late.set()
            await asyncio.sleep(2)
        await route.continue_()

    await mark.page.route("**/alerts?*", delay)
    await send(hook, title="Mail is later", alias="later", priority="P4")
    await asyncio.wait_for(late.wait(), PATIENCE / 1000)
    await mark.page.get_by_label("Filter by text or source").press_sequentially("disk")
    await expect(mark.page.locator(".alert-rows .row")).to_have_count(1, timeout=PATIENCE)
    await asyncio.sleep(3)
    await expect(mark.page.locator(".alert-rows .row")).to_have_count(1)


async def test_what_is_typed_while_a_message_is_on_its_way_is_the_next_one(
    served: Served, chromium: Browser
) -> None:
    hook = await served.add_sender("generic")
    await send(hook, title="Checkout is slow", alias="slow", priority="P1", service="web")
    mark = await open_person(served, chromium, DESKTOP, OWNER)
    await welcome(mark, "Mark")
    await mark.open("/INC-1")

    async def delay(route: Route) -> None:
        await asyncio.sleep(1.5)
        await route.continue_()

    await mark.page.route("**/say", delay)
    await mark.composer.click()
    for text in ("It is the cable", "and the switch"):
        await mark.page.keyboard.type(text)
        await mark.page.keyboard.press("Enter")
    await expect(mark.composer).to_have_value("and the switch", timeout=PATIENCE)
    await mark.page.keyboard.press("Enter")
    await expect(mark.composer).to_have_value("", timeout=PATIENCE)
    said = await mark.page.locator(".msg[data-mine] .words").all_inner_texts()
    assert [words.strip() for words in said] == ["It is the cable", "and the switch"]


async def test_a_form_fits_a_phone_however_long_its_choices_are(served: Served, chromium: Browser) -> None:
    await served.add_person("Kate")
    mark = await open_person(served, chromium, PHONE, OWNER)
    await welcome(mark, "Mark")
    await mark.open("/people")
    await mark.press("Role of Kate")
    dialog = mark.page.locator("#dialog")
    await expect(dialog.get_by_label("Role")).to_be_visible(timeout=PATIENCE)
    assert await dialog.evaluate("one => one.scrollWidth - one.clientWidth") == 0
    await mark.press("Cancel", "#dialog")
    await mark.press("Deactivate Kate")
    await mark.sees("@kate is signed out everywhere", "#dialog")
