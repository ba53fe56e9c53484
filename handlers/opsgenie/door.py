"""The door of Opsgenie's API: the key, the envelope of answers, the shape of errors, the headers that clients look at.

The key is that of an integration of the source `opsgenie` (`Authorization: GenieKey <key>`), or a key of Tocsin's own API.
The key of an integration that belongs to a team opens what belongs to that team or came from that integration.
"""

import base64
import binascii
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from bot.access.keys import check_scope, get_key
from bot.catalog.integrations import get_integration
from bot.chat.markup import render_text
from bot.errors import Malformed, Problem, TooLarge, Unauthenticated
from bot.flow.unit import Actor, Unit
from handlers.parts import Parts
from handlers.webhooks.senders import Senders
from handlers.webhooks.source import decode_json
from storage.models import ApiKey
from storage.words import Scope

T = TypeVar("T")
PREFIXES = ("/v2", "/jsm/ops/integration/v2")
ALERT = r"/alerts/{identifier:[\s\S]+}"
"""The path of one alert. An alias may hold slashes, and clients don't escape them."""
SOURCE = "opsgenie"
PROCESSED = "Request will be processed"
SCHEMES = ("geniekey", "bearer")
HEADERS = {
    "X-RateLimit-State": "OK",
    "X-RateLimit-Reason": "ACCOUNT",
    "X-RateLimit-Period-In-Sec": "60",
}
"""The Go client warns when one of them is missing. Nothing is limited by these: what can't be stored now is 503."""
UNPROCESSABLE = "Request body is not processable. Please check the errors."


@dataclass(frozen=True)
class Caller:
    """Who asks. `integration_id` is None for a key of Tocsin's own API."""

    name: str
    scope: Scope
    integration_id: int | None = None
    team_id: int | None = None
    slug: str = ""

    @property
    def actor(self) -> Actor:
        """A program. Private incidents exist only for a key with scope admin, never for a sender."""
        sees_private = self.integration_id is None and self.scope is Scope.ADMIN
        return Actor(self.name, None, SOURCE, sees_private)

    @property
    def only_team(self) -> int | None:
        return self.team_id


@dataclass(frozen=True)
class Answer:
    """What an operation answers: the parts of the envelope besides `took` and `requestId`."""

    values: dict[str, Any]
    status: int = 200
    request_id: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One request that was let in."""

    parts: Parts
    request: web.Request
    caller: Caller
    senders: Senders

    def part(self, name: str) -> str:
        """A named part of the path."""
        return self.request.match_info[name]

    def query(self, name: str, default: str = "") -> str:
        return self.request.query.get(name, default).replace("\x00", "\ufffd")

    async def body(self) -> dict[str, Any]:
        """The body as a JSON object; nothing at all counts as an empty one. Raises Malformed."""
        return read_object(await self.request.read(), self.request.headers.get("Content-Type", ""))

    async def look(self, ask: Callable[[Unit], Awaitable[T]]) -> T:
        return await self.parts.work.look(ask, self.caller.actor)


@dataclass(frozen=True)
class Operation:
    """`path` is below the prefixes. `scope` is what the key must be good for; None leaves the key to the operation."""

    method: str
    path: str
    run: Callable[[Call], Awaitable[Answer | web.Response]]
    scope: Scope | None = Scope.READ


NOBODY = Caller("", Scope.READ)


def open_door(
    parts: Parts, operation: Operation, senders: Senders
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler that checks the key and runs the operation."""

    async def handle(request: web.Request) -> web.StreamResponse:
        started = time.perf_counter()
        try:
            caller = NOBODY
            if operation.scope is not None:
                caller = await parts.work.look(lambda unit: find_caller(parts, unit, request))
                check_caller(caller, operation.scope)
            answer = await operation.run(Call(parts, request, caller, senders))
            if isinstance(answer, web.Response):
                return answer
        except Problem as problem:
            answer = explain(parts, problem)
        except web.HTTPRequestEntityTooLarge:
            answer = explain(parts, TooLarge("body.too_large", limit=parts.settings.body_limit))
        return send(answer, time.perf_counter() - started)

    return handle


def read_key(request: web.Request) -> str:
    """The key that a request comes with; raises Unauthenticated.

    Opsgenie takes it by Basic authorization and in the query, too: so Alertmanager pings a heartbeat, which knows no other.
    Source: www.opsgenie.com/docs/rest-api
    """
    scheme, _, key = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() == "basic":
        key = _read_basic(key.strip())
    elif scheme.lower() not in SCHEMES:
        key = ""
    key = key.strip() or request.query.get("apiKey", "").strip()
    if not key or not key.isascii():
        raise Unauthenticated("opsgenie.key")
    return key


def _read_basic(text: str) -> str:
    """The password, else the name; or all of it where it is no pair."""
    try:
        name, _, password = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return password or name


async def find_caller(parts: Parts, unit: Unit, request: web.Request) -> Caller:
    """Whose key it is; raises Unauthenticated."""
    key = read_key(request)
    try:
        row = await get_integration(unit, SOURCE, key)
    except Unauthenticated:
        own = await _get_own_key(unit, key)
        parts.key_uses.note(own)
        return _call_by_key(own)
    return Caller(row.name, Scope.WRITE, row.id, row.team_id, row.slug)


async def _get_own_key(unit: Unit, key: str) -> ApiKey:
    try:
        return await get_key(unit, key)
    except Unauthenticated as unknown:
        raise Unauthenticated("opsgenie.key") from unknown


def _call_by_key(key: ApiKey) -> Caller:
    return Caller(key.name, key.scope)


def check_caller(caller: Caller, needed: Scope) -> None:
    """Raise Forbidden unless the key is good for it."""
    check_scope(ApiKey(scope=caller.scope), needed)


def read_object(body: bytes, content_type: str = "") -> dict[str, Any]:
    if not body.strip():
        return {}
    found = decode_json(body, content_type)
    if not isinstance(found, dict):
        raise Malformed("body.not_object")
    return found


def explain(parts: Parts, problem: Problem) -> Answer:
    """A problem in Opsgenie's shape: `message`, and for a field at fault `errors`."""
    sentence = render_text(parts.templates.explain(problem))
    values: dict[str, Any] = {"message": sentence}
    if problem.status == 422:
        values = {"message": UNPROCESSABLE, "errors": {problem.field or "body": sentence}}
    headers = {"Retry-After": "2"} if problem.status == 503 else {}
    if problem.code == "opsgenie.request_unknown":
        headers["X-Opsgenie-Errortype"] = "RequestNotProcessed"
    return Answer(values, problem.status, headers=headers)


def send(answer: Answer, took: float) -> web.Response:
    """An answer in its envelope."""
    request_id = answer.request_id or str(uuid.uuid4())
    body = {**answer.values, "took": round(took, 3), "requestId": request_id}
    response = web.json_response(body=msgspec.json.encode(body), status=answer.status)
    response.headers.update(
        {**HEADERS, "X-Request-Id": request_id, "X-Response-Time": f"{took:.3f}", **answer.headers}
    )
    return response
