"""Datadog, integration "Webhooks", with the payload below; also its default payload, and either one as a form.

    {"alert_id": "91234567", "alert_scope": "host:web-1,env:prod", "alert_transition": "Triggered", "alert_type": "error",
     "alert_title": "[Triggered on {host:web-1}] CPU is high", "alert_priority": "P2", "tags": "env:prod,service:shop"}

A monitor with several groups is one alert for each group: the monitor and its scope make the alias. A variable that Datadog
has no value for stays as it was written (`$SNAPSHOT`). The default payload names no monitor; there the title, whose
beginning tells state and scope, is all there is.
Source: docs.datadoghq.com/integrations/webhooks
"""

import re
from typing import Any

from bot.alerts.signal import Action, Signal, read_priority
from bot.errors import Malformed
from handlers.webhooks.bodies import fill, label_tags, read_fields, split_tags
from handlers.webhooks.source import Hook, Source, as_is, link_to, need, text_of
from storage.words import Priority

TEMPLATE = """{
  "alert_id": "$ALERT_ID",
  "alert_scope": "$ALERT_SCOPE",
  "alert_transition": "$ALERT_TRANSITION",
  "alert_type": "$ALERT_TYPE",
  "alert_priority": "$ALERT_PRIORITY",
  "alert_title": "$ALERT_TITLE",
  "alert_status": "$ALERT_STATUS",
  "alert_metric": "$ALERT_METRIC",
  "alert_query": "$ALERT_QUERY",
  "aggreg_key": "$AGGREG_KEY",
  "id": "$ID",
  "title": "$EVENT_TITLE",
  "text": "$TEXT_ONLY_MSG",
  "hostname": "$HOSTNAME",
  "tags": "$TAGS",
  "link": "$LINK",
  "snapshot": "$SNAPSHOT",
  "date": "$DATE",
  "service": "",
  "team": ""
}"""
BLANK = re.compile(r"\$[A-Z_]+(\[[^\]]*\])?|null")
HEAD = re.compile(
    r"\s*(?:\[(?P<priority>P[1-5])\]\s*)?"
    r"\[(?P<state>(?:re-)?(?:triggered|recovered|warn|no data|renotify))(?: on \{(?P<scope>[^\]]*)\})?\]\s*",
    re.IGNORECASE,
)
"""How Datadog begins the title of a monitor's message."""
STATES = {"recovered": Action.RESOLVE, "muted": None}
TYPES = {"success": Action.RESOLVE, "info": None}
"""What the message is when it names no transition."""
SEVERITIES = {"error": Priority.P2, "warning": Priority.P3, "info": Priority.P5, "success": Priority.P5}


def parse(hook: Hook) -> list[Signal]:
    body = read_fields(hook)
    known = fill(body, BLANK)
    title = text_of(known.get("alert_title")) or text_of(known.get("title"))
    head = HEAD.match(title)
    action = _read_action(known, head)
    if action is None:
        return []
    scope = text_of(known.get("alert_scope")) or (head["scope"] or "" if head else "")
    name = (title[head.end() :] if head else title).strip()
    tags = split_tags(known.get("tags"))
    labels = label_tags(tags)
    where = "" if scope in ("", "*") or scope in name else f" on {scope}"
    host = text_of(known.get("hostname")) or labels.get("host", "")
    kind = text_of(known.get("alert_type")).lower()
    told = (
        text_of(known.get("alert_status")),
        text_of(known.get("text") or known.get("body")).replace("%%%", "").strip(),
    )
    return [
        Signal(
            action,
            _read_alias(known, scope, name),
            f"{name or 'Datadog monitor'}{where}",
            description="\n\n".join(part for part in told if part),
            priority=read_priority(
                known.get("alert_priority") or (head and head["priority"]), SEVERITIES.get(kind, Priority.P3)
            ),
            source=host or "datadog",
            service=text_of(known.get("service")) or labels.get("service", ""),
            team=text_of(known.get("team")) or labels.get("team", ""),
            entity=host or scope.strip("*"),
            labels=labels | _read_labels(known, scope),
            links=link_to(("Monitor in Datadog", known.get("link"))),
            images=link_to((name, known.get("snapshot"))),
            tags=tags,
            raw=body,
        )
    ]


def _read_action(known: dict[str, Any], head: re.Match[str] | None) -> Action | None:
    """A word that nobody knows opens an alert rather than being lost."""
    state = text_of(known.get("alert_transition")) or (head["state"] if head else "")
    if state:
        return STATES.get(state.lower(), Action.TRIGGER)
    if "alert_type" not in known and "alert_id" not in known and "title" not in known:
        raise Malformed("field.missing", "alert_transition", name="alert_transition", known=[])
    return TYPES.get(text_of(known.get("alert_type")).lower(), Action.TRIGGER)


def _read_alias(known: dict[str, Any], scope: str, name: str) -> str:
    if text_of(known.get("alert_id")):
        return f"monitor-{need(known, 'alert_id')}:{','.join(sorted(split_tags(scope)))}"
    if text_of(known.get("aggreg_key")):
        return f"event-{need(known, 'aggreg_key')}"
    return f"{name}:{scope}" if name else f"event-{need(known, 'id')}"


def _read_labels(known: dict[str, Any], scope: str) -> dict[str, str]:
    found = {
        "monitor": text_of(known.get("alert_id")),
        "scope": scope,
        "metric": text_of(known.get("alert_metric")),
        "query": text_of(known.get("alert_query")),
    }
    return {name: value for name, value in found.items() if value}


SOURCE = Source(
    name="datadog",
    title="Datadog",
    parse=parse,
    paste=f"""Integrations > Webhooks > New
  Name: tocsin
  URL: {{url}}
  Payload:
{as_is(TEMPLATE)}
Then write @webhook-tocsin into the message of each monitor.""",
)
