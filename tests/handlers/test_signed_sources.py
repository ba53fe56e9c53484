"""Sources that tell of troubles at other products: captured bodies, and the signals that they must become."""

import copy
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerts.signal import Action, Signal
from bot.errors import Invalid, Malformed
from handlers.webhooks.receive import list_sources
from handlers.webhooks.source import Hook
from storage.models import Alert, AlertNote
from storage.words import AlertStatus
from tests.handlers.test_sources import list_places, odd
from tests.house import House

PAYLOADS = Path(__file__).parent.parent / "payloads"
FOLDERS = {
    "sentry": "sentry",
    "pagerduty-webhook-v3": "pagerduty",
    "jira": "jira",
    "opsgenie-webhook": "opsgenie_webhook",
    "statuspage": "statuspage",
}
CASES = sorted(
    str(path.relative_to(PAYLOADS)) for folder in FOLDERS for path in (PAYLOADS / folder).glob("[!_]*.json")
)
METRIC_ALERT = {
    "action": "critical",
    "data": {
        "metric_alert": {"id": "4", "alert_rule": {"id": "7", "name": "Too many errors", "environment": "prod"},
                         "projects": ["web"]},
        "description_title": "Critical: Too many errors",
        "description_text": "1000 events in the last 10 minutes",
        "web_url": "https://sentry.io/organizations/acme/alerts/rules/details/4/",
    },
}  # fmt: skip
"""After Sentry's documentation of metric alerts."""
EVENT_ALERT = {
    "action": "triggered",
    "data": {
        "event": {
            "issue_id": "1635244907", "title": "Exception: Custom exception!", "level": "error", "project": 5216640,
            "culprit": "__main__ in <module>", "web_url": "https://sentry.io/organizations/acme/issues/1635244907/",
            "tags": [["environment", "prod"], ["odd"]],
        },
        "triggered_rule": "Errors in production",
    },
}  # fmt: skip
"""After Sentry's documentation of issue alerts."""


def load(case: str) -> Any:
    return json.loads((PAYLOADS / case).read_text())


def read(source: str, body: Any, headers: dict[str, str] | None = None) -> list[Signal]:
    parsed = list_sources()[source].parse(Hook(json.dumps(body).encode(), headers or {}))
    return [one for one in parsed if isinstance(one, Signal)]


def parse(case: str, body: Any = None) -> list[Signal]:
    return read(FOLDERS[case.partition("/")[0]], load(case) if body is None else body)


def show(signal: Signal) -> tuple[str, ...]:
    return signal.action.value, signal.alias, signal.title, signal.priority.value, signal.service


JUDGED: dict[str, list[tuple[str, ...]]] = {
    "sentry/issue-created.json": [
        ("trigger", "issue-1635244907", "Exception: Custom exception!", "P2", "zulip-integration-testing")
    ],
    "sentry/issue-resolved.json": [
        (
            "resolve",
            "issue-1638821441",
            "Exception: program has entered an invalid state.",
            "P2",
            "zulip-integration-testing",
        )
    ],
    "pagerduty-webhook-v3/incident-triggered.json": [
        ("trigger", "PFQZPSY", "Test Incident 3", "P2", "pig208")
    ],
    "pagerduty-webhook-v3/incident-resolved.json": [("resolve", "PCPZE64", "Test Incident", "P2", "pig208")],
    "pagerduty-webhook-v3/incident-priority-updated.json": [
        ("trigger", "PGR0VU2", "A little bump in the road", "P1", "API Service")
    ],
    "jira/issue-created.json": [("trigger", "issue-10400", "BUG-15: New bug with hook", "P2", "")],
    "jira/status-changed.json": [("acknowledge", "issue-10000", "TEST-1: Fix That", "P3", "")],
    "opsgenie-webhook/create.json": [
        ("trigger", "ec03dad6-62c8-4c94-b38b-d88f398e900f", "another alert", "P3", "")
    ],
    "opsgenie-webhook/acknowledge.json": [
        ("acknowledge", "052652ac-5d1c-464a-812a-7dd18bbfba8c", "test alert", "P3", "")
    ],
    "opsgenie-webhook/close.json": [
        ("resolve", "052652ac-5d1c-464a-812a-7dd18bbfba8c", "test alert", "P3", "")
    ],
    "statuspage/component-update.json": [],
    "statuspage/incident-created.json": [
        ("trigger", "incident-z3lct0r596n4", "Database query delays", "P4", "")
    ],
}


@pytest.mark.parametrize("case", CASES)
def test_a_captured_body_becomes_these_signals(case: str) -> None:
    assert [show(signal) for signal in parse(case)] == JUDGED[case]


def test_an_issue_and_its_alert_are_one_trouble_at_sentry() -> None:
    (alert,) = read("sentry", EVENT_ALERT, {"Sentry-Hook-Resource": "event_alert"})
    (issue,) = parse("sentry/issue-created.json")
    assert alert.alias == issue.alias
    assert alert.labels["environment"] == "prod"
    assert alert.labels["rule"] == "Errors in production"
    assert [link.url for link in alert.links] == ["https://sentry.io/organizations/acme/issues/1635244907/"]


def test_a_metric_alert_of_sentry_over_its_life() -> None:
    lives = [
        read("sentry", {**METRIC_ALERT, "action": one})[0] for one in ("warning", "critical", "resolved")
    ]
    assert {one.alias for one in lives} == {"metric-7"}
    assert [(one.action, one.priority.value) for one in lives] == [
        (Action.TRIGGER, "P3"),
        (Action.TRIGGER, "P1"),
        (Action.RESOLVE, "P3"),
    ]
    assert (lives[1].title, lives[1].service) == ("Critical: Too many errors", "web")


@pytest.mark.parametrize("resource", ["installation", "comment", "error"])
def test_other_resources_of_sentry_do_nothing(resource: str) -> None:
    assert read("sentry", load("sentry/issue-created.json"), {"Sentry-Hook-Resource": resource}) == []
    assert (
        parse("sentry/issue-created.json", {**load("sentry/issue-created.json"), "action": "assigned"}) == []
    )


@pytest.mark.parametrize(
    ("kind", "status", "action"),
    [
        ("incident.acknowledged", "acknowledged", Action.ACKNOWLEDGE),
        ("incident.unacknowledged", "triggered", Action.TRIGGER),
        ("incident.reopened", "triggered", Action.TRIGGER),
        ("incident.escalated", "acknowledged", Action.ACKNOWLEDGE),
        ("incident.annotated", "triggered", None),
        ("incident.responder.added", "triggered", None),
        ("pagey.ping", "", None),
    ],
)
def test_events_of_pagerduty(kind: str, status: str, action: Action | None) -> None:
    body = load("pagerduty-webhook-v3/incident-triggered.json")
    body["event"]["event_type"] = kind
    body["event"]["data"]["status"] = status
    assert [one.action for one in read("pagerduty", body)] == ([action] if action else [])


def test_what_pagerduty_knows_beside() -> None:
    (signal,) = parse("pagerduty-webhook-v3/incident-priority-updated.json")
    assert (signal.team, signal.user) == ("Engineering", "Tenex Engineer")
    assert [link.title for link in signal.links] == ["PagerDuty", "Call"]
    assert signal.labels == {
        "number": "2", "urgency": "high", "escalation_policy": "Default",
        "incident_key": "d3640fbd41094207a1c11e58e46b1662",
    }  # fmt: skip


def test_an_issue_of_jira_over_its_life() -> None:
    body = load("jira/status-changed.json")
    status = body["issue"]["fields"]["status"]

    def act() -> list[Action]:
        return [one.action for one in read("jira", body)]

    assert act() == [Action.ACKNOWLEDGE]
    status["statusCategory"]["key"] = "new"
    assert act() == [Action.TRIGGER]
    status["statusCategory"]["key"] = "done"
    assert act() == [Action.RESOLVE]
    status["statusCategory"]["key"] = "indeterminate"
    body["changelog"]["items"][0]["field"] = "assignee"
    assert act() == []
    body["webhookEvent"] = "jira:issue_deleted"
    assert act() == [Action.RESOLVE]
    body["webhookEvent"] = "comment_created"
    assert act() == []
    (by_automation,) = read("jira", load("jira/issue-created.json")["issue"])
    assert (by_automation.action, by_automation.alias) == (Action.TRIGGER, "issue-10400")
    assert [link.url for link in by_automation.links] == ["http://lfranchi.com:8080/browse/BUG-15"]


@pytest.mark.parametrize("word", ["Escalate", "AssignOwnership", "Snooze", "AddTags"])
def test_other_actions_of_opsgenie_do_nothing(word: str) -> None:
    assert (
        parse("opsgenie-webhook/create.json", {**load("opsgenie-webhook/create.json"), "action": word}) == []
    )


def test_what_opsgenie_knows_beside() -> None:
    body = load("opsgenie-webhook/create.json")
    body["alert"].update(priority="P1", details={"service": "web", "region": "eu"}, description="Look")
    (signal,) = read("opsgenie_webhook", body)
    assert (signal.priority.value, signal.service, signal.description) == ("P1", "web", "Look")
    assert (signal.tags, signal.entity) == (("vip",), "Server")
    assert signal.labels["region"] == "eu"


async def test_notes_are_written_on_the_alert(house: House) -> None:
    opsgenie = load("opsgenie-webhook/create.json")
    await house.send(opsgenie, "opsgenie_webhook")
    noted = {**opsgenie, "action": "AddNote", "alert": {**opsgenie["alert"], "note": "Looked at it"}}
    assert (await house.send(noted, "opsgenie_webhook"))[0] == 202
    assert read("opsgenie_webhook", {**opsgenie, "action": "AddNote"}) == []

    pagerduty = load("pagerduty-webhook-v3/incident-triggered.json")
    await house.send(pagerduty, "pagerduty")
    about = {
        "type": "incident_note",
        "incident": {"id": "PFQZPSY", "summary": "Test"},
        "content": "Restarted",
    }
    note = {"event": {**pagerduty["event"], "event_type": "incident.annotated", "data": about}}
    assert (await house.send(note, "pagerduty"))[0] == 202

    jira = load("jira/issue-created.json")
    await house.send(jira, "jira")
    comment = {"body": "It is the disk", "author": {"displayName": "Kate"}}
    told = {"webhookEvent": "comment_created", "issue": jira["issue"], "comment": comment}
    assert (await house.send(told, "jira"))[0] == 202
    assert [(one.actor_name, one.text) for one in await house.rows(AlertNote) if one.kind == "note"] == [
        ("test@example.com", "Looked at it"),
        ("PIG 208", "Restarted"),
        ("Kate", "It is the disk"),
    ]
    assert len(await house.rows(Alert)) == 3


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("operational", ("resolve", "P5")),
        ("degraded_performance", ("trigger", "P3")),
        ("partial_outage", ("trigger", "P2")),
        ("major_outage", ("trigger", "P1")),
    ],
)
def test_components_of_a_status_page(status: str, shown: tuple[str, str]) -> None:
    body = load("statuspage/component-update.json")
    body["component_update"]["new_status"] = status
    (signal,) = read("statuspage", body)
    assert (signal.action.value, signal.priority.value) == shown
    assert (signal.alias, signal.source) == ("component-sqm6pl84wzjc", "Database component")
    assert signal.title == f"Database component: {status.replace('_', ' ')}"


def test_incidents_of_a_status_page() -> None:
    body = load("statuspage/incident-created.json")
    (opened,) = read("statuspage", body)
    assert opened.description.startswith("We just encountered")
    assert [link.url for link in opened.links] == ["http://stspg.io/646947c1e"]
    body["incident"].update(status="resolved", impact="critical")
    (closed,) = read("statuspage", body)
    assert (closed.alias, closed.action, closed.priority.value) == (opened.alias, Action.RESOLVE, "P1")
    body["incident"]["status"] = "scheduled"
    assert read("statuspage", body) == []


VARYING = {
    "sentry/issue-created.json": ("data.issue.title", "data.issue.culprit", "data.issue.lastSeen", "actor.name"),
    "pagerduty-webhook-v3/incident-triggered.json": (
        "event.id", "event.occurred_at", "event.data.title", "event.data.urgency", "event.agent.summary",
    ),
    "jira/issue-created.json": ("timestamp", "issue.key", "issue.fields.summary", "issue.fields.priority.name"),
    "opsgenie-webhook/create.json": ("alert.message", "alert.updatedAt", "alert.tinyId", "source.name"),
    "statuspage/incident-created.json": ("incident.name", "incident.impact", "page.id", "meta.generated_at"),
}  # fmt: skip


@pytest.mark.parametrize("case", sorted(VARYING))
@given(data=st.data())
@settings(max_examples=25)
def test_the_alias_does_not_change_with_text_value_or_time(case: str, data: st.DataObject) -> None:
    body = load(case)
    for place in data.draw(st.sets(st.sampled_from(VARYING[case]), min_size=1)):
        *way, name = place.split(".")
        holder = body
        for part in way:
            holder = holder[part]
        assert name in holder
        holder[name] = data.draw(st.text(min_size=1, max_size=12).filter(str.strip))
    assert [one.alias for one in parse(case, body)] == [one.alias for one in parse(case)]


@pytest.mark.parametrize("case", CASES)
@given(data=st.data())
@settings(max_examples=40)
def test_a_body_that_is_almost_right_raises_nothing_but_a_refusal(case: str, data: st.DataObject) -> None:
    body = copy.deepcopy(load(case))
    for _ in range(data.draw(st.integers(1, 3))):
        places = [place for place in list_places(body) if place]
        if not places:
            break
        way = data.draw(st.sampled_from(places))
        holder = body
        for key in way[:-1]:
            holder = holder[key]
        holder[way[-1]] = copy.deepcopy(data.draw(odd))
    with suppress(Malformed, Invalid):
        assert all(signal.alias and signal.title for signal in parse(case, body))


@pytest.mark.parametrize("source", sorted(FOLDERS.values()))
@given(content=st.binary(max_size=40) | st.sampled_from([b"[]", b"{}", b"null", b'"x"', b'{"data": 1}']))
@settings(max_examples=30)
def test_any_bytes_are_refused_or_read(source: str, content: bytes) -> None:
    with suppress(Malformed, Invalid):
        assert isinstance(list_sources()[source].parse(Hook(content)), list)


@pytest.mark.parametrize(
    ("source", "opened", "closed"),
    [
        ("sentry", "sentry/issue-created.json", {"action": "resolved"}),
        ("opsgenie_webhook", "opsgenie-webhook/create.json", {"action": "Close"}),
        ("jira", "jira/issue-created.json", {"webhookEvent": "jira:issue_deleted"}),
    ],
)
async def test_a_life_through_the_door(
    house: House, source: str, opened: str, closed: dict[str, str]
) -> None:
    body = load(opened)
    assert (await house.send(body, source))[1]["alerts"][0]["outcome"] == "opened"
    assert (await house.send(body, source))[1]["alerts"][0]["outcome"] == "repeated"
    assert (await house.send({**body, **closed}, source))[1]["alerts"][0]["outcome"] == "closed"
    (alert,) = await house.rows(Alert)
    assert (alert.status, alert.count) == (AlertStatus.CLOSED, 2)
