"""The timetables of docs/escalation.md, each played on the house's clock as it is written there."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.catalog.apply import apply_config
from bot.catalog.file import read_config
from bot.flow.unit import Unit
from storage.models import Alert, Escalation, Page, User
from tests.house import START, House

DOC = Path("docs/escalation.md")
ALERT = {"title": "Checkout returns errors", "alias": "checkout", "priority": "P3", "team": "payments"}


@dataclass(frozen=True)
class Timetable:
    name: str
    policy: dict[str, Any]
    minutes: tuple[int, ...]
    rows: dict[str, tuple[str, ...]]

    def at(self, row: str, minute: int) -> str:
        return self.rows[row][self.minutes.index(minute)] if minute in self.minutes else ""


def read_world() -> dict[str, Any]:
    world: dict[str, Any] = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", DOC.read_text(), re.DOTALL)[0])
    return world


def list_timetables() -> Iterator[Timetable]:
    for part in DOC.read_text().split("\n### ")[1:]:
        lines = [
            [cell.strip() for cell in line.strip("|").split("|")]
            for line in part.splitlines()
            if line.startswith("|") and not line.startswith("|--")
        ]
        (policy,) = re.findall(r"```yaml\n(.*?)```", part, re.DOTALL)
        yield Timetable(
            part.splitlines()[0],
            yaml.safe_load(policy),
            tuple(int(cell) for cell in lines[0][1:]),
            {line[0]: tuple(line[1:]) for line in lines[1:]},
        )


TIMETABLES = list(list_timetables())


async def settle_in(house: House, policy: dict[str, Any], folder: Path) -> dict[str, User]:
    path = folder / "tocsin.yaml"
    world = {**read_world(), "policies": {"payments": {"name": "Payments", **policy}}}
    path.write_text(yaml.safe_dump(world))

    async def apply(unit: Unit) -> None:
        await apply_config(unit, read_config(path, {}))

    await house.parts.work.run(apply)
    return {user.name: user for user in await house.rows(User)}


async def do(house: House, people: dict[str, User], said: str) -> None:
    name, _, what = said.partition(" ")
    by = people[name]
    command = {
        "acknowledges": "ack 1",
        "answers": "ack 1",
        "closes": "close 1",
        "takes it back": "unack 1",
        "escalates": "escalate 1",
        "notes": "note 1 Looking at the database",
        "snoozes for 30m": "snooze 1 30m",
    }[what]
    reply = await house.command(f"/alert {command}", by)
    assert not reply.failed, reply.text


async def read_alert(house: House) -> str:
    (alert,) = await house.rows(Alert)
    return "acknowledged" if alert.acknowledged_at and alert.status.is_open else alert.status.value


@pytest.mark.parametrize("timetable", TIMETABLES, ids=[one.name for one in TIMETABLES])
async def test_it_happens_as_it_is_written(sqlite_house: House, timetable: Timetable, tmp_path: Path) -> None:
    house = sqlite_house
    people = await settle_in(house, timetable.policy, tmp_path)
    names = {user.id: user.name for user in people.values()}
    await house.send(ALERT)
    for minute in range(timetable.minutes[-1] + 1):
        await house.move_to(START + timedelta(minutes=minute))
        if said := (timetable.at("happens", minute) if "happens" in timetable.rows else ""):
            await do(house, people, said)
        for row, read in (("alert", read_alert), ("escalation", read_escalation)):
            if row in timetable.rows and minute in timetable.minutes:
                assert await read(house) == timetable.at(row, minute), f"{row} in minute {minute}"
    paged: dict[int, set[str]] = {}
    for page in await house.rows(Page):
        paged.setdefault((page.created_at - START).seconds // 60, set()).add(names[page.user_id])
    written = {
        minute: set(cell.split(", "))
        for minute, cell in zip(timetable.minutes, timetable.rows["paged"], strict=True)
        if cell
    }
    assert paged == written


async def read_escalation(house: House) -> str:
    found = await house.rows(Escalation)
    return str(found[-1].state.value)


def test_every_timetable_says_what_its_columns_are() -> None:
    assert len(TIMETABLES) > 10
    for timetable in TIMETABLES:
        assert list(timetable.minutes) == sorted(set(timetable.minutes)), timetable.name
        assert set(timetable.rows) <= {"happens", "paged", "alert", "escalation"}, timetable.name
        assert all(len(row) == len(timetable.minutes) for row in timetable.rows.values()), timetable.name
