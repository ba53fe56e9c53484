"""Uptime Kuma, notification type "Webhook" with body "Preset - application/json" or "Preset - multipart/form-data".

    {"heartbeat": {"monitorID": 1, "status": 0, "msg": "..."}, "monitor": {"id": 1, "name": "...", "url": "..."},
     "msg": "..."}

`status` is 0 down, 1 up, 2 pending, 3 maintenance. A message without heartbeat is a test, or news about a certificate. The
multipart form has the same JSON in its field `data`.
Source: captured from Uptime Kuma 2.5.3
"""

from bot.alerts.signal import Action, Signal
from bot.errors import Malformed
from handlers.webhooks.bodies import read_fields
from handlers.webhooks.source import Hook, Source, link_to, need, part_of, text_of
from storage.words import Priority

STATES = {"0": Action.TRIGGER, "1": Action.RESOLVE, "2": None, "3": None}


def parse(hook: Hook) -> list[Signal]:
    body = read_fields(hook)
    beat, monitor = part_of(body, "heartbeat"), part_of(body, "monitor")
    if not beat:
        return []
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


SOURCE = Source(
    name="uptime_kuma",
    title="Uptime Kuma",
    parse=parse,
    paste="""Settings > Notifications > Setup notification
  Notification type: Webhook
  Post URL: {url}
  Request body: Preset - application/json (multipart/form-data is read, too)""",
)
