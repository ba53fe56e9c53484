"""`/heartbeats/{key}`: the URL that a cron job or a monitor calls to say that it is alive.

GET, HEAD, POST and PUT do the same."""

from aiohttp import web

from bot.alerts.heartbeats import ping_by_key
from handlers.parts import Parts


def list_routes(parts: Parts) -> list[web.RouteDef]:
    async def ping(request: web.Request) -> web.Response:
        key = request.match_info["key"]
        await parts.work.run(lambda unit: ping_by_key(unit, key))
        return web.Response(text="OK\n")

    path = "/heartbeats/{key}"
    return [web.get(path, ping), web.post(path, ping), web.put(path, ping)]
