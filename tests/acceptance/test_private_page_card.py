"""Whoever was paged for what is private by now, and may not know of it, reads that they are not needed, and nothing more."""

from pathlib import Path
from typing import Any

import pytest

from bot.chat.markup import render_text
from bot.deliveries.subjects import Subject
from storage.models import Incident, User
from tests.acceptance.test_rules import set_up
from tests.acceptance.test_worse_incident import AT_P1, DISK, STEPS, by
from tests.house import House

SECRET: dict[str, Any] = {"urgent": {"name": "Urgent", "private": True, "conditions": AT_P1}}
NOT_NEEDED: tuple[str, list[str]] = ("This page is no longer needed", [])


async def read_card(house: House, person: User, index: int = 0) -> tuple[str, list[str]]:
    """The title of one of a person's pages, and its buttons."""
    cards = [one.card for one in await house.messages(f"direct-{person.id}") if one.card]
    return cards[index]["title"], [button["label"] for button in cards[index]["buttons"]]


async def say_worse(house: House, tmp_path: Path, rules: dict[str, Any]) -> tuple[User, User]:
    """Kate and then Sam are paged for an alert, which turns worse and opens an incident that pages Kate first."""
    await set_up(house, tmp_path, policies=STEPS, incident_rules=rules)
    await house.send({**DISK, "priority": "P4"})
    await house.at("11:00")
    kate, sam = await by(house, "kate"), await by(house, "sam")
    assert await read_card(house, sam) == ("P4 · Disk is filling", ["Acknowledge", "Open"])
    await house.send({**DISK, "priority": "P1"})
    return kate, sam


async def test_an_alert_that_a_private_incident_takes_in_leaves_no_dead_button(
    house: House, tmp_path: Path
) -> None:
    kate, sam = await say_worse(house, tmp_path, SECRET)
    assert [one.private for one in await house.rows(Incident)] == [True]
    assert await read_card(house, sam) == NOT_NEEDED
    assert await read_card(house, kate) == ("P1 · Disk is filling", ["Open"]), (
        "she is paged for it, and in it"
    )
    assert "no alert 1" in await house.ask("/alert ack 1", sam)
    shown = [one.card for one in await house.messages(f"direct-{sam.id}")]
    await house.command("/alert note 1 It was Robert", kate)
    await house.command("/incident title INC-1 Robert", kate)
    assert [one.card for one in await house.messages(f"direct-{sam.id}")] == shown
    assert "INC-1" not in str(shown)


async def test_whoever_comes_in_reads_whose_it_is_now(house: House, tmp_path: Path) -> None:
    kate, sam = await say_worse(house, tmp_path, SECRET)
    await house.at("21:00")  # the incident pages Sam, too
    assert await read_card(house, sam) == ("P1 · Disk is filling", ["Open"])
    await house.command("/incident leave INC-1", sam)
    assert [await read_card(house, sam, index) for index in (0, 1)] == [NOT_NEEDED] * 2
    await house.command("/incident invite INC-1 @sam", kate)
    assert await read_card(house, sam, 1) == ("P1 · Disk is filling", ["Acknowledge", "Open"])


@pytest.mark.parametrize(
    ("line", "back"),
    [
        ("/incident follow INC-1", "/incident follow INC-1 stop:yes"),
        ("/incident join INC-1", "/incident leave INC-1"),
    ],
)
async def test_what_is_made_private_and_public_shows_so(
    house: House, tmp_path: Path, line: str, back: str
) -> None:
    kate, sam = await say_worse(house, tmp_path, {"urgent": {**SECRET["urgent"], "private": False}})
    assert await read_card(house, sam) == ("P1 · Disk is filling", ["Open"])
    await house.command("/incident private INC-1 yes", kate)
    assert await read_card(house, sam) == NOT_NEEDED
    await house.command("/incident private INC-1 no", kate)
    assert await read_card(house, sam) == ("P1 · Disk is filling", ["Open"])
    await house.command(line, sam)
    await house.command("/incident private INC-1 yes", kate)
    assert await read_card(house, sam) == ("P1 · Disk is filling", ["Open"])
    await house.command(back, sam)
    assert await read_card(house, sam) == NOT_NEEDED


async def test_a_device_says_no_more_than_that(sqlite_house: House) -> None:
    known = Subject(
        "alert",
        "1",
        "Robert",
        "P1",
        "/INC-1",
        "He has it",
        "Web",
        "Kate",
        True,
        False,
        "open",
        incident="INC-1",
    )
    said = sqlite_house.parts.templates.render_markup(
        "push/withdrawn", subject=known.hide("https://tocsin.example.org"), page=None
    )
    assert render_text(said).split("\n") == ["No longer needed", "Alert 1"]
