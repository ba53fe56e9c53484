"""What senders post, what becomes of it, and what they are told."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from bot.alerts.signal import Signal
from bot.errors import Invalid, Malformed
from handlers.webhooks.receive import list_sources
from handlers.webhooks.source import Hook
from storage.models import Alert, AlertNote, Incident, OutboxRow, Timer
from storage.words import AlertStatus, Priority
from tests.away import database_away
from tests.house import House

PAYLOADS = Path(__file__).parent.parent / "payloads"
LOAD, CHECKOUT_1, CHECKOUT_2 = "78748d33b860c2a7", "d33ca700aa726665", "8061aeb13be8eac2"
WATCHDOG = "764c888e53942f3c"
"""Fingerprints of the captured alerts."""


def read_payload(name: str) -> bytes:
    return (PAYLOADS / name).read_bytes()


async def open_aliases(house: House) -> list[str]:
    return [alert.alias for alert in await house.rows(Alert, Alert.status == AlertStatus.OPEN)]


async def post(house: House, body: bytes | str | Any, source: str = "generic") -> tuple[int, dict[str, Any]]:
    """Post without letting the house settle, as a sender does."""
    if source not in house.hooks:
        await house.add_sender(source)
    content: dict[str, Any] = {"data": body} if isinstance(body, (bytes, str)) else {"json": body}
    async with house.http.post(house.hooks[source], **content) as response:
        return response.status, await response.json()


# Alertmanager


async def test_a_firing_alert_becomes_an_alert_with_what_alertmanager_knows(house: House) -> None:
    status, answer = await house.send(read_payload("alertmanager/v0.25-firing-single.json"), "alertmanager")
    (alert,) = await house.rows(Alert)
    assert status == 202
    assert answer == {"alerts": [{"alias": LOAD, "outcome": "opened", "alert": alert.id, "id": alert.uid}]}
    assert (alert.alias, alert.title, alert.description) == (LOAD, "Load 9 on web-1", "")
    assert (alert.priority, alert.source) == (Priority.P3, "127.0.0.1:9993")
    assert alert.labels == {
        "alertname": "HighLoad",
        "cluster": "lab",
        "host": "web-1",
        "instance": "127.0.0.1:9993",
        "job": "demo",
        "replica": "a",
        "service": "search",
        "severity": "warning",
        "team": "web",
    }
    assert alert.links == [
        {"title": "Graph", "url": "http://vm:9390/graph?g0.expr=demo_load+%3E+5&g0.tab=1"},
        {"title": "Alertmanager", "url": "http://vm:9393"},
    ]


async def test_each_alert_of_a_group_is_an_alert_of_its_own_in_one_incident(house: House) -> None:
    await house.send(read_payload("alertmanager/v0.25-firing-group.json"), "alertmanager")
    assert await open_aliases(house) == [CHECKOUT_1, CHECKOUT_2]
    (incident,) = await house.rows(Incident)
    assert {alert.incident_id for alert in await house.rows(Alert)} == {incident.id}
    assert incident.priority is Priority.P1
    assert [link["title"] for link in (await house.rows(Alert))[0].links] == [
        "Graph",
        "Runbook",
        "Alertmanager",
    ]


async def test_a_group_that_still_fires_closes_the_one_alert_that_is_resolved(house: House) -> None:
    await house.send(read_payload("alertmanager/v0.25-firing-group.json"), "alertmanager")
    _, answer = await house.send(read_payload("alertmanager/v0.25-partial-resolve.json"), "alertmanager")
    assert [one["outcome"] for one in answer["alerts"]] == ["closed", "repeated"]
    assert await open_aliases(house) == [CHECKOUT_2]
    assert [alert.count for alert in await house.rows(Alert)] == [1, 2]


async def test_a_resolved_group_closes_all_of_its_alerts(house: House) -> None:
    await house.send(read_payload("alertmanager/v0.25-firing-group.json"), "alertmanager")
    _, answer = await house.send(read_payload("alertmanager/v0.25-resolved-group.json"), "alertmanager")
    assert [one["outcome"] for one in answer["alerts"]] == ["closed", "closed"]
    assert await open_aliases(house) == []
    assert all(alert.closed_at == house.clock.now() for alert in await house.rows(Alert))


async def test_a_resolve_without_an_open_alert_is_taken_and_changes_nothing(sqlite_house: House) -> None:
    status, answer = await sqlite_house.send(
        read_payload("alertmanager/v0.25-resolved-single.json"), "alertmanager"
    )
    assert status == 202
    assert [one["outcome"] for one in answer["alerts"]] == ["nothing_open"]
    assert await sqlite_house.rows(Alert) == []


async def test_a_watchdog_of_severity_none_is_the_least_urgent_and_opens_no_incident(
    sqlite_house: House,
) -> None:
    await sqlite_house.send(read_payload("alertmanager/v0.33-firing-watchdog.json"), "alertmanager")
    (alert,) = await sqlite_house.rows(Alert)
    assert (alert.alias, alert.title, alert.priority) == (WATCHDOG, "Always firing", Priority.P5)
    assert await sqlite_house.rows(Incident) == []


async def test_an_alert_without_fingerprint_is_known_again_by_its_labels(sqlite_house: House) -> None:
    body = json.loads(read_payload("alertmanager/v0.25-firing-single.json"))
    del body["alerts"][0]["fingerprint"]
    await sqlite_house.send(body, "alertmanager")
    body["alerts"][0]["labels"] = dict(reversed(body["alerts"][0]["labels"].items()))
    await sqlite_house.send(body, "alertmanager")
    assert [alert.count for alert in await sqlite_house.rows(Alert)] == [2]


async def test_an_alert_is_over_by_its_status_and_not_by_its_end(sqlite_house: House) -> None:
    body = json.loads(read_payload("alertmanager/v0.25-firing-single.json"))
    body["alerts"][0]["endsAt"] = "2020-01-01T00:00:00Z"
    await sqlite_house.send(body, "alertmanager")
    assert await open_aliases(sqlite_house) == [LOAD]


# Any JSON


async def test_generic_fields_are_read_by_their_own_names(house: House) -> None:
    await house.send(
        {
            "title": "Disk  full\non db1",
            "alias": "disk-db1",
            "status": "firing",
            "priority": "P2",
            "description": "92 %",
            "source": "db1",
            "service": "web",
            "labels": {"region": "eu", "rack": 7},
            "links": [{"title": "Graph", "url": "https://graphs.example.org/1"}, "javascript:alert(1)"],
        }
    )
    (alert,) = await house.rows(Alert)
    assert (alert.title, alert.alias, alert.priority) == ("Disk full on db1", "disk-db1", Priority.P2)
    assert (alert.description, alert.source) == ("92 %", "db1")
    assert alert.labels == {"region": "eu", "rack": "7"}
    assert alert.links == [{"title": "Graph", "url": "https://graphs.example.org/1"}]


@pytest.mark.parametrize(
    ("body", "title", "alias", "priority"),
    [
        ({"message": "Down", "id": 0}, "Down", "0", Priority.P3),
        ({"name": "Down", "dedup_key": ["a", 1]}, "Down", '["a",1]', Priority.P3),
        ({"text": True, "alias": 1.5, "severity": "critical"}, "true", "1.5", Priority.P1),
        ({"alias": "only-an-alias", "level": None}, "only-an-alias", "only-an-alias", Priority.P3),
        ({"title": {"en": "Down"}, "alias": "x", "priority": 1}, '{"en":"Down"}', "x", Priority.P3),
        ({"title": "A\x00B", "alias": "x\x00y"}, "A\ufffdB", "x\ufffdy", Priority.P3),
        ({"title": "Down", "alias": 10**30}, "Down", None, Priority.P3),
    ],
)
async def test_values_of_odd_types_are_written_out(
    house: House, body: dict[str, Any], title: str, alias: str | None, priority: Priority
) -> None:
    status, answer = await house.send(body)
    assert status == 202, answer
    (alert,) = await house.rows(Alert)
    assert (alert.title, alert.priority) == (title, priority)
    assert alert.alias == alias or alias is None


async def test_the_longest_words_and_any_sign_are_kept_visibly_cut(house: House) -> None:
    status, _ = await house.send(
        {
            "title": "ß" * 600,
            "alias": "🔥" * 600,
            "description": "x" * 20_000,
            "source": "s\x00" * 100,
            "service": "svc\x00" * 200,
            "team": "t\x00",
            "labels": {"n\x00" * 200: "v\x00" * 2_000},
            "links": [{"title": "l\x00", "url": "https://example.org/\x00"}],
            "priority": "P1",
        }
    )
    assert status == 202
    (alert,) = await house.rows(Alert)
    assert len(alert.title) == 512
    assert alert.title.endswith("…")
    assert len(alert.alias) <= 512
    assert len(alert.description) == 15_000


async def test_a_list_is_a_list_of_alerts(house: House) -> None:
    status, answer = await house.send([{"title": "One"}, {"title": "Two"}, {"title": "Three"}])
    assert status == 202
    assert [one["outcome"] for one in answer["alerts"]] == ["opened"] * 3
    assert [alert.title for alert in await house.rows(Alert)] == ["One", "Two", "Three"]


async def test_a_mapping_says_where_the_fields_are(house: House) -> None:
    mapping = {
        "list": "events",
        "title": "join(' ', [check.name, 'on', host])",
        "alias": "check.id",
        "status": "state",
        "priority": "'P2'",
        "labels": "{zone: zone, kind: check.kind}",
    }
    await house.add_sender("generic", settings={"mapping": mapping})
    event = {"check": {"name": "ping", "id": 7, "kind": "icmp"}, "host": "db1", "zone": None, "state": "down"}
    await house.send({"events": [event, {**event, "check": {"name": "http", "id": 8}}]})
    first, second = await house.rows(Alert)
    assert (first.title, first.alias, first.priority) == ("ping on db1", "7", Priority.P2)
    assert (first.labels, second.title) == ({"zone": "", "kind": "icmp"}, "http on db1")
    await house.send({"events": [{**event, "state": "OK"}]})
    assert await open_aliases(house) == ["8"]


async def test_a_mapping_that_cannot_be_read_is_told_to_the_sender(sqlite_house: House) -> None:
    await sqlite_house.add_sender("generic", settings={"mapping": {"title": "name[["}})
    status, answer = await sqlite_house.send({"name": "Down"})
    assert (status, answer["title"], answer["field"]) == (422, "generic.mapping", "mapping.title")
    assert "The mapping of title is no JMESPath expression" in answer["detail"]


@pytest.mark.parametrize("word", ["resolved", "OK", "closed", " Recovered ", "up", "green"])
async def test_words_for_over_close_the_alert(sqlite_house: House, word: str) -> None:
    await sqlite_house.send({"title": "Down", "alias": "x"})
    await sqlite_house.send({"alias": "x", "status": word})
    assert await open_aliases(sqlite_house) == []


async def test_a_sender_can_acknowledge(house: House) -> None:
    await house.send({"title": "Down", "alias": "x", "priority": "P5"})
    _, answer = await house.send({"alias": "x", "status": "acknowledged"})
    (alert,) = await house.rows(Alert)
    assert answer["alerts"][0]["outcome"] == "acknowledged"
    assert alert.acknowledged_at is not None


# One trouble, over its life


async def test_repeats_raise_the_count_and_move_the_last_time(house: House) -> None:
    await house.send({"title": "Down", "alias": "x", "priority": "P5"})
    await house.at("01:00")
    _, answer = await house.send({"title": "Down", "alias": "x", "priority": "P5"})
    (alert,) = await house.rows(Alert)
    assert answer["alerts"][0] == {"alias": "x", "outcome": "repeated", "alert": alert.id, "id": alert.uid}
    assert alert.count == 2
    assert (alert.last_at - alert.first_at).total_seconds() == 60


async def test_a_trigger_after_a_resolve_is_a_new_alert(house: House) -> None:
    for _ in range(2):
        await house.send({"title": "Down", "alias": "x"})
        await house.send({"alias": "x", "status": "resolved"})
    await house.send({"title": "Down", "alias": "x"})
    alerts = await house.rows(Alert)
    assert [alert.status.value for alert in alerts] == ["closed", "closed", "open"]
    assert len({alert.uid for alert in alerts}) == 3


async def test_the_same_alias_of_two_senders_is_two_alerts(sqlite_house: House) -> None:
    await sqlite_house.send({"title": "Down", "alias": LOAD})
    await sqlite_house.send(read_payload("alertmanager/v0.25-firing-single.json"), "alertmanager")
    assert await open_aliases(sqlite_house) == [LOAD, LOAD]


# What is refused, and how


@pytest.mark.parametrize(
    ("source", "body", "status", "code", "words"),
    [
        ("generic", b"", 400, "body.empty", "The body is empty"),
        ("generic", b"{", 400, "body.not_json", "The body is not JSON: Input data was truncated"),
        ("generic", b'{"title": "x"', 400, "body.not_json", "The body is not JSON"),
        ("generic", b'{"title": \xff}', 400, "body.not_json", "The body is not JSON"),
        ("generic", b"7", 400, "body.not_object", "should be a JSON object"),
        ("generic", b"[]", 400, "body.no_alerts", "holds no alerts"),
        ("generic", b'[{"title": "fine"}, 7]', 400, "body.not_object", "should be a JSON object"),
        ("generic", b'{"priority": "P1"}', 422, "generic.no_title", "needs a title"),
        ("alertmanager", b"[]", 400, "body.not_object", "should be a JSON object"),
        ("alertmanager", b"{}", 400, "field.not_list", "alerts should be a list"),
        ("alertmanager", b'{"alerts": [7]}', 400, "field.not_object", "alerts[0] should be an object"),
        ("alertmanager", b'{"alerts": [{"status": "up"}]}', 400, "field.not_one_of", "firing, resolved"),
        (
            "alertmanager",
            b'{"alerts": [{"status": "firing", "labels": []}]}',
            400,
            "field.not_object",
            "alerts[0].labels should be an object",
        ),
    ],
)
async def test_a_wrong_body_is_refused_with_a_sentence_that_names_the_fault(
    sqlite_house: House, source: str, body: bytes, status: int, code: str, words: str
) -> None:
    answered, answer = await sqlite_house.send(body, source)
    assert (answered, answer["status"], answer["title"]) == (status, status, code)
    assert words in answer["detail"]
    assert await sqlite_house.rows(Alert) == []


async def test_a_wrong_alert_keeps_out_the_whole_request(house: House) -> None:
    status, _ = await house.send([{"title": "Fine"}, {"priority": "P1"}])
    assert status == 422
    assert await house.rows(Alert) == []


async def test_an_unknown_key_is_401_and_an_unknown_source_404(sqlite_house: House) -> None:
    async with sqlite_house.http.post(f"{sqlite_house.url}/hooks/generic/int_wrong", json={}) as response:
        assert (response.status, (await response.json())["title"]) == (401, "integration.unknown_key")
    async with sqlite_house.http.post(f"{sqlite_house.url}/hooks/nagios/int_wrong", json={}) as response:
        answer = await response.json()
        assert (response.status, answer["title"]) == (404, "source.unknown")
        known = [name for name, source in sorted(list_sources().items()) if source.posted]
        assert ", ".join(known) in answer["detail"]


async def test_a_key_opens_only_the_door_of_its_own_source(sqlite_house: House) -> None:
    hook = await sqlite_house.add_sender("generic")
    wrong = hook.replace("/hooks/generic/", "/hooks/alertmanager/")
    async with sqlite_house.http.post(wrong, json={"alerts": []}) as response:
        assert response.status == 401
        assert "belongs to another source than alertmanager" in (await response.json())["detail"]


async def test_a_body_over_the_limit_is_413_and_one_at_the_limit_is_taken(sqlite_house: House) -> None:
    limit = sqlite_house.parts.settings.body_limit
    start, end = b'{"title": "Down", "description": "', b'"}'
    fitting = start + b"x" * (limit - len(start) - len(end)) + end
    assert (await post(sqlite_house, fitting))[0] == 202
    status, answer = await post(sqlite_house, fitting + b" ")
    assert (status, answer["title"]) == (413, "body.too_large")
    assert str(limit) in answer["detail"]


async def test_a_get_is_405_and_names_what_is_allowed(sqlite_house: House) -> None:
    hook = await sqlite_house.add_sender("generic")
    async with sqlite_house.http.get(hook) as response:
        assert response.status == 405
        assert response.headers["Allow"] == "POST"
        assert (await response.json())["title"] == "method.not_allowed"


async def test_refusals_are_problem_documents(sqlite_house: House) -> None:
    async with sqlite_house.http.post(await sqlite_house.add_sender("generic"), data=b"{") as response:
        assert response.content_type == "application/problem+json"
        assert set(await response.json()) == {"type", "title", "status", "detail"}


async def test_a_database_that_cannot_commit_is_503_and_nothing_is_half_stored(house: House) -> None:
    await house.send({"title": "Before", "alias": "before", "priority": "P1", "service": "web"})
    kinds = (Alert, AlertNote, Incident, OutboxRow, Timer)
    before = [len(await house.rows(kind)) for kind in kinds]
    async with (
        database_away(house.parts.settings.database_url),
        house.http.post(house.hooks["generic"], json=[{"title": "Lost"}, {"title": "Too"}]) as response,
    ):
        answer = await response.json()
        assert (response.status, answer["title"]) == (503, "storage.unavailable")
        assert int(response.headers["Retry-After"]) > 0
        assert "Nothing was kept" in answer["detail"]
    assert [len(await house.rows(kind)) for kind in kinds] == before
    status, _ = await house.send([{"title": "Lost"}, {"title": "Too"}])
    assert status == 202
    assert len(await house.rows(Alert)) == before[0] + 2


# Any body at all


def parse_anything(source: str, body: bytes, mapping: dict[str, str] | None = None) -> list[Signal]:
    """Parse; a refusal is an empty list, and any other error goes through."""
    try:
        parsed = list_sources()[source].parse(Hook(body, settings={"mapping": mapping or {}}))
        return [one for one in parsed if isinstance(one, Signal)]
    except (Malformed, Invalid):
        return []


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
names = st.sampled_from(
    [
        "title",
        "alias",
        "status",
        "priority",
        "labels",
        "links",
        "annotations",
        "fingerprint",
        "alerts",
        "source",
        "id",
    ]
)
objects = st.dictionaries(names, values | st.sampled_from(["firing", "resolved", "P1"]), max_size=8)
bodies = (
    values
    | objects
    | st.lists(objects, max_size=3)
    | st.fixed_dictionaries({"alerts": st.lists(objects, max_size=3)})
)


@given(body=st.binary(max_size=200))
@settings(max_examples=200)
def test_no_bytes_break_a_parser(body: bytes) -> None:
    for source in sorted(list_sources()):
        note(source)
        parse_anything(source, body)


@given(body=bodies)
@settings(max_examples=300)
def test_no_json_breaks_a_parser_and_every_signal_can_be_kept(body: Any) -> None:
    """Each source reads each body: to make one up takes much longer than to read it."""
    content = json.dumps(body).encode()
    for source in sorted(list_sources()):
        note(source)
        for signal in parse_anything(source, content):
            assert signal.alias
            assert signal.title
            assert all(isinstance(value, str) for value in signal.labels.values())
            assert all(link.url.startswith("http") for link in signal.links)


@given(
    body=bodies,
    expression=st.sampled_from(["@", "a.b", "title", "length(@)", "sum(@)", "ceil(@)", "[0]", "keys(@)"]),
)
@settings(max_examples=200)
def test_no_json_breaks_a_mapping(body: Any, expression: str) -> None:
    mapping = dict.fromkeys(("title", "alias", "labels", "links", "status", "priority"), expression)
    parse_anything("generic", json.dumps(body).encode(), mapping)


@pytest.mark.parametrize("source", sorted(set(list_sources()) - {"email", "form"}))  # those two are no JSON
@pytest.mark.parametrize("start", [b"[", b'{"a":'])
def test_a_bottomless_body_is_refused(source: str, start: bytes) -> None:
    with pytest.raises(Malformed):
        list_sources()[source].parse(Hook(start * 100_000))
