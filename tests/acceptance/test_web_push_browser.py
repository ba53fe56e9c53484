"""Pages on a device, in a real Chromium: the Room as an app, its service worker, and what it shows and does.

Real are the server (a process of its own), the page and its button, the service worker, the notifications that it shows, and
the push events: what our push service has taken and decrypted is handed to the worker by the browser (developer tools,
`ServiceWorker.deliverPushMessage`). Two things are not, because no test can have them: `PushManager` gives a subscription
to our push service, since Chromium knows no other than Google's; and a press on a notification, which the desktop would
draw, is an event made in the worker, whose `waitUntil` only remembers what it is given. So is the change of a subscription.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Worker, expect
from playwright.async_api import Error as PageGone

from storage.models import ContactMethod, Incident
from tests.acceptance.browser import DESKTOP, PATIENCE, PHONE, Person, open_person, welcome
from tests.acceptance.test_room_browser import OWNER, send
from tests.channels.push_service import Push, PushService, open_push_service
from tests.served import Served, open_served, wait_until

SUBSCRIPTIONS = """(() => {
  const told = %s;
  const one = (key) => ({ ...told, options: {}, toJSON: () => told, unsubscribe: async () => true });
  PushManager.prototype.getSubscription = async () => localStorage.key ? one() : null;
  PushManager.prototype.subscribe = async (options) => {
    if (!options.userVisibleOnly) throw new Error("not allowed");
    localStorage.key = options.applicationServerKey;
    return one();
  };
})()"""
NOTES = """async () => (await (await navigator.serviceWorker.ready).getNotifications()).map((one) => ({
  title: one.title, body: one.body, tag: one.tag, silent: one.silent, stays: one.requireInteraction,
  actions: one.actions.map((action) => action.title) }))"""
PRESS = """async ([action, tag]) => {
  const [notification] = await self.registration.getNotifications({ tag });
  const event = new NotificationEvent("notificationclick", { notification, action });
  let done; const opened = [];
  Object.defineProperty(event, "waitUntil", { value: (promise) => { done = promise; } });
  self.clients.openWindow = async (url) => { opened.push(url); };
  self.dispatchEvent(event);
  await done;
  return opened;
}"""
CHANGE = """async (fresh) => {
  const event = new ExtendableEvent("pushsubscriptionchange");
  let done;
  Object.assign(event, { oldSubscription: null, newSubscription: fresh });
  Object.defineProperty(event, "waitUntil", { value: (promise) => { done = promise; } });
  self.dispatchEvent(event);
  await done;
}"""


class Handset:
    """Somebody's browser, to which our push service delivers."""

    def __init__(self, person: Person, service: PushService, name: str) -> None:
        self.person, self.service, self.name = person, service, name
        self.worker: Worker | None = None
        self.registration = ""
        self.heard = 0

    async def watch(self) -> None:
        """Follow the service worker of the page that is open."""
        cdp = await self.person.context.new_cdp_session(self.person.page)
        found: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def note(event: dict[str, Any]) -> None:
            for one in event["registrations"]:
                if not found.done() and not one["isDeleted"]:
                    found.set_result(one["registrationId"])

        cdp.on("ServiceWorker.workerRegistrationUpdated", note)
        await cdp.send("ServiceWorker.enable")
        self.registration = await asyncio.wait_for(found, 30)
        self.cdp = cdp
        self.worker = self.person.context.service_workers[0]

    async def receive(self, type_: str) -> Push:
        """Wait for the next push, which has to be of this type, and let the browser deliver it."""

        async def has_come() -> bool:
            return len(self.service.of(self.name)) > self.heard

        await wait_until(has_come, 30, f"no {type_} was pushed")
        push = self.service.of(self.name)[self.heard]
        self.heard += 1
        assert push.content["type"] == type_
        await self.deliver(json.dumps(push.content))
        return push

    async def deliver(self, data: str) -> None:
        values = {"origin": self.person.served.url, "registrationId": self.registration, "data": data}
        await self.cdp.send("ServiceWorker.deliverPushMessage", values)

    async def sees_note(self, **wanted: Any) -> dict[str, Any]:
        """Wait for a notification like this."""
        seen: list[dict[str, Any]] = []
        gone = ""

        async def shows() -> bool:
            nonlocal gone
            try:
                seen[:] = await self.person.page.evaluate(NOTES)
            except PageGone as error:  # whose session is over is led to the door meanwhile
                gone = str(error)
                return False
            return any(all(one[name] == value for name, value in wanted.items()) for one in seen)

        try:
            await wait_until(shows, 30, "")
        except AssertionError:
            state = await self.person.page.evaluate("[Notification.permission, location.href]")
            raise AssertionError(f"no notification {wanted}, but {seen} {gone} {state}") from None
        return next(one for one in seen if all(one[name] == value for name, value in wanted.items()))

    async def press(self, tag: str, action: str = "") -> list[str]:
        """Press a button of the notification with this tag, or the notification itself; returns what was opened."""
        assert self.worker is not None
        opened: list[str] = await self.worker.evaluate(PRESS, [action, tag])
        return opened


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with open_push_service() as opened:
        yield opened
        assert opened.faults == []


@pytest.fixture
async def served(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    (tmp_path / "data").mkdir()
    async with open_served(sqlite_url, tmp_path / "data", {"TOCSIN_REACH_INSIDE": "127.0.0.0/8"}) as opened:
        await opened.start()
        yield opened


async def open_handset(
    served: Served, chromium: Browser, service: PushService, window: dict[str, Any]
) -> Handset:
    """The owner, signed in, on the page of how one is paged; the device is not added yet."""
    mark = await open_person(served, chromium, window, OWNER)
    await welcome(mark, "Mark")
    device = service.subscribe("phone", "")
    await mark.context.grant_permissions(["notifications"], origin=served.url)
    await mark.context.add_init_script(SUBSCRIPTIONS % json.dumps(device.told))
    await mark.open("/me/paging")
    device.key = str(await mark.page.locator("#device").get_attribute("data-key"))
    handset = Handset(mark, service, "phone")
    await handset.watch()
    return handset


async def add(handset: Handset) -> None:
    mark = handset.person
    await mark.fills("What to call it", "Pixel")
    await mark.press("Receive pages on this device")
    await mark.sees("A push is on its way", "#device")
    await handset.receive("code")
    await mark.sees("This device receives pages.", "#device")
    await handset.sees_note(title="This device receives pages", silent=True)


async def find_incident(served: Served) -> Incident:
    found: Incident = (await served.rows(Incident))[-1]
    return found


@pytest.mark.parametrize("window", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_a_page_comes_to_the_device_and_is_acknowledged_there(
    served: Served, chromium: Browser, service: PushService, window: dict[str, Any]
) -> None:
    handset = await open_handset(served, chromium, service, window)
    mark, hook = handset.person, await served.add_sender("generic")

    # the Room can be installed, and its worker controls it
    manifest = await handset.cdp.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert manifest["url"].endswith(".webmanifest")
    errors = (await handset.cdp.send("Page.getInstallabilityErrors"))["installabilityErrors"]
    assert {one["errorId"] for one in errors} <= {"in-incognito"}
    await mark.page.wait_for_function("navigator.serviceWorker.controller?.scriptURL.endsWith('/sw.js')")
    assert await mark.find_overflow() <= 0
    assert await mark.find_violations() == []

    # the device is added, and says so by itself
    await add(handset)
    await mark.sees("Pixel", "#ways")
    await expect(mark.page.locator("#device form")).to_be_hidden()
    assert (await served.rows(ContactMethod))[0].verified_at is not None

    # a page shows, and is acknowledged from there, by somebody whose session is over
    await send(hook, title="Checkout is slow", priority="P1", service="web", alias="slow")
    await handset.receive("page")
    note = await handset.sees_note(title="P1 · Checkout is slow")
    assert (note["actions"], note["stays"], note["tag"]) == (["Acknowledge", "Open"], True, "inc-1")
    assert "INC-1" in note["body"]
    assert mark.complaints == []
    await mark.context.clear_cookies()
    assert await handset.press("inc-1", "answer") == []
    note = await handset.sees_note(title="Acknowledged", tag="inc-1")
    assert note["silent"]
    assert "INC-1 is acknowledged" in note["body"]
    assert (await find_incident(served)).acknowledged_by == OWNER
    assert [one.content["type"] for one in service.of("phone")] == ["code", "page"]


async def test_what_others_answer_is_taken_back_and_what_fails_has_a_way_out(
    served: Served, chromium: Browser, service: PushService
) -> None:
    handset = await open_handset(served, chromium, service, PHONE)
    mark, hook = handset.person, await served.add_sender("generic")
    await add(handset)
    kate = await open_person(served, chromium, DESKTOP, await served.add_person("Kate"))
    await welcome(kate, "Kate")

    # Kate takes it: the note on Mark's phone turns, without a sound
    await send(hook, title="Checkout is slow", priority="P1", service="web", alias="slow")
    await handset.receive("page")
    await handset.sees_note(title="P1 · Checkout is slow", silent=False)
    await kate.open("/INC-1")
    await kate.types("/incident ack")
    await handset.receive("withdrawn")
    note = await handset.sees_note(title="Acknowledged by Kate", tag="inc-1", silent=True)
    assert (note["actions"], note["body"]) == ([], "P1 · Checkout is slow")
    assert len(await mark.page.evaluate(NOTES)) == 2, "one for each subject, and that of the device itself"

    # the server is down when Mark acknowledges the next one; he presses again
    await send(hook, title="No backups", priority="P1", service="backups", alias="backups")
    await handset.receive("page")
    await served.stop()
    await handset.press("inc-2", "answer")
    note = await handset.sees_note(title="Not acknowledged", tag="inc-2")
    assert note["actions"] == ["Try again", "Open"]
    assert "can’t be reached" in note["body"]
    await served.start()
    await handset.press("inc-2", "answer")
    await handset.sees_note(title="Acknowledged", tag="inc-2")
    assert await handset.press("inc-2") == [f"{served.url}/INC-2"]

    # what the worker can't read still wakes somebody
    await handset.deliver("not JSON")
    await handset.sees_note(title="You are paged", stays=True)

    # the browser gets another subscription, and Tocsin learns of it though nobody is signed in there
    await mark.context.clear_cookies()
    fresh = service.subscribe("fresh", service.devices["phone"].key)
    assert handset.worker is not None
    await handset.worker.evaluate(CHANGE, fresh.told)
    await send(hook, title="Mail is stuck", priority="P1", service="mail", alias="mail")

    async def has_come() -> bool:
        return bool(service.of("fresh", "page"))

    await wait_until(has_come, 30, "nothing came to the new address")
    assert len(service.of("phone")) == handset.heard


async def test_who_may_not_be_notified_is_told_what_to_do(
    served: Served, chromium: Browser, service: PushService
) -> None:
    mark = await open_person(served, chromium, PHONE, OWNER)
    await welcome(mark, "Mark")
    await mark.context.add_init_script("Notification.requestPermission = async () => 'denied'")
    await mark.open("/me/paging")
    await mark.press("Receive pages on this device")
    await mark.sees("does not let Tocsin notify you", "#device")
    # as when anything on the page is renewed
    await mark.page.evaluate("document.dispatchEvent(new Event('htmx:afterSwap'))")
    await mark.page.wait_for_timeout(300)
    await mark.sees("does not let Tocsin notify you", "#device")
    await mark.context.add_init_script("delete window.PushManager")
    await mark.open("/me/paging")
    await mark.sees("first add Tocsin to the home screen", "#device")
    await expect(mark.page.locator("#device form")).to_be_hidden(timeout=PATIENCE)
