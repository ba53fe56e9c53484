"""Dynatrace, problem notification "Custom integration" (a webhook) with the payload below.

    {"PID": "-4619111111111_V2", "ProblemID": "P-2311", "State": "OPEN", "ProblemTitle": "Failure rate increase",
     "ProblemSeverity": "ERROR", "ImpactedEntities": [{"type": "SERVICE", "name": "shop", "entity": "SERVICE-1"}]}

The PID is the problem's over its life; the display number (P-2311) stands in for it. MERGED says that further events became
a part of this problem: a repeat.
Source: docs.dynatrace.com/docs/analyze-explore-automate/notifications-and-alerting/problem-notifications/webhook-integration
"""

import re
from typing import Any

from bot.alerts.signal import Action, Signal, read_priority
from handlers.webhooks.bodies import fill, label_tags, read_fields, split_tags
from handlers.webhooks.source import Hook, Source, as_is, link_to, need, one_of, text_of
from storage.words import Priority

TEMPLATE = """{
  "PID": "{PID}",
  "ProblemID": "{ProblemID}",
  "State": "{State}",
  "ProblemTitle": "{ProblemTitle}",
  "ProblemSeverity": "{ProblemSeverity}",
  "ProblemImpact": "{ProblemImpact}",
  "ProblemDetails": "{ProblemDetailsText}",
  "ProblemURL": "{ProblemURL}",
  "ImpactedEntity": "{ImpactedEntity}",
  "ImpactedEntities": {ImpactedEntities},
  "Tags": "{Tags}",
  "Priority": "",
  "Service": "",
  "Team": "",
  "Runbook": ""
}"""
BLANK = re.compile(r"\{\w+\}")
STATES = {"open": Action.TRIGGER, "merged": Action.TRIGGER, "resolved": Action.RESOLVE}
SEVERITIES = {
    "availability": Priority.P1,
    "error": Priority.P2,
    "performance": Priority.P3,
    "resource_contention": Priority.P3,
    "custom_alert": Priority.P3,
    "monitoring_unavailable": Priority.P4,
    "info": Priority.P5,
}


def parse(hook: Hook) -> list[Signal]:
    body = read_fields(hook)
    known = fill(body, BLANK)
    action = one_of(known, "State", STATES)
    number = text_of(known.get("ProblemID"))
    problem = need(known, "PID") if known.get("PID") else need(known, "ProblemID")
    name = text_of(known.get("ProblemTitle")) or f"Problem {number or problem}"
    entities = _read_entities(known.get("ImpactedEntities"))
    entity = text_of(known.get("ImpactedEntity")) or ", ".join(entities)
    severity = text_of(known.get("ProblemSeverity"))
    tags = split_tags(known.get("Tags"))
    labels = label_tags(tags)
    services = [which for which, kind in entities.items() if kind == "SERVICE"]
    kept = {"problem": number, "severity": severity, "impact": text_of(known.get("ProblemImpact"))}
    return [
        Signal(
            action,
            problem,
            f"{name} on {entity}" if entity and entity not in name else name,
            description=text_of(known.get("ProblemDetails")),
            priority=read_priority(known.get("Priority"), SEVERITIES.get(severity.lower(), Priority.P3)),
            source=entity or "dynatrace",
            service=text_of(known.get("Service"))
            or labels.get("service", "")
            or (services[0] if services else ""),
            team=text_of(known.get("Team")) or labels.get("team", ""),
            entity=entity,
            labels=labels | {key: value for key, value in kept.items() if value},
            links=link_to(
                ("Problem in Dynatrace", known.get("ProblemURL")), ("Runbook", known.get("Runbook"))
            ),
            tags=tags,
            raw=body,
        )
    ]


def _read_entities(value: Any) -> dict[str, str]:
    """The types of what is impacted, by name."""
    found = [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
    return {text_of(one.get("name")): text_of(one.get("type")) for one in found if text_of(one.get("name"))}


SOURCE = Source(
    name="dynatrace",
    title="Dynatrace",
    parse=parse,
    paste=f"""Settings > Integration > Problem notifications > Add notification
  Notification type: Custom integration
  Webhook URL: {{url}}
  Call webhook if problem is closed: on
  Custom payload:
{as_is(TEMPLATE)}""",
)
