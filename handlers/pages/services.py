"""Services: who owns each, what it needs, and the open incidents that impact it."""

from aiohttp import web

from bot.flow.unit import Unit
from handlers.pages.visit import Values, Visit, signed_in
from handlers.parts import Parts
from storage.models import Service, Team
from storage.questions import catalog, screens


def list_routes(parts: Parts) -> list[web.RouteDef]:
    async def show(visit: Visit) -> web.StreamResponse:
        async def ask(unit: Unit) -> Values:
            services = await catalog.list_named(unit.session, Service)
            ids = {row.team_id for row in services if row.team_id}
            return {
                "services": sorted(services, key=lambda row: (row.tier, row.name)),
                "teams": await catalog.list_by_id(unit.session, Team, ids),
                "open_incidents": await screens.list_open_incidents_by_service(unit.session, visit.user),
            }

        if visit.wants_fragment:
            return await visit.show_part("pages/parts/services", ask)
        return await visit.show("pages/services", ask)

    return [web.get("/services", signed_in(parts, show))]
