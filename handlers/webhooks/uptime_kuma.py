"""Uptime Kuma, notification type "Webhook" with body "Preset - application/json" or "Preset - multipart/form-data".

    {"heartbeat": {"monitorID": 1, "status": 0, "msg": "..."}, "monitor": {"id": 1, "name": "...", "url": "..."},
     "msg": "..."}

`status` is 0 down, 1 up, 2 pending, 3 maintenance. A message without heartbeat is a test, or says that a certificate or a
domain ends soon. The multipart form has the same JSON in its field `data`.
Source: captured from Uptime Kuma 2.5.3
"""

import re
from typing import Any

from bot.alerts.signal import Action, Signal
from bot.errors import Malformed
from handlers.webhooks.bodies import read_fields
from handlers.webhooks.source import Hook, Source, extra_of, link_to, need, part_of, text_of
from storage.words import Priority

ENDING = re.compile(r"(?P<what>.+?) will expire in (?P<days>-?\d+) days?")
STATES = {"0": Action.TRIGGER, "1": Action.RESOLVE, "2": None, "3": None}


def parse(hook: Hook) -> list[Signal]:
    body = read_fields(hook)
    beat, monitor = part_of(body, "heartbeat"), extra_of(body, "monitor")
    if not beat:
        return _parse_ending(text_of(body.get("msg")), body)
    status = need(beat, "status")
    if status not in STATES:
        raise Malformed("field.not_one_of", "heartbeat.status", name="heartbeat.status", known=sorted(STATES))
    action = STATES[status]
    if action is None:
        return []
    number = need(monitor or {"id": beat.get("monitorID")}, "id")
    name = text_of(monitor.get("name")) or f"Monitor {number}"
    place = text_of(monitor.get("url")) or text_of(monitor.get("hostname"))
    tags = monitor.get("tags")
    return [
        Signal(
            action,
            f"monitor-{number}",
            f"{name} is {'down' if action is Action.TRIGGER else 'up'}",
            description=text_of(beat.get("msg")) or text_of(body.get("msg")),
            priority=Priority.P2,
            source=place,
            entity=name,
            labels={"monitor": name, "type": text_of(monitor.get("type"))},
            links=link_to(("Monitored URL", monitor.get("url"))),
            tags=tuple(text_of(tag.get("name")) for tag in tags if isinstance(tag, dict))
            if isinstance(tags, list)
            else (),
            raw=body,
        )
    ]


def _parse_ending(told: str, body: dict[str, Any]) -> list[Signal]:
    """A certificate or a domain that ends soon: the same trouble whatever days are left, and never told to be over."""
    ending = ENDING.search(told)
    if ending is None:
        return []
    return [Signal(Action.TRIGGER, f"ending:{ending['what']}", told, source="uptime_kuma", raw=body)]


SOURCE = Source(
    name="uptime_kuma",
    title="Uptime Kuma",
    parse=parse,
    paste="""Settings > Notifications > Setup notification
  Notification type: Webhook
  Post URL: {url}
  Request body: Preset - application/json (multipart/form-data is read, too)""",
)
