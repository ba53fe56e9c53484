"""Honeycomb, integration "Webhook": triggers and burn alerts with Honeycomb's own payload.

    {"version": "v0.1.0", "name": "Slow requests", "id": "HpPzqZtCNA5", "status": "TRIGGERED", "summary": "...",
     "description": "...", "operator": "greater than", "threshold": 2000, "result_url": "...", "trigger_url": "...",
     "result_groups_triggered": [{"Group": {"service": "shop"}, "Result": 2400}], "is_test": false}

A trigger is one alert, whatever groups are over its threshold: Honeycomb tells that the whole of it is OK again.
Source: docs.honeycomb.io/notify/webhooks
"""

from typing import Any

from bot.alerts.signal import Action, Signal, read_priority
from handlers.webhooks.source import Hook, Source, link_to, need, one_of, read_object, text_of

STATES = {"triggered": Action.TRIGGER, "ok": Action.RESOLVE, "resolved": Action.RESOLVE}
SHOWN = 10
"""Groups that are told of; there may be hundreds."""


def parse(hook: Hook) -> list[Signal]:
    body = read_object(hook)
    action = one_of(body, "status", STATES)
    if body.get("is_test") is True:
        return []
    number = text_of(body.get("id")).strip()
    name = text_of(body.get("name")) or f"Trigger {number}" if number else need(body, "name")
    groups = _read_groups(body.get("result_groups_triggered"))
    first = {key: text_of(value) for key, value in groups[0][0].items()} if len(groups) == 1 else {}
    told = (text_of(body.get("trigger_description")), text_of(body.get("description")), _tell(groups))
    operator = text_of(body.get("operator"))
    kept = {
        "dataset": text_of(body.get("dataset_name") or body.get("dataset")),
        "environment": text_of(body.get("environment")),
        "threshold": f"{operator} {text_of(body.get('threshold'))}" if operator else "",
    }
    return [
        Signal(
            action,
            number or name,
            name,
            description="\n\n".join(part for part in told if part),
            priority=read_priority(body.get("priority") or body.get("severity")),
            source=kept["dataset"] or "honeycomb",
            service=text_of(body.get("service")) or first.get("service") or first.get("service.name", ""),
            team=text_of(body.get("team")),
            entity=", ".join(value for value in first.values() if value),
            labels=first | {key: value for key, value in kept.items() if value},
            links=link_to(
                ("Results", body.get("result_url")),
                ("Trigger", body.get("trigger_url")),
                ("SLO", body.get("slo_url")),
            ),
            raw={key: value for key, value in body.items() if key != "shared_secret"},
        )
    ]


def _read_groups(value: Any) -> list[tuple[dict[str, Any], Any]]:
    """What is over the threshold, and by how much."""
    found = [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
    return [
        (one["Group"], one.get("Result"))
        for one in found
        if isinstance(one.get("Group"), dict) and one["Group"]
    ]


def _tell(groups: list[tuple[dict[str, Any], Any]]) -> str:
    lines = [
        ", ".join(f"{key}={text_of(value)}" for key, value in group.items()) + f": {text_of(result)}"
        for group, result in groups[:SHOWN]
    ]
    return "\n".join([*lines, f"and {len(groups) - SHOWN} more"] if len(groups) > SHOWN else lines)


SOURCE = Source(
    name="honeycomb",
    title="Honeycomb",
    parse=parse,
    paste="""Team settings > Integrations > Add integration
  Provider: Webhook
  Webhook URL: {url}
Then add it as a recipient to each trigger and burn alert.""",
)
