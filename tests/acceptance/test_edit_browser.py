"""What people edit in a real Chromium, on a desktop and on a phone: made, tried before it is saved, changed and undone."""

from typing import Any

import pytest
from playwright.async_api import Browser, expect

from bot.access.people import add_user
from storage.models import EscalationPolicy, Member, PolicyStep, Rotation, Schedule, Team
from tests.acceptance.browser import DESKTOP, PATIENCE, PHONE, Person, open_person, welcome
from tests.acceptance.test_room_browser import OWNER
from tests.acceptance.test_rules_browser import look
from tests.served import Served


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
    await choose(mark, "Turn 1 of rotation 1", "Kate Moreau")
    await choose(mark, "Turn 2 of rotation 1", "Sam Okafor")
    await mark.press("More lines of rotation 1")
    await mark.page.wait_for_url("**#f-rotations.0.participants")
    await choose(mark, "Turn 3 of rotation 1", "nobody (a gap)")
    await mark.press("Move turn 3 of rotation 1 up")
    await expect(mark.page.get_by_label("Turn 2 of rotation 1", exact=True)).to_have_value(
        "nobody", timeout=PATIENCE
    )
    await mark.press("Only in some hours of rotation 1")
    await mark.page.get_by_label("Fri", exact=True).check()
    await mark.page.get_by_label("First handoff").fill("")
    await mark.press("Save")
    await mark.sees("1 thing is wrong")
    await expect(mark.page.get_by_role("alert")).to_be_focused(timeout=PATIENCE)
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
    await choose(mark, "Turn 2 of rotation 1", "Ana Lima")
    await mark.press("Add a rotation")
    await choose(mark, "Turn 1 of rotation 2", "Sam Okafor")
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


@pytest.mark.parametrize("window", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_a_policy_is_made_tried_changed_and_undone(
    served: Served, chromium: Browser, window: dict[str, Any]
) -> None:
    for name in ("Kate Moreau", "Sam Okafor"):
        await served.run(lambda unit, name=name: add_user(unit, name))  # type: ignore[misc]
    mark = await open_person(served, chromium, window, OWNER)
    await welcome(mark, "Mark")
    await mark.open("/oncall")
    await mark.follow("Policies", "main")
    await mark.sees("of First team")
    await look(mark, "policies")
    await mark.follow("New policy")
    await mark.sees("When nobody answers")
    await look(mark, "policy-new")
    await mark.page.get_by_label("Name", exact=True).fill("Night watch")
    await mark.press("Add a step")
    await mark.page.get_by_label("After", exact=True).nth(1).fill("5")
    await choose(mark, "Recipient 1 of step 2", "next in Primary on-call")
    await choose(mark, "Recipient 2 of step 2", "Kate Moreau")
    await mark.page.get_by_label("Close what nobody has answered").check()
    await mark.press("Show who would be paged")
    await mark.sees("1 thing is wrong")
    await look(mark, "policy-wrong")
    await mark.page.get_by_label("After", exact=True).nth(1).fill("5m")
    await mark.press("Show who would be paged")
    await mark.sees("after 5 min", "#preview")
    await mark.sees("Kate Moreau", "#preview")
    await look(mark, "policy-tried")
    assert len(await served.rows(EscalationPolicy)) == 1
    await mark.press("Save")
    await mark.sees("Saved.")
    await mark.press("Move step 2 up")
    await mark.press("Save")
    await mark.sees("this step comes before the one above it")
    await choose(mark, "Recipient 1 of step 2", "Sam Okafor")
    await mark.page.get_by_label("After", exact=True).nth(1).fill("10m")
    await mark.press("Save")
    await mark.sees("changed it")
    await look(mark, "policy-history")
    await mark.page.get_by_role("button", name="Undo: changed it").first.click()
    await mark.sees("undid a change")
    steps = await served.rows(PolicyStep, PolicyStep.policy_id == 2)
    assert [step.delay for step in steps] == [0, 300]
    assert len(mark.complaints) == 2  # of the two answers that say what is wrong


@pytest.mark.parametrize("window", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_a_team_is_made_tried_changed_and_undone(
    served: Served, chromium: Browser, window: dict[str, Any]
) -> None:
    for name in ("Kate Moreau", "Sam Okafor"):
        await served.run(lambda unit, name=name: add_user(unit, name))  # type: ignore[misc]
    mark = await open_person(served, chromium, window, OWNER)
    await welcome(mark, "Mark")
    await mark.open("/oncall")
    await mark.follow("Teams", "main")
    await mark.sees("Primary on-call")
    await look(mark, "teams")
    await mark.follow("New team")
    await mark.sees("Where its incidents have a channel")
    await choose(mark, "Person 1", "Kate Moreau")
    await mark.page.get_by_label("Public holidays of").fill("Atlantis")
    await mark.press("Save")
    await mark.sees("2 things are wrong")
    await look(mark, "team-wrong")
    await mark.page.get_by_label("Name", exact=True).fill("Night owls")
    await mark.page.get_by_label("Public holidays of").fill("none")
    await mark.page.get_by_label("Only the Room").check()
    await mark.press("Show whose shifts move")
    await mark.sees("Nobody’s shift moves.", "#preview")
    await look(mark, "team-tried")
    assert len(await served.rows(Team)) == 1
    await mark.press("Save")
    await mark.sees("Saved.")
    await choose(mark, "Person 2", "Sam Okafor")
    await mark.press("Save")
    await mark.sees("changed it")
    await look(mark, "team-history")
    await mark.page.get_by_role("button", name="Undo: changed it").first.click()
    await mark.sees("undid a change")
    assert len(await served.rows(Member, Member.team_id == 2)) == 1
    await mark.press("Switch off")
    await mark.sees("off")
    (complaint,) = mark.complaints  # of the one answer that says what is wrong
    assert "422" in complaint
