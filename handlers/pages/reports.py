"""Reports: how fast incidents of the last 30 days were acknowledged and resolved, by priority."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean

from aiohttp import web

from bot.flow.unit import Unit
from handlers.pages.visit import Values, Visit, signed_in
from handlers.parts import Parts
from storage.models import Incident
from storage.questions import screens
from storage.words import Priority

DAYS = 30


@dataclass(frozen=True)
class Line:
    """Means in seconds over the incidents of one priority; None where nothing of it has happened."""

    priority: Priority
    declared: int
    still_open: int
    acknowledge: float | None
    resolve: float | None


def list_routes(parts: Parts) -> list[web.RouteDef]:
    async def show(visit: Visit) -> web.StreamResponse:
        async def ask(unit: Unit) -> Values:
            return {
                "lines": count_lines(
                    await screens.list_declared_since(unit.session, unit.now - timedelta(days=DAYS))
                )
            }

        return await visit.show("pages/reports", ask, days=DAYS)

    return [web.get("/reports", signed_in(parts, show))]


def count_lines(incidents: Sequence[Incident]) -> list[Line]:
    """A line per priority that has incidents; pure."""
    lines = []
    for priority in Priority:
        mine = [incident for incident in incidents if incident.priority is priority]
        if mine:
            lines.append(
                Line(
                    priority,
                    len(mine),
                    sum(1 for one in mine if one.status.is_open),
                    _mean([(one.declared_at, one.acknowledged_at) for one in mine]),
                    _mean([(one.declared_at, one.resolved_at) for one in mine]),
                )
            )
    return lines


def _mean(spans: list[tuple[datetime, datetime | None]]) -> float | None:
    lengths = [(end - start).total_seconds() for start, end in spans if end is not None]
    return fmean(lengths) if lengths else None
