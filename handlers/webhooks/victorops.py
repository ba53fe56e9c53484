"""Splunk On-Call (VictorOps), the REST endpoint: whatever sends there sends here when its URL is changed.

    {"message_type": "CRITICAL", "entity_id": "db1/disk", "entity_display_name": "Disk of db1 is full",
     "state_message": "93 %", "host_name": "db1", "monitoring_tool": "nagios", "vo_annotate.u.Runbook": "https://..."}

INFO is no trouble, but a note on one. A routing key at the end of the URL names the team. Without an
entity id Splunk On-Call makes one up; here what is shown stands in for it, so that repeats are one alert.
Source: help.splunk.com, REST Endpoint integration for Splunk On-Call
"""

from typing import Any

from bot.alerts.signal import Action, Signal, read_priority
from bot.errors import Malformed
from handlers.webhooks.bodies import read_fields
from handlers.webhooks.source import Hook, Source, link_to, one_of, text_of
from storage.words import Priority

TYPES = {
    "critical": Action.TRIGGER,
    "warning": Action.TRIGGER,
    "acknowledgement": Action.ACKNOWLEDGE,
    "acknowledgment": Action.ACKNOWLEDGE,
    "info": Action.NOTE,
    "recovery": Action.RESOLVE,
    "ok": Action.RESOLVE,
}
PRIORITIES = {"critical": Priority.P1, "warning": Priority.P3}
NOTE, URL, IMAGE = "vo_annotate.s.", "vo_annotate.u.", "vo_annotate.i."
READ = {
    "message_type",
    "entity_id",
    "entity_display_name",
    "state_message",
    "state_start_time",
    "timestamp",
    "ack_author",
    "ack_msg",
    "ack_message",
    "alert_url",
    "client_url",
    "priority",
    "routing_key",
}
"""The fields that are no labels."""


def parse(hook: Hook) -> list[Signal]:
    body = read_fields(hook)
    action = one_of(body, "message_type", TYPES)
    name, told = text_of(body.get("entity_display_name")).strip(), text_of(body.get("state_message")).strip()
    if action is Action.NOTE and not told:
        return []
    alias = text_of(body.get("entity_id")).strip() or name or told
    if not alias:
        raise Malformed("field.missing", "entity_id", name="entity_id", known=[])
    notes = [f"{title}: {text}" for title, text in _list_annotations(body, NOTE)]
    host = text_of(body.get("host_name"))
    return [
        Signal(
            action,
            alias,
            name or alias,
            description="\n\n".join((told, *notes)).strip(),
            priority=read_priority(
                body.get("priority"), PRIORITIES.get(text_of(body.get("message_type")).lower(), Priority.P3)
            ),
            source=host or text_of(body.get("monitoring_tool")) or "victorops",
            service=text_of(body.get("service")),
            team=hook.route or text_of(body.get("routing_key")),
            entity=host,
            labels=_read_labels(body),
            links=link_to(
                *_list_annotations(body, URL),
                ("Alert", body.get("alert_url")),
                ("Monitor", body.get("client_url")),
            ),
            images=link_to(*_list_annotations(body, IMAGE)),
            user=text_of(body.get("ack_author")),
            note=told if action is Action.NOTE else text_of(body.get("ack_message") or body.get("ack_msg")),
            raw=body,
        )
    ]


def _list_annotations(body: dict[str, Any], start: str) -> list[tuple[str, str]]:
    return [
        (name.removeprefix(start) or "Link", text_of(value))
        for name, value in body.items()
        if name.startswith(start)
    ]


def _read_labels(body: dict[str, Any]) -> dict[str, str]:
    """Every other field that holds one value: senders add their own."""
    found = {
        name: text_of(value)
        for name, value in body.items()
        if name not in READ and not name.startswith("vo_annotate.") and not isinstance(value, dict | list)
    }
    return {name: value for name, value in found.items() if name and value}


SOURCE = Source(
    name="victorops",
    title="Splunk On-Call (VictorOps)",
    parse=parse,
    routed=True,
    paste="""Where the sender has Splunk On-Call's REST URL, with or without a routing key at its end:
  {url}
  {url}/<team>
Alertmanager, victorops_configs: cut the URL after /hooks/victorops/ for api_url; what follows is the api_key
  {url}""",
)
