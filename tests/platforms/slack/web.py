"""The HTTP side of Slack: Web API, response URLs, files, sockets. Reads requests, and writes answers."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, Protocol

from aiohttp import web

from tests.platforms.slack import (
    methods_chat,
    methods_conversations,
    methods_files,
    methods_marks,
    methods_people,
    methods_views,
)
from tests.platforms.slack.answers import Ask, Refused, Slack, method
from tests.platforms.slack.courier import Courier
from tests.platforms.slack.faults import Fault, Faults
from tests.platforms.slack.response_urls import answer
from tests.platforms.slack.sockets import Sockets
from tests.platforms.slack.things import Json

# Importing them declares the methods.
FAMILIES = (
    methods_chat,
    methods_conversations,
    methods_files,
    methods_marks,
    methods_people,
    methods_views,
)

LOGIN = "<!DOCTYPE html><html><head><title>Sign in | Slack</title></head><body>Sign in to your workspace</body></html>"


@dataclass(frozen=True)
class Call:
    """One call of the Web API, and how it ended. `at` is time.monotonic()."""

    method: str
    args: Json
    at: float
    ok: bool
    error: str | None = None


class Host(Slack, Protocol):
    """What the HTTP side needs of the server."""

    bot_token: str
    user_token: str
    app_token: str
    app_scopes: set[str]
    owner: Any
    calls: list[Call]
    faults: Faults
    connections: Sockets
    courier: Courier
    delay: float


def build_app(host: Host) -> web.Application:
    """The routes of slack.com, hooks.slack.com and files.slack.com in one."""

    async def api(request: web.Request) -> web.StreamResponse:
        return await _serve_method(host, request)

    async def respond(request: web.Request) -> web.StreamResponse:
        try:
            body = await request.json()
        except ValueError:
            body = None
        status, text = answer(host, request.match_info["key"], body)
        return web.Response(status=status, text=text)

    async def download(request: web.Request) -> web.StreamResponse:
        return _serve_file(host, request)

    async def upload(request: web.Request) -> web.StreamResponse:
        return await _take_file(host, request)

    app = web.Application(client_max_size=64 * 2**20)
    app.router.add_route("*", "/api/{method}", api)
    app.router.add_post("/actions/{key:.+}", respond)
    app.router.add_get("/files-pri/{file}/{rest:.+}", download)
    app.router.add_post("/upload/v1/{file}", upload)
    app.router.add_get("/link/", host.connections.serve)
    return app


async def read_args(request: web.Request) -> tuple[Json, str | None]:
    """The arguments, wherever they are, and the token."""
    args: Json = dict(request.query)
    kind = request.content_type if request.can_read_body else ""
    if kind == "application/json":
        try:
            body = await request.json()
        except ValueError as wrong:
            raise Refused("invalid_json") from wrong
        if not isinstance(body, dict):
            raise Refused("json_not_object")
        body.pop("token", None)  # in JSON, a token belongs into the header
        args |= body
    elif kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        args |= dict(await request.post())
    elif request.can_read_body and await request.read():
        raise Refused("invalid_post_type")
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    given = args.pop("token", None)
    return args, (token.strip() if scheme.lower() == "bearer" else given)


async def _serve_method(host: Host, request: web.Request) -> web.StreamResponse:
    name = request.match_info["method"]
    if request.method not in ("GET", "POST"):
        return web.Response(status=405)
    args: Json = {}
    fault: Fault | None = None
    try:
        args, token = await read_args(request)
        fault = host.faults.take(name, args)
        if fault is not None and fault.kind == "rate_limit":
            body = {"ok": False, "error": "ratelimited"}
            return _finish(host, name, args, body, 429, {"Retry-After": str(fault.retry_after)})
        if fault is not None and fault.kind == "500":
            host.calls.append(Call(name, args, time.monotonic(), False, "500"))
            return web.Response(status=500, text="upstream connect error", headers=_date(host))
        ask = admit(host, name, args, token)
        if fault is not None and fault.kind == "error":
            raise Refused(fault.error)
        body = {"ok": True, **await method.methods[name].run(ask)}
    except Refused as refused:
        body = {"ok": False, "error": refused.error, **refused.more}
    if host.delay:
        await asyncio.sleep(host.delay)
    response = _finish(host, name, args, body)
    if fault is not None and fault.kind == "drop" and isinstance(request.transport, asyncio.Transport):
        request.transport.abort()
    return response


def admit(host: Host, name: str, args: Json, token: str | None) -> Ask:
    """Who calls, and whether they may."""
    if not token:
        raise Refused("not_authed")
    if token not in (host.bot_token, host.user_token, host.app_token):
        raise Refused("invalid_auth")
    known = method.methods.get(name)
    if known is None:
        raise Refused("unknown_method", req_method=name)
    if (token == host.app_token) != (known.token == "app"):
        raise Refused("not_allowed_token_type")
    if known.token == "app" and "connections:write" not in host.app_scopes:
        raise Refused("missing_scope", needed="connections:write", provided=",".join(sorted(host.app_scopes)))
    is_bot = token != host.user_token
    ask = Ask(host, name, args, host.workspace.bot_user if is_bot else host.owner.id, is_bot)
    if known.scopes:
        ask.need_scope(*known.scopes)
    return ask


def _finish(
    host: Host, name: str, args: Json, body: Json, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    host.calls.append(Call(name, args, time.monotonic(), body["ok"], body.get("error")))
    known = method.methods.get(name)
    scopes = {
        "X-OAuth-Scopes": ",".join(sorted(host.scopes)),
        "X-Accepted-OAuth-Scopes": ",".join(known.scopes if known else ()),
    }
    return web.Response(
        status=status,
        body=json.dumps(body).encode(),
        content_type="application/json",
        charset="utf-8",
        headers={**_date(host), **scopes, **(headers or {})},
    )


def _date(host: Host) -> dict[str, str]:
    return {"Date": formatdate(time.time() + host.courier.clock_skew, usegmt=True)}


def _serve_file(host: Host, request: web.Request) -> web.StreamResponse:
    """The content for the bearer of a token; for everybody else, the page to sign in, with 200."""
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
    file_id = request.match_info["file"].partition("-")[2]
    may_read = bearer == host.bot_token and "files:read" in host.scopes
    if not may_read and bearer != host.user_token:
        return web.Response(text=LOGIN, content_type="text/html")
    if file_id not in host.workspace.files:
        return web.Response(status=404, text="not found")
    shown = host.workspace.files[file_id]
    return web.Response(body=host.workspace.contents[file_id], content_type=shown["mimetype"])


async def _take_file(host: Host, request: web.Request) -> web.StreamResponse:
    file_id = request.match_info["file"]
    if file_id not in host.workspace.files:
        return web.Response(status=404, text="not found")
    content = await request.read()
    if request.content_type == "multipart/form-data":
        part: Any = next(iter((await request.post()).values()))
        content = part.file.read()
    host.workspace.contents[file_id] = content
    return web.Response(text=f"OK - {len(content)}")
