"""A real Prometheus and a real amtool that know no Alertmanager but Tocsin."""

import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from storage.models import Alert, Silence
from storage.words import AlertStatus, Priority
from tests.acceptance.test_alertmanager import PATIENCE, Shop, shop, write
from tests.programs import need
from tests.served import Served, find_free_port, open_served, wait_until

__all__ = ["shop"]


@pytest.fixture
async def tocsin(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with open_served(sqlite_url, tmp_path) as served:
        await served.start()
        yield served


@pytest.fixture
async def url(tocsin: Served) -> str:
    return await tocsin.add_sender("prometheus")


@pytest.fixture
async def prometheus(shop: Shop, tocsin: Served, url: str, tmp_path: Path) -> AsyncIterator[None]:
    """Watches the shop each second, and sends by the lines that Tocsin prints."""
    program = need("prometheus")
    rule = {
        "alert": "CheckoutErrors",
        "expr": "checkout_errors > 5",
        "labels": {"severity": "critical", "service": "web"},
        "annotations": {"summary": "Checkout returns errors"},
    }
    write(tmp_path / "rules.json", {"groups": [{"name": "shop", "rules": [rule]}]})
    place = urlsplit(url)
    manager = {
        "scheme": place.scheme,
        "path_prefix": place.path,
        "static_configs": [{"targets": [place.netloc]}],
    }
    write(
        tmp_path / "prometheus.json",
        {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(tmp_path / "rules.json")],
            "alerting": {"alertmanagers": [manager]},
            "scrape_configs": [
                {"job_name": "shop", "static_configs": [{"targets": [f"127.0.0.1:{shop.port}"]}]}
            ],
        },
    )
    with (tmp_path / "prometheus.log").open("wb") as log:
        running = subprocess.Popen(
            [
                program,
                f"--config.file={tmp_path / 'prometheus.json'}",
                f"--storage.tsdb.path={tmp_path / 'prometheus'}",
                f"--web.listen-address=127.0.0.1:{find_free_port()}",
                "--rules.alert.resend-delay=1s",
            ],
            stdout=log,
            stderr=log,
        )
        yield
        running.terminate()
        running.wait(20)


def amtool(url: str, *arguments: str) -> str:
    done = subprocess.run(
        [need("amtool"), f"--alertmanager.url={url}", *arguments],
        check=False, capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


async def test_an_alert_of_prometheus_fires_is_seen_by_amtool_and_is_resolved(
    shop: Shop, tocsin: Served, url: str, prometheus: None
) -> None:
    async def find_alert() -> Alert | None:
        return next(iter(await tocsin.rows(Alert)), None)

    shop.errors = 9.0
    await wait_until(find_alert, PATIENCE, "what Prometheus sent did not become an alert")
    alert = await find_alert()
    assert alert is not None
    assert (alert.title, alert.priority) == ("Checkout returns errors", Priority.P1)
    assert alert.incident_id == 1

    async def is_repeated() -> bool:
        found = await find_alert()
        return found is not None and found.count >= 2

    await wait_until(is_repeated, PATIENCE, "what Prometheus sent again was not counted")
    assert "CheckoutErrors" in amtool(url, "alert", "query", "alertname=CheckoutErrors")
    shop.errors = 0.0

    async def is_closed() -> bool:
        found = await find_alert()
        return found is not None and found.status is AlertStatus.CLOSED

    await wait_until(is_closed, PATIENCE, "Prometheus's resolve did not close the alert")
    assert len(await tocsin.rows(Alert)) == 1
    assert "CheckoutErrors" not in amtool(url, "alert", "query")


async def test_amtool_adds_asks_silences_and_ends(tocsin: Served, url: str) -> None:
    need("amtool")
    amtool(
        url, "silence", "add", "alertname=DiskFull", "--duration=1h", "--author=kate", "--comment=exchange"
    )
    (silence,) = await tocsin.rows(Silence)
    assert (silence.creator_name, silence.comment) == ("kate", "exchange")
    amtool(url, "alert", "add", "alertname=DiskFull", "instance=db1", "--annotation=summary=Disk is full")
    amtool(url, "alert", "add", "alertname=CpuHigh", "severity=info")
    quiet, loud = await tocsin.rows(Alert)
    assert (quiet.title, quiet.held_by, loud.held_by) == ("Disk is full", "silence:1", "")
    shown = json.loads(amtool(url, "--output=json", "alert", "query", "--silenced"))
    assert [one["labels"]["alertname"] for one in shown] == ["DiskFull"]
    assert shown[0]["status"]["silencedBy"] == [silence.uid]
    shown = json.loads(amtool(url, "--output=json", "alert", "query"))
    assert [one["labels"]["alertname"] for one in shown] == ["CpuHigh"]
    assert "DiskFull" in amtool(url, "silence", "query", "alertname=DiskFull")
    amtool(url, "silence", "update", "--duration=2h", silence.uid)
    (silence,) = [one for one in await tocsin.rows(Silence) if one.ended_at is None]
    amtool(url, "silence", "expire", silence.uid)

    async def is_released() -> bool:
        return not (await tocsin.rows(Alert))[0].held_by

    await wait_until(is_released, PATIENCE, "the end of the silence did not release the alert")
    assert amtool(url, "silence", "query", "--quiet").strip() == ""
    assert "expired" in amtool(url, "--output=json", "silence", "query", "--expired")
    assert "DiskFull" in amtool(url, "alert", "query", "alertname=DiskFull")
