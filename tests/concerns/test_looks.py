"""Looks that come together are one, and each gets its own answer or its own failure."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import select, text

from bot.errors import Unavailable
from bot.flow.looks import Looks, nothing_ahead
from bot.flow.unit import Unit
from storage.engine import StorageUnavailable
from storage.models import Team
from tests.house import House


async def add_team(house: House, name: str) -> int:
    async def add(unit: Unit) -> int:
        team = Team(slug=name, name=name)
        unit.session.add(team)
        await unit.session.flush()
        return team.id

    return await house.parts.work.run(add)


async def test_many_are_answered_by_one_look_and_a_failure_is_of_one_alone(house: House) -> None:
    ids = [await add_team(house, f"team-{number}") for number in range(60)]
    prepared: list[int] = []

    async def prepare(unit: Unit, keys: Sequence[int]) -> None:
        prepared.append(len(keys))
        await unit.read_many(Team, keys)

    async def ask(unit: Unit, key: int) -> str:
        return (await unit.session.get_one(Team, key)).name

    looks = Looks(house.parts.work, prepare, ask)
    unknown = max(ids) + 1
    found = await asyncio.gather(*(looks.look(key) for key in [*ids, unknown]), return_exceptions=True)
    assert found[:60] == [f"team-{number}" for number in range(60)]
    assert isinstance(found[60], Exception)
    assert prepared == [50, 11]
    assert await looks.look(ids[0]) == "team-0"


async def test_what_is_wanted_twice_at_once_is_asked_for_once(sqlite_house: House) -> None:
    asked: list[int] = []

    async def ask(_: Unit, key: int) -> int:
        asked.append(key)
        return key

    looks = Looks(sqlite_house.parts.work, nothing_ahead, ask)
    assert await asyncio.gather(*(looks.look(key) for key in (7, 8, 7, 7))) == [7, 8, 7, 7]
    assert asked == [7, 8]


async def test_a_look_sees_what_was_committed_before_it_was_asked_for(house: House) -> None:
    async def nothing(_: Unit, __: Sequence[str]) -> None:
        await asyncio.sleep(0.01)

    async def ask(unit: Unit, name: str) -> bool:
        return any(team.slug == name for team in await house.rows(Team))

    looks = Looks(house.parts.work, nothing, ask)
    earlier = [asyncio.create_task(looks.look("first-team")) for _ in range(3)]
    await asyncio.sleep(0.005)
    await add_team(house, "second-team")
    assert await looks.look("second-team"), "not answered by the look that had begun"
    assert await asyncio.gather(*earlier) == [True] * 3


async def test_when_the_database_is_away_all_hear_of_it(sqlite_house: House) -> None:
    async def prepare(_: Unit, __: Sequence[int]) -> None:
        raise StorageUnavailable("gone")

    async def ask(_: Unit, key: int) -> int:
        return key

    looks = Looks(sqlite_house.parts.work, prepare, ask)
    found = await asyncio.gather(*(looks.look(key) for key in range(3)), return_exceptions=True)
    assert all(isinstance(one, Unavailable) for one in found)


async def test_whoever_gives_up_waiting_keeps_nobody_else_from_an_answer(sqlite_house: House) -> None:
    async def slowly(_: Unit, __: Sequence[int]) -> None:
        await asyncio.sleep(0.05)

    async def ask(_: Unit, key: int) -> int:
        return key

    looks = Looks(sqlite_house.parts.work, slowly, ask)
    impatient, patient = asyncio.create_task(looks.look(1)), asyncio.create_task(looks.look(2))
    await asyncio.sleep(0)
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    assert await patient == 2


@pytest.mark.postgresql
async def test_when_a_connection_is_cut_none_of_them_is_to_blame(house: House) -> None:
    """What the driver raises then is the database's, not the key's which was asked for at that moment."""

    async def ask(unit: Unit, key: int) -> int:
        if key == 2:
            await unit.session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return len((await unit.session.scalars(select(Team))).all())

    looks = Looks(house.parts.work, nothing_ahead, ask)
    found = await asyncio.gather(*(looks.look(key) for key in (1, 2, 3)), return_exceptions=True)
    assert found[0] == len(await house.rows(Team))
    assert [type(one) for one in found[1:]] == [Unavailable, Unavailable]
