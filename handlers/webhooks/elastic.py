"""Elastic: rules of Kibana with a connector "Webhook" and the body below, for their own action groups and for "Recovered".

    {"rule": {"id": "c5a2...", "name": "CPU of hosts", "tags": "service:shop,web", "url": "https://kibana..."},
     "alert": {"id": "web-1", "group": "metrics.threshold.fired"}, "reason": "CPU is 97% ...", "date": "..."}

Each alert of a rule (a host, a group) is one of its own: rule and alert id make the alias. The action group `recovered` ends
it. A summary of alerts has no alert id: then the rule is the alert, over when nothing is new or ongoing. The connector's own
test sends the body with nothing filled in.
Source: elastic.co/docs/explore-analyze/alerts-cases/alerts/rule-action-variables
"""

import re
from typing import Any

from bot.alerts.signal import Action, Signal, read_priority
from handlers.webhooks.bodies import fill, label_tags, read_fields, split_tags
from handlers.webhooks.source import Hook, Source, as_is, link_to, need, part_of, text_of
from storage.words import Priority

TEMPLATE = """{
  "rule": {
    "id": "{{rule.id}}",
    "name": "{{rule.name}}",
    "type": "{{rule.type}}",
    "space": "{{rule.spaceId}}",
    "tags": "{{rule.tags}}",
    "url": "{{rule.url}}"
  },
  "alert": {
    "id": "{{alert.id}}",
    "uuid": "{{alert.uuid}}",
    "group": "{{alert.actionGroup}}",
    "flapping": "{{alert.flapping}}"
  },
  "summary": {
    "new": "{{alerts.new.count}}",
    "ongoing": "{{alerts.ongoing.count}}",
    "recovered": "{{alerts.recovered.count}}"
  },
  "title": "{{context.title}}",
  "reason": "{{context.reason}}",
  "message": "{{context.message}}",
  "value": "{{context.value}}",
  "details_url": "{{context.alertDetailsUrl}}",
  "view_url": "{{context.viewInAppUrl}}",
  "results_url": "{{context.link}}",
  "host": "{{context.host.name}}",
  "date": "{{date}}",
  "service": "{{context.serviceName}}",
  "team": "",
  "priority": "",
  "runbook": ""
}"""
BLANK = re.compile(r"\{\{[^{}]*\}\}")
GROUPS = {"recovered": Action.RESOLVE, "untracked": None}
"""Action groups with a meaning; every other is a kind of trouble."""
WHOLE = ("", "*", "query matched")
"""Ids of the one alert of a rule without groups."""
WORDS = {"alert": Priority.P1, "warning": Priority.P3, "nodata": Priority.P3, "no_data": Priority.P3}
"""What the end of a group's name says, beside the words of severity: `slo.burnRate.high`, `metrics.threshold.warning`."""


def parse(hook: Hook) -> list[Signal]:
    body = read_fields(hook)
    known = fill(body, BLANK)
    rule, alert = fill(part_of(body, "rule"), BLANK), fill(part_of(body, "alert"), BLANK)
    if BLANK.fullmatch(text_of(part_of(body, "rule").get("id"))):
        return []
    which = text_of(alert.get("id"))
    group = text_of(alert.get("group"))
    action = (
        GROUPS.get(group.lower(), Action.TRIGGER) if which or group else _sum_up(part_of(body, "summary"))
    )
    if action is None:
        return []
    number = need(rule, "id")
    name = text_of(rule.get("name")) or text_of(known.get("title")) or f"Rule {number}"
    tags = split_tags(rule.get("tags"))
    labels = label_tags(tags)
    host = text_of(known.get("host")) or labels.get("host", "")
    told = (text_of(known.get("reason")), text_of(known.get("message")))
    kept = {"rule": name, "alert": which, "group": group, "space": text_of(rule.get("space"))}
    return [
        Signal(
            action,
            f"{text_of(rule.get('space')) or 'default'}/{number}:{which}",
            f"{name}: {which}" if which not in WHOLE and which not in name else name,
            description="\n\n".join(dict.fromkeys(part for part in told if part)),
            priority=_read_priority(known, group),
            source=host or "kibana",
            service=text_of(known.get("service")) or labels.get("service", ""),
            team=text_of(known.get("team")) or labels.get("team", ""),
            entity=host or ("" if which in WHOLE else which),
            labels=labels | {key: value for key, value in kept.items() if value},
            links=link_to(
                ("Alert in Kibana", known.get("details_url")),
                ("View", known.get("view_url")),
                ("Results", known.get("results_url")),
                ("Rule", rule.get("url")),
                ("Runbook", known.get("runbook")),
            ),
            tags=tags,
            raw=body,
        )
    ]


def _sum_up(summary: dict[str, Any]) -> Action | None:
    """What a summary says of its rule; one without numbers is about trouble."""
    counts = {name: text_of(value).strip() for name, value in summary.items()}
    if counts.get("new", "") in ("", "0") and counts.get("ongoing", "") in ("", "0"):
        return Action.RESOLVE if counts.get("recovered", "0") not in ("", "0") else Action.TRIGGER
    return Action.TRIGGER


def _read_priority(known: dict[str, Any], group: str) -> Priority:
    word = re.split(r"[.:_ ]", group.lower())[-1]
    return read_priority(known.get("priority"), read_priority(word, WORDS.get(word, Priority.P3)))


SOURCE = Source(
    name="elastic",
    title="Elastic (Kibana)",
    parse=parse,
    paste=f"""Stack Management > Connectors > Create connector > Webhook
  Method: POST
  URL: {{url}}
  Authentication: None
Then add two actions with it to each rule, one for its own action group, one for "Recovered", both with this body:
{as_is(TEMPLATE)}""",
)
