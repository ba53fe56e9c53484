"""The first page: open incidents by priority and age, or those that are over; filtered by text, team and service."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from bot.flow.unit import Unit
from handlers.pages.visit import Values, Visit, signed_in
from handlers.parts import Parts
from storage.models import Incident, Service, Team, Update
from storage.questions import catalog, screens
from storage.questions.alerts import count_open_in

PAGE = 50


@dataclass(frozen=True)
class Row:
    """One incident in a list."""

    incident: Incident
    commander: str
    last_update: Update | None
    services: tuple[str, ...]
    open_alerts: int


def list_routes(parts: Parts) -> list[web.RouteDef]:
    async def elsewhere(visit: Visit) -> web.StreamResponse:
        return visit.go("/")

    return [web.get("/", signed_in(parts, show)), web.get("/incidents", signed_in(parts, elsewhere))]


async def show(visit: Visit) -> web.StreamResponse:
    query = visit.request.query
    wanted = {name: query.get(name, "").strip()[:100] for name in ("text", "team", "service")}
    over = query.get("show") == "over"

    async def ask(unit: Unit) -> Values:
        found = await screens.list_incidents(
            unit.session,
            viewer=visit.user,
            over=over,
            **wanted,
            before=visit.query_number("before"),
            limit=PAGE if over else 200,
        )
        first_days = not found and not any(wanted.values()) and not over
        return {
            "rows": await read_rows(unit, found),
            "more_before": found[-1].id if over and len(found) == PAGE else None,
            "teams": await catalog.list_named(unit.session, Team),
            "services": await catalog.list_named(unit.session, Service),
            "wanted": wanted,
            "over": over,
            "is_new": first_days
            and not await screens.list_incidents(unit.session, viewer=visit.user, over=True, limit=1),
        }

    if visit.wants_fragment:
        return await visit.show_part("pages/parts/incidents", ask, public_url=visit.parts.settings.public_url)
    return await visit.show("pages/incidents", ask, public_url=visit.parts.settings.public_url)


async def read_rows(unit: Unit, incidents: Sequence[Incident]) -> list[Row]:
    """What a list says of each incident, in a handful of questions for all of them."""
    ids = [incident.id for incident in incidents]
    commanders = await screens.list_commanders(unit.session, ids)
    updates = await screens.list_last_updates(unit.session, ids)
    services = await screens.list_service_names(unit.session, ids)
    alerts = await count_open_in(unit.session, ids)
    return [
        Row(
            incident,
            commanders.get(incident.id, ""),
            updates.get(incident.id),
            tuple(services.get(incident.id, ())),
            alerts.get(incident.id, 0),
        )
        for incident in incidents
    ]
