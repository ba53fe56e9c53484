"""How many pages wait for somebody, at the top of every page of the Room: in a storm, too."""

from datetime import timedelta

from sqlalchemy import event

from storage.questions.screens import count_waiting_pages
from tests.house import START, House

SINCE = START - timedelta(days=1)


async def count(house: House) -> int:
    return await house.parts.work.look(lambda unit: count_waiting_pages(unit.session, house.owner.id, SINCE))


async def test_what_nobody_answered_waits(house: House) -> None:
    await house.send([{"title": name, "alias": name, "priority": "P1"} for name in ("one", "two", "three")])
    before = await count(house)
    assert before == 3
    await house.command("/incident ack INC-1")
    assert await count(house) == 2
    await house.command("/incident resolve INC-2")
    assert await count(house) == 1
    await house.command(f"/page @{house.owner.handle} Look at this")
    assert await count(house) == 2


async def test_many_are_counted_by_few_statements(house: House) -> None:
    await house.send([{"title": f"{name}", "alias": f"{name}", "priority": "P1"} for name in range(40)])
    said: list[str] = []
    engine = house.parts.work.database._reader.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *what: said.append(str(what[2])))
    assert await count(house) == 40
    assert len([one for one in said if one.startswith("SELECT")]) == 2
