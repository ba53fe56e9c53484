"""Pingdom, integration "Webhook".

    {"check_id": 2048467, "check_name": "...", "current_state": "DOWN", "previous_state": "UP", "importance_level": "HIGH",
     "check_params": {"full_url": "...", "hostname": "..."}, "description": "...", "long_description": "...", "tags": []}

Source: pingdom.com/resources/webhooks
"""

from bot.alerts.signal import Action, Signal, read_priority
from handlers.webhooks.source import Hook, Source, extra_of, link_to, need, one_of, read_object, text_of
from storage.words import Priority

STATES = {
    "down": Action.TRIGGER,
    "failing": Action.TRIGGER,
    "up": Action.RESOLVE,
    "success": Action.RESOLVE,
    "unknown": None,
    "paused": None,
}


def parse(hook: Hook) -> list[Signal]:
    body = read_object(hook)
    action = one_of(body, "current_state", STATES)
    if action is None:
        return []
    number, check = need(body, "check_id"), extra_of(body, "check_params")
    name = text_of(body.get("check_name")) or f"Check {number}"
    probe, tags = extra_of(body, "first_probe"), body.get("tags")
    told = (text_of(body.get("description")), text_of(body.get("long_description")))
    return [
        Signal(
            action,
            f"check-{number}",
            f"{name} is {'down' if action is Action.TRIGGER else 'up'}",
            description=": ".join(part for part in told if part),
            priority=read_priority(body.get("importance_level"), Priority.P2),
            source=text_of(check.get("hostname")),
            entity=name,
            labels={"type": text_of(body.get("check_type")), "probe": text_of(probe.get("location"))},
            links=link_to(
                ("Check", f"https://my.pingdom.com/app/reports/uptime#check={number}"),
                ("Checked URL", check.get("full_url")),
            ),
            tags=tuple(text_of(tag) for tag in tags) if isinstance(tags, list) else (),
            raw=body,
        )
    ]


SOURCE = Source(
    name="pingdom",
    title="Pingdom",
    parse=parse,
    paste="""Settings > Integrations > Add integration
  Type: Webhook
  URL: {url}
Then switch it on for each check.""",
)
