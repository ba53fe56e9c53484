"""Requests of chat platforms that deliver over HTTP. What a request proves and means is the platform's to say."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, runtime_checkable

from aiohttp import web

from handlers.parts import Parts


@runtime_checkable
class Door(Protocol):
    """A platform that takes requests at a path of ours."""

    path: str

    async def receive(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, dict[str, str], str]:
        """Returns status, headers and body of the answer."""
        ...


def list_routes(parts: Parts) -> list[web.RouteDef]:
    """One route for each platform that has a door."""
    doors = [platform for platform in parts.platforms.values() if isinstance(platform, Door)]
    return [web.post(door.path, _build_handler(door)) for door in doors]


def _build_handler(door: Door) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def receive(request: web.Request) -> web.Response:
        status, headers, body = await door.receive(await request.read(), request.headers)
        return web.Response(status=status, headers=headers, text=body)

    return receive
