"""Whoever remembers what is set up can rely on a number that counts up with every change of it, whoever makes it."""

from typing import Any

import pytest
from sqlalchemy import text

from bot.alerts.catalog import Catalog
from bot.flow.unit import Unit
from storage.questions.catalog_version import find_version
from tests.house import House

COUNTED = {
    "a rule": "UPDATE rule SET active = NOT active",
    "a rule's order": "UPDATE rule SET position = position + 1",
    "a team": "UPDATE team SET name = 'Other'",
    "a service": "UPDATE service SET name = 'Other'",
    "a sender": "UPDATE integration SET settings = '{}'",
    "a sender that is switched off": "UPDATE integration SET active = NOT active",
    "no rules": "DELETE FROM rule",
}
NOT_COUNTED = {
    "a rule that matched": "UPDATE rule SET last_matched_at = NULL",
    "a sender that was heard": "UPDATE integration SET last_signal_at = NULL",
    "an alert": "UPDATE alert SET title = 'x'",
}


async def run(house: House, statement: str) -> None:
    async def execute(unit: Unit) -> None:
        await unit.session.execute(text(statement))

    await house.parts.work.run(execute)


async def read_version(house: House) -> int:
    async def ask(unit: Unit) -> int:
        return await find_version(unit.session)

    return await house.parts.work.look(ask)


@pytest.mark.parametrize("what", COUNTED)
async def test_a_change_counts(house: House, what: str) -> None:
    before = await read_version(house)
    await run(house, COUNTED[what])
    assert await read_version(house) > before


@pytest.mark.parametrize("what", NOT_COUNTED)
async def test_what_happens_all_the_time_does_not(house: House, what: str) -> None:
    await house.send({"title": "Disk is full"})
    before = await read_version(house)
    await run(house, NOT_COUNTED[what])
    assert await read_version(house) == before


async def test_new_rows_count(house: House) -> None:
    before = await read_version(house)
    await house.add_sender("generic")
    sender = await read_version(house)
    await house.add_second_team("Second", "Sam", "second")
    both = await read_version(house)
    await house.command("/tocsin silence 1h service=second")
    assert before < sender < both < await read_version(house)


async def test_what_is_remembered_is_used_until_something_changes(house: House) -> None:
    known: list[Any] = []

    async def read(unit: Unit) -> None:
        known.append(await Catalog.read(unit, known[-1] if known else None))

    await house.parts.work.look(read)
    await house.parts.work.look(read)
    assert known[0] is known[1]
    await house.add_sender("generic")
    await house.parts.work.look(read)
    assert known[2] is not known[1]
