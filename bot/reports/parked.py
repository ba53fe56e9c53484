"""Deliveries that the other side refused for good: trying them again, once somebody has mended the cause."""

from collections import Counter
from dataclasses import dataclass

from bot.access.people import audit
from bot.flow.unit import Unit
from storage.questions import flow

MOST = 1000


@dataclass(frozen=True)
class Retried:
    """How many of each kind are queued anew, and how many pages are left out: they have failed, and others were paged."""

    kinds: dict[str, int]
    pages: int

    @property
    def count(self) -> int:
        return sum(self.kinds.values())


async def retry_parked(unit: Unit, lane: str = "") -> Retried:
    """Queue what is parked anew, of one platform or channel or of all; in its old order, behind what waits already."""
    kinds: Counter[str] = Counter()
    pages = 0
    for row in await flow.take_parked(unit.session, lane, MOST):
        if row.kind == "page.send":
            pages += 1
            continue
        unit.put(row.stream, row.kind, row.subject, coalesce=row.coalesce_row, payload=row.payload)
        kinds[row.kind] += 1
    audit(unit, "outbox.retried", f"lane:{lane or 'all'}", rows=sum(kinds.values()), pages=pages)
    return Retried(dict(kinds), pages)
