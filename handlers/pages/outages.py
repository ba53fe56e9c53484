"""The thin line on every page that says which platform is away; it comes and goes by itself."""

from aiohttp import web

from handlers.pages.visit import Visit, read_outages, signed_in
from handlers.parts import Parts


def list_routes(parts: Parts) -> list[web.RouteDef]:
    async def show(visit: Visit) -> web.StreamResponse:
        return await visit.show_part("pages/parts/outages", read_outages)

    return [web.get("/outages", signed_in(parts, show))]
