"""PagerDuty's Events API v2, as clients of PagerDuty send it to `/v2/enqueue` and `/v2/change/enqueue`:

    {"routing_key": "<32 digits>", "event_action": "trigger", "dedup_key": "srv01/mysql", "client": "Alertmanager",
     "client_url": "...", "links": [{"href": "...", "text": "..."}], "images": [{"src": "...", "href": "...", "alt": "..."}],
     "payload": {"summary": "Disk full", "source": "db1", "severity": "critical", "component": "mysql", "group": "prod",
                 "class": "disk", "timestamp": "...", "custom_details": {"free space": "1 %"}}}

An event without `event_action` is a change. `acknowledge` and `resolve` need no payload. Severities are critical, error,
warning and info; other words are taken, too. `service` and `team` of the details are ours.
Source: developer.pagerduty.com/docs/events-api-v2-overview
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from bot.alerts.signal import Action, LinkTo, Signal, read_priority
from bot.catalog.changes import ChangeReport
from handlers.webhooks.source import (
    Hook,
    Parsed,
    Source,
    link_to,
    need,
    one_of,
    part_of,
    read_object,
    text_of,
    time_of,
)

ACTIONS = {"trigger": Action.TRIGGER, "acknowledge": Action.ACKNOWLEDGE, "resolve": Action.RESOLVE}
LABEL_LIMIT = 200
"""Details with a longer text, or with lines, are told in the description."""


def parse(hook: Hook) -> list[Parsed]:
    body = read_object(hook)
    return [read_event(body) if "event_action" in body else read_change(body)]


def read_event(body: Mapping[str, Any]) -> Signal:
    """An event of `/v2/enqueue`; raises Malformed."""
    action = one_of(body, "event_action", ACTIONS)
    payload = part_of(body, "payload")
    if action is Action.TRIGGER:
        for name in ("summary", "source", "severity"):
            need(payload, name)
    key = text_of(body.get("dedup_key")).strip() if action is Action.TRIGGER else need(body, "dedup_key")
    summary = text_of(payload.get("summary")).strip()
    labels, described = read_details(payload.get("custom_details"))
    named = {name: text_of(payload.get(name)) for name in ("component", "group", "class")}
    client = text_of(body.get("client"))
    return Signal(
        action=action,
        alias=key or make_key(body),
        title=summary,
        description="\n\n".join(filter(None, (summary if len(summary) > 512 else "", described))),
        priority=read_priority(payload.get("severity")),
        source=text_of(payload.get("source")),
        service=labels.get("service", ""),
        team=labels.get("team", ""),
        labels={**labels, **{name: value for name, value in named.items() if value}},
        links=(*_read_links(body.get("links")), *link_to((client or "Client", body.get("client_url")))),
        images=_read_images(body.get("images")),
        entity=named["component"],
        raw=_leave_out_key(body),
    )


def read_change(body: Mapping[str, Any]) -> ChangeReport:
    """An event of `/v2/change/enqueue`; raises Malformed."""
    payload = part_of(body, "payload")
    labels, described = read_details(payload.get("custom_details"))
    links = _read_links(body.get("links"))
    return ChangeReport(
        key=text_of(body.get("dedup_key")).strip() or make_key(body),
        title=need(payload, "summary"),
        kind="change",
        description=described,
        service=labels.get("service", ""),
        environment=labels.get("environment", ""),
        author=labels.get("author", ""),
        url=links[0].url if links else "",
        at=time_of(payload.get("timestamp")),
        links=tuple({"title": link.title, "url": link.url} for link in links),
        labels={**labels, **({"source": text_of(payload["source"])} if payload.get("source") else {})},
    )


def make_key(body: Mapping[str, Any]) -> str:
    """The same for the same event, whatever key it came with."""
    return hashlib.sha256(msgspec.json.encode(_leave_out_key(body), order="deterministic")).hexdigest()


def _leave_out_key(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "routing_key"}


def read_details(value: Any) -> tuple[dict[str, str], str]:
    """What of custom details can be a label, and the rest as text."""
    if not isinstance(value, dict):
        return {}, text_of(value)
    labels, told = {}, []
    for name, item in value.items():
        text = text_of(item).strip()
        if text and (len(text) > LABEL_LIMIT or "\n" in text):
            told.append(f"{name}:\n{text}")
        elif text:
            labels[name] = text
    return labels, "\n\n".join(told)


def _read_links(value: Any) -> tuple[LinkTo, ...]:
    found = [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
    return tuple(
        link
        for one in found
        for link in link_to((text_of(one.get("text")) or text_of(one.get("href")), one.get("href")))
    )


def _read_images(value: Any) -> tuple[LinkTo, ...]:
    found = [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
    return tuple(
        link for one in found for link in link_to((text_of(one.get("alt")) or "Picture", one.get("src")))
    )


SOURCE = Source(
    name="pagerduty_events",
    title="PagerDuty Events API v2",
    parse=parse,
    address="{root}/v2/enqueue",
    paste="""Routing key (integration key): {key}

Alertmanager:
receivers:
  - name: tocsin
    pagerduty_configs:
      - url: {url}
        routing_key: {key}
        send_resolved: true

Try it:
curl -X POST {url} -H 'Content-Type: application/json' \\
  -d '{{"routing_key": "{key}", "event_action": "trigger",
       "payload": {{"summary": "Checkout is slow", "source": "web-1", "severity": "error"}}}}'""",
)
