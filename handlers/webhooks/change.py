"""Any change, from a script: a deployment, a migration, a flag that was switched.

    {"title": "Deploy web 1.4.2", "key": "deploy-4711", "state": "started", "kind": "deployment", "service": "web",
     "environment": "production", "revision": "c6d86dc6", "author": "Kate", "url": "https://...",
     "at": "2026-11-24T18:00:00Z", "description": "...", "labels": {"region": "eu"}}

`state` is started, succeeded, failed or cancelled; without one it succeeded. With the same `key` a later state continues the
same change; without one the title, the revision and the time are the key. A list of such objects is a list of changes.
"""

import hashlib
from typing import Any

from bot.catalog.changes import CANCELLED, FAILED, STARTED, SUCCEEDED, ChangeReport
from bot.errors import Malformed
from handlers.webhooks.source import Hook, Source, need, one_of, part_of, read_json, text_of, time_of

STATES = {one: one for one in (STARTED, SUCCEEDED, FAILED, CANCELLED)}


def parse(hook: Hook) -> list[ChangeReport]:
    body = read_json(hook)
    return [_read(item) for item in (body if isinstance(body, list) else [body])]


def _read(item: Any) -> ChangeReport:
    if not isinstance(item, dict):
        raise Malformed("body.not_object")
    title, texts = need(item, "title"), {name: text_of(item.get(name)) for name in TEXTS}
    said = "\x00".join((title, texts["service"], texts["revision"], text_of(item.get("at"))))
    return ChangeReport(
        key=text_of(item.get("key")) or hashlib.sha256(said.encode()).hexdigest(),
        title=title,
        kind=text_of(item.get("kind")) or "deployment",
        state=one_of(item, "state", STATES) if item.get("state") is not None else SUCCEEDED,
        at=time_of(item.get("at")),
        labels={name: text_of(value) for name, value in part_of(item, "labels").items()},
        description=texts["description"],
        service=texts["service"],
        environment=texts["environment"],
        revision=texts["revision"],
        author=texts["author"],
        url=texts["url"],
    )


TEXTS = ("description", "service", "environment", "revision", "author", "url")

SOURCE = Source(
    name="change",
    title="Any change",
    parse=parse,
    paste="""curl -X POST {url} -H 'Content-Type: application/json' \\
  -d '{{"title": "Deploy web 1.4.2", "key": "deploy-4711", "state": "succeeded", "service": "web"}}'""",
)
