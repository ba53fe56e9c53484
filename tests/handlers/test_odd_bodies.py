"""Bodies that real senders write now and then: what is odd about one costs no alert."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from bot.alerts.signal import Action
from bot.errors import Malformed
from handlers.webhooks.receive import list_sources
from handlers.webhooks.source import Hook
from storage.models import Alert
from storage.words import Priority
from tests.handlers.sender_cases import PAYLOADS
from tests.house import House

SOURCES = list_sources()
ODD = b'\xef\xbb\xbf{"head": 1, "%s": "cut \\ud83d\nhere"%s}'
KUMA = "[Shop][https://shop.example.org] server certificate shop.example.org will expire in %s days"
PLUGIN = {
    "id": "27379932",
    "project": "web",
    "project_name": "Web",
    "project_slug": "web",
    "logger": None,
    "level": "error",
    "culprit": "raven.scripts.runner in main",
    "message": "This is an example Python exception",
    "url": "https://sentry.io/organizations/acme/issues/27379932/?referrer=webhooks_plugin",
    "triggering_rules": ["Errors"],
    "event": {
        "event_id": "e4874d66",
        "title": "ZeroDivisionError: division by zero",
        "tags": [["environment", "prod"]],
    },
}


def parse(source: str, body: Any, kind: str = "application/json") -> list[Any]:
    sent = body if isinstance(body, str) else json.dumps(body)
    return list(SOURCES[source].parse(Hook(sent.encode(), {"Content-Type": kind})))


@pytest.mark.parametrize(
    ("source", "path", "name", "rest"),
    [
        ("generic", "hooks/generic/{key}", b"title", b""),
        ("opsgenie", "v2/alerts", b"message", b""),
        ("alerta", "alerta/{key}/alert", b"text", b', "resource": "web-1", "event": "down"'),
        (
            "pagerduty_events",
            "v2/enqueue",
            b"client",
            b', "event_action": "trigger", "payload": {"summary": "Down", "source": "web", "severity": "error"}',
        ),
    ],
)
async def test_every_door_takes_what_is_almost_json(
    sqlite_house: House, source: str, path: str, name: bytes, rest: bytes
) -> None:
    key = (await sqlite_house.add_sender(source)).rpartition("/")[2]
    headers = {"Authorization": f"GenieKey {key}", "X-Routing-Key": key}
    url = f"{sqlite_house.url}/{path.format(key=key)}"
    async with sqlite_house.http.post(url, data=ODD % (name, rest), headers=headers) as response:
        assert response.status in (201, 202), await response.text()
    assert len(await sqlite_house.rows(Alert)) == 1


async def test_prometheus_may_send_what_is_almost_json(sqlite_house: House) -> None:
    url = await sqlite_house.add_sender("prometheus")
    body = b'\xef\xbb\xbf[{"labels": {"alertname": "Full", "path": "cut \\ud83d"}}]'
    async with sqlite_house.http.post(f"{url}/api/v2/alerts", data=body) as response:
        assert response.status == 200, await response.text()
    (alert,) = await sqlite_house.rows(Alert)
    assert alert.labels == {"alertname": "Full", "path": "cut \ufffd"}


async def test_a_label_of_prometheus_may_have_any_name(sqlite_house: House) -> None:
    url = await sqlite_house.add_sender("prometheus")
    labels = {"alertname": "Slow", "service.name": "shop", "größe": "L"}
    for ends in ("2126-01-01T00:00:00Z", "2026-01-01T00:00:00Z"):
        body = [{"labels": labels, "annotations": {"a.b": "c"}, "endsAt": ends}]
        async with sqlite_house.http.post(f"{url}/api/v2/alerts", json=body) as response:
            assert response.status == 200, await response.text()
    (alert,) = await sqlite_house.rows(Alert)
    assert (alert.labels, alert.status.value) == (labels, "closed")


@pytest.mark.parametrize("path", ["hooks/generic/{key}", "v2/alerts"])
async def test_a_body_that_is_packed_wrongly_is_refused(sqlite_house: House, path: str) -> None:
    key = (await sqlite_house.add_sender("generic" if "hooks" in path else "opsgenie")).rpartition("/")[2]
    headers = {"Authorization": f"GenieKey {key}", "Content-Encoding": "gzip"}
    url = f"{sqlite_house.url}/{path.format(key=key)}"
    async with sqlite_house.http.post(url, data=b"nothing that was packed", headers=headers) as response:
        assert (response.status, (await response.json())["title"]) == (400, "body.broken")


def test_what_grafana_oncall_takes_is_read_and_a_form_too() -> None:
    body = {
        "alert_uid": "08d6891a-835c-e661-39fa-96b6a9e26552",
        "title": "The whole system is down",
        "image_url": "https://example.org/smoke.jpg",
        "state": "alerting",
        "link_to_upstream_details": "https://example.org/system",
        "message": "Smoke was seen",
    }
    (opened,), (over,) = parse("generic", body), parse("generic", {**body, "state": "ok"})
    assert (opened.action, over.action, opened.alias) == (Action.TRIGGER, Action.RESOLVE, body["alert_uid"])
    assert (opened.title, opened.description) == ("The whole system is down", "Smoke was seen")
    assert [one.url for one in (*opened.links, *opened.images)] == [
        "https://example.org/system",
        "https://example.org/smoke.jpg",
    ]
    for sent in (urlencode(body), urlencode({"payload": json.dumps(body)}), json.dumps(body)):
        (signal,) = parse("generic", sent, "application/x-www-form-urlencoded")
        assert (signal.alias, signal.title, signal.description) == (
            opened.alias,
            opened.title,
            opened.description,
        )
    assert parse("generic", {"message": "Down"})[0].description == ""


def test_a_certificate_that_ends_soon_is_an_alert_of_uptime_kuma() -> None:
    first, later = [
        parse("uptime_kuma", {"heartbeat": None, "monitor": None, "msg": KUMA % days})[0] for days in (21, 14)
    ]
    assert (first.action, first.priority, first.title) == (Action.TRIGGER, Priority.P3, KUMA % 21)
    assert first.alias == later.alias
    assert parse("uptime_kuma", {"heartbeat": None, "monitor": None, "msg": "Ops Testing"}) == []


def test_the_older_plugin_of_sentry_tells_of_the_same_issue() -> None:
    (signal,) = parse("sentry", PLUGIN)
    assert (signal.alias, signal.title, signal.priority, signal.service) == (
        "issue-27379932",
        "ZeroDivisionError: division by zero",
        Priority.P2,
        "web",
    )
    assert signal.labels == {"environment": "prod", "project": "web", "level": "error", "rule": "Errors"}
    assert [link.url for link in signal.links] == [PLUGIN["url"]]
    with pytest.raises(Malformed):
        parse("sentry", {"text": "a message in the words of another product"})


@pytest.mark.parametrize(
    ("source", "file", "way"),
    [
        ("azure", "azure-monitor/common-schema-resolved.json", "data.customProperties"),
        ("gcp", "gcp-monitoring/open.json", "incident.documentation"),
        ("gcp", "gcp-monitoring/open.json", "incident.resource"),
        ("grafana", "grafana-legacy/alerting.json", "tags"),
        ("pagerduty", "pagerduty-webhook-v3/incident-triggered.json", "event.data.conference_bridge"),
        ("pingdom", "pingdom/http-down.json", "first_probe"),
        ("pingdom", "pingdom/http-down.json", "check_params"),
        ("splunk", "splunk/search-one-result.json", "result"),
        ("statuspage", "statuspage/incident-created.json", "page"),
    ],
)
@pytest.mark.parametrize("value", ["", "words", [], 0, None])
def test_what_is_beside_the_point_may_be_of_any_kind(source: str, file: str, way: str, value: Any) -> None:
    body = json.loads((PAYLOADS / file).read_text())
    *steps, last = way.split(".")
    part = body
    for step in steps:
        part = part[step]
    part[last] = value
    before, after = parse(source, json.loads((PAYLOADS / file).read_text())), parse(source, body)
    assert [(one.action, one.alias) for one in after] == [(one.action, one.alias) for one in before]


def test_a_documentation_that_is_a_text_is_told() -> None:
    body = json.loads((PAYLOADS / "gcp-monitoring/open.json").read_text())
    body["incident"]["documentation"] = "See the runbook."
    assert parse("gcp", body)[0].description.endswith("See the runbook.")
