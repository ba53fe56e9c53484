"""PagerDuty's Events API v2: what its clients send, what becomes of it, and what they are told."""

import json
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.alerts.signal import Signal
from bot.catalog.changes import ChangeReport
from bot.errors import Malformed
from handlers.webhooks.pagerduty_events import SOURCE, parse
from handlers.webhooks.source import Hook
from storage.models import Alert, Change, Incident, RawPayload
from storage.words import AlertStatus, Priority
from tests.away import database_away
from tests.house import House

PAYLOADS = Path(__file__).parent.parent / "payloads"
EVENT = {"summary": "db down", "source": "db1", "severity": "error"}


def load(name: str) -> Any:
    return json.loads((PAYLOADS / name).read_text())


async def make_key(house: House) -> str:
    await house.add_sender("pagerduty_events")
    return house.hooks["pagerduty_events"].rpartition("/")[2]


async def post(
    house: House, body: Any, path: str = "/v2/enqueue", headers: dict[str, str] | None = None
) -> tuple[int, Any]:
    content: dict[str, Any] = {"data": body} if isinstance(body, bytes) else {"json": body}
    async with house.http.post(house.url + path, headers=headers, **content) as response:
        answer = await response.json()
    await house.settle()
    return response.status, answer


async def test_the_captured_life_of_an_alert(house: House) -> None:
    key = await make_key(house)
    trigger, resolve = (load(f"alertmanager-to-pagerduty/{one}.json") for one in ("trigger", "resolve"))
    status, answer = await post(house, {**trigger, "routing_key": key})
    assert (status, answer) == (
        202,
        {"status": "success", "message": "Event processed", "dedup_key": trigger["dedup_key"]},
    )
    await post(house, {**trigger, "routing_key": key})
    acknowledge = {"routing_key": key, "dedup_key": trigger["dedup_key"], "event_action": "acknowledge"}
    assert (await post(house, acknowledge))[0] == 202
    (alert,) = await house.rows(Alert)
    assert (alert.alias, alert.count, alert.priority) == (trigger["dedup_key"], 2, Priority.P3)
    assert alert.title == "[FIRING:1] HighLoad lab (web-1 127.0.0.1:9993 demo a search warning web)"
    assert alert.acknowledged_at is not None
    assert alert.labels == {
        "num_firing": "1", "num_resolved": "0", "component": "comp", "group": "grp", "class": "c",
    }  # fmt: skip
    assert "dashboard = https://grafana.example.com/d/abc" in alert.description
    assert alert.links == [
        {"title": "t", "url": "https://e.example/x"},
        {"title": "Alertmanager", "url": "http://vm:9393/#/alerts?receiver=all"},
    ]
    assert (await post(house, {**resolve, "routing_key": key}))[0] == 202
    assert (await house.rows(Alert))[0].status is AlertStatus.CLOSED
    assert (await post(house, {**trigger, "routing_key": key}))[0] == 202
    assert [one.status for one in await house.rows(Alert)] == [AlertStatus.CLOSED, AlertStatus.OPEN]


async def test_keys_have_the_form_of_routing_keys_and_are_not_kept(sqlite_house: House) -> None:
    key = await make_key(sqlite_house)
    assert len(key) == 32
    int(key, 16)
    await post(sqlite_house, {**load("pagerduty-events-client/trigger.json"), "routing_key": key})
    (kept,) = await sqlite_house.rows(RawPayload)
    assert "db down" in kept.body
    assert key not in kept.body


async def test_the_key_may_be_in_a_header(sqlite_house: House) -> None:
    """As PagerDuty's client pypd sends it."""
    key = await make_key(sqlite_house)
    body = {"event_action": "trigger", "dedup_key": "a", "payload": EVENT}
    assert (await post(sqlite_house, body, headers={"X-Routing-Key": key}))[0] == 202
    (kept,) = await sqlite_house.rows(RawPayload)
    assert key not in str(kept.headers) + kept.body


async def test_an_event_without_dedup_key_is_a_trouble_of_its_own(sqlite_house: House) -> None:
    key = await make_key(sqlite_house)
    body = {"routing_key": key, "event_action": "trigger", "payload": EVENT}
    keys = {(await post(sqlite_house, body))[1]["dedup_key"] for _ in range(2)}
    assert keys == {one.alias for one in await sqlite_house.rows(Alert)}
    assert len(keys) == 2


async def test_what_an_event_can_carry(house: House) -> None:
    key = await make_key(house)
    details = {
        "service": "web",
        "load": 0.75,
        "hosts": ["a", "b"],
        "ok": False,
        "empty": "",
        "deep": {"x": 1},
    }
    body = {
        "routing_key": key,
        "event_action": "trigger",
        "dedup_key": "k",
        "payload": {**EVENT, "severity": "none", "component": "mysql", "custom_details": details},
        "links": [{"href": "https://a.example", "text": ""}, {"href": "javascript:x"}, "odd"],
        "images": [{"src": "https://a.example/i.png", "alt": "Load"}],
    }
    assert (await post(house, body))[0] == 202
    (alert,) = await house.rows(Alert)
    assert (alert.priority, alert.entity, alert.source) == (Priority.P5, "mysql", "db1")
    assert alert.service_id is not None
    assert alert.labels == {
        "service": "web", "load": "0.75", "hosts": '["a","b"]', "ok": "false", "deep": '{"x":1}',
        "component": "mysql",
    }  # fmt: skip
    assert alert.links == [{"title": "https://a.example", "url": "https://a.example"}]
    assert alert.images == [{"title": "Load", "url": "https://a.example/i.png"}]
    assert await house.rows(Incident) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "routing_key"),
        ({"routing_key": "x" * 32, "event_action": "trigger", "payload": EVENT}, "routing_key"),
        ({"event_action": "fire", "payload": EVENT}, "event_action"),
        ({"payload": EVENT}, "event_action"),
        ({"event_action": "resolve"}, "dedup_key"),
        ({"event_action": "trigger"}, "summary"),
        ({"event_action": "trigger", "payload": {"summary": "x", "severity": "info"}}, "source"),
        ({"event_action": "trigger", "payload": {"summary": "x", "source": "x"}}, "severity"),
        ({"event_action": "trigger", "payload": []}, "payload"),
        (b"{", "JSON"),
        (b"[]", "object"),
    ],
)
async def test_what_is_wrong_is_told_in_the_shape_of_pagerduty(
    sqlite_house: House, body: Any, field: str
) -> None:
    key = await make_key(sqlite_house)
    if isinstance(body, dict) and body:
        body = {"routing_key": key, **body}
    status, answer = await post(sqlite_house, body)
    assert (status, answer["status"], answer["message"]) == (400, "invalid event", "Event object is invalid")
    assert field in answer["errors"][0]
    assert await sqlite_house.rows(Alert) == []


async def test_the_key_of_another_source_lets_nobody_in(sqlite_house: House) -> None:
    key = (await sqlite_house.add_sender("generic")).rpartition("/")[2]
    body = {"routing_key": key, "event_action": "trigger", "payload": EVENT}
    assert (await post(sqlite_house, body))[0] == 400


async def test_what_can_not_be_stored_is_asked_for_again(sqlite_house: House) -> None:
    key = await make_key(sqlite_house)
    body = {"routing_key": key, "event_action": "trigger", "dedup_key": "a", "payload": EVENT}
    assert (await post(sqlite_house, body))[0] == 202
    async with (
        database_away(sqlite_house.parts.settings.database_url),
        sqlite_house.http.post(f"{sqlite_house.url}/v2/enqueue", json=body) as response,
    ):
        answer = await response.json()
    assert (response.status, response.headers["Retry-After"], answer["status"]) == (503, "2", "error")


async def test_a_body_that_is_too_large_is_refused(sqlite_house: House) -> None:
    body = b'{"routing_key": "' + b"x" * 2_000_000 + b'"}'
    status, answer = await post(sqlite_house, body)
    assert (status, answer["status"]) == (413, "invalid event")


async def test_a_change_event_is_a_change_and_pages_nobody(house: House) -> None:
    key = await make_key(house)
    body = {**load("pagerduty-events-client/change.json"), "routing_key": key}
    body["payload"]["custom_details"] = {"service": "web", "author": "Kate"}
    status, answer = await post(house, body, "/v2/change/enqueue")
    (change,) = await house.rows(Change)
    assert (status, answer) == (
        202,
        {"status": "success", "message": "Change event processed", "id": str(change.id)},
    )
    assert (change.title, change.author, change.url, change.state) == (
        "deployed v1",
        "Kate",
        "https://x",
        "succeeded",
    )
    assert change.service_id is not None
    assert change.started_at.isoformat().startswith("2026-11-22T08:49:02")
    assert await house.rows(Alert) == []
    assert (await post(house, {"routing_key": key, "payload": {}}, "/v2/change/enqueue"))[0] == 400


ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 10**30, "", " ", "\x00", "\ud83d\ude42 '\"%\\", "x" * 3_000, [], [None], [[]], {}, {"": ""},
    {"\x00": "\x00"}, {"a": {"b": [1, {"c": None}]}}, [{"href": "https://x.example", "src": 7, "text": None}],
)  # fmt: skip
PLACES = (
    ("event_action",), ("dedup_key",), ("payload",), ("links",), ("images",), ("client",), ("client_url",),
    *(("payload", name) for name in ("summary", "source", "severity", "timestamp", "component", "group", "class",
                                     "custom_details")),
)  # fmt: skip
ANSWERS = {
    202: {"required": ["status", "message"], "properties": {"status": {"const": "success"}}},
    400: {
        "required": ["status", "message", "errors"],
        "properties": {
            "status": {"const": "invalid event"},
            "errors": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 9}},
        },
    },
}


@pytest.mark.parametrize("path", ["/v2/enqueue", "/v2/change/enqueue"])
async def test_every_odd_event_gets_one_of_the_two_answers(house: House, path: str) -> None:
    key = await make_key(house)
    taken = 0
    for number, (place, value) in enumerate(product(PLACES, ODD)):
        body: dict[str, Any] = {"routing_key": key, "event_action": "trigger", "dedup_key": f"k{number}"}
        body["payload"] = dict(EVENT)
        (body if len(place) == 1 else body["payload"])[place[-1]] = value
        async with house.http.post(house.url + path, json=body) as response:
            answer = await response.json()
        assert response.status in ANSWERS, (body, answer)
        jsonschema.validate(answer, ANSWERS[response.status])
        taken += response.status == 202
    assert taken == len(await house.rows(Alert)) + len(await house.rows(Change))
    assert taken > 150


json_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("event_action", "dedup_key", "payload", "links", "images", "client", "client_url", "routing_key")


@given(
    body=st.dictionaries(st.sampled_from(FIELDS), json_value),
    payload=st.dictionaries(
        st.sampled_from(("summary", "source", "severity", "timestamp", "custom_details", "class")), json_value
    ),
    action=st.sampled_from(("trigger", "acknowledge", "resolve", "Trigger", None)),
)
def test_the_parser_raises_nothing_but_a_refusal(body: Any, payload: Any, action: str | None) -> None:
    event = {**body, "payload": payload, **({"event_action": action} if action else {})}
    with suppress(Malformed):
        (one,) = parse(Hook(json.dumps(event).encode()))
        assert isinstance(one, Signal | ChangeReport)
        assert one.alias if isinstance(one, Signal) else one.key


@given(st.binary(max_size=60))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_any_bytes_are_refused_or_read(content: bytes) -> None:
    with suppress(Malformed):
        assert len(parse(Hook(content))) == 1


def test_the_lines_to_paste_name_the_address_and_the_key() -> None:
    url, paste = SOURCE.show("https://t.example", "k" * 32)
    assert url == "https://t.example/v2/enqueue"
    assert f"routing_key: {'k' * 32}" in paste
