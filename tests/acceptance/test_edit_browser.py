"""Schedules in a real Chromium, on a desktop and on a phone: made, tried before they are saved, changed and undone."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from bot.access.people import add_user
from storage.models import Rotation, Schedule
from tests.acceptance.browser import DESKTOP, PATIENCE, PHONE, Person, open_chromium, open_person, welcome
from tests.acceptance.test_room_browser import OWNER
from tests.acceptance.test_rules_browser import look
from tests.served import Served, open_served


@pytest.fixture
async def served(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with open_served(sqlite_url, tmp_path / "data") as opened:
        (tmp_path / "data").mkdir(exist_ok=True)
        await opened.start()
        yield opened


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with open_chromium() as opened:
        yield opened


async def choose(mark: Person, label: str, what: str, index: int = 0) -> None:
    await mark.page.get_by_label(label, exact=True).nth(index).select_option(label=what)


@pytest.mark.parametrize("window", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_a_schedule_is_made_tried_changed_and_undone(
    served: Served, chromium: Browser, window: dict[str, Any]
) -> None:
    for name in ("Kate Moreau", "Sam Okafor", "Ana Lima"):
        await served.run(lambda unit, name=name: add_user(unit, name))  # type: ignore[misc]
    mark = await open_person(served, chromium, window, OWNER)
    await welcome(mark, "Mark")
    await mark.open("/schedules")
    await mark.follow("New schedule")
    await mark.sees("Who takes turns, in order")
    await look(mark, "schedule-new")
    await mark.page.get_by_label("Name", exact=True).first.fill("Night watch")
    await choose(mark, "turn 1", "Kate Moreau")
    await choose(mark, "turn 2", "Sam Okafor")
    await mark.press("More lines")
    await mark.page.wait_for_url("**#f-rotations.0.participants")
    await choose(mark, "turn 3", "nobody (a gap)")
    await mark.press("Move turn 3 up")
    await expect(mark.page.get_by_label("turn 2", exact=True)).to_have_value("nobody", timeout=PATIENCE)
    await mark.press("Only in some hours of rotation 1")
    await mark.page.get_by_label("Fri", exact=True).check()
    await mark.page.get_by_label("First handoff").fill("")
    await mark.press("Save")
    await mark.sees("1 thing is wrong")
    await look(mark, "schedule-wrong")
    await mark.page.get_by_label("First handoff").fill("2026-11-02T09:00")
    await mark.page.get_by_label("Name", exact=True).first.press("Enter")
    await mark.sees("Kate Moreau", "#preview")
    await mark.sees("Nobody would be on call", "#preview")
    await look(mark, "schedule-tried")
    assert len(await served.rows(Schedule)) == 1
    await mark.press("Save")
    await mark.sees("they are told: Kate Moreau, Sam Okafor")
    await look(mark, "schedule-saved")
    await mark.follow("Edit")
    await choose(mark, "turn 2", "Ana Lima")
    await mark.press("Add a rotation")
    await choose(mark, "turn 1", "Sam Okafor", 1)
    await mark.press("Show whose shifts move")
    await mark.sees("Ana Lima", "#preview ins")
    await look(mark, "schedule-edit")
    await mark.press("Save")
    await mark.sees("they are told: Ana Lima, Sam Okafor")
    await mark.follow("Edit")
    await mark.sees("History")
    await look(mark, "schedule-history")
    await mark.page.get_by_role("button", name="Undo: changed it").first.click()
    await mark.sees("undid a change")
    assert len(await served.rows(Rotation, Rotation.schedule_id == 2)) == 1
    await mark.press("Switch off")
    await mark.sees("off")
    (complaint,) = mark.complaints  # of the one answer that says what is wrong
    assert "422" in complaint
