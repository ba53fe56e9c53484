"""Opsgenie's body that creates an alert (`POST /v2/alerts`), as its clients and senders write it.

    {"message": "Load 9 on web-1", "alias": "1aa8fd21", "description": "...", "priority": "P1", "entity": "web-1",
     "responders": [{"type": "team", "name": "infra"}], "tags": ["disk"], "details": {"region": "eu"},
     "source": "http://alertmanager:9093", "user": "deploy", "note": "..."}

`handlers/opsgenie/` serves the whole API; this is what reads the body there, too. The service is `details.service`, where a
sender says one. Source: docs.opsgenie.com/docs/alert-api#create-alert
"""

import uuid
from typing import Any

from bot.alerts.signal import Action, Signal, clip, read_priority
from handlers.opsgenie import limits
from handlers.webhooks.source import Hook, Source, link_to, read_object


def parse(hook: Hook) -> list[Signal]:
    return [read_create(read_object(hook))]


def read_create(body: dict[str, Any]) -> Signal:
    """The signal that opens the alert; raises Invalid. Without an alias it gets one of its own.

    Senders fill in message and priority from labels that may be missing or say `critical`, and don't send again what was
    refused: neither costs the alert.
    """
    responders = [
        *limits.read_responders(body),
        *limits.read_responders({"teams": _as_teams(body.get("teams"))}, "teams"),
    ][: limits.RESPONDERS]
    details = limits.read_details(body)
    return Signal(
        action=Action.TRIGGER,
        alias=limits.read_alias(body) or str(uuid.uuid4()),
        title=_find_title(body, details) or limits.need_text(body, "message", limits.MESSAGE),
        description=limits.read_text(body, "description", limits.DESCRIPTION),
        priority=read_priority(limits.read_text(body, "priority", 40)),
        source=limits.read_text(body, "source", limits.SOURCE),
        service=details.get("service", ""),
        team=next((one["name"] for one in responders if one["type"] == "team" and one["name"]), ""),
        labels=details,
        links=link_to(("Link", details.get("url"))),
        tags=tuple(limits.read_words(body, "tags", limits.TAGS, limits.TAG)),
        entity=limits.read_text(body, "entity", limits.ENTITY),
        user=limits.read_text(body, "user", limits.USER),
        note=limits.read_text(body, "note", limits.NOTE),
        raw=body,
        responders=tuple(responders),
        actions=tuple(limits.read_words(body, "actions", limits.ACTIONS, limits.ACTION)),
    )


def _find_title(body: dict[str, Any], details: dict[str, str]) -> str:
    """The message, or the first of what else says what it is about."""
    lines = limits.read_text(body, "description", limits.DESCRIPTION).splitlines()
    found = (
        limits.read_text(body, "message", limits.MESSAGE),
        details.get("alertname", ""),
        *(line.strip() for line in lines),
        limits.read_text(body, "entity", limits.ENTITY),
        limits.read_text(body, "alias", limits.ENTITY),
    )
    return clip(next((text for text in found if text), ""), limits.MESSAGE)


def _as_teams(value: Any) -> Any:
    """Teams of old clients: names, or objects without a type."""
    if not isinstance(value, list):
        return value
    return [
        {**one, "type": "team"} if isinstance(one, dict) else {"type": "team", "name": one} for one in value
    ]


SOURCE = Source(
    name="opsgenie",
    title="Opsgenie API",
    parse=parse,
    address="{root}/v2/alerts",
    paste="""API key: {key}
API URL: {root} (where a sender wants the full address of alerts: {url})

Alertmanager:
receivers:
  - name: tocsin
    opsgenie_configs:
      - api_url: {root}/
        api_key: {key}

Try it:
curl -X POST {url} -H 'Authorization: GenieKey {key}' -H 'Content-Type: application/json' \\
  -d '{{"message": "Checkout is slow", "alias": "checkout-slow", "priority": "P2"}}'""",
)
