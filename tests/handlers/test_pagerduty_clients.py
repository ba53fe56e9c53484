"""PagerDuty's own clients, and another program's, tell Tocsin what they tell PagerDuty: only the address is another one."""

import asyncio
import ssl
from pathlib import Path

import apprise
import pagerduty
import pdpyras
import pytest
import trustme
from aiohttp.test_utils import TestServer
from apprise.plugins.pagerduty import PAGERDUTY_API_LOOKUP, PagerDutyRegion

from handlers.web import build_web
from storage.models import Alert, Change
from storage.words import AlertStatus, Priority
from tests.house import House


async def make_key(house: House) -> str:
    await house.add_sender("pagerduty_events")
    return house.hooks["pagerduty_events"].rpartition("/")[2]


async def test_pdpyras(sqlite_house: House) -> None:
    session = pdpyras.EventsAPISession(await make_key(sqlite_house))
    session.url = sqlite_house.url

    def live() -> str:
        key = str(session.trigger("db down", "db1", severity="critical", custom_details={"a": 1}))
        session.trigger("db down", "db1", dedup_key=key, severity="critical")
        session.acknowledge(key)
        return key

    key = await asyncio.to_thread(live)
    (alert,) = await sqlite_house.rows(Alert)
    assert (alert.alias, alert.count, alert.priority, alert.labels) == (key, 2, Priority.P1, {"a": "1"})
    assert alert.acknowledged_at is not None
    await asyncio.to_thread(session.resolve, key)
    assert (await sqlite_house.rows(Alert))[0].status is AlertStatus.CLOSED


async def test_pdpyras_tells_changes(sqlite_house: House) -> None:
    session = pdpyras.ChangeEventsAPISession(await make_key(sqlite_house))
    session.url = sqlite_house.url
    links = [{"href": "https://ci.example/1", "text": "Build"}]
    number = await asyncio.to_thread(session.submit, "deployed v1", "ci", {"service": "web"}, links)
    (change,) = await sqlite_house.rows(Change)
    assert (number, change.title, change.url) == (str(change.id), "deployed v1", "https://ci.example/1")


async def test_pdpyras_is_told_what_is_wrong(sqlite_house: House) -> None:
    session = pdpyras.EventsAPISession("f" * 32)
    session.url = sqlite_house.url
    with pytest.raises(pdpyras.PDClientError) as refused:
        await asyncio.to_thread(session.resolve, "key")
    assert refused.value.response.status_code == 400
    assert "routing_key" in refused.value.response.text


async def test_pagerduty_over_tls(
    sqlite_house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This client takes no address without TLS."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    server = TestServer(build_web(sqlite_house.parts), scheme="https", host="localhost")
    await server.start_server(ssl=context)
    url = f"https://localhost:{server.port}"
    client = pagerduty.EventsApiV2Client(await make_key(sqlite_house), base_url=url)

    def live() -> str:
        key = client.trigger("db down", "db1", severity="warning", links=[{"href": "https://x.example"}])
        client.acknowledge(key)
        client.resolve(key)
        client.send_change_event({"summary": "deployed v2", "source": "ci"})
        return key

    key = await asyncio.to_thread(live)
    (alert,) = await sqlite_house.rows(Alert)
    assert (alert.alias, alert.status, alert.priority) == (key, AlertStatus.CLOSED, Priority.P3)
    assert alert.links == [{"title": "https://x.example", "url": "https://x.example"}]
    assert [change.title for change in await sqlite_house.rows(Change)] == ["deployed v2"]
    client.close()
    await server.close()


async def test_apprise(sqlite_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    key = await make_key(sqlite_house)
    monkeypatch.setitem(PAGERDUTY_API_LOOKUP, PagerDutyRegion.US, f"{sqlite_house.url}/v2/enqueue")
    sender = apprise.Apprise()
    assert sender.add(f"pagerduty://{key}@token/web-1/disk")
    sent = await asyncio.to_thread(
        sender.notify, title="Disk full", body="92 %", notify_type=apprise.NotifyType.WARNING
    )
    assert sent
    (alert,) = await sqlite_house.rows(Alert)
    assert (alert.source, alert.entity, alert.priority) == ("web-1", "disk", Priority.P3)
    assert "92 %" in alert.title
