"""Other programs that speak to Opsgenie and let their URL be changed, or have it in one place."""

import asyncio

import apprise
import pytest
from apprise.plugins import opsgenie

from storage.models import Alert, AlertNote
from storage.words import AlertStatus, Priority
from tests.handlers.opsgenie import make_sender
from tests.house import House


async def test_apprise_opens_and_closes_an_alert(
    sqlite_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = await make_sender(sqlite_house)
    monkeypatch.setitem(
        opsgenie.OPSGENIE_API_LOOKUP, opsgenie.OpsgenieRegion.US, f"{sqlite_house.url}/v2/alerts"
    )
    url = f"opsgenie://{sender.key}/%23first-team/?priority=p1&tags=web&alias=backup"
    told = apprise.Apprise()
    assert told.add(url)
    assert await asyncio.to_thread(
        told.notify, title="Backup failed", body="disk full", notify_type="failure"
    )
    await sqlite_house.settle()
    (alert,) = await sqlite_house.rows(Alert)
    assert (alert.title, alert.description, alert.priority) == ("Backup failed", "disk full", Priority.P1)
    assert alert.tags == ["web"]
    assert [one["name"] for one in alert.responders] == ["First team"]
    # It names the alert by the id of the request that opened it.
    for kind, kept in (("info", AlertStatus.OPEN), ("success", AlertStatus.CLOSED)):
        assert await asyncio.to_thread(told.notify, title="Backup failed", body="again", notify_type=kind)
        (alert,) = await sqlite_house.rows(Alert)
        assert alert.status is kept
    assert "note" in [note.kind for note in await sqlite_house.rows(AlertNote)]
