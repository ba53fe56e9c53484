"""The JSON API is true to its OpenAPI document: schemathesis asks the running server, and every list has its index."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate
from sqlalchemy import event

from bot.chat.registry import Command
from handlers.api.document import list_operations
from storage.models import Service, User
from storage.questions import lists
from storage.questions.lists import Wanted
from storage.questions.privacy import Viewer
from storage.words import AlertStatus, IncidentStatus, PageState, SwapState
from tests.handlers.program import Program
from tests.house import House, open_house

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
ODD = (
    "0", "-1", "99999999999", "INC-99999999999", "@", "me", "all", "P1", "yes", "12:00", "0001-01-01 00:00",
    "2026-11-23 14:05+25:00", "http://x", "🙂 '\"%\\", "{{ 7*7 }}", "<script>", "İ" * 40, "x" * 3000,
    "²", "INC-²", "999999999d", "99999999999999d", "9999-12-31T23:59:59-12:00", " ",
)  # fmt: skip


@pytest.fixture
async def house(postgres_url: str) -> AsyncIterator[House]:
    """On PostgreSQL, which refuses more than SQLite: long numbers, NUL in text."""
    async with open_house(postgres_url) as opened:
        yield opened


@pytest.fixture
async def program(house: House) -> Program:
    """A program for which everything has happened once."""
    program = Program(house, await house.key("admin"))
    await house.add_person("Kate", "kate@example.com")
    await house.send(
        {"title": "Checkout is slow", "priority": "P2", "service": "web", "labels": {"region": "eu"}}
    )
    await program.run("/incident update Payments are slow next:30m", incident="INC-1")
    await program.run("/incident task call the bank", incident="INC-1")
    await program.run("/incident note first customer called", incident="INC-1")
    await program.run("/incident postmortem", incident="INC-1")
    await program.run("/page kate please look")
    await program.run("/tocsin silence 1h severity=warning")
    await program.run("/tocsin maintenance 1h service=web repeat:daily until:9d")
    await program.try_to("PUT", "/rules/urgent", {"rule": {"name": "Urgent alerts open an incident"}})
    for path in ("/schedules/primary", "/policies/default", "/teams/first-team"):
        entry = (await program.ask(f"{path}{'' if 'policies' in path else '/entry'}"))["entry"]
        await program.try_to("PUT", path, {"entry": {**entry, "name": "Renamed"}})
    return program


async def test_the_document_is_valid_and_public(sqlite_house: House):
    async with sqlite_house.http.get(f"{sqlite_house.url}/api/v1/openapi.json") as response:
        document = json.loads(await response.text())
    validate(document)
    assert document["openapi"].startswith("3.1")
    described = {(path, method) for path, item in document["paths"].items() for method in item}
    assert described == {("/api/v1" + one.path, one.method.lower()) for one in list_operations()}
    used = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert used == set(document["components"]["schemas"])


RULES = ("createRule", "replaceRule", "testRules", "replayRules")
"""What a rule may say depends on its kind and on the names in the database, a message on its sender: no schema has that."""
ENTRIES = tuple(
    f"{verb}{word}"
    for word in ("Schedule", "Policy", "Team")
    for verb in ("create", "replace", "preview")
    if (verb, word) != ("preview", "Policy")
)
"""So has what they may say."""
QUIET = ("createSilence", "changeSilence", "planMaintenance", "changeMaintenance")
"""When it may end depends on the time, and what it is for on patterns and names."""
SPANS = ("getTimeline",)
"""One of its times must be after the other."""
PEOPLE = ("createUser", "undoScheduleChange", "undoPolicyChange", "undoTeamChange")
"""Somebody may be called so already; whom it named then may have left since."""
PAGING = ("addContact", "sendContactCode", "removeContact", "verifyContact", "changePaging")
"""What is set up here and which code was sent no schema has."""
SWAPS = ("offerShift", "takeShift", "withdrawShift")
"""Whose shift is when no schema has."""
HOLIDAYS = ("changeHolidays", "changeTeamHolidays")
"""Which places have holidays of their own no schema has."""
DEPTH = """
[phases.coverage]
unexpected-methods = ["TRACE"]

[phases.fuzzing]
generation.max-examples = 4

[phases.stateful]
generation.max-examples = 140
"""
"""One method that no path has is enough; walks from what was made to what can be done with it need many tries."""
EXCEPTION = """
[[operations]]
include-operation-id = "{name}"
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "403", "404", "409", "422"]
"""


@pytest.mark.postgresql
async def test_the_server_is_true_to_its_document(house: House, program: Program, tmp_path: Path):
    """Every check there is, in every phase; without randomness."""
    arguments = ("--checks", "all", "--generation-deterministic", "--continue-on-failure")
    url = f"{house.url}/api/v1/openapi.json"
    (tmp_path / "schemathesis.toml").write_text(
        DEPTH
        + "".join(
            EXCEPTION.format(name=name)
            for name in RULES + ENTRIES + QUIET + SPANS + PEOPLE + PAGING + SWAPS + HOLIDAYS
        )
    )
    process = await asyncio.create_subprocess_exec(
        SCHEMATHESIS, "run", url, "--header", f"Authorization: Bearer {program.key}", *arguments,
        cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    walks = re.search(r"API Links: +(\d+) covered", output.decode())
    assert walks, output.decode()
    assert int(walks[1]) > 12, output.decode()


@pytest.mark.postgresql
async def test_no_command_fails_inside_whatever_it_is_given(house: House, program: Program):
    for path, command in sorted(house.parts.registry.commands.items()):
        for body in _list_odd_calls(path, command):
            url = f"{house.url}/api/v1/commands"
            async with house.http.post(url, json=body, headers=program.authorization) as response:
                assert response.status < 500, (body, await response.text())
    await house.settle()


def _list_odd_calls(path: str, command: Command) -> Iterator[dict[str, Any]]:
    """Each odd word as the typed argument or, every other one, in all fields of the form."""
    about = {"incident": "INC-1", "as": "kate"}
    yield {"text": f"/{path}", **about}
    yield {"text": f"/{path}", "values": {}, "incident": "INC-1"}
    names = [argument.name for argument in command.arguments]
    for number, word in enumerate(ODD if names else ()):
        filled = {"text": f"/{path}", "values": dict.fromkeys(names, word)}
        yield {**(filled if number % 2 else {"text": f"/{path} {word}"}), **about}


async def test_no_list_reads_a_whole_table(sqlite_house: House):
    """Read off SQLite's plans: each list walks an index in the order in which it is shown, and sorts nothing."""
    asked: list[tuple[str, Any]] = []
    wanted = Wanted(after=1_000)

    def listen(_: Any, __: Any, statement: str, values: Any, *rest: Any) -> None:
        asked.append((statement, values))

    async with sqlite_house.parts.work.database.read() as session:
        connection = await session.connection()
        event.listen(connection.sync_connection, "before_cursor_execute", listen)
        for viewer in (Viewer(sees_all=True), Viewer(), Viewer(1)):
            await lists.list_incidents(session, wanted, viewer=viewer)
            await lists.list_incidents(session, wanted, viewer=viewer, statuses=[IncidentStatus.CLOSED])
            await lists.list_incidents(session, wanted, viewer=viewer, team_id=1)
            await lists.list_incidents(session, wanted, viewer=viewer, service_id=1)
            await lists.list_alerts(session, wanted, viewer=viewer)
            await lists.list_alerts(session, wanted, viewer=viewer, statuses=[AlertStatus.OPEN])
            await lists.list_pages(session, wanted, viewer=viewer, user_id=1)
            await lists.list_pages(session, wanted, viewer=viewer, subject="incident:1")
            await lists.list_pages(session, wanted, viewer=viewer, states=[PageState.FAILED])
        await lists.list_entries(session, 1, Wanted())
        await lists.list_updates(session, 1, wanted)
        await lists.list_tasks(session, 1, wanted)
        await lists.list_messages(session, 1, wanted)
        await lists.list_payloads(session, 1, wanted)
        await lists.list_silences(session, wanted, now=sqlite_house.clock.now(), states=["active", "over"])
        await lists.list_maintenances(session, wanted)
        await lists.list_swaps(session, wanted)
        await lists.list_swaps(session, wanted, states=[SwapState.OPEN])
        await lists.list_swaps(session, wanted, schedule_id=1)
        await lists.list_maintenances(session, wanted, active=False)
        await lists.list_named(session, Service, wanted)
        await lists.list_named(session, User, wanted, team_id=1)
        await lists.count_alerts(session, [1, 2])
        event.remove(connection.sync_connection, "before_cursor_execute", listen)
        for statement, values in asked:
            rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            plan = [row.detail for row in rows]
            assert not [step for step in plan if step.startswith(("SCAN", "USE TEMP"))], (statement, plan)
