"""What is handed over with the shift that runs in a schedule: one's own, or that of whoever is on call."""

from aiohttp import web

from bot.catalog.teams import get_schedule
from bot.flow.unit import Unit
from bot.reports.handoff import describe_handoff
from handlers.pages.visit import Values, Visit, signed_in
from handlers.parts import Parts


def list_routes(parts: Parts) -> list[web.RouteDef]:
    return [web.get("/schedules/{schedule}/handoff", signed_in(parts, show))]


async def show(visit: Visit) -> web.StreamResponse:
    async def ask(unit: Unit) -> Values:
        schedule = await get_schedule(unit, visit.request.match_info["schedule"])
        values = {"h": await describe_handoff(unit, schedule.id, visit.user), "schedule": schedule.name}
        words = visit.parts.templates.render_markup("replies/oncall_handoff", **values)
        return {"schedule": schedule, "words": words}

    return await visit.show("pages/handoff", ask)
