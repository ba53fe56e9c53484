"""Requests of chat platforms that deliver over HTTP. What a request proves and means is the platform's to say."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, runtime_checkable

from aiohttp import web

from bot.errors import Unavailable
from handlers.parts import Parts


@runtime_checkable
class Door(Protocol):
    """A platform that takes requests at `/<its name>/events`."""

    async def receive(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, dict[str, str], str]:
        """Returns status, headers and body of the answer."""
        ...


def list_routes(parts: Parts) -> list[web.RouteDef]:
    """One route for each platform that may have a door; one that was not made yet opens it later."""
    names = [name for name in parts.work.installation.platforms if name != "room"]
    return [web.post(f"/{name}/events", _build_handler(parts, name)) for name in names]


def _build_handler(parts: Parts, name: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def receive(request: web.Request) -> web.Response:
        door = parts.platforms.get(name)
        if door is None:
            raise Unavailable("platform.not_started")
        if not isinstance(door, Door):
            raise web.HTTPNotFound
        status, headers, body = await door.receive(await request.read(), request.headers)
        return web.Response(status=status, headers=headers, text=body)

    return receive
