"""Somebody who was paged is switched off before they answer: nobody waits for them."""

from pathlib import Path
from typing import Any

import pytest

from storage.models import Page
from storage.words import PageState
from tests.acceptance.test_paging_meets import call_in
from tests.acceptance.test_rules import WORLD, set_up
from tests.acceptance.test_worse_incident import read_pages
from tests.house import House

USERS: dict[str, Any] = WORLD["users"]
STAY = {name: user for name, user in USERS.items() if name != "sam"}
GONE: dict[str, Any] = {
    "users": STAY,
    "policies": {**WORLD["policies"], "night": {"name": "Night", "steps": [{"page": ["user:kate"]}]}},
}
BY_NIGHT = {"night": {"name": "Night", "of_team": "web", "policy": "night"}}


def steps(*first: str) -> dict[str, Any]:
    night = {"name": "Night", "steps": [{"page": [*first]}, {"after": "30m", "page": ["user:kate"]}]}
    return {"policies": {**WORLD["policies"], "night": night}, "routing_rules": BY_NIGHT}


async def test_the_next_step_comes_at_once_where_nobody_else_was_paged(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path, **steps("user:sam"))
    await house.send({"title": "Disk is filling", "alias": "disk"})
    await house.at("02:00")
    await set_up(house, tmp_path, **GONE, routing_rules=BY_NIGHT)
    await house.settle()
    assert await read_pages(house) == [("0:00:00", "sam", "alert:1"), ("0:02:00", "kate", "alert:1")]
    assert [page.state for page in await house.rows(Page)] == [PageState.FAILED, PageState.SENT]
    assert "was switched off before they answered" in await house.ask("/alert why 1")
    assert any("A page failed: Sam" in message.card["title"] for message in await house.messages("ops"))
    await house.at("40:00")
    assert len(await read_pages(house)) == 2


@pytest.mark.parametrize("minute", ["02:00", "31:00"])
async def test_whoever_else_was_paged_has_their_time(house: House, tmp_path: Path, minute: str) -> None:
    await set_up(house, tmp_path, **steps("user:sam", "user:dana"))
    await house.send({"title": "Disk is filling", "alias": "disk"})
    await house.at(minute)
    await set_up(house, tmp_path, **GONE, routing_rules=BY_NIGHT)
    await house.at("40:00")
    pages = await read_pages(house)
    assert pages[2:] == [("0:30:00", "kate", "alert:1")]
    assert len([page for page in await house.rows(Page) if page.state is PageState.SENT]) == 2


async def test_what_is_answered_is_left_alone(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path, **steps("user:sam"))
    await house.send({"title": "Disk is filling", "alias": "disk"})
    sam = next(one for one in await house.rows(house.owner.__class__) if one.handle == "sam")
    await house.command("/alert ack 1", sam)
    before = await read_pages(house)
    await set_up(house, tmp_path, **GONE, routing_rules=BY_NIGHT)
    await house.at("40:00")
    assert await read_pages(house) == before


async def test_who_was_named_and_can_not_answer_is_told_of(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path)
    await house.send({"title": "Disk is filling", "alias": "disk"})
    await call_in(house, "user", "sam")
    await set_up(house, tmp_path, **GONE)
    await house.settle()
    assert any("A page failed: Sam" in message.card["title"] for message in await house.messages("ops"))
