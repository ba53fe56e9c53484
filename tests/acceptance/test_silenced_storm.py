"""A storm of many open alerts is silenced in small steps: others write in between, and a process that dies goes on."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import event, func, insert, select

from bot.access.keys import create_key
from bot.alerts.covering import MOST_HELD
from bot.catalog.integrations import create_integration
from bot.chat.invocation import Invocation
from bot.flow.unit import Actor, Unit
from storage.engine import Database
from storage.models import Alert, AlertNote, Escalation, Page, Timer
from storage.words import AlertStatus, EscalationState, PageState, Priority, Scope
from tests.house import START, House
from tests.served import Served, open_served, wait_until

COUNT = 3 * MOST_HELD + 40


async def fill(unit: Unit, count: int = COUNT, at: datetime = START) -> None:
    """Open alerts, each of which pages by itself and would page again in an hour; every tenth is of another kind."""
    sender, _ = await create_integration(unit, "generic", "Checks")
    later = at + timedelta(hours=1)
    step = {
        "condition": "not_acknowledged",
        "delay": 0,
        "recipients": [{"type": "user", "id": 1, "name": "x"}],
    }
    numbers = range(1, count + 1)

    def alert(number: int) -> dict[str, Any]:
        labels = {"kind": "other" if number % 10 == 0 else "disk"}
        about = {"uid": f"u{number}", "alias": f"a{number}", "title": f"Trouble {number}", "labels": labels}
        return {**about, "integration_id": sender.id, "priority": Priority.P5, "first_at": at, "last_at": at}

    def escalation(number: int) -> dict[str, Any]:
        state = {"state": EscalationState.RUNNING, "steps": [step, {**step, "delay": 3600}], "next_step": 1}
        return {
            "subject": f"alert:{number}",
            "policy_id": 1,
            "started_at": at,
            "round_started_at": at,
            **state,
        }

    def page(number: int) -> dict[str, Any]:
        why = {"type": "user", "name": "x"}
        sent = {"state": PageState.SENT, "reason": why, "created_at": at, "user_id": 1, "method": "room"}
        return {"subject": f"alert:{number}", "escalation_id": number, **sent}

    await unit.session.execute(insert(Alert), [alert(number) for number in numbers])
    await unit.session.execute(insert(Escalation), [escalation(number) for number in numbers])
    await unit.session.execute(insert(Page), [page(number) for number in numbers])
    timers = [{"kind": "escalate", "subject": f"escalation:{number}", "due_at": later} for number in numbers]
    await unit.session.execute(insert(Timer), timers)


async def count(database: Database, *where: Any) -> int:
    async with database.read() as session:
        return await session.scalar(select(func.count()).where(*where)) or 0


@pytest.fixture
async def stormy(house: House) -> House:
    await house.parts.work.run(fill)
    return house


async def write(house: House, text: str = "/tocsin silence 2h kind=disk") -> str:
    """As a person types it; what it leaves for later is not done yet."""
    actor = Actor(house.owner.name, house.owner.id, "room")
    return (await house.parts.inbound.invoke(Invocation(text, actor, "room"))).text


async def test_each_step_is_small_and_in_the_end_all_are_held(stormy: House) -> None:
    database, statements = stormy.parts.work.database, 0

    def note(*_: Any) -> None:
        nonlocal statements
        statements += 1

    event.listen(database._writer.sync_engine, "before_cursor_execute", note)
    told = await write(stormy)
    assert f"{MOST_HELD} alerts that are open are held back now. There are so many open alerts" in told
    assert await count(database, Alert.held_by == "silence:1") == MOST_HELD
    assert statements < 60  # the command's own are among them
    units = 0
    while await count(database, Timer.kind == "hold_alerts"):
        before = statements
        await stormy.parts.timers.run_due()
        units += 1
        assert statements - before < 80  # of up to three steps
        assert units < 10
    disks = COUNT - COUNT // 10
    assert await count(database, Alert.held_by == "silence:1") == disks
    assert await count(database, Alert.held_by == "", Alert.status == AlertStatus.OPEN) == COUNT - disks
    assert await count(database, Escalation.state == EscalationState.STOPPED) == disks
    assert await count(database, Timer.kind == "escalate") == COUNT - disks
    assert await count(database, AlertNote.kind == "held") == disks
    assert "Silence 1 (kind=disk) matches" in await stormy.ask("/alert why 1")


async def test_others_write_between_two_steps(stormy: House) -> None:
    await write(stormy)
    assert "is with alert 3" in await write(stormy, "/alert note 3 I am looking at it")
    assert await stormy.rows(Timer, Timer.kind == "hold_alerts")
    await stormy.send({"title": "Fire", "alias": "fire", "priority": "P5", "labels": {"kind": "disk"}})
    (fire,) = await stormy.rows(Alert, Alert.alias == "fire")
    assert fire.held_by == "silence:1"
    assert await stormy.rows(Page, Page.id > COUNT) == []


async def test_one_that_is_ended_meanwhile_holds_no_more_and_lets_all_go(stormy: House) -> None:
    await write(stormy)
    await write(stormy, "/tocsin unsilence 1")
    assert await stormy.rows(Timer, Timer.kind == "hold_alerts") == []
    while await stormy.parts.timers.run_due():
        continue
    assert await count(stormy.parts.work.database, Alert.held_by != "") == 0
    assert await count(stormy.parts.work.database, Page.id > COUNT) == MOST_HELD


async def test_changing_its_end_is_one_statement_for_all(stormy: House) -> None:
    await write(stormy)
    await write(stormy, "/tocsin extend-silence 1 5h")
    while await stormy.parts.timers.run_due():
        continue
    held = await stormy.rows(Alert, Alert.held_by == "silence:1")
    assert len(held) == COUNT - COUNT // 10
    assert {alert.held_until for alert in held} == {START + timedelta(hours=5)}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
async def served(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Served]:
    url = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    async with open_served(url, tmp_path) as opened:
        yield opened


async def test_a_process_that_is_killed_goes_on_where_it_was(served: Served) -> None:
    storm = 4_000
    await served.run(lambda unit: fill(unit, storm, datetime.now(UTC)))
    key = await served.run(lambda unit: create_key(unit, "killer", Scope.WRITE))
    await served.start()
    line = {"text": "/tocsin silence 2h kind=disk"}
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as http:
        async with http.post(f"{served.url}/api/v1/commands", json=line) as response:
            assert response.status == 200, served.read_log()[-6000:]
        served.kill()
    held = await count(served.database, Alert.held_by == "silence:1")
    assert MOST_HELD <= held < storm * 9 // 10
    assert await count(served.database, Escalation.state == EscalationState.STOPPED) == held
    await served.start()

    async def is_done() -> bool:
        return await count(served.database, Alert.held_by == "silence:1") == storm * 9 // 10

    await wait_until(is_done, 30, "the silence was not gone on with")
    assert await count(served.database, Escalation.state == EscalationState.STOPPED) == storm * 9 // 10
    assert await count(served.database, AlertNote.kind == "held") == storm * 9 // 10
