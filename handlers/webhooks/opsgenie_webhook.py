"""Opsgenie's outgoing webhook: what happens to alerts there.

    {"action": "Create", "source": {"name": "web", "type": "API"}, "integrationName": "Webhook", "alert": {
     "alertId": "ec03dad6-...", "alias": "disk-db1", "message": "Disk full", "tinyId": "2", "priority": "P3",
     "entity": "db1", "tags": ["vip"], "source": "...", "username": "kate@example.org",
     "description": "...", "details": {"region": "eu"}}}

Create opens, Acknowledge acknowledges, Close and Delete close, UnAcknowledge counts as a repeat, AddNote writes the note
down (as does the note beside another action); every other action does nothing. Opsgenie does not sign.
(Opsgenie's own API, for clients of Opsgenie, is another thing.)
Source: support.atlassian.com/opsgenie/docs/opsgenie-edge-connector-alert-action-data
"""

from bot.alerts.signal import Action, Signal, read_priority
from handlers.webhooks.source import Hook, Source, need, part_of, read_object, text_of

ACTIONS = {
    "create": Action.TRIGGER,
    "unacknowledge": Action.TRIGGER,
    "acknowledge": Action.ACKNOWLEDGE,
    "close": Action.RESOLVE,
    "delete": Action.RESOLVE,
    "addnote": Action.NOTE,
}


def parse(hook: Hook) -> list[Signal]:
    body = read_object(hook)
    action = ACTIONS.get(need(body, "action").lower())
    alert = part_of(body, "alert")
    note = text_of(alert.get("note")).strip()
    if action is None or (action is Action.NOTE and not note):
        return []
    priority = text_of(alert.get("priority")).strip()
    details, tags = part_of(alert, "details"), alert.get("tags")
    labels = {
        **{name: text_of(value) for name, value in details.items()},
        "alias": text_of(alert.get("alias")),
        "integration": text_of(body.get("integrationName")),
    }
    signal = Signal(
        action=action,
        alias=text_of(alert.get("alertId")) or need(alert, "alias"),
        title=text_of(alert.get("message")) or f"Opsgenie alert {text_of(alert.get('tinyId'))}".strip(),
        description=text_of(alert.get("description")),
        priority=read_priority(f"P{priority}" if priority.isdigit() else priority),
        source=text_of(alert.get("source")),
        service=labels.get("service", ""),
        team=labels.get("team", ""),
        labels={name: value for name, value in labels.items() if value},
        tags=tuple(text_of(tag) for tag in tags) if isinstance(tags, list) else (),
        entity=text_of(alert.get("entity")),
        user=text_of(alert.get("username")),
        note=note,
        raw=body,
    )
    return [signal]


SOURCE = Source(
    name="opsgenie_webhook",
    title="Opsgenie webhook",
    parse=parse,
    paste="""Settings, Integrations, Add integration, Webhook (outgoing):
  Webhook URL: {url}
  Add alert description, Add alert details: on
  Alert actions: alert is created, acknowledged, unacknowledged, closed, deleted""",
)
