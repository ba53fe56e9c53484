"""The named sources: captured bodies, the signals that they must become, and bodies that are almost like them."""

import copy
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.alerts.signal import Action, Signal, read_priority
from bot.errors import Invalid, Malformed
from handlers.webhooks.receive import list_sources
from handlers.webhooks.source import Hook
from storage.models import Alert
from storage.words import AlertStatus, Priority
from tests.house import House

PAYLOADS = Path(__file__).parent.parent / "payloads"
FOLDERS = {
    "grafana-unified": "grafana",
    "grafana-legacy": "grafana",
    "uptime-kuma": "uptime_kuma",
    "pingdom": "pingdom",
    "gcp-monitoring": "gcp",
    "newrelic-workflows": "newrelic",
    "newrelic-legacy": "newrelic",
    "azure-monitor": "azure",
    "splunk": "splunk",
}
CASES = sorted(
    str(path.relative_to(PAYLOADS)) for folder in FOLDERS for path in (PAYLOADS / folder).glob("*.json")
)


def load(case: str) -> Any:
    return json.loads((PAYLOADS / case).read_text())


def parse(case: str, body: Any = None) -> list[Signal]:
    source = list_sources()[FOLDERS[case.partition("/")[0]]]
    content = json.dumps(load(case) if body is None else body).encode()
    return [one for one in source.parse(Hook(content)) if isinstance(one, Signal)]


def show(signal: Signal) -> tuple[str, str, str, str]:
    return signal.action.value, signal.title, signal.priority.value, signal.source


@pytest.mark.parametrize(
    ("case", "signals"),
    [
        (
            "grafana-unified/firing-multiple-v8.json",
            [
                ("trigger", "This alert was triggered for zone us-1", "P3", "https://play.grafana.org/"),
                ("trigger", "This alert was triggered for zone eu-1", "P3", "https://play.grafana.org/"),
            ],
        ),
        (
            "grafana-unified/resolved-v9.json",
            [
                (
                    "resolve",
                    "This is a summary field, failure on <no value>",
                    "P3",
                    "https://grafana.example.com/",
                )
            ],
        ),
        ("grafana-legacy/alerting.json", [("trigger", "Zeta CPU alert", "P3", "grafana")]),
        ("grafana-legacy/no-data.json", [("trigger", "No Data alert", "P3", "grafana")]),
        ("grafana-legacy/ok.json", [("resolve", "Zeta CPU alert", "P3", "grafana")]),
        (
            "uptime-kuma/down.json",
            [("trigger", "Checkout API is down", "P2", "http://127.0.0.1:9993/health")],
        ),
        ("uptime-kuma/up.json", [("resolve", "Checkout API is up", "P2", "http://127.0.0.1:9993/health")]),
        ("pingdom/http-down.json", [("trigger", "Test check is down", "P2", "someurl.com")]),
        ("pingdom/imap-up.json", [("resolve", "IMAP check is up", "P2", "imap.someurl.com")]),
        ("gcp-monitoring/open.json", [("trigger", "Webserver Health on webserver-85", "P3", "webserver-85")]),
        (
            "gcp-monitoring/closed.json",
            [("resolve", "Webserver Health on webserver-85", "P3", "webserver-85")],
        ),
        (
            "newrelic-workflows/activated-default.json",
            [
                (
                    "trigger",
                    "zulip_app query result is > 1.0 for 1 minutes on 'Zulip Server Low Storage'",
                    "P1",
                    "zulip_app",
                )
            ],
        ),
        ("newrelic-legacy/opened.json", [("trigger", "Server Down", "P2", "Test policy name")]),
        ("newrelic-legacy/acknowledged.json", [("acknowledge", "Server Down", "P2", "Test policy name")]),
        ("newrelic-legacy/closed.json", [("resolve", "Server Down", "P2", "Test policy name")]),
        ("azure-monitor/classic-activated.json", [("trigger", "ruleName1 on mysite1", "P3", "mysite1")]),
        (
            "azure-monitor/common-schema-resolved.json",
            [("resolve", "WCUS-R2-Gen2 on wcus-r2-gen2", "P4", "wcus-r2-gen2")],
        ),
        ("azure-monitor/metric-v2-activated.json", [("trigger", "StorageCheck on diag500", "P3", "diag500")]),
        ("azure-monitor/metric-v2-deactivated.json", [("resolve", "CpuUtilHigh on web01", "P4", "web01")]),
        ("splunk/search-one-result.json", [("trigger", "sudo", "P3", "myserver")]),
    ],
)
def test_a_captured_body_becomes_these_signals(case: str, signals: list[tuple[str, str, str, str]]) -> None:
    assert [show(signal) for signal in parse(case)] == signals


def test_every_captured_body_is_judged() -> None:
    judged = test_a_captured_body_becomes_these_signals.pytestmark[0].args[1]  # type: ignore[attr-defined]
    assert sorted(case for case, _ in judged) == CASES


@pytest.mark.parametrize(
    "life",
    [
        ("grafana-legacy/alerting.json", "grafana-legacy/ok.json"),
        ("uptime-kuma/down.json", "uptime-kuma/up.json"),
        ("gcp-monitoring/open.json", "gcp-monitoring/closed.json"),
        ("newrelic-legacy/opened.json", "newrelic-legacy/acknowledged.json", "newrelic-legacy/closed.json"),
    ],
)
def test_the_alias_is_the_same_over_a_life(life: tuple[str, ...]) -> None:
    assert len({parse(case)[0].alias for case in life}) == 1


def test_different_troubles_have_different_aliases() -> None:
    firsts = [signal.alias for case in CASES for signal in parse(case)]
    lives = {
        "grafana-legacy/ok.json",
        "uptime-kuma/up.json",
        "gcp-monitoring/closed.json",
        "newrelic-legacy/acknowledged.json",
        "newrelic-legacy/closed.json",
    }
    again = [signal.alias for case in lives for signal in parse(case)]
    assert len(set(firsts)) == len(firsts) - len(again)


VARYING = {
    "grafana-unified/firing-multiple-v8.json": ("message", "title", "truncatedAlerts", "externalURL"),
    "grafana-legacy/alerting.json": ("message", "title", "evalMatches", "ruleUrl", "imageUrl"),
    "uptime-kuma/down.json": ("msg",),
    "pingdom/http-down.json": ("description", "long_description", "state_changed_timestamp", "check_name"),
    "newrelic-workflows/activated-default.json": ("title", "updatedAt", "totalIncidents", "priority"),
    "newrelic-legacy/opened.json": ("details", "timestamp", "severity"),
    "splunk/search-one-result.json": ("sid", "results_link", "owner"),
}


@pytest.mark.parametrize("case", sorted(VARYING))
@given(data=st.data())
def test_the_alias_does_not_change_with_text_value_or_time(case: str, data: st.DataObject) -> None:
    body = load(case)
    for name in data.draw(st.sets(st.sampled_from(VARYING[case]), min_size=1)):
        body[name] = data.draw(st.text(max_size=20))
    assert [one.alias for one in parse(case, body)] == [one.alias for one in parse(case)]


def list_places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(place for key, part in inner for place in list_places(part, (*way, key)))]


odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=12),
    st.just([]),
    st.just({}),
    st.just([None]),
    st.just(0),
    st.just("none"),
)


@pytest.mark.parametrize("case", CASES)
@given(data=st.data())
@settings(max_examples=40)
def test_a_body_that_is_almost_right_raises_nothing_but_a_refusal(case: str, data: st.DataObject) -> None:
    body = copy.deepcopy(load(case))
    for _ in range(data.draw(st.integers(1, 3))):
        way = data.draw(st.sampled_from([place for place in list_places(body) if place] or [()]))
        if not way:
            break
        holder = body
        for key in way[:-1]:
            holder = holder[key]
        if data.draw(st.booleans()) and isinstance(holder, dict):
            del holder[way[-1]]
        else:
            holder[way[-1]] = copy.deepcopy(data.draw(odd))
    try:
        signals = parse(case, body)
    except (Malformed, Invalid) as refusal:
        told, signals = refusal.field or refusal.code, []
    else:
        told = "nothing"
    assert told
    assert all(signal.alias and signal.title for signal in signals)


def test_states_that_are_no_trouble_are_let_be() -> None:
    kuma, legacy = load("uptime-kuma/down.json"), load("grafana-legacy/alerting.json")
    kuma["heartbeat"]["status"] = 3
    assert parse("uptime-kuma/down.json", kuma) == []
    assert parse("uptime-kuma/down.json", {"heartbeat": None, "monitor": None, "msg": "Testing"}) == []
    assert parse("grafana-legacy/alerting.json", {**legacy, "state": "paused"}) == []


def test_ids_may_be_zero() -> None:
    legacy = load("grafana-legacy/alerting.json")
    assert parse("grafana-legacy/alerting.json", {**legacy, "ruleId": 0})[0].alias == "rule-1-0"


def test_links_and_pictures_of_grafana() -> None:
    body = load("grafana-unified/firing-multiple-v8.json")
    body["alerts"][0]["imageURL"] = "https://grafana.example.com/i.png"
    first = parse("grafana-unified/firing-multiple-v8.json", body)[0]
    assert [link.title for link in first.links] == ["Runbook", "Rule", "Silence in Grafana"]
    assert [image.url for image in first.images] == ["https://grafana.example.com/i.png"]
    assert first.team == "blue"


@pytest.mark.parametrize(("word", "priority"), [("Sev0", "P1"), ("Sev4", "P5"), ("1", "P2"), (None, "P3")])
def test_severities_of_azure(word: str | None, priority: str) -> None:
    body = load("azure-monitor/common-schema-resolved.json")
    body["data"]["essentials"]["severity"] = word
    assert parse("azure-monitor/common-schema-resolved.json", body)[0].priority is Priority(priority)


@pytest.mark.parametrize(
    ("opened", "closed"),
    [
        ("uptime-kuma/down.json", "uptime-kuma/up.json"),
        ("gcp-monitoring/open.json", "gcp-monitoring/closed.json"),
    ],
)
async def test_a_life_through_the_door(sqlite_house: House, opened: str, closed: str) -> None:
    source = FOLDERS[opened.partition("/")[0]]
    status, answer = await sqlite_house.send(load(opened), source)
    assert (status, answer["alerts"][0]["outcome"]) == (202, "opened")
    assert (await sqlite_house.send(load(opened), source))[1]["alerts"][0]["outcome"] == "repeated"
    assert (await sqlite_house.send(load(closed), source))[1]["alerts"][0]["outcome"] == "closed"
    (alert,) = await sqlite_house.rows(Alert)
    assert (alert.status, alert.count) == (AlertStatus.CLOSED, 2)


async def test_what_can_not_be_understood_is_named(sqlite_house: House) -> None:
    status, answer = await sqlite_house.send({"check_id": 1, "current_state": "SIDEWAYS"}, "pingdom")
    assert (status, answer["field"]) == (400, "current_state")
    assert "up" in answer["detail"]
    assert await sqlite_house.rows(Alert) == []


def test_repeats_of_a_search_are_one_trouble() -> None:
    body = load("splunk/search-one-result.json")
    first, second = (parse("splunk/search-one-result.json", {**body, "sid": sid})[0] for sid in ("a", "b"))
    assert replace(first, raw={}) == replace(second, raw={})
    assert first.action is Action.TRIGGER


async def test_the_multipart_form_of_uptime_kuma_is_the_same_life(sqlite_house: House) -> None:
    url = await sqlite_house.add_sender("uptime_kuma")
    outcomes = []
    for case in ("uptime-kuma/down.json", "uptime-kuma/up.json"):
        form = aiohttp.FormData({"data": json.dumps(load(case))}, default_to_multipart=True)
        async with sqlite_house.http.post(url, data=form) as response:
            assert response.status == 202
            outcomes.append((await response.json())["alerts"][0])
    assert [one["outcome"] for one in outcomes] == ["opened", "closed"]
    assert outcomes[0]["alias"] == parse("uptime-kuma/down.json")[0].alias


async def test_a_multipart_form_that_holds_no_json_is_refused_with_its_fault(sqlite_house: House) -> None:
    url = await sqlite_house.add_sender("uptime_kuma")
    for form, code in (
        (aiohttp.FormData({"data": "{"}, default_to_multipart=True), "body.not_json"),
        (aiohttp.FormData({"data": "[]"}, default_to_multipart=True), "body.not_object"),
        (aiohttp.FormData({f"f{n}": "x" for n in range(500)}, default_to_multipart=True), "body.not_form"),
    ):
        async with sqlite_house.http.post(url, data=form) as response:
            assert (response.status, (await response.json())["title"]) == (400, code)


@pytest.mark.parametrize(
    ("annotations", "name", "title", "description"),
    [
        ({}, "DatasourceNoData", "No data: CPU of web", ""),
        ({"summary": "CPU is high"}, "DatasourceNoData", "No data: CPU is high", ""),
        ({"Error": "timeout"}, "DatasourceError", "Can't be evaluated: CPU of web", "timeout"),
        ({}, "CPU of web", "CPU of web", ""),
    ],
)
def test_grafana_names_the_rule_that_has_no_data(
    annotations: dict[str, str], name: str, title: str, description: str
) -> None:
    labels = {"alertname": name, "rulename": "CPU of web", "ref_id": "A"}
    alert = {"status": "firing", "labels": labels, "annotations": annotations, "fingerprint": "f"}
    (signal,) = list_sources()["grafana"].parse(Hook(json.dumps({"alerts": [alert]}).encode()))
    assert (signal.title, signal.description) == (title, description)


@pytest.mark.parametrize(
    ("word", "priority"),
    [
        ("crit", "P1"), ("URGENT", "P1"), ("P0", "P1"), ("sev0", "P1"), ("SEV-1", "P1"), ("sev 2", "P2"),
        ("SEV5", "P5"), ("warn", "P3"),
        ("err", "P2"), ("notice", "P5"), ("p4", "P4"), ("sev9", "P3"), ("what?", "P3"), (None, "P3"), (1, "P3"),
    ],
)  # fmt: skip
def test_the_words_of_senders_for_how_urgent_it_is(word: object, priority: str) -> None:
    assert read_priority(word).value == priority
