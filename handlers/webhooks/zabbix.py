"""Zabbix, the media type of deploy/zabbix/media_tocsin.yaml (Zabbix 6.0 and later), and bodies of other webhooks that name
a host and a trigger.

    {"event_id": "10528", "event_source": "0", "event_value": "1", "event_update_status": "0", "event_nseverity": "4",
     "event_name": "Disk space is low", "host_name": "db1", "trigger_id": "14032", "event_tags": [{"tag": "service",
     "value": "shop"}], "zabbix_url": "https://zabbix.example.org", ...}

`event_value` is 1 while there is a problem, 0 when it is over. An update has `event_update_status` 1 and tells in words what
was done: an acknowledgement acknowledges, a changed severity is a repeat, anything else with a comment is a note. {EVENT.ID}
is the problem's own over its whole life. A macro that has no value stays as it was written, or is *UNKNOWN*.
Source: zabbix.com/documentation/current/en/manual/appendix/macros/supported_by_location
"""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot.alerts.signal import Action, Signal, read_priority
from bot.errors import Malformed
from handlers.webhooks.bodies import fill, label_tags, read_fields
from handlers.webhooks.source import Hook, Source, link_to, need, one_of, text_of
from storage.words import Priority

BLANK = re.compile(r"\{[A-Z$][A-Z0-9.$_]*\}|\*UNKNOWN\*|\*NULL\*")
SEVERITIES = dict(
    zip("012345", (Priority.P5, Priority.P5, Priority.P4, Priority.P3, Priority.P2, Priority.P1), strict=True)
)
"""Not classified, information, warning, average, high, disaster."""
VALUES = {"1": Action.TRIGGER, "0": Action.RESOLVE}
WORDS = {
    "problem": Action.TRIGGER,
    "update": Action.TRIGGER,
    "ok": Action.RESOLVE,
    "resolved": Action.RESOLVE,
    "recovery": Action.RESOLVE,
}


def parse(hook: Hook) -> list[Signal]:
    body = read_fields(hook)
    known = fill(body, BLANK)
    return _parse_event(known, body) if "event_id" in known else _parse_words(known, body)


def _parse_event(known: dict[str, Any], body: dict[str, Any]) -> list[Signal]:
    # Discovery and autoregistration (1 and 2) have other values, and never end.
    is_lasting = text_of(known.get("event_source", "0")) in ("0", "3", "4")
    action = one_of(known, "event_value", VALUES) if is_lasting else Action.TRIGGER
    if action is Action.TRIGGER and text_of(known.get("event_update_status")) == "1":
        action = _read_update(text_of(known.get("event_update_action")))
    note = text_of(known.get("event_update_message")) if action in (Action.ACKNOWLEDGE, Action.NOTE) else ""
    if action is Action.NOTE and not note:
        return []
    event, trigger = need(known, "event_id"), text_of(known.get("trigger_id"))
    name = text_of(known.get("event_name")) or text_of(known.get("subject")) or f"Zabbix event {event}"
    host = text_of(known.get("host_name")) or text_of(known.get("host_host"))
    tags = _read_tags(known.get("event_tags"))
    labels = label_tags(tags)
    front = text_of(known.get("zabbix_url")).rstrip("/")
    told = (
        text_of(known.get("event_opdata")),
        text_of(known.get("trigger_description")),
        text_of(known.get("message")),
    )
    return [
        Signal(
            action,
            f"event-{event}",
            f"{name} on {host}" if host and host not in name else name,
            description="\n\n".join(dict.fromkeys(part for part in told if part)),
            priority=_read_severity(known),
            source=host or "zabbix",
            service=text_of(known.get("service")) or labels.get("service", ""),
            team=text_of(known.get("team")) or labels.get("team", ""),
            entity=host,
            labels=labels | _read_labels(known),
            links=link_to(
                (
                    "Problem in Zabbix",
                    f"{front}/tr_events.php?triggerid={trigger}&eventid={event}" if trigger else "",
                ),
                ("Runbook", known.get("trigger_url")),
            ),
            tags=tags,
            user=text_of(known.get("user")) if action in (Action.ACKNOWLEDGE, Action.NOTE) else "",
            note=note,
            raw=body,
        )
    ]


def _read_update(words: str) -> Action:
    """What "acknowledged, commented" or "changed severity from Average to High" means for us."""
    done = words.lower()
    if "acknowledged" in done.replace("unacknowledged", ""):
        return Action.ACKNOWLEDGE
    # Services change their severity without a word about it.
    return Action.TRIGGER if "severity" in done or not done else Action.NOTE


def _read_severity(known: dict[str, Any]) -> Priority:
    number = text_of(known.get("event_update_nseverity")) or text_of(known.get("event_nseverity"))
    return read_priority(
        known.get("priority"), SEVERITIES.get(number, read_priority(known.get("event_severity")))
    )


def _read_tags(value: Any) -> tuple[str, ...]:
    pairs = [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
    named = ((text_of(one.get("tag")).strip(), text_of(one.get("value")).strip()) for one in pairs)
    return tuple(f"{tag}:{rest}" if rest else tag for tag, rest in named if tag)


def _read_labels(known: dict[str, Any]) -> dict[str, str]:
    found = {
        "host": text_of(known.get("host_host")) or text_of(known.get("host_name")),
        "ip": text_of(known.get("host_ip")),
        "severity": text_of(known.get("event_severity")),
        "trigger": text_of(known.get("trigger_id")),
    }
    return {name: value for name, value in found.items() if value}


def _parse_words(known: dict[str, Any], body: dict[str, Any]) -> list[Signal]:
    """A webhook of somebody else's that names status, host and trigger in words."""
    if "trigger" not in known:
        raise Malformed("field.missing", "event_id", name="event_id", known=[])
    action = one_of(known, "status", WORDS)
    host, trigger = text_of(known.get("hostname")) or text_of(known.get("host")), need(known, "trigger")
    link = text_of(known.get("link"))
    number = _read_trigger(link)
    return [
        Signal(
            action,
            f"trigger-{number}" if number else f"{host}:{trigger}",
            trigger if not host or host in trigger else f"{trigger} on {host}",
            description=text_of(known.get("item")),
            priority=_read_severity({"event_severity": known.get("severity"), **known}),
            source=host or "zabbix",
            service=text_of(known.get("service")),
            team=text_of(known.get("team")),
            entity=host,
            labels={"host": host, "severity": text_of(known.get("severity"))},
            links=link_to(("Problem in Zabbix", link)),
            raw=body,
        )
    ]


def _read_trigger(link: str) -> str:
    try:
        return parse_qs(urlsplit(link).query, max_num_fields=20).get("triggerid", [""])[0]
    except ValueError:
        return ""


SOURCE = Source(
    name="zabbix",
    title="Zabbix",
    parse=parse,
    paste="""Alerts > Media types > Import: deploy/zabbix/media_tocsin.yaml
Administration > Macros: {{$ZABBIX.URL}} is the address of the frontend
Users > a user > Media > Add
  Type: Tocsin
  Send to: {url}
Alerts > Actions > Trigger actions: notify this user in operations, recovery operations and update operations""",
)
