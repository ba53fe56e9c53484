"""People: who is here, what each may do, and how pages reach them; and who has left."""

from aiohttp import web

from bot.flow.unit import Unit
from bot.paging.people import list_people
from handlers.pages.visit import Values, Visit, signed_in
from handlers.parts import Parts
from storage.questions import access


async def show(visit: Visit) -> web.StreamResponse:
    async def ask(unit: Unit) -> Values:
        return {"rows": await list_people(unit), "left": await access.list_who_left(unit.session)}

    if visit.wants_fragment:
        return await visit.show_part("pages/parts/everybody", ask)
    return await visit.show("pages/people", ask)


def list_routes(parts: Parts) -> list[web.RouteDef]:
    return [web.get("/people", signed_in(parts, show, "responder"))]
