"""What senders sent, as it came, with secrets removed: beside the alert that it opened, for a month."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import re2

from bot.flow.unit import Unit
from storage.questions import payloads as ask

BODY_LIMIT = 256 * 1024
"""How much of a body is kept, in characters."""
HIDDEN = "(removed)"
SECRET = re.compile(
    r"auth|token|secret|password|passwd|cookie|api-?key|apikey|signature|credential|routing[_-]?key",
    re.IGNORECASE,
)
MENTIONED = re2.compile(r"(?i)passw|secret|api_?key|token|(?:routing|service|private)_key")
"""Looked for first: most bodies mention none of these."""
IN_BODY = re2.compile(
    r"""(?i)(?P<name>["']?[\w.-]{0,60}(?:password|passwd|secret|api_?key|token|routing_key"""
    r"""|service_key|private_key)[\w.-]{0,60}["']?\s*[:=]\s*)(?P<value>"(?:[^"\\]|\\.)*"|[^\s,;&"'{}\[\]]+)"""
)
UNINTERESTING = {"host", "connection", "content-length", "accept-encoding", "accept"}


@dataclass(frozen=True)
class Payload:
    """A request that brought signals."""

    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: str = ""


def keep_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers worth keeping; values of those that may hold a secret are removed."""
    return {
        name: HIDDEN if SECRET.search(name) else value[:500]
        for name, value in headers.items()
        if name.lower() not in UNINTERESTING
    }


def keep_query(query: Mapping[str, str]) -> dict[str, str]:
    return {name: HIDDEN if SECRET.search(name) else value[:500] for name, value in query.items()}


def hide_secrets(body: str) -> str:
    """A body without the values of fields that are named like a secret."""

    def hide(found: Any) -> str:
        quoted = found["value"].startswith('"')
        return str(found["name"]) + (f'"{HIDDEN}"' if quoted else HIDDEN)

    kept = body[:BODY_LIMIT]
    return (str(IN_BODY.sub(hide, kept)) if MENTIONED.search(kept) else kept).replace("\x00", "\ufffd")


class Payloads:
    """The payloads of a group of deliveries; written once each, and only those that opened an alert."""

    def __init__(self, unit: Unit, waiting: Sequence[tuple[int, Payload | None]]) -> None:
        self.unit, self.waiting = unit, waiting
        self.kept: dict[int, int] = {}

    async def keep(self, places: Collection[int]) -> dict[int, int]:
        """Write those of these places in the group; the ids of all that are written, by place."""
        new = [(place, *self.waiting[place]) for place in sorted(places) if place not in self.kept]
        rows = [(place, _row(self.unit, number, payload)) for place, number, payload in new if payload]
        if rows:
            ids = await ask.insert_payloads(self.unit.session, [row for _, row in rows])
            self.kept.update(zip((place for place, _ in rows), ids, strict=True))
        return self.kept


def _row(unit: Unit, integration_id: int, payload: Payload) -> dict[str, object]:
    return {
        "integration_id": integration_id,
        "received_at": unit.now,
        "content_type": payload.content_type[:120],
        "headers": dict(payload.headers),
        "query": dict(payload.query),
        "body": hide_secrets(payload.body),
    }
