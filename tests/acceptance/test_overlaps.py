"""The later step of a policy that would reach nobody but who was paged before is told while there is time to swap."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.chat.markup import render_text
from bot.oncall.watch import watch_schedules
from storage.models import User
from tests.acceptance.test_rules import WORLD, set_up
from tests.acceptance.test_shift_notices import list_told
from tests.house import START, House

WEEK = timedelta(days=7)


def weekly(*people: str) -> dict[str, Any]:
    return {"rotations": [{"starts": "2026-11-16T09:00", "participants": list(people)}]}


async def watch(house: House, tmp_path: Path, second: list[str], **others: Any) -> None:
    """Kate and Sam take turns in Primary; in Secondary also Dana does, so that in some weeks both are the same person."""
    steps = [{"page": ["schedule:primary"]}, {"page": second, "after": "5m"}]
    schedules = {
        "primary": {"name": "Primary", **weekly("kate", "sam")},
        "secondary": {"name": "Secondary", **weekly("dana", "sam", "kate")},
    }
    policies = {**WORLD["policies"], "web": {"name": "Web", "steps": steps}}
    await set_up(house, tmp_path, schedules=schedules, policies=policies, **others)
    await house.parts.work.run(watch_schedules)
    await house.settle()


async def list_ops(house: House) -> list[str]:
    cards = [one.card for one in await house.messages("ops") if one.card]
    return [render_text(card["body"]) for card in cards if "or twice" in card["title"]]


async def list_although(house: House, user: User) -> list[str]:
    return [render_text(text) for text in await list_told(house, user) if "although" in text]


async def find_person(house: House, handle: str) -> User:
    people: list[User] = await house.rows(User, User.handle == handle)
    return people[0]


async def test_who_is_on_call_twice_is_told_two_weeks_ahead_and_once(house: House, tmp_path: Path) -> None:
    await watch(house, tmp_path, ["schedule:secondary"])
    sam, kate = await find_person(house, "sam"), await find_person(house, "kate")
    (said,) = await list_although(house, sam)
    assert "You are on call in Secondary although" in said
    assert "you are on call in Primary too, which is paged before" in said
    assert "Mon 23 Nov 2026, 09:00 UTC until Mon 30 Nov 2026, 09:00 UTC" in said
    assert "Mon 7 Dec 2026, 09:00 UTC" in (await list_although(house, kate))[0]
    (said,) = await list_ops(house)
    assert "Sam: on call in Primary too, which is paged before" in said
    answer = await house.ask("/oncall clashes schedule:secondary")
    assert "Sam is on call: in Primary too, which is paged before, Mon 23 Nov 2026" in answer
    for week in (1, 2, 3):
        await house.move_to(START + week * WEEK)
        assert len(await list_ops(house)) == 1
    await house.move_to(START + 4 * WEEK)
    assert "Mon 4 Jan 2027, 09:00 UTC until Mon 11 Jan 2027" in (await list_although(house, sam))[1]
    assert len(await list_although(house, kate)) == 1
    assert len(await list_ops(house)) == 2


@pytest.mark.parametrize(
    "second", [["schedule:secondary", "user:dana"], ["next:secondary"], ["schedule:primary"]]
)
async def test_a_step_that_reaches_somebody_else_is_fine(
    sqlite_house: House, tmp_path: Path, second: list[str]
) -> None:
    await watch(sqlite_house, tmp_path, second)
    assert await list_ops(sqlite_house) == []
    assert "Nobody is on call during" in await sqlite_house.ask("/oncall clashes")


async def test_the_same_two_for_good_are_told_once(sqlite_house: House, tmp_path: Path) -> None:
    house = sqlite_house
    steps = [{"page": ["schedule:primary"]}, {"page": ["schedule:secondary"], "after": "5m"}]
    schedules = {
        name: {"name": name.title(), "rotations": [{"starts": "2026-09-01T09:00", "participants": ["sam"]}]}
        for name in ("primary", "secondary")
    }
    policies = {**WORLD["policies"], "web": {"name": "Web", "steps": steps}}
    await set_up(house, tmp_path, schedules=schedules, policies=policies)
    await house.parts.work.run(watch_schedules)
    await house.settle()
    for week in range(1, 4):
        await house.move_to(START + week * WEEK)
    (said,) = await list_ops(house)
    assert said.count("Sam") == 1
