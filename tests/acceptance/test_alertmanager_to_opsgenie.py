"""A real Alertmanager that is set up for Opsgenie, and only its `api_url` changed."""

import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from storage.models import Alert, AlertNote
from storage.words import AlertStatus, Priority
from tests.acceptance.test_alertmanager import PATIENCE, find_templates, write
from tests.programs import need
from tests.served import Served, find_free_port, open_served, wait_until


@pytest.fixture
async def tocsin(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with open_served(sqlite_url, tmp_path) as served:
        await served.start()
        yield served


@pytest.fixture
async def alertmanager(tocsin: Served, tmp_path: Path) -> AsyncIterator[str]:
    """Its own API; it groups by the name of the alert and tells of every change of a group."""
    program, at = need("alertmanager"), f"127.0.0.1:{find_free_port()}"
    hook = await tocsin.add_sender("opsgenie")
    receiver = {
        "api_url": f"{tocsin.url}/",
        "api_key": hook.rpartition("/")[2],
        "update_alerts": True,
        "message": "{{ .CommonLabels.alertname }} on {{ len .Alerts.Firing }} hosts",
        "priority": "P1",
        "tags": "disk,eu",
        "responders": [{"name": "first-team", "type": "team"}],
        "send_resolved": True,
    }
    write(
        tmp_path / "alertmanager.json",
        {
            "route": {
                "receiver": "tocsin",
                "group_by": ["alertname"],
                "group_wait": "1s",
                "group_interval": "1s",
                "repeat_interval": "1h",
            },
            "receivers": [{"name": "tocsin", "opsgenie_configs": [receiver]}],
        },
    )
    with (tmp_path / "alertmanager.log").open("wb") as log:
        running = subprocess.Popen(
            [
                *find_templates(program),
                program,
                f"--config.file={tmp_path / 'alertmanager.json'}",
                f"--storage.path={tmp_path / 'alertmanager'}",
                f"--web.listen-address={at}",
                "--cluster.listen-address=",
            ],
            stdout=log,
            stderr=log,
        )
        yield f"http://{at}/api/v2/alerts"
        running.terminate()
        running.wait(20)


async def tell(url: str, host: str, *, over: bool = False) -> None:
    """What Prometheus would say about a host; waits for Alertmanager to listen."""
    alert = {
        "labels": {"alertname": "DiskFull", "host": host},
        "annotations": {"summary": f"disk full on {host}"},
        "startsAt": (datetime.now(UTC) - timedelta(minutes=1)).isoformat(),
    }
    if over:
        alert["endsAt"] = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()

    async def is_taken() -> bool:
        try:
            async with aiohttp.ClientSession() as http, http.post(url, json=[alert]) as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    await wait_until(is_taken, PATIENCE, "Alertmanager did not take an alert")


async def test_a_group_of_two_alerts_is_opened_updated_and_closed(
    tocsin: Served, alertmanager: str, tmp_path: Path
) -> None:
    async def titles() -> list[str]:
        return [alert.title for alert in await tocsin.rows(Alert)]

    async def is_one() -> bool:
        return await titles() == ["DiskFull on 1 hosts"]

    await tell(alertmanager, "db-1")
    await wait_until(is_one, PATIENCE, "the first notification did not become an alert")

    # A second host joins the group: the same alert, with new words.
    await tell(alertmanager, "db-2")

    async def is_two() -> bool:
        (alert,) = await tocsin.rows(Alert)
        return alert.title == "DiskFull on 2 hosts" and "db-2" in alert.description

    await wait_until(is_two, PATIENCE, "the change of the group did not reach the alert")
    (alert,) = await tocsin.rows(Alert)
    assert (alert.priority, alert.tags, alert.status) == (Priority.P1, ["disk", "eu"], AlertStatus.OPEN)
    assert len(alert.alias) == 64
    assert alert.labels["alertname"] == "DiskFull"
    assert [one["name"] for one in alert.responders] == ["First team"]

    # Both are over: Alertmanager closes by alias, with nothing but its own address in the body.
    for host in ("db-1", "db-2"):
        await tell(alertmanager, host, over=True)

    async def is_closed() -> bool:
        return [alert.status for alert in await tocsin.rows(Alert)] == [AlertStatus.CLOSED]

    await wait_until(is_closed, PATIENCE, "the resolve did not close the alert")
    kinds = [note.kind for note in await tocsin.rows(AlertNote)]
    assert kinds.count("closed") == 1
    assert {"title_changed", "description_changed"} <= set(kinds)
    assert "level=error" not in (tmp_path / "alertmanager.log").read_text()
