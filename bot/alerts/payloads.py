"""What senders sent, as it came, with secrets removed, for a month: what opened an alert, and samples of the rest."""

import codecs
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.alerts.secrets import hide_secrets, keep_headers, keep_query
from bot.flow.unit import Unit
from storage.questions import payloads as ask

BODY_LIMIT = 256 * 1024
"""How much of a body is kept, in characters."""
CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)
CHARSETS = ("utf-16", "utf-32", "iso8859", "cp125", "koi8", "shift_jis", "euc", "gb", "big5")
"""Beginnings of the names that Python has for what bodies are written in besides UTF-8."""


@dataclass(frozen=True)
class Payload:
    """A request that brought signals, as it came; secrets are removed when it is kept."""

    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def read_text(body: bytes, content_type: str) -> str:
    """The characters of a body: by its byte order mark, as UTF-8, or in the charset that it says. A byte that means nothing
    becomes the replacement sign."""
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", errors="replace")
    said = CHARSET.search(content_type)
    try:
        return body.decode()
    except UnicodeDecodeError:
        name = _find_charset(said[1]) if said else ""
        return body.decode(name or "utf-8", errors="replace")


def _find_charset(said: str) -> str:
    try:
        name = codecs.lookup(said).name
    except LookupError:
        return ""
    return name if name.startswith(CHARSETS) else ""


def keep_body(body: str) -> str:
    """As much of a body as is kept, without secrets."""
    return hide_secrets(body[:BODY_LIMIT]).replace("\x00", "\ufffd")


class Payloads:
    """The payloads of a group of deliveries, written once each: those that opened an alert, and a sample of the others."""

    def __init__(self, unit: Unit, waiting: Sequence[tuple[int, Payload | None]]) -> None:
        self.unit, self.waiting = unit, waiting
        self.kept: dict[int, int] = {}

    async def keep(self, outcomes: Mapping[int, str]) -> dict[int, int]:
        """Write those of these places in the group, with what became of them; the ids of all that are written, by place."""
        new = [(place, *self.waiting[place]) for place in sorted(outcomes) if place not in self.kept]
        rows = [
            (place, _row(self.unit, number, payload, outcomes[place]))
            for place, number, payload in new
            if payload
        ]
        if rows:
            ids = await ask.insert_payloads(self.unit.session, [row for _, row in rows])
            self.kept.update(zip((place for place, _ in rows), ids, strict=True))
        return self.kept


class Samples:
    """When something of each kind was last kept of each sender, so that of what opens no alert (repeats, ends, what is
    ignored or refused) there is one in a while to look at and to try rules with."""

    def __init__(self, every: timedelta) -> None:
        self.every = every
        self._last: dict[tuple[int, str], datetime] = {}

    def wants(self, integration_id: int, outcome: str, now: datetime) -> bool:
        last = self._last.get((integration_id, outcome))
        return last is None or now - last >= self.every

    def note(self, integration_id: int, outcome: str, now: datetime) -> None:
        self._last[integration_id, outcome] = now


async def keep_refused(unit: Unit, integration_id: int, payload: Payload, code: str) -> None:
    """A message that could not be read: whoever sets the sender up wants to see it."""
    await ask.insert_payloads(unit.session, [_row(unit, integration_id, payload, f"refused {code}"[:64])])


def _row(unit: Unit, integration_id: int, payload: Payload, outcome: str) -> dict[str, object]:
    return {
        "integration_id": integration_id,
        "received_at": unit.now,
        "outcome": outcome,
        "content_type": payload.content_type[:120],
        "headers": keep_headers(payload.headers),
        "query": keep_query(payload.query),
        "body": keep_body(read_text(payload.body, payload.content_type)),
    }
