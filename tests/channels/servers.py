"""Small servers that keep what they are sent, and refuse what the real ones do: ntfy, Gotify, and whoever takes webhooks.

Written after docs.ntfy.sh/publish and gotify.net/api-docs; a test also asks a real ntfy where there is one.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

NTFY_KEYS = {"topic", "message", "title", "tags", "priority", "click", "actions"}
ACTION_KEYS = {
    "http": {"action", "label", "url", "method", "clear"},
    "view": {"action", "label", "url", "clear"},
}


@dataclass
class Kept:
    """What arrived at `path`, oldest first; `statuses` are what is answered next instead of 200. `cleared` are the messages
    that were taken back."""

    url: str = ""
    bodies: list[Any] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    cleared: list[str] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response | None:
        if self.statuses:
            return web.json_response({"error": "as ordered"}, status=self.statuses.pop(0))
        self.raw.append(await request.read())
        self.bodies.append(await request.json())
        self.headers.append(dict(request.headers))
        return None


@asynccontextmanager
async def serving(kept: Kept, path: str, handler: Any, clear: Any = None) -> AsyncIterator[Kept]:
    app = web.Application()
    app.router.add_post(path, handler)
    if clear is not None:
        app.router.add_put("/{topic}/{message}/clear", clear)
    async with TestServer(app) as server:
        kept.url = str(server.make_url("")).rstrip("/")
        yield kept


@asynccontextmanager
async def open_ntfy(token: str = "", is_old: bool = False) -> AsyncIterator[Kept]:
    """Before 2.16 it can't clear."""
    kept = Kept()

    async def publish(request: web.Request) -> web.Response:
        if token and request.headers.get("Authorization") != f"Bearer {token}":
            return web.json_response({"code": 40101, "http": 401, "error": "unauthorized"}, status=401)
        if (refused := await kept.take(request)) is not None:
            return refused
        fault = _find_ntfy_fault(kept.bodies[-1])
        if fault:
            kept.bodies.pop()
            return web.json_response({"code": 40024, "http": 400, "error": fault}, status=400)
        return web.json_response({"id": f"n{len(kept.bodies)}", "event": "message"})

    async def clear(request: web.Request) -> web.Response:
        kept.cleared.append(f"{request.match_info['topic']}/{request.match_info['message']}")
        return web.json_response({"event": "message_clear"})

    async with serving(kept, "/", publish, None if is_old else clear):
        yield kept


def _find_ntfy_fault(body: dict[str, Any]) -> str:
    if set(body) - NTFY_KEYS or not re.fullmatch(r"[-_A-Za-z0-9]{1,64}", body.get("topic", "")):
        return "invalid request: topic or keys"
    if not isinstance(body.get("priority"), int) or not 1 <= body["priority"] <= 5:
        return "invalid priority"
    actions = body.get("actions", [])
    if len(actions) > 3 or any(set(one) - ACTION_KEYS.get(one.get("action"), set()) for one in actions):
        return "invalid actions"
    return "" if len(body.get("message", "").encode()) <= 4096 else "message too large"


@asynccontextmanager
async def open_gotify(token: str) -> AsyncIterator[Kept]:
    kept = Kept()

    async def create(request: web.Request) -> web.Response:
        if request.headers.get("X-Gotify-Key") != token:
            return web.json_response({"error": "Unauthorized", "errorCode": 401}, status=401)
        if (refused := await kept.take(request)) is not None:
            return refused
        if not kept.bodies[-1].get("message"):
            return web.json_response({"error": "Bad Request", "errorCode": 400}, status=400)
        return web.json_response({"id": len(kept.bodies), "appid": 1, **kept.bodies[-1]})

    async with serving(kept, "/message", create):
        yield kept


@asynccontextmanager
async def open_hook() -> AsyncIterator[Kept]:
    kept = Kept()

    async def take(request: web.Request) -> web.Response:
        return await kept.take(request) or web.Response(text="thanks")

    async with serving(kept, "/pages", take):
        yield kept
