"""Any JSON, by a field mapping. Without a mapping these fields are read:

    {"title": "Disk full", "alias": "disk-db1", "status": "firing", "priority": "P2", "description": "...",
     "source": "db1", "service": "web", "team": "...", "labels": {"region": "eu"}, "links": [{"title": "...", "url": "..."}]}

A list of such objects is a list of signals; a form has the same fields. The integration's `mapping` setting names, for
each of our fields, a JMESPath expression over the body (`{"title": "alert.name", "status": "state"}`), and `list` one that
gives a list of alerts. `status` is taken as over for resolved, ok, closed, recovered, normal or up; as acknowledged for
acknowledged or acked.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from bot.alerts.signal import Action, LinkTo, Signal, read_priority
from bot.errors import Invalid, Malformed, Problem
from handlers.webhooks.bodies import FORM, MULTIPART, read_fields
from handlers.webhooks.source import Hook, Source, link_to, read_json, text_of

OVER = {
    "resolved",
    "resolve",
    "ok",
    "closed",
    "close",
    "recovered",
    "recovery",
    "normal",
    "up",
    "green",
    "inactive",
}
SEEN = {"acknowledged", "acknowledge", "acked", "ack"}
NAMES = {
    "title": ("title", "message", "name", "summary", "text"),
    "alias": ("alias", "dedup_key", "id", "fingerprint", "alert_uid"),
    "status": ("status", "state", "action", "event_action"),
    "priority": ("priority", "severity", "level"),
    "description": ("description", "details", "body", "message", "text"),
    "source": ("source", "host"),
    "service": ("service",),
    "team": ("team",),
    "labels": ("labels", "tags"),
    "links": ("links",),
}
LINKS = ("url", "link", "link_to_upstream_details")
IMAGES = ("image_url", "image")
EXAMPLE = {"title": "Checkout is slow", "priority": "P2", "service": "web"}
PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
"""An expression that is a way to a value, and nothing else."""


@lru_cache(maxsize=500)
def _compile(expression: str) -> Any:
    return jmespath.compile(expression)


def parse(hook: Hook) -> list[Signal]:
    body = _read(hook)
    mapping = hook.settings.get("mapping") or {}
    if mapping.get("list"):
        body = _search("list", str(mapping["list"]), body)
    items = body if isinstance(body, list) else [body]
    if not items:
        raise Malformed("body.no_alerts")
    return [_parse_one(item, mapping) for item in items]


def _read(hook: Hook) -> Any:
    is_form = hook.content_type in (FORM, MULTIPART) and hook.body.lstrip()[:1] not in (b"{", b"[")
    return read_fields(hook) if is_form else read_json(hook)


def _parse_one(item: Any, mapping: dict[str, Any]) -> Signal:
    if not isinstance(item, dict):
        raise Malformed("body.not_object")
    found = {name: _find(name, item, mapping) for name in NAMES}
    title = text_of(found["title"]).strip()
    alias = text_of(found["alias"]).strip()
    if not title and not alias:
        raise Invalid("generic.no_title", "title")
    state = text_of(found["status"]).strip().lower()
    told = text_of(found["description"])
    return Signal(
        action=Action.RESOLVE if state in OVER else Action.ACKNOWLEDGE if state in SEEN else Action.TRIGGER,
        alias=alias or hashlib.sha256(title.encode()).hexdigest(),
        title=title or alias,
        description=told if told != title else "",
        priority=read_priority(found["priority"]),
        source=text_of(found["source"]),
        service=text_of(found["service"]),
        team=text_of(found["team"]),
        labels=_read_labels(found["labels"]),
        links=_read_links(found["links"]) or link_to(("Link", _first(item, LINKS))),
        images=link_to((title or alias, _first(item, IMAGES))),
        raw=item,
    )


def _find(name: str, item: dict[str, Any], mapping: dict[str, Any]) -> Any:
    if name in mapping:
        return _search(name, str(mapping[name]), item)
    return _first(item, NAMES[name])


def _first(item: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((item[known] for known in names if item.get(known) is not None), None)


def _search(name: str, expression: str, item: Any) -> Any:
    try:
        return _compile(expression).search(item)
    except JMESPathError as error:
        raise Invalid("generic.mapping", f"mapping.{name}", name=name, reason=str(error)) from error


def _read_labels(value: Any) -> dict[str, str]:
    if isinstance(value, dict):
        return {str(name): text_of(item) for name, item in value.items()}
    if isinstance(value, list):
        pairs = (text_of(item).partition(":") for item in value)
        return {name: rest or "true" for name, _, rest in pairs if name}
    return {}


def _read_links(value: Any) -> tuple[LinkTo, ...]:
    links = []
    for item in value if isinstance(value, list) else []:
        url = text_of(item.get("url") if isinstance(item, dict) else item)
        title = text_of(item.get("title")) if isinstance(item, dict) else ""
        if url.startswith(("http://", "https://")):
            links.append(LinkTo(title or url, url))
    return tuple(links)


def make_body(settings: Mapping[str, Any]) -> str:
    """What curl's `-d` takes to try this mapping: an alert whose values stand where its plain expressions look for them."""
    mapping = {name: str(text) for name, text in (settings.get("mapping") or {}).items()}
    alert: dict[str, Any] = {}
    for name, text in EXAMPLE.items():
        path = mapping.get(name, name)
        if PLAIN.fullmatch(path):
            _put(alert, path.split("."), text)
    body: Any = alert
    if mapping.get("list"):
        body = {}
        if PLAIN.fullmatch(mapping["list"]):
            _put(body, mapping["list"].split("."), [alert])
    try:
        parse(Hook(json.dumps(body).encode(), settings=settings))
    except Problem:
        return "@body.json"
    return f"'{json.dumps(body)}'"


def _put(into: dict[str, Any], path: list[str], value: Any) -> None:
    for name in path[:-1]:
        inner = into.setdefault(name, {})
        if not isinstance(inner, dict):
            return
        into = inner
    into.setdefault(path[-1], value)


SOURCE = Source(
    name="generic",
    title="Any JSON",
    parse=parse,
    make_body=make_body,
    paste="""curl -X POST {url} \\
  -H 'Content-Type: application/json' \\
  -d {body}""",
)
