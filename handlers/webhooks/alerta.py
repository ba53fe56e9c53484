"""Alerta: what is told to its API by `alerta send`, its Python client or one of its integrations.

    {"resource": "web-1", "event": "HttpServerError", "environment": "Production", "severity": "critical",
     "service": ["Shop"], "group": "Web", "value": "503", "text": "...", "tags": ["eu"], "attributes": {"region": "eu"}}

As in Alerta, one trouble is one resource, environment and event; what `correlate` names is the same trouble as the event.
`normal`, `ok` and `cleared` end it. Source: docs.alerta.io/api/alert.html and alertaclient 8.5.3
"""

from typing import Any

from bot.alerts.signal import Action, Signal, read_priority
from bot.errors import Malformed
from handlers.webhooks.source import Hook, Source, extra_of, link_to, need, read_object, text_of
from storage.words import Priority

OVER = ("normal", "ok", "cleared")
PRIORITIES = {
    "security": Priority.P1,
    "indeterminate": Priority.P4,
    "trace": Priority.P5,
    "unknown": Priority.P3,
}


def parse(hook: Hook) -> list[Signal]:
    body = read_object(hook)
    return [read_alert(body)]


def read_alert(body: dict[str, Any]) -> Signal:
    """The signal of an alert as Alerta's API takes it."""
    resource, event = need(body, "resource"), need(body, "event")
    environment = text_of(body.get("environment")).strip()
    severity = text_of(body.get("severity")).strip().lower()
    attributes = extra_of(body, "attributes")
    services, tags = _list(body, "service"), _list(body, "tags")
    value = text_of(body.get("value"))
    same = min({event, *_list(body, "correlate")})
    labels = {
        "environment": environment,
        "group": text_of(body.get("group")),
        "value": value,
        "origin": text_of(body.get("origin")),
        **{name: text_of(part) for name, part in attributes.items()},
    }
    return Signal(
        Action.RESOLVE if severity in OVER else Action.TRIGGER,
        f"{environment}/{resource}/{same}",
        f"{event} on {resource}" + (f": {value}" if value else ""),
        description=text_of(body.get("text")),
        priority=read_priority(severity, PRIORITIES.get(severity, Priority.P3)),
        source=text_of(body.get("origin")) or "alerta",
        service=services[0] if services else "",
        entity=resource,
        tags=tuple(tags),
        labels={name: text for name, text in labels.items() if text},
        links=link_to(("Runbook", attributes.get("runBookUrl")), ("More", attributes.get("moreInfo"))),
        raw=body,
    )


def _list(body: dict[str, Any], name: str) -> list[str]:
    value = body.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise Malformed("field.not_list", name, name=name)
    return [text for text in map(text_of, value) if text]


SOURCE = Source(
    name="alerta",
    title="Alerta",
    parse=parse,
    posted=False,
    address="{root}/alerta/{key}",
    paste="""~/.alerta.conf, or ALERTA_ENDPOINT in the environment:
[DEFAULT]
endpoint = {url}

Try it:
alerta --endpoint-url {url} send -r web-1 -e HttpServerError -E Production -s critical -S Shop -v 503""",
)
