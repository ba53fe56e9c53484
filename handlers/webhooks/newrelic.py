"""New Relic: the default body of workflows (destination "Webhook"), and the legacy notification channel.

    {"id": "c5fa...", "state": "ACTIVATED" | "CREATED" | "CLOSED", "priority": "CRITICAL", "title": "...",
     "issueUrl": "...", "impactedEntities": [...], "alertPolicyNames": [...], "alertConditionNames": [...]}
    {"incident_id": 1234, "current_state": "open" | "acknowledged" | "closed", "condition_name": "...", "severity": "..."}

Source: docs.newrelic.com/docs/alerts/get-notified/notification-integrations/#webhook
"""

from typing import Any

from bot.alerts.signal import Action, Signal, read_priority
from handlers.webhooks.source import Hook, Source, extra_of, link_to, need, one_of, read_object, text_of
from storage.words import Priority

STATES = {
    "created": Action.TRIGGER,
    "activated": Action.TRIGGER,
    "open": Action.TRIGGER,
    "acknowledged": Action.ACKNOWLEDGE,
    "closed": Action.RESOLVE,
    "deactivated": None,
    "test": None,
}


def parse(hook: Hook) -> list[Signal]:
    body = read_object(hook)
    if "current_state" in body:
        return _parse_legacy(body)
    action = one_of(body, "state", STATES)
    if action is None:
        return []
    number = need(body, "id")
    return [
        Signal(
            action,
            number,
            text_of(body.get("title")) or f"New Relic issue {number}",
            description=_list("Conditions", body.get("alertConditionNames")),
            priority=read_priority(body.get("priority"), Priority.P3),
            source=_list("", body.get("impactedEntities")),
            entity=_list("", body.get("impactedEntities")),
            labels={
                "policy": _list("", body.get("alertPolicyNames")),
                "workflow": text_of(body.get("workflowName")),
            },
            links=link_to(("Issue in New Relic", body.get("issueUrl"))),
            raw=body,
        )
    ]


def _parse_legacy(body: dict[str, Any]) -> list[Signal]:
    action = one_of(body, "current_state", STATES)
    if action is None:
        return []
    number, condition = need(body, "incident_id"), text_of(body.get("condition_name"))
    labels = {name: text_of(value) for name, value in extra_of(body, "account_labels").items()}
    return [
        Signal(
            action,
            f"incident-{number}",
            condition or text_of(body.get("details")) or f"New Relic incident {number}",
            description=text_of(body.get("details")),
            priority=read_priority(body.get("severity"), Priority.P2),
            source=text_of(body.get("policy_name")),
            labels={**labels, "policy": text_of(body.get("policy_name"))},
            links=link_to(
                ("Incident in New Relic", body.get("incident_url")), ("Runbook", body.get("runbook_url"))
            ),
            user=text_of(body.get("owner")),
            raw=body,
        )
    ]


def _list(title: str, value: Any) -> str:
    text = ", ".join(text_of(one) for one in value) if isinstance(value, list) else text_of(value)
    return f"{title}: {text}" if title and text else text


SOURCE = Source(
    name="newrelic",
    title="New Relic",
    parse=parse,
    paste="""Alerts > Destinations > Webhook
  Endpoint URL: {url}
Then: Alerts > Workflows > Notify > Webhook, with the default payload.""",
)
