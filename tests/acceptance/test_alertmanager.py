"""The way of an alert with the programs that people run: a real Prometheus, a real Alertmanager, a real Tocsin."""

import json
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web

from storage.models import Alert, BoardMessage, Incident, IncidentRoom, Page
from storage.words import AlertStatus, PageState, Priority
from tests.programs import need
from tests.served import Served, find_free_port, open_served, wait_until

PATIENCE = 30.0
"""How long each step may take on a busy machine, in seconds; it takes about five."""


@dataclass
class Shop:
    """Something to watch: a page of metrics whose error rate the test sets."""

    port: int
    errors: float = 0.0

    async def metrics(self, _: web.Request) -> web.Response:
        return web.Response(text=f"checkout_errors {self.errors}\n")


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    found = Shop(find_free_port())
    app = web.Application()
    app.router.add_get("/metrics", found.metrics)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", found.port).start()
    yield found
    await runner.cleanup()


@pytest.fixture
async def tocsin(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with open_served(sqlite_url, tmp_path) as served:
        yield served


@pytest.fixture
async def senders(shop: Shop, tocsin: Served, tmp_path: Path) -> AsyncIterator[None]:
    """Prometheus watches the shop each second, and Alertmanager calls Tocsin. Both listen on loopback only."""
    prometheus, alertmanager = need("prometheus"), need("alertmanager")
    at, to = f"127.0.0.1:{find_free_port()}", f"127.0.0.1:{find_free_port()}"
    hook = await tocsin.add_sender("alertmanager")
    rule = {
        "alert": "CheckoutErrors",
        "expr": "checkout_errors > 5",
        "labels": {"severity": "critical", "service": "web"},
        "annotations": {"summary": "Checkout returns errors"},
    }
    write(tmp_path / "rules.json", {"groups": [{"name": "shop", "rules": [rule]}]})
    write(
        tmp_path / "prometheus.json",
        {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(tmp_path / "rules.json")],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [to]}]}]},
            "scrape_configs": [
                {"job_name": "shop", "static_configs": [{"targets": [f"127.0.0.1:{shop.port}"]}]}
            ],
        },
    )
    write(
        tmp_path / "alertmanager.json",
        {
            "route": {
                "receiver": "tocsin",
                "group_wait": "1s",
                "group_interval": "2s",
                "repeat_interval": "2s",
            },
            "receivers": [{"name": "tocsin", "webhook_configs": [{"url": hook, "send_resolved": True}]}],
        },
    )
    commands: list[list[str | Path]] = [
        [
            *find_templates(alertmanager),
            alertmanager,
            f"--config.file={tmp_path / 'alertmanager.json'}",
            f"--storage.path={tmp_path / 'alertmanager'}",
            f"--web.listen-address={to}",
            "--cluster.listen-address=",
        ],
        [
            prometheus,
            f"--config.file={tmp_path / 'prometheus.json'}",
            f"--storage.tsdb.path={tmp_path / 'prometheus'}",
            f"--web.listen-address={at}",
            "--rules.alert.resend-delay=1s",
        ],
    ]
    with (tmp_path / "senders.log").open("wb") as log:
        running = [subprocess.Popen(command, stdout=log, stderr=log) for command in commands]
        yield
        for process in running:
            process.terminate()
        for process in running:
            process.wait(20)


def find_templates(alertmanager: Path) -> list[str | Path]:
    """Debian's Alertmanager reads its templates from /usr/share; where it was only unpacked, it sees them there, too."""
    share = alertmanager.parent.parent / "share"
    if share == Path("/usr/share"):
        return []
    return [
        "unshare",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        'mount --bind "$0" /usr/share && exec "$@"',
        share,
    ]


def write(path: Path, values: object) -> None:
    """JSON is YAML, too."""
    path.write_text(json.dumps(values))


async def test_an_alert_fires_repeats_and_is_resolved_while_tocsin_is_away(
    shop: Shop, tocsin: Served, senders: None
) -> None:
    await tocsin.start()

    async def find_alert() -> Alert | None:
        return next(iter(await tocsin.rows(Alert)), None)

    # It fires: an alert, an incident with its room and card, and a page.
    shop.errors = 9.0
    await wait_until(find_alert, PATIENCE, "Alertmanager's first notification did not become an alert")
    alert = await find_alert()
    assert alert is not None
    assert (alert.title, alert.priority) == ("Checkout returns errors", Priority.P1)
    assert alert.labels["alertname"] == "CheckoutErrors"
    assert len(alert.alias) == 16
    (incident,) = await tocsin.rows(Incident)
    assert (incident.ref, incident.title, incident.priority) == (
        "INC-1",
        "Checkout returns errors",
        Priority.P1,
    )

    async def is_shown() -> bool:
        rooms = await tocsin.rows(IncidentRoom)
        pages = await tocsin.rows(Page, Page.state == PageState.SENT)
        return bool(rooms and rooms[0].card and rooms[0].announcement and pages)

    await wait_until(is_shown, PATIENCE, "the room did not open, or nobody was paged")
    (card,) = await tocsin.rows(BoardMessage, BoardMessage.key == "card-1")
    assert "Checkout returns errors" in json.dumps(card.card)

    # It goes on: the same alert, counted.
    async def is_repeated() -> bool:
        found = await find_alert()
        return found is not None and found.count >= 2

    await wait_until(is_repeated, PATIENCE, "Alertmanager's repeat was not counted")

    # It ends while Tocsin is away: Alertmanager sends again until it is taken.
    code, _ = await tocsin.stop()
    assert code == 0
    shop.errors = 0.0
    await tocsin.start()

    async def is_closed() -> bool:
        found = await find_alert()
        return found is not None and found.status is AlertStatus.CLOSED

    await wait_until(is_closed, PATIENCE, "Alertmanager's resolve did not close the alert")
    assert len(await tocsin.rows(Alert)) == 1
    assert [one.ref for one in await tocsin.rows(Incident)] == ["INC-1"]
