"""UptimeRobot, integration "Webhook": the default variables as JSON, as a form or in the query, or the body below.

    {"monitorID": "790", "monitorFriendlyName": "Shop", "monitorURL": "https://shop.example.org", "alertType": "1",
     "alertTypeFriendlyName": "Down", "alertDetails": "HTTP 503", "alertDateTime": "1790507700"}

`alertType` is 1 for down, 2 for up, 3 for a certificate that will end soon; 0, 98 and 99 are pauses. An end that is near is
a trouble of its own, which people close. Names may be written in other cases (`monitor_url`). A variable that UptimeRobot
has no value for stays as it was written (`*alertFriendlyDuration*`).
Source: uptimerobot.com/integrations/webhook-integration
"""

import re
from typing import Any

from bot.alerts.signal import Action, Signal, read_priority
from bot.errors import Malformed
from handlers.webhooks.bodies import fill, label_tags, read_fields, split_tags
from handlers.webhooks.source import Hook, Source, as_is, link_to, text_of
from storage.words import Priority

TEMPLATE = """{
  "monitorID": "*monitorID*",
  "monitorFriendlyName": "*monitorFriendlyName*",
  "monitorURL": "*monitorURL*",
  "alertType": "*alertType*",
  "alertTypeFriendlyName": "*alertTypeFriendlyName*",
  "alertDetails": "*alertDetails*",
  "alertDuration": "*alertDuration*",
  "alertDateTime": "*alertDateTime*",
  "sslExpiryDate": "*sslExpiryDate*",
  "sslExpiryDaysLeft": "*sslExpiryDaysLeft*",
  "priority": "P2",
  "service": "",
  "team": ""
}"""
BLANK = re.compile(r"\*\w+\*")
DOWN, UP = "1", "2"
PAUSES = {"0", "98", "99", "paused", "started"}


def parse(hook: Hook) -> list[Signal]:
    body = read_fields(hook)
    known = {name.replace("_", "").lower(): value for name, value in fill(body, BLANK).items()}
    kind = text_of(known.get("alerttype")).strip()
    word = text_of(known.get("alerttypefriendlyname")).strip() or kind
    if not word:
        raise Malformed("field.missing", "alertType", name="alertType", known=[])
    if PAUSES & {kind, word.lower()}:
        return []
    is_up, is_down = kind == UP or word.lower() == "up", kind == DOWN or word.lower() == "down"
    url, number = text_of(known.get("monitorurl")), text_of(known.get("monitorid"))
    alias = _read_alias(number, url, text_of(known.get("monitorfriendlyname")))
    name = text_of(known.get("monitorfriendlyname")) or url or f"Monitor {number}"
    tags = split_tags(known.get("monitortags") or known.get("tags"))
    return [
        Signal(
            Action.RESOLVE if is_up else Action.TRIGGER,
            alias if is_up or is_down else f"{alias}:{kind or word.lower()}",
            f"{name} is {'up' if is_up else 'down'}" if is_up or is_down else f"{name}: {_name_kind(word)}",
            description="\n".join(
                part for part in (text_of(known.get("alertdetails")), _tell_end(known)) if part
            ),
            priority=read_priority(known.get("priority"), Priority.P2 if is_up or is_down else Priority.P3),
            source=url or name,
            service=text_of(known.get("service")),
            team=text_of(known.get("team")),
            entity=name,
            labels=label_tags(tags) | {"monitor": name} | ({"id": number} if number else {}),
            links=link_to(
                (
                    "Monitor",
                    f"https://dashboard.uptimerobot.com/monitors/{number}" if number.isdecimal() else "",
                ),
                ("Monitored URL", url),
            ),
            tags=tags,
            raw=body,
        )
    ]


def _read_alias(number: str, url: str, name: str) -> str:
    """The monitor; where its number was left out, its URL, which a monitor keeps when it is named anew."""
    if not (number or url or name):
        raise Malformed("field.missing", "monitorID", name="monitorID", known=[])
    return f"monitor-{number}" if number else url or name


def _name_kind(word: str) -> str:
    return "SSL Expiry" if word == "3" else word


def _tell_end(known: dict[str, Any]) -> str:
    end, left = text_of(known.get("sslexpirydate")), text_of(known.get("sslexpirydaysleft"))
    return f"Certificate until {end}" + (f", {left} days left" if left else "") if end else ""


SOURCE = Source(
    name="uptimerobot",
    title="UptimeRobot",
    parse=parse,
    paste=f"""Integrations & API > Webhook > Add
  URL to notify: {{url}}
  Send as JSON (application/json): on
  POST value:
{as_is(TEMPLATE)}
Then choose it in "How will we notify you?" of each monitor.""",
)
