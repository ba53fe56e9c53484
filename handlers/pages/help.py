"""Help: the keys of the Room, and every command with its arguments, read off the registry."""

from itertools import groupby

from aiohttp import web

from handlers.pages.visit import Visit, signed_in
from handlers.parts import Parts


def list_routes(parts: Parts) -> list[web.RouteDef]:
    async def show(visit: Visit) -> web.StreamResponse:
        commands = parts.registry.list_help()
        groups = [
            (name, list(found)) for name, found in groupby(commands, lambda one: one.path.split(" ")[0])
        ]
        if visit.wants_fragment:
            return visit.respond("pages/parts/help", {"groups": groups})
        return await visit.show("pages/help", groups=groups)

    return [web.get("/help", signed_in(parts, show))]
