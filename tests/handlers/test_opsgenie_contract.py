"""Answers are as Opsgenie's own description says: schemathesis asks the running server; captured requests are replayed."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.models import Alert, Heartbeat
from storage.words import AlertStatus
from tests.handlers.opsgenie import make_sender
from tests.house import House, open_house

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
PAYLOADS = Path(__file__).parents[1] / "payloads"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",
)
HEARTBEAT = {"interval": 10, "intervalUnit": "minutes", "enabled": True, "ownerTeam": {"name": "First team"}}
THOSE_THAT_ARE_THERE = """
[phases.fuzzing]
generation.max-examples = 3

[phases.stateful]
generation.max-examples = 30

[[operations]]
include-path-regex = "^/v2/heartbeats/.name."
exclude-operation-id = "deleteHeartbeat"
parameters = { "path.name" = "backup" }

[[operations]]
include-operation-id = "deleteHeartbeat"
parameters = { "path.name" = "old" }
"""
"""Schemathesis guesses no name, and would see nothing but 404; walks from what was made to what can be done with it need
more tries than single calls."""


@pytest.fixture
async def house(postgres_url: str) -> AsyncIterator[House]:
    """On PostgreSQL, which refuses more than SQLite: long numbers, NUL in text."""
    async with open_house(postgres_url) as opened:
        yield opened


@pytest.mark.postgresql
async def test_the_server_is_true_to_the_vendors_description(house: House, tmp_path: Path) -> None:
    sender = await make_sender(house)
    await sender.do("POST", "/alerts", {"message": "db down", "alias": "db-1", "tags": ["a"]})
    for name in ("backup", "old"):
        assert (await sender.ask("POST", "/heartbeats", {"name": name, **HEARTBEAT}))[0] == 201
    (tmp_path / "schemathesis.toml").write_text(THOSE_THAT_ARE_THERE)
    process = await asyncio.create_subprocess_exec(
        SCHEMATHESIS, "run", PAYLOADS / "opsgenie/openapi.json", "--url", house.url,
        "--header", f"Authorization: GenieKey {sender.key}", "--checks", ",".join(CHECKS),
        "--phases", "coverage,fuzzing,stateful", "--generation-deterministic", "--continue-on-failure",
        cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()[-20_000:]
    assert "✅ Stateful" in output.decode()
    assert [row.slug for row in await house.rows(Heartbeat, Heartbeat.slug.in_(("backup", "old")))] == [
        "backup"
    ]


@pytest.mark.parametrize("source", ["opsgenie-sdk", "alertmanager-to-opsgenie"])
async def test_captured_requests_are_taken_as_they_were_sent(sqlite_house: House, source: str) -> None:
    """In the order in which they were sent; each is done, though one of them has an address of its own before `/v2`."""
    sender = await make_sender(sqlite_house)
    requests = json.loads((PAYLOADS / source / "_requests.json").read_text())
    order = ["create", *(name for name in requests if name not in ("create", "close")), "close"]
    for name in order:
        request, body = requests[name], json.loads((PAYLOADS / source / f"{name}.json").read_text())
        path, _, query = request["path"].partition("/v2")[2].partition("?")
        told = await sender.do(
            request["method"], path, body, **dict(part.split("=") for part in query.split("&") if part)
        )
        assert told["success"], name
    (alert,) = await sqlite_house.rows(Alert)
    assert alert.status is AlertStatus.CLOSED
