"""Changes made together: each is made once, one that fails harms no other, and one commit does for many."""

import asyncio
from dataclasses import dataclass, field

import pytest
from sqlalchemy import event, func, select

from bot.errors import Refused
from bot.flow.together import Together
from bot.flow.unit import Unit, Work
from storage.engine import Database
from storage.models import Fact
from tests.house import HandClock


@dataclass
class Ledger:
    commits: int = 0
    made: list[str] = field(default_factory=list)


async def test_many_changes_are_one_commit_and_the_failing_ones_fail_alone(database_url: str) -> None:
    database = Database(database_url)
    work, ledger = Work(database, HandClock(), {}), Ledger()
    together = Together(work)

    def count(_: object) -> None:
        ledger.commits += 1

    event.listen(database._writer.sync_engine, "commit", count)

    async def add(number: int, bad: bool) -> int:
        async def change(unit: Unit) -> int:
            unit.session.add(Fact(name=f"fact-{number:03d}", value="1"))
            await unit.session.flush()
            if bad:
                raise Refused("page.no_method", name=str(number))
            return number

        return await together.run(change, f"{number:03d}")

    assert await asyncio.gather(*(add(number, False) for number in range(40))) == list(range(40))
    assert ledger.commits <= 3, "each was committed by itself"

    found = await asyncio.gather(
        *(add(100 + number, number % 7 == 0) for number in range(20)), return_exceptions=True
    )
    assert [isinstance(one, Refused) for one in found] == [number % 7 == 0 for number in range(20)]
    async with database.read() as session:
        kept = await session.scalar(select(func.count()).where(Fact.name.like("fact-%")))
    assert kept == 40 + sum(number % 7 != 0 for number in range(20))
    await database.close()


async def test_who_stops_waiting_takes_nothing_back(sqlite_url: str) -> None:
    """As with a delivery that is cut off: what was begun is committed, and the others are answered."""
    database = Database(sqlite_url)
    together = Together(Work(database, HandClock(), {}))

    async def change(unit: Unit) -> None:
        unit.session.add(Fact(name="kept", value="1"))

    async def other(unit: Unit) -> str:
        return unit.actor.name

    impatient = asyncio.create_task(together.run(change))
    patient = asyncio.create_task(together.run(other))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient == "Tocsin"
    with pytest.raises(asyncio.CancelledError):
        await impatient
    async with database.read() as session:
        assert await session.get(Fact, "kept") is not None
    await database.close()
