"""An Alertmanager whose `pagerduty_configs` point at Tocsin: a real Alertmanager, a real Tocsin."""

import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from storage.models import Alert
from storage.words import AlertStatus, Priority
from tests.acceptance.test_alertmanager import PATIENCE, find_templates, write
from tests.programs import need
from tests.served import Served, find_free_port, open_served, wait_until

DISK = {"alertname": "DiskFull", "severity": "none", "host": "db1"}


@pytest.fixture
async def tocsin(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with open_served(sqlite_url, tmp_path) as served:
        yield served


@pytest.fixture
async def alertmanager(tocsin: Served, tmp_path: Path) -> AsyncIterator[str]:
    program, at = need("alertmanager"), f"127.0.0.1:{find_free_port()}"
    key = (await tocsin.add_sender("pagerduty_events")).rpartition("/")[2]
    receiver = {
        "routing_key": key,
        "url": f"{tocsin.url}/v2/enqueue",
        "severity": "{{ .CommonLabels.severity }}",
        "details": {"service": "web"},
        "links": [{"href": "https://runbook.example/disk", "text": "Runbook"}],
    }
    write(
        tmp_path / "alertmanager.json",
        {
            "route": {
                "receiver": "tocsin", "group_by": ["alertname"], "group_wait": "0s", "group_interval": "1s",
                "repeat_interval": "1s",
            },
            "receivers": [{"name": "tocsin", "pagerduty_configs": [receiver]}],
        },
    )  # fmt: skip
    command: list[str | Path] = [
        *find_templates(program),
        program,
        f"--config.file={tmp_path / 'alertmanager.json'}",
        f"--storage.path={tmp_path / 'alertmanager'}",
        f"--web.listen-address={at}",
        "--cluster.listen-address=",
    ]
    with (tmp_path / "alertmanager.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        yield f"http://{at}"
        process.terminate()
        process.wait(20)


async def test_a_life_as_pagerduty_would_be_told(tocsin: Served, alertmanager: str) -> None:
    await tocsin.start()
    now = datetime.now(UTC)

    async def tell(ends_in: int) -> bool:
        body = [{"labels": DISK, "endsAt": (now + timedelta(seconds=ends_in)).isoformat()}]
        try:
            async with http.post(f"{alertmanager}/api/v2/alerts", json=body) as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    async def is_open_and_repeated() -> bool:
        found = await tocsin.rows(Alert)
        return bool(found) and found[0].count >= 2

    async def is_closed() -> bool:
        return all(one.status is AlertStatus.CLOSED for one in await tocsin.rows(Alert))

    async with aiohttp.ClientSession() as http:
        await wait_until(lambda: tell(600), PATIENCE, "Alertmanager does not answer")
        await wait_until(is_open_and_repeated, PATIENCE, "no alert came, or its repeat was not counted")
        (alert,) = await tocsin.rows(Alert)
        assert alert.title.startswith("[FIRING:1] DiskFull")
        assert (alert.priority, alert.labels["service"], alert.labels["num_firing"]) == (
            Priority.P5,
            "web",
            "1",
        )
        assert {"title": "Runbook", "url": "https://runbook.example/disk"} in alert.links
        assert len(alert.alias) == 64
        assert await tell(-1)
        await wait_until(is_closed, PATIENCE, "Alertmanager's resolve did not close the alert")
    assert len(await tocsin.rows(Alert)) == 1
