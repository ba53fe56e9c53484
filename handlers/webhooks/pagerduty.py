"""PagerDuty's webhooks, version 3: what happens to incidents there.

    {"event": {"event_type": "incident.triggered", "agent": {"summary": "Kate"}, "data": {"id": "PGR0VU2",
     "status": "triggered", "title": "...", "html_url": "...", "service": {"summary": "API Service"}, "urgency": "high",
     "priority": {"summary": "P1"}, "teams": [{"summary": "Engineering"}]}}}

What the incident's `status` says is done. A note is written down. Events that change no status (responders) and the test
`pagey.ping` do nothing. Without a priority, the urgency is one.
Source: developer.pagerduty.com/docs/webhooks-overview, and .../verifying-webhook-signatures
"""

from typing import Any

from bot.alerts.signal import Action, Signal, read_priority
from handlers.webhooks.signing import hex_scheme
from handlers.webhooks.source import (
    Hook,
    Source,
    extra_of,
    link_to,
    need,
    one_of,
    part_of,
    read_object,
    text_of,
)
from storage.words import Priority

STATUSES = {"triggered": Action.TRIGGER, "acknowledged": Action.ACKNOWLEDGE, "resolved": Action.RESOLVE}
TOLD = {
    f"incident.{word}"
    for word in (
        "triggered",
        "acknowledged",
        "unacknowledged",
        "resolved",
        "reopened",
        "escalated",
        "priority_updated",
    )
}
URGENCIES = {"high": Priority.P2, "low": Priority.P4}


def parse(hook: Hook) -> list[Signal]:
    event = part_of(read_object(hook), "event")
    kind, data = need(event, "event_type"), part_of(event, "data")
    if kind == "incident.annotated":
        return _read_note(event, data)
    if kind not in TOLD:
        return []
    priority = read_priority(_summary_of(data.get("priority")), Priority.P3)
    if not _summary_of(data.get("priority")):
        priority = URGENCIES.get(text_of(data.get("urgency")), priority)
    teams = data.get("teams")
    team = _summary_of(teams[0]) if isinstance(teams, list) and teams else ""
    service = _summary_of(data.get("service"))
    labels = {
        "number": text_of(data.get("number")),
        "urgency": text_of(data.get("urgency")),
        "escalation_policy": _summary_of(data.get("escalation_policy")),
        "incident_key": text_of(data.get("incident_key")),
    }
    bridge = extra_of(data, "conference_bridge")
    signal = Signal(
        action=one_of(data, "status", STATUSES),
        alias=need(data, "id"),
        title=text_of(data.get("title")) or f"PagerDuty incident {text_of(data.get('number'))}",
        priority=priority,
        source=service,
        service=service,
        team=team,
        labels={name: value for name, value in labels.items() if value},
        links=link_to(("PagerDuty", data.get("html_url")), ("Call", bridge.get("conference_url"))),
        user=_summary_of(event.get("agent")),
        raw=event,
    )
    return [signal]


def _read_note(event: dict[str, Any], note: dict[str, Any]) -> list[Signal]:
    incident, text = part_of(note, "incident"), text_of(note.get("content")).strip()
    if not text:
        return []
    signal = Signal(
        action=Action.NOTE,
        alias=need(incident, "id"),
        title=_summary_of(incident) or "PagerDuty incident",
        user=_summary_of(event.get("agent")),
        note=text,
        raw=event,
    )
    return [signal]


def _summary_of(value: Any) -> str:
    return text_of(value.get("summary")).strip() if isinstance(value, dict) else ""


SOURCE = Source(
    name="pagerduty",
    title="PagerDuty webhooks",
    parse=parse,
    scheme=hex_scheme("X-PagerDuty-Signature", "v1="),
    paste="""Integrations, Generic Webhooks (v3), New Webhook:
  Webhook URL: {url}
  Event subscription: incident.triggered, .acknowledged, .unacknowledged, .resolved, .reopened,
    .escalated, .priority_updated, .annotated
The secret that PagerDuty shows once signs what it sends.""",
)
