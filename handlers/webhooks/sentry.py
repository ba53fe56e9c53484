"""Sentry's integration platform: issues, issue alerts and metric alerts.

    Sentry-Hook-Resource: issue
    {"action": "created", "data": {"issue": {"id": "1635244907", "title": "...", "level": "error", "status": "unresolved",
     "project": {"slug": "web"}, "permalink": null}}, "actor": {"name": "Sentry"}}

    Sentry-Hook-Resource: event_alert
    {"action": "triggered", "data": {"event": {"issue_id": "...", "title": "...", "web_url": "...", "level": "error",
     "tags": [["environment", "prod"]]}, "triggered_rule": "Errors"}}

    Sentry-Hook-Resource: metric_alert
    {"action": "critical", "data": {"metric_alert": {"id": "4", "alert_rule": {"id": "7", "name": "..."}},
     "description_title": "Critical: Too many errors", "description_text": "...", "web_url": "..."}}

An issue alert and its issue are one trouble: resolving the issue ends it. Other resources do nothing. The older plugin
"WebHooks" has no resource: {"id": "27379932", "project_slug": "web", "level": "error", "culprit": "...", "url": "...",
"message": "...", "triggering_rules": ["Errors"], "event": {"title": "...", "tags": [["environment", "prod"]]}}.
Source: docs.sentry.io/integrations/integration-platform/webhooks and sentry_plugins/webhooks of getsentry/sentry
"""

from collections.abc import Mapping
from typing import Any

from bot.alerts.signal import Action, Signal, read_priority
from handlers.webhooks.signing import hex_scheme
from handlers.webhooks.source import (
    Hook,
    Source,
    extra_of,
    link_to,
    need,
    one_of,
    part_of,
    read_object,
    text_of,
)

ISSUE = {
    "created": Action.TRIGGER,
    "unresolved": Action.TRIGGER,
    "triggered": Action.TRIGGER,
    "resolved": Action.RESOLVE,
    "ignored": Action.RESOLVE,
    "archived": Action.RESOLVE,
}
METRIC = {"critical": Action.TRIGGER, "warning": Action.TRIGGER, "resolved": Action.RESOLVE}
KINDS = {
    "issue": "issue", "event_alert": "event", "activity_alert": "issue", "metric_alert": "metric_alert",
}  # fmt: skip
"""Where the data of each resource is."""


def parse(hook: Hook) -> list[Signal]:
    body = read_object(hook)
    resource = hook.headers.get("Sentry-Hook-Resource", "")
    if not resource and "data" not in body:
        return [_read_plugin(body)]
    data = part_of(body, "data")
    kind = KINDS.get(resource) if resource else next((name for name in KINDS.values() if name in data), None)
    if kind is None:
        return []
    about = part_of(data, kind)
    if kind == "metric_alert":
        return [_read_metric(body, data, about)]
    action = ISSUE.get(need(body, "action").lower())
    if action is None:  # assigned, for example
        return []
    number = need(about, "issue_id" if kind == "event" else "id")
    project = _read_project(about.get("project"))
    labels = {
        **_read_tags(about.get("tags")),
        "project": project,
        "level": text_of(about.get("level")),
        "platform": text_of(about.get("platform")),
        "rule": text_of(data.get("triggered_rule")),
        "issue": text_of(about.get("shortId")),
    }
    actor = extra_of(body, "actor")
    signal = Signal(
        action=action,
        alias=f"issue-{number}",
        title=text_of(about.get("title")) or f"Sentry issue {number}",
        description=text_of(about.get("culprit")),
        priority=read_priority(about.get("level")),
        source=project,
        service=project,
        labels={name: value for name, value in labels.items() if value},
        links=link_to(("Sentry", about.get("web_url") or about.get("permalink"))),
        user=text_of(actor.get("name")) if actor.get("type") == "user" else "",
        raw=body,
    )
    return [signal]


def _read_metric(body: Mapping[str, Any], data: Mapping[str, Any], alert: Mapping[str, Any]) -> Signal:
    action = one_of(body, "action", METRIC)
    rule = part_of(alert, "alert_rule")
    number = text_of(rule.get("id")) or need(alert, "id")
    projects = alert.get("projects") or rule.get("projects")
    project = text_of(projects[0]) if isinstance(projects, list) and projects else ""
    title = text_of(data.get("description_title")) or text_of(rule.get("name"))
    labels = {
        "rule": text_of(rule.get("name")),
        "project": project,
        "environment": text_of(rule.get("environment")),
    }
    return Signal(
        action=action,
        alias=f"metric-{number}",
        title=title or f"Sentry metric alert {number}",
        description=text_of(data.get("description_text")),
        priority=read_priority(body.get("action")),
        source=project,
        service=project,
        labels={name: value for name, value in labels.items() if value},
        links=link_to(("Sentry", data.get("web_url"))),
        raw=body,
    )


def _read_plugin(body: dict[str, Any]) -> Signal:
    """What the plugin "WebHooks" says of an issue; it never tells that one is resolved."""
    event, rules = extra_of(body, "event"), body.get("triggering_rules")
    project = text_of(body.get("project_slug") or body.get("project"))
    labels = {
        **_read_tags(event.get("tags")),
        "project": project,
        "level": text_of(body.get("level")),
        "rule": ", ".join(map(text_of, rules)) if isinstance(rules, list) else "",
    }
    number = need(body, "id")
    return Signal(
        action=Action.TRIGGER,
        alias=f"issue-{number}",
        title=text_of(event.get("title")) or text_of(body.get("message")) or f"Sentry issue {number}",
        description=text_of(body.get("culprit")),
        priority=read_priority(body.get("level")),
        source=project,
        service=project,
        labels={name: value for name, value in labels.items() if value},
        links=link_to(("Sentry", body.get("url"))),
        raw=body,
    )


def _read_project(value: Any) -> str:
    """The slug of a project; an issue alert has only its number."""
    return text_of(value.get("slug") or value.get("name")) if isinstance(value, dict) else text_of(value)


def _read_tags(value: Any) -> dict[str, str]:
    pairs = value if isinstance(value, list) else []
    return {text_of(one[0]): text_of(one[1]) for one in pairs if isinstance(one, list) and len(one) == 2}


SOURCE = Source(
    name="sentry",
    title="Sentry",
    parse=parse,
    scheme=hex_scheme("Sentry-Hook-Signature"),
    paste="""Settings, Developer Settings, Create New Integration, Internal Integration:
  Webhook URL: {url}
  Alert Rule Action: on
  Permissions: Issue & Event: Read
  Webhooks: issue
Then add the integration as an action of your alert rules. Its Client Secret signs what it sends.""",
)
