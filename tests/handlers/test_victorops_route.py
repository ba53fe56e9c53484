"""The routing key behind the webhook key, as senders of Splunk On-Call put it; the real Alertmanager is one of them."""

import asyncio
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp

from storage.models import Alert, Team
from storage.words import AlertStatus
from tests.acceptance.test_alertmanager import find_templates, write
from tests.handlers.sender_cases import load
from tests.house import House
from tests.programs import need
from tests.served import find_free_port, wait_until


async def test_the_routing_key_is_the_team(sqlite_house: House) -> None:
    await sqlite_house.add_second_team("Database", "Dana", "db")
    url = await sqlite_house.add_sender("victorops")
    async with sqlite_house.http.post(
        f"{url}/database", json=load("victorops/disk.1-critical.json")
    ) as response:
        assert response.status == 202
    await sqlite_house.settle()
    (alert,) = await sqlite_house.rows(Alert)
    (team,) = await sqlite_house.rows(Team, Team.slug == "database")
    assert alert.team_id == team.id


async def test_other_sources_have_nothing_behind_their_key(sqlite_house: House) -> None:
    url = await sqlite_house.add_sender("generic")
    async with sqlite_house.http.post(f"{url}/database", json={"title": "Down"}) as response:
        assert response.status == 404
    assert await sqlite_house.rows(Alert) == []


async def test_alertmanager_sends_here_as_it_does_to_victorops(sqlite_house: House, tmp_path: Path) -> None:
    program = need("alertmanager")
    start, _, key = (await sqlite_house.add_sender("victorops")).rpartition("/")
    receiver = {"api_url": f"{start}/", "api_key": key, "routing_key": "web"}
    write(
        tmp_path / "alertmanager.json",
        {
            "route": {"receiver": "tocsin", "group_by": ["..."], "group_wait": "0s", "group_interval": "1s"},
            "receivers": [{"name": "tocsin", "victorops_configs": [receiver]}],
        },
    )
    to = f"127.0.0.1:{find_free_port()}"
    command = [
        *find_templates(program),
        program,
        f"--config.file={tmp_path / 'alertmanager.json'}",
        f"--storage.path={tmp_path / 'data'}",
        f"--web.listen-address={to}",
        "--cluster.listen-address=",
    ]

    async def tell(**more: str) -> bool:
        alert = {"labels": {"alertname": "HighLoad", "instance": "web-1"}, **more}
        try:
            async with sqlite_house.http.post(f"http://{to}/api/v2/alerts", json=[alert]) as response:
                return response.status == 200
        except aiohttp.ClientConnectionError:
            return False

    async def look() -> Alert | None:
        await sqlite_house.settle()
        found: list[Alert] = await sqlite_house.rows(Alert)
        return found[0] if found else None

    async def is_open() -> bool:
        return await look() is not None

    async def is_closed() -> bool:
        found = await look()
        return found is not None and found.status is AlertStatus.CLOSED

    with (tmp_path / "alertmanager.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            await wait_until(tell, 30, "Alertmanager did not start")
            await wait_until(is_open, 30, "Alertmanager's message did not become an alert")
            alert = await look()
            assert alert is not None
            assert "HighLoad" in alert.title
            assert "Alertmanager" in alert.source
            assert len(alert.alias) == 64
            assert await tell(endsAt=(datetime.now(UTC) - timedelta(seconds=1)).isoformat())
            await wait_until(is_closed, 30, "its end did not close the alert")
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait, 20)
    assert len(await sqlite_house.rows(Alert)) == 1
