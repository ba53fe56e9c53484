"""Heartbeats: what pings, when it was last heard, and what is late."""

from aiohttp import web

from bot.alerts.heartbeats import list_shown
from bot.flow.unit import Unit
from handlers.pages.visit import Values, Visit, signed_in
from handlers.parts import Parts
from storage.models import Team
from storage.questions import catalog


def list_routes(parts: Parts) -> list[web.RouteDef]:
    async def show(visit: Visit) -> web.StreamResponse:
        async def ask(unit: Unit) -> Values:
            rows = await list_shown(unit)
            ids = {row.team_id for row in rows if row.team_id}
            return {"heartbeats": rows, "teams": await catalog.list_by_id(unit.session, Team, ids)}

        if visit.wants_fragment:
            return await visit.show_part("pages/parts/heartbeats", ask)
        return await visit.show("pages/heartbeats", ask)

    return [web.get("/heartbeats", signed_in(parts, show))]
