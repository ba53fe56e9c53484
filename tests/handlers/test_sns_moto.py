"""Amazon as others have built it (moto) sends to a Tocsin that runs: boto3 makes topics, subscribes the URL, publishes.

Nothing is set up for the test at our side: moto stands as a proxy where `sns.us-east-1.amazonaws.com` is, so that its
certificates are fetched by https from the address that they have at Amazon, and its signatures are made by moto's code.
moto sends no confirmation of a subscription; those that LocalStack signed are in tests/handlers/test_sns.py.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.catalog.integrations import create_integration
from storage.models import Alert
from storage.words import AlertStatus, Priority
from tests.programs import TOOLS, need
from tests.served import Served, find_free_port, open_served, wait_until

PAYLOADS = Path(__file__).parent.parent / "payloads/cloudwatch-sns"
ACCOUNT = "arn:aws:sns:us-east-1:123456789012"
PATIENCE = 20.0


class Amazon:
    """moto as a proxy: whoever uses it and trusts its authority is at Amazon."""

    def __init__(self, programs: Path) -> None:
        self.programs = programs
        self.port = find_free_port()
        found = self.programs.parent.glob("lib/*/site-packages/moto/moto_proxy/ca.crt")
        self.world = {
            "HTTPS_PROXY": f"http://127.0.0.1:{self.port}",
            "SSL_CERT_FILE": str(next(found)),
        }

    async def start(self) -> asyncio.subprocess.Process:
        kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        process = await asyncio.create_subprocess_exec(
            self.programs / "moto_proxy", "--host", "127.0.0.1", "--port", str(self.port),
            env={**kept, "PATH": f"{kept.get('PATH', '')}:{TOOLS / 'debian/usr/bin'}"},
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        await wait_until(self._listens, PATIENCE, "moto did not start")
        return process

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True

    async def do(self, *steps: list[Any]) -> None:
        environment = {
            **os.environ,
            **self.world,
            "AWS_CA_BUNDLE": self.world["SSL_CERT_FILE"],
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "any",
        }
        process = await asyncio.create_subprocess_exec(
            self.programs / "python", Path(__file__).with_name("sns_script.py"), env=environment,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await process.communicate(json.dumps(steps).encode())
        assert process.returncode == 0, output.decode()[-3000:]


@pytest.fixture
async def amazon() -> AsyncIterator[Amazon]:
    found = Amazon(need("moto").parent)
    process = await found.start()
    yield found
    process.terminate()
    await process.wait()


@pytest.fixture
async def served(sqlite_url: str, tmp_path: Path, amazon: Amazon) -> AsyncIterator[Served]:
    async with open_served(sqlite_url, tmp_path, amazon.world) as opened:
        await opened.start()
        yield opened


def alarm(state: str) -> str:
    captured = json.loads((PAYLOADS / "notification-alarm.json").read_text())
    return json.dumps({**json.loads(captured["Message"]), "NewStateValue": state})


async def test_alarms_come_from_an_allowed_topic_with_a_signature_that_holds(
    served: Served, amazon: Amazon
) -> None:
    trusted = {"topics": [f"{ACCOUNT}:alarms"]}
    _, key = await served.run(lambda unit: create_integration(unit, "sns", "sns", None, trusted))
    url = f"{served.url}/hooks/sns/{key}"

    await amazon.do(
        ["subscribe", "alarms", url],
        ["subscribe", "of-others", url],
        ["publish", "of-others", alarm("ALARM"), None],
        # moto leaves the subject out of what it signs, as Amazon does not: this signature must not hold.
        ["publish", "alarms", alarm("ALARM"), "ALARM: bucketbytesAlarm"],
        ["publish", "alarms", alarm("ALARM"), None],
    )
    (alert,) = await served.rows(Alert)
    assert (alert.title, alert.status, alert.priority) == ("bucketbytesAlarm", AlertStatus.OPEN, Priority.P3)
    assert alert.count == 1
    log = served.read_log()
    assert (log.count("sns.topic_not_allowed"), log.count("signature.wrong")) == (1, 1)
    await amazon.do(
        ["publish", "alarms", alarm("OK"), None],
        ["publish", "alarms", "The disk is full: 97 %\n/dev/sda1", None],
    )
    assert [(one.title, one.status) for one in await served.rows(Alert)] == [
        ("bucketbytesAlarm", AlertStatus.CLOSED),
        ("The disk is full: 97 %", AlertStatus.OPEN),
    ]
