"""The HTTP side of Discord: REST under /api/v10, files, and the door of the gateway. Reads requests, and writes answers.

Every request and every answer is judged by Discord's own description of its API.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any, Protocol

from aiohttp import web

from tests.platforms.discord import (
    routes_answers,
    routes_channels,
    routes_guild,
    routes_marks,
    routes_messages,
)
from tests.platforms.discord.answers import (
    ROUTES,
    Ask,
    Discord,
    Fault,
    Limited,
    Refused,
    Upload,
    invalid_form,
)
from tests.platforms.discord.contract import (
    Operation,
    find_operation,
    judge_answer,
    judge_query,
    judge_request,
)
from tests.platforms.discord.faults import Bucket, Faults, Trouble
from tests.platforms.discord.gateway import Gateway
from tests.platforms.discord.limits import REASON

# Importing them declares the routes.
FAMILIES = (routes_answers, routes_channels, routes_guild, routes_marks, routes_messages)

BY_TOKEN_IN_PATH = ("interaction_token", "webhook_token")
WRONG = {50006, 50035, 50109, 40333}
JSON, MULTIPART = "application/json", "multipart/form-data"


@dataclass(frozen=True)
class Call:
    """One request, and how it ended: `code` is Discord's own. `at` is time.monotonic()."""

    route: str
    path: dict[str, str]
    body: Any
    at: float
    status: int
    code: int = 0

    @property
    def ok(self) -> bool:
        return self.status < 300


class Host(Discord, Protocol):
    """What the HTTP side needs of the server."""

    bot_token: str
    calls: list[Call]
    faults: Faults
    gateway: Gateway
    delay: float


def build_app(host: Host) -> web.Application:
    """The routes of discord.com, its CDN and its gateway in one."""

    async def api(request: web.Request) -> web.StreamResponse:
        return await _serve(host, request)

    async def download(request: web.Request) -> web.StreamResponse:
        return _serve_file(host, request)

    app = web.Application(client_max_size=64 * 2**20)
    app.router.add_route("*", "/api/v10/{path:.+}", api)
    app.router.add_get("/attachments/{channel}/{file}/{name}", download)
    app.router.add_get("/gateway", host.gateway.serve)
    return app


async def _serve(host: Host, request: web.Request) -> web.StreamResponse:
    # aiohttp has read %2F and the like already; of what Discord takes, only emoji are written so.
    found = find_operation(request.method, "/" + request.match_info["path"])
    if found is None:
        host.violations.append(f"{request.method} {request.path}: there is no such route")
        body = {"message": "404: Not Found", "code": 0}
        return await _finish(host, request, None, {}, None, 404, body, {})
    operation, path = found
    trouble = host.faults.take(operation.name, path.get("channel_id"))
    if trouble is not None and trouble.kind == "broken":
        return await _finish(host, request, operation, path, None, trouble.status, None, {})
    if trouble is not None and trouble.kind == "wall":
        return await _finish(host, request, operation, path, None, 429, None, {})
    given: Any = None
    headers: dict[str, str] = {}
    try:
        _need_caller(host, request, path)
        if trouble is not None and trouble.kind == "limit":
            raise Limited(trouble.retry_after, trouble.scope)
        headers = _spend(host, operation, path)
        given, files = await _read(request)
        _judge(operation, request, given)
        if trouble is not None and trouble.kind == "error":
            raise Refused(trouble.status, trouble.code, trouble.message)
        handler = ROUTES.get(operation.name)
        if handler is None:
            raise NotImplementedError(f"The emulator has no {operation.name}")
        body = handler(Ask(host, operation.name, path, dict(request.query), given, files))
        status = operation.status if body is not None else 204
    except Refused as refused:
        body, status = refused.to_json(), refused.status
        headers = headers | _limit_headers(refused)
        if refused.code in WRONG:
            faults = "; ".join(map(str, refused.faults)) or refused.message
            host.violations.append(f"{operation.name}: {faults}")
    return await _finish(host, request, operation, path, given, status, body, headers, trouble)


def _need_caller(host: Host, request: web.Request, path: dict[str, str]) -> None:
    """Refuse who has no token, and a bot that does not say what it is. Who answers by a token in the path need not."""
    if any(name in path for name in BY_TOKEN_IN_PATH):
        return
    if not request.headers.get("User-Agent", "").startswith("DiscordBot ("):
        raise Refused(403, 40333, "internal network error")
    if request.headers.get("Authorization") != f"Bot {host.bot_token}":
        raise Refused(401, 0, "401: Unauthorized")


def _spend(host: Host, operation: Operation, path: dict[str, str]) -> dict[str, str]:
    """Take one request from the route's bucket; returns what the headers say about it."""
    parts = ("channel_id", "guild_id", "webhook_id", "webhook_token", "interaction_token")
    major = "/".join(path.get(one, "") for one in parts)
    bucket, wait = host.faults.spend(operation.name, major, host.guild.now())
    if wait:
        raise Limited(wait)
    return _headers(operation.name, bucket, host.guild.now())


def _headers(route: str, bucket: Bucket, now: float) -> dict[str, str]:
    after = max(0.0, bucket.full_at - now)
    return {
        "X-RateLimit-Limit": str(bucket.most),
        "X-RateLimit-Remaining": str(bucket.left),
        "X-RateLimit-Reset": f"{now + after:.3f}",
        "X-RateLimit-Reset-After": f"{after:.3f}",
        "X-RateLimit-Bucket": hashlib.md5(route.encode()).hexdigest(),
    }


def _limit_headers(refused: Refused) -> dict[str, str]:
    if not isinstance(refused, Limited):
        return {}
    whole = str(int(refused.retry_after) + 1)
    shared = {"X-RateLimit-Global": "true"} if refused.scope == "global" else {}
    return {"Retry-After": whole, "X-RateLimit-Scope": refused.scope, **shared}


async def _read(request: web.Request) -> tuple[Any, dict[str, Upload]]:
    """The body and its files, out of JSON or out of several parts."""
    if not request.can_read_body:
        return None, {}
    if request.content_type == MULTIPART:
        parts = await request.post()
        files = {
            name[len("files[") : -1]: Upload(part.filename, part.content_type, part.file.read())
            for name, part in parts.items()
            if isinstance(part, web.FileField) and name.startswith("files[")
        }
        return _parse(str(parts.get("payload_json", "{}"))), files
    text = await request.text()
    if not text:
        return None, {}
    if request.content_type != JSON:
        raise invalid_form([Fault((), "CONTENT_TYPE_INVALID", 'Expected "Content-Type" header to be JSON')])
    return _parse(text), {}


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as wrong:
        raise Refused(400, 50109, "The request body contains invalid JSON.") from wrong


def _judge(operation: Operation, request: web.Request, body: Any) -> None:
    faults = judge_query(operation, dict(request.query))
    if operation.takes(JSON) is not None:
        faults += judge_request(operation, JSON, {} if body is None else body)
    if len(request.headers.get("X-Audit-Log-Reason", "")) > REASON:
        faults.append(Fault(("reason",), "BASE_TYPE_MAX_LENGTH", f"Must be {REASON} or fewer in length."))
    if faults:
        raise invalid_form(faults)


async def _finish(
    host: Host,
    request: web.Request,
    operation: Operation | None,
    path: dict[str, str],
    given: Any,
    status: int,
    body: Any,
    headers: dict[str, str],
    trouble: Trouble | None = None,
) -> web.Response:
    """Note the request, look at our own answer, and send it."""
    name = operation.name if operation else request.path
    code = body.get("code", 0) if isinstance(body, dict) and status >= 400 else 0
    host.calls.append(Call(name, path, given, time.monotonic(), status, code))
    if operation is not None and (status < 400 or (body is not None and status < 500)):
        faults = judge_answer(operation, status, body)
        host.violations += [f"the emulator's own answer to {name}: {status} {fault}" for fault in faults]
    if host.delay:
        await asyncio.sleep(host.delay)
    if trouble is not None and trouble.kind == "drop":
        transport = request.transport
        assert isinstance(transport, asyncio.Transport)
        transport.abort()
    if body is None and status >= 400:
        # What stands before Discord answers in its own words, and without Via.
        return web.Response(status=status, text="<html>error code: 1015</html>", content_type="text/html")
    headers = {"Via": "1.1 google", **headers}
    if body is None:
        return web.Response(status=status, headers=headers)
    return web.Response(
        status=status, body=json.dumps(body).encode(), content_type="application/json", headers=headers
    )


def _serve_file(host: Host, request: web.Request) -> web.StreamResponse:
    """A file of a message: for everybody who has the address, for a day."""
    file_id, until = request.match_info["file"], request.query.get("ex", "0")
    is_signed = request.query.get("hm") == host.guild.sign(file_id, until)
    if file_id not in host.guild.files or not is_signed or int(until, 16) < host.guild.now():
        return web.Response(status=404, text="This content is no longer available.")
    kind, content = host.guild.files[file_id]
    return web.Response(body=content, content_type=kind.partition(";")[0])
