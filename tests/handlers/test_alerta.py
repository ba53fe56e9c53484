"""Alerta's own client sends here, and believes what it is told."""

import asyncio

import pytest
from alertaclient.api import Client
from alertaclient.exceptions import UnknownError

from storage.models import Alert
from storage.words import AlertStatus
from tests.house import House

SENT = {"environment": "Production", "service": ["web"], "correlate": ["HttpError", "HttpOk"], "value": "503"}


async def add_client(house: House) -> Client:
    key = (await house.add_sender("alerta")).rpartition("/")[2]
    return Client(endpoint=f"{house.url}/alerta/{key}")


async def test_the_client_opens_repeats_and_ends_an_alert(house: House) -> None:
    client = await add_client(house)
    uid, alert, message = await asyncio.to_thread(
        client.send_alert, "web-1", "HttpError", severity="critical", tags=["eu"], **SENT
    )
    assert (alert.resource, alert.event, alert.status, alert.repeat, message) == (
        "web-1",
        "HttpError",
        "open",
        False,
        "opened",
    )
    again, alert, message = await asyncio.to_thread(
        client.send_alert, "web-1", "HttpError", severity="major", **SENT
    )
    assert (again, alert.repeat, message) == (uid, True, "repeated")
    (row,) = await house.rows(Alert)
    assert (row.uid, row.count, row.priority, row.tags) == (uid, 2, "P1", ["eu"])
    _, _, message = await asyncio.to_thread(client.send_alert, "web-1", "HttpOk", severity="normal", **SENT)
    await house.settle()
    (row,) = await house.rows(Alert)
    assert (message, row.status) == ("closed", AlertStatus.CLOSED)


async def test_the_client_hears_of_what_is_not_taken(sqlite_house: House) -> None:
    client = await add_client(sqlite_house)
    with pytest.raises(UnknownError, match="resource"):
        await asyncio.to_thread(client.send_alert, "", "HttpError")
    with pytest.raises(UnknownError, match="tocsin heartbeat create"):
        await asyncio.to_thread(client.heartbeat, origin="cron")
    stranger = Client(endpoint=f"{sqlite_house.url}/alerta/int_0000")
    with pytest.raises(UnknownError, match="key"):
        await asyncio.to_thread(stranger.send_alert, "web-1", "HttpError")
    assert await sqlite_house.rows(Alert) == []
