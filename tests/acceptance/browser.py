"""A real Chromium for tests of the Room: people with a browser each, and what a person does in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect

from bot.access.signin import make_sign_in_link
from storage.models import User
from tests.programs import need
from tests.served import Served

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
PATIENCE = 30_000
"""How long something may take to show on a busy machine, in milliseconds."""


@asynccontextmanager
async def open_chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as programs:
        chromium = await programs.chromium.launch(executable_path=str(need("chromium")), args=FLAGS)
        yield chromium
        await chromium.close()


@dataclass
class Person:
    """Somebody with a browser. `complaints` gathers what the browser itself objects to: errors, refused content."""

    served: Served
    context: BrowserContext
    page: Page
    is_phone: bool
    complaints: list[str] = field(default_factory=list)

    async def open(self, path: str) -> None:
        await self.page.goto(self.served.url + path)

    async def sees(self, text: str, within: str = "body") -> None:
        """Wait until this text shows, without a reload."""
        found = self.page.locator(within).get_by_text(text).locator("visible=true").first
        await expect(found).to_be_visible(timeout=PATIENCE)

    async def press(self, name: str, within: str = "body") -> None:
        """Press the button with this name, as a finger or a mouse does."""
        button = (
            self.page.locator(within)
            .get_by_role("button", name=name, exact=True)
            .locator("visible=true")
            .first
        )
        await self._touch(button)

    async def follow(self, name: str, within: str = "body") -> None:
        await self._touch(
            self.page.locator(within).get_by_role("link", name=name).locator("visible=true").first
        )

    async def _touch(self, thing: Locator) -> None:
        await (thing.tap if self.is_phone else thing.click)(timeout=PATIENCE)

    @property
    def composer(self) -> Locator:
        return self.page.locator("main form.composer textarea")

    async def types(self, line: str, is_right: bool = True) -> None:
        """Write a line into the composer and send it. A command that is wrong stays there, to be mended."""
        await self.composer.click()
        await self.composer.fill("")
        await self.page.keyboard.type(line)
        await self.page.keyboard.press("Enter")
        await expect(self.page.locator(".completions")).to_be_hidden()  # it would cover the answer
        await expect(self.composer).to_have_value("" if is_right else line, timeout=PATIENCE)

    async def fills(self, label: str, text: str) -> None:
        """Write into the field with this label: of the dialog that is open, or else of the page."""
        form = self.page.locator("dialog[open] form, main form:not(.composer)")
        await (
            form.get_by_role("textbox", name=label)
            .or_(form.get_by_role("combobox", name=label))
            .first.fill(text)
        )

    async def show_tab(self, name: str) -> None:
        tabs = ".phone-tabs" if self.is_phone else ".wide-tabs"
        await self._touch(self.page.locator(tabs).get_by_role("link", name=name))

    async def show_chat(self) -> None:
        if self.is_phone:
            await self.show_tab("Chat")

    async def show_card(self) -> None:
        """Unfold the incident's card, which a phone folds to one line."""
        folded = self.page.locator("#head.folded .unfold")
        if self.is_phone and await folded.count():
            await folded.tap()

    async def use_menu(self, message: str, action: str) -> None:
        """Choose from the menu of the message with these words."""
        row = self.page.locator(".msg", has_text=message).last
        await row.scroll_into_view_if_needed()
        await row.hover()
        await self._touch(row.get_by_label("Message actions"))
        await self._touch(row.locator(".menu-list").get_by_text(action))

    async def find_violations(self) -> list[str]:
        """What axe-core objects to on the page as it is, light and dark."""
        await self.page.evaluate(need("axe").read_text())
        violations = []
        for scheme in ("light", "dark"):
            await self.page.emulate_media(color_scheme=scheme)
            found: dict[str, Any] = await self.page.evaluate("axe.run({resultTypes: ['violations']})")
            violations += [
                f"{scheme}, {one['id']}: {node['html'][:160]} {node['failureSummary']}"
                for one in found["violations"]
                for node in one["nodes"]
            ]
        return violations

    async def find_overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        return int(
            await self.page.evaluate(
                "(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.documentElement)"
            )
        )


async def open_person(served: Served, browser: Browser, window: dict[str, Any], user_id: int) -> Person:
    """Sign somebody in by their one-time link: open it, press its one button."""
    context = await browser.new_context(**window, color_scheme="light")
    page = await context.new_page()
    person = Person(served, context, page, window is PHONE)
    page.on("pageerror", lambda error: person.complaints.append(str(error)))
    page.on("console", lambda said: person.complaints.append(said.text) if said.type == "error" else None)

    async def link(unit: Any) -> str:
        return await make_sign_in_link(unit, await unit.session.get_one(User, user_id))

    await person.open(f"/login/{await served.run(link)}")
    await person.press("Sign in to Tocsin")
    return person


async def welcome(person: Person, name: str) -> None:
    """The first visit asks for name, e-mail and zone; the browser knows the zone."""
    await expect(person.page.get_by_label("Time zone")).not_to_have_value("", timeout=PATIENCE)
    await person.fills("Name", name)
    await person.press("That’s me")
    await person.page.wait_for_url(person.served.url + "/")


async def soon() -> None:
    """Let what was started show; only where there is nothing to wait for."""
    await asyncio.sleep(0.3)
