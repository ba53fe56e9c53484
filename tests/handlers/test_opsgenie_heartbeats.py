"""Heartbeats by Opsgenie's API: made, pinged, missed, and back."""

import base64

import opsgenie_sdk
import pytest

from storage.models import Alert, Heartbeat
from storage.words import AlertStatus, Priority
from tests.handlers.opsgenie import Sender, make_sender
from tests.house import House

BODY = {"name": "backup", "interval": 10, "intervalUnit": "minutes", "enabled": True}


async def test_a_heartbeat_that_stops_opens_an_alert_and_one_that_is_back_closes_it(house: House) -> None:
    sender = await make_sender(house)
    more = {
        "alertPriority": "P1",
        "alertTags": ["cron"],
        "alertMessage": "No backup",
        "ownerTeam": {"name": "First team"},
    }
    status, made, _ = await sender.ask("POST", "/heartbeats", {**BODY, **more})
    assert (status, made["data"]["expired"], made["data"]["alertMessage"]) == (201, False, "No backup")
    for method in ("GET", "POST", "PUT", "PATCH"):
        status, pong, _ = await sender.ask(method, "/heartbeats/backup/ping")
        assert (status, pong["result"]) == (202, "PONG - Heartbeat received")
    assert not await house.rows(Alert)
    await house.at("12:00")
    (alert,) = await house.rows(Alert)
    assert (alert.title, alert.priority, alert.tags) == ("No backup", Priority.P1, ["cron"])
    _, shown, _ = await sender.ask("GET", "/heartbeats/backup")
    assert (shown["data"]["expired"], shown["data"]["lastPingTime"]) == (True, "2026-11-23T03:00:00.000Z")
    await sender.ask("GET", "/heartbeats/backup/ping")
    assert [alert.status for alert in await house.rows(Alert)] == [AlertStatus.CLOSED]


async def test_heartbeats_are_listed_changed_switched_and_deleted(house: House) -> None:
    sender = await make_sender(house)
    await sender.ask("POST", "/heartbeats", BODY)
    status, again, _ = await sender.ask("POST", "/heartbeats", BODY)
    assert (status, list(again["errors"])) == (422, ["name"])
    status, changed, _ = await sender.ask(
        "PATCH", "/heartbeats/backup", {"interval": 2, "intervalUnit": "days"}
    )
    assert (status, changed["data"]) == (200, {"name": "backup", "enabled": True, "expired": False})
    _, listed, _ = await sender.ask("GET", "/heartbeats")
    (shown,) = listed["data"]["heartbeats"]
    assert (shown["interval"], shown["intervalUnit"], shown["alertPriority"]) == (2, "days", "P3")
    for word, enabled in (("disable", False), ("enable", True)):
        _, switched, _ = await sender.ask("POST", f"/heartbeats/backup/{word}")
        assert switched["data"]["enabled"] is enabled
    assert (await sender.ask("DELETE", "/heartbeats/backup"))[0] == 200
    assert (await sender.ask("GET", "/heartbeats/backup"))[0] == 404
    assert (await sender.ask("GET", "/heartbeats/backup/ping"))[0] == 202
    reader = Sender(house, await house.key("read"))
    assert (await reader.ask("POST", "/heartbeats", BODY))[0] == 403


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "a b"}, "name"),
        ({"name": ""}, "name"),
        ({"interval": 0}, "interval"),
        ({"interval": "ten"}, "interval"),
        ({"interval": 1_000, "intervalUnit": "days"}, "interval"),
        ({"intervalUnit": "years"}, "intervalUnit"),
        ({"enabled": "yes"}, "enabled"),
        ({"alertPriority": "P0"}, "alertPriority"),
        ({"ownerTeam": {"name": "nobody"}}, "ownerTeam"),
    ],
)
async def test_what_is_wrong_is_named(sqlite_house: House, wrong: dict[str, object], field: str) -> None:
    sender = await make_sender(sqlite_house)
    status, answer, _ = await sender.ask("POST", "/heartbeats", {**BODY, **wrong})
    assert (status, list(answer["errors"])) == (422, [field])


async def test_the_vendors_client_pings(sqlite_house: House) -> None:
    sender = await make_sender(sqlite_house)
    client = opsgenie_sdk.HeartbeatApi(sender.client.api_client)
    made = await sender.call(client.create_heartbeat, opsgenie_sdk.CreateHeartbeatPayload(
        name="backup", interval=10, interval_unit="minutes", enabled=True,
    ))  # fmt: skip
    assert made.data.name == "backup"
    assert (await sender.call(client.ping, "backup")).result == "PONG - Heartbeat received"
    assert (await sender.call(client.get_heartbeat, "backup")).data.expired is False


@pytest.mark.parametrize("given", [":{key}", "{key}:", "ops:{key}", "{key}"])
async def test_alertmanager_pings_by_basic_authorization(sqlite_house: House, given: str) -> None:
    """`http_config: {basic_auth: {password: <key>}}` of a webhook is how its Watchdog alert pings a heartbeat."""
    sender = await make_sender(sqlite_house)
    await sender.ask("POST", "/heartbeats", BODY)
    basic = base64.b64encode(given.format(key=sender.key).encode()).decode()
    url = f"{sqlite_house.url}/v2/heartbeats/backup/ping"
    headers = {"Authorization": f"Basic {basic}"}
    async with sqlite_house.http.post(url, json={"alerts": []}, headers=headers) as response:
        assert response.status == 202
    assert (await sqlite_house.rows(Heartbeat))[0].last_ping_at is not None
    for wrong in ("Basic !", "Basic", "Digest x", f"Basic {base64.b64encode(b'ops:nothing').decode()}"):
        async with sqlite_house.http.post(url, headers={"Authorization": wrong}) as response:
            assert response.status == 401


async def test_the_key_stands_in_the_query_where_a_sender_knows_no_headers(sqlite_house: House) -> None:
    sender = await make_sender(sqlite_house)
    await sender.ask("POST", "/heartbeats", BODY)
    url = f"{sqlite_house.url}/v2/heartbeats/backup/ping"
    async with sqlite_house.http.get(url, params={"apiKey": sender.key}) as response:
        assert response.status == 202
    assert (await sqlite_house.rows(Heartbeat))[0].last_ping_at is not None
    async with sqlite_house.http.get(url, params={"apiKey": "int_0000"}) as response:
        assert response.status == 401
