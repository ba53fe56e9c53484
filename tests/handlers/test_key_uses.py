"""When a key of the API was used last is known to some minutes, and costs the requests nothing."""

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import event

from bot.access.keys import USED_EVERY, KeyUses
from bot.flow.unit import Unit
from storage.models import ApiKey
from tests.handlers.opsgenie import Sender
from tests.handlers.program import Program
from tests.house import START, House


async def read_use(house: House) -> timedelta | None:
    """How long after the start the only key was used last."""
    await house.parts.key_uses.finish()
    (key,) = await house.rows(ApiKey)
    return key.last_used_at - START if key.last_used_at is not None else None


async def test_it_is_written_once_in_some_minutes(house: House) -> None:
    program = Program(house, await house.key("read"))
    assert await read_use(house) is None
    written: list[int] = []  # of each such statement, how many rows it changed

    def count(_connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("UPDATE api_key"):
            written.append(cursor.rowcount)

    event.listen(house.parts.work.database._writer.sync_engine, "after_cursor_execute", count)
    await asyncio.gather(*(program.ask("/incidents") for _ in range(10)))
    assert await read_use(house) == timedelta()
    await program.ask("/incidents")
    await house.parts.key_uses.finish()
    assert sum(written) == 1  # whoever read the key before that may try once more, and changes nothing
    await house.at("04:59")
    await program.ask("/incidents")
    assert await read_use(house) == timedelta()
    await house.at("05:00")
    await program.ask("/incidents")
    assert await read_use(house) == USED_EVERY


async def test_a_key_that_may_not_is_used_and_one_that_is_unknown_is_none(house: House) -> None:
    program = Program(house, await house.key("read"))
    await Program(house, "tocsin_0").try_to("GET", "/incidents")
    assert await read_use(house) is None
    assert (await program.try_to("POST", "/incidents", {"title": "No"}))[0] == 403
    assert await read_use(house) == timedelta()


async def test_the_door_of_opsgenie_notes_it_too(house: House) -> None:
    sender = Sender(house, await house.key("read"))
    assert (await sender.ask("GET", "/alerts"))[0] == 200
    assert await read_use(house) == timedelta()


async def test_two_replicas_write_it_once_and_the_later_one_knows(house: House) -> None:
    await house.key("read")
    (key,) = await house.rows(ApiKey)
    replicas = KeyUses(house.parts.work), KeyUses(house.parts.work)
    for one in replicas:
        one.note(key)
    await asyncio.gather(*(one.finish() for one in replicas))
    assert await read_use(house) == timedelta()
    await house.at("01:00")
    replicas[1].note(key)  # as it was read before
    await replicas[1].finish()
    assert await read_use(house) == timedelta()


async def test_the_list_says_when(sqlite_house: House) -> None:
    house = sqlite_house
    program = Program(house, await house.key("read"))

    async def show(unit: Unit) -> str:
        from bot.access.keys import list_keys

        return house.parts.templates.render_plain("cli/keys", keys=await list_keys(unit), now=unit.now)

    assert "never used" in await house.parts.work.look(show)
    await program.ask("/incidents")
    await house.parts.key_uses.finish()
    await house.at("02:00")
    assert "used 2 min ago" in await house.parts.work.look(show)
