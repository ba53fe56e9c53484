"""Google Cloud Monitoring, notification channel "Webhook" (schema 1.1 and 1.2).

    {"version": "1.2", "incident": {"incident_id": "0.abc", "state": "open" | "closed", "policy_name": "...",
     "condition_name": "...", "resource_name": "...", "summary": "...", "url": "...", "severity": "Critical",
     "documentation": {"content": "...", "mime_type": "text/markdown"}}}

Source: cloud.google.com/monitoring/support/notification-options#webhooks
"""

from typing import Any

from bot.alerts.signal import Action, Signal, read_priority
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

STATES = {"open": Action.TRIGGER, "acknowledged": Action.ACKNOWLEDGE, "closed": Action.RESOLVE}


def parse(hook: Hook) -> list[Signal]:
    incident = part_of(read_object(hook), "incident")
    action = one_of(incident, "state", STATES)
    number = need(incident, "incident_id")
    named = (text_of(incident.get("policy_name")), text_of(incident.get("resource_name")))
    documentation = extra_of(incident, "documentation")
    told = (
        text_of(incident.get("summary")),
        text_of(documentation.get("content", incident.get("documentation"))),
    )
    return [
        Signal(
            action,
            number,
            " on ".join(part for part in named if part) or text_of(incident.get("condition_name")) or number,
            description="\n\n".join(part for part in told if part),
            priority=read_priority(incident.get("severity"), Priority.P3),
            source=text_of(incident.get("resource_name")),
            entity=text_of(incident.get("resource_id")),
            labels=_read_labels(incident),
            links=link_to(("Incident in Google Cloud", incident.get("url"))),
            raw=incident,
        )
    ]


def _read_labels(incident: dict[str, Any]) -> dict[str, str]:
    labels = {name: text_of(value) for name, value in extra_of(incident, "policy_user_labels").items()}
    for name, value in extra_of(extra_of(incident, "resource"), "labels").items():
        labels[name] = text_of(value)
    for name in ("condition_name", "scoping_project_id", "resource_type_display_name"):
        if incident.get(name):
            labels[name] = text_of(incident[name])
    return labels


SOURCE = Source(
    name="gcp",
    title="Google Cloud Monitoring",
    parse=parse,
    paste="""Monitoring > Alerting > Edit notification channels > Webhooks > Add new
  Endpoint URL: {url}""",
)
