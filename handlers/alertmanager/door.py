"""The door of Alertmanager's API: whose key it is, and every problem as a JSON text, as its clients read it.

The key is that of an integration of the source `prometheus`: in the path (`/hooks/prometheus/<key>/api/v2/...`), as a
bearer token, or as the password of Basic authorization (`/api/v2/...`). Without one nothing is answered.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from bot.alerts.matchers import LABEL, Matcher, parse_matchers
from bot.alerts.queue import Sender
from bot.catalog.integrations import get_integration
from bot.chat.markup import render_text
from bot.errors import Forbidden, Invalid, Malformed, Problem, Unauthenticated
from bot.flow.unit import Actor, Unit
from handlers.parts import Parts
from handlers.webhooks.senders import Senders
from handlers.webhooks.source import decode_json
from storage.models import Integration

SOURCE = "prometheus"
PREFIXES = ("/api/v2", "/hooks/prometheus/{key}/api/v2")
JSON = "application/json"
BOOLEANS = {"true": True, "1": True, "t": True, "false": False, "0": False, "f": False}
ELSEWHERE = ("cross-site", "same-site")
T = TypeVar("T")


@dataclass(frozen=True)
class Visit:
    """A request with its key, which is not known to be one yet."""

    parts: Parts
    senders: Senders
    request: web.Request
    key: str

    async def get_sender(self, anew: bool = False) -> Sender:
        """Who sends, as it is remembered; raises Unauthenticated."""
        return await self.senders.get(SOURCE, self.key, anew)

    async def look(self, ask: Callable[[Unit, Integration], Awaitable[T]]) -> T:
        async def run(unit: Unit) -> T:
            return await ask(unit, await get_integration(unit, SOURCE, self.key))

        return await self.parts.work.look(run, self._actor())

    async def change(self, change: Callable[[Unit, Integration], Awaitable[T]], by: str = "") -> T:
        async def run(unit: Unit) -> T:
            integration = await get_integration(unit, SOURCE, self.key)
            unit.actor = self._actor(f"{by} ({integration.name})" if by else integration.name)
            return await change(unit, integration)

        return await self.parts.work.run(run)

    @staticmethod
    def _actor(name: str = "Prometheus") -> Actor:
        return Actor(name[:120], None, "api", sees_private=False)

    async def read(self, kind: type[T]) -> T:
        body = await self.request.read()
        if not body.strip():
            raise Malformed("body.empty")
        try:
            return _decode(body, self.request.headers.get("Content-Type", ""), kind)
        except msgspec.ValidationError as error:
            raise Malformed("field.wrong", name="", reason=str(error)) from error

    def flag(self, name: str) -> bool:
        """A parameter that is true unless it says otherwise; raises Malformed."""
        text = self.request.query.get(name, "true").lower()
        if text not in BOOLEANS:
            raise Malformed("field.not_one_of", name, name=name, known=["true", "false"])
        return BOOLEANS[text]

    def matchers(self, name: str) -> tuple[Matcher, ...]:
        """Matchers of labels, from a parameter that may be given again and again."""
        return tuple(
            one if one.name.startswith(LABEL) else Matcher(LABEL + one.name, one.operation, one.value)
            for text in self.request.query.getall(name, [])
            for one in parse_matchers(text, name)
        )


def _decode(body: bytes, content_type: str, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return msgspec.convert(decode_json(body, content_type), type=kind)


Answer = Callable[[Visit], Awaitable[web.Response]]


def list_doors(parts: Parts, method: str, path: str, answer: Answer) -> list[web.RouteDef]:
    """The routes of one operation, under every prefix."""
    senders = Senders(parts.work)

    async def handle(request: web.Request) -> web.Response:
        try:
            if method != "GET" and request.headers.get("Sec-Fetch-Site") in ELSEWHERE:
                raise Forbidden("request.cross_site")
            return await answer(Visit(parts, senders, request, read_key(request.match_info, request.headers)))
        except Problem as problem:
            return _explain(parts, problem)
        except web.HTTPRequestEntityTooLarge:
            return _explain(parts, Problem("body.too_large", limit=parts.settings.body_limit), 413)

    return [web.route(method, prefix + path, handle) for prefix in PREFIXES]


def read_key(path: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """The key of a request; raises Unauthenticated when there is none."""
    if "key" in path:
        return path["key"]
    scheme, _, given = headers.get("Authorization", "").strip().partition(" ")
    key = given.strip()
    if scheme.lower() == "basic":
        try:
            key = base64.b64decode(key, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            key = ""
    elif scheme.lower() != "bearer":
        key = ""
    if not key:
        raise Unauthenticated("key.missing_for_alertmanager")
    return key


def send(answer: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(answer), content_type=JSON)


def _explain(parts: Parts, problem: Problem, status: int = 0) -> web.Response:
    status = status or (400 if isinstance(problem, Invalid) else problem.status)
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="tocsin"'
    if status == 503:
        headers["Retry-After"] = "2"
    text = render_text(parts.templates.explain(problem))
    return web.Response(body=msgspec.json.encode(text), status=status, headers=headers, content_type=JSON)
