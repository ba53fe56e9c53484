"""PagerDuty's Events API v2, served under its own paths: what is told to PagerDuty can be told to Tocsin by another URL.

The routing key is the key of an integration of the source `pagerduty_events`. Answers have PagerDuty's shapes: 202 with
the `dedup_key`, 400 with what is wrong in `errors`; what is not stored is 503, which its clients send again.
Source: developer.pagerduty.com/docs/events-api-v2-overview
"""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import msgspec
from aiohttp import web

from bot.chat.markup import render_text
from bot.errors import Malformed, Problem, TooLarge, Unauthenticated
from handlers.parts import Parts
from handlers.webhooks.pagerduty_events import SOURCE, read_change, read_event
from handlers.webhooks.reception import Reception, Taken
from handlers.webhooks.source import Hook, Parsed, need, read_object, text_of

Answer = Callable[[web.Request], Awaitable[web.Response]]


def list_routes(parts: Parts) -> list[web.RouteDef]:
    reception = Reception(parts)

    async def enqueue(request: web.Request) -> web.Response:
        body = await read_body(parts, request)
        await take(reception, request, body, read_event)
        told = {"status": "success", "message": "Event processed", "dedup_key": body["dedup_key"]}
        return web.json_response(told, status=202)

    async def enqueue_change(request: web.Request) -> web.Response:
        body = await read_body(parts, request)
        taken = await take(reception, request, body, read_change)
        told = {"status": "success", "message": "Change event processed", "id": str(taken.changes[0].id)}
        return web.json_response(told, status=202)

    return [
        web.post("/v2/enqueue", explained(parts, enqueue)),
        web.post("/v2/change/enqueue", explained(parts, enqueue_change)),
    ]


async def read_body(parts: Parts, request: web.Request) -> dict[str, Any]:
    """The event. A trigger without `dedup_key` gets one of its own."""
    try:
        body = read_object(Hook(await request.read(), request.headers))
    except web.HTTPRequestEntityTooLarge as error:
        raise TooLarge("body.too_large", limit=parts.settings.body_limit) from error
    body["dedup_key"] = text_of(body.get("dedup_key")).strip()
    if not body["dedup_key"] and text_of(body.get("event_action", "trigger")).lower() == "trigger":
        body["dedup_key"] = uuid.uuid4().hex
    return body


async def take(
    reception: Reception,
    request: web.Request,
    body: dict[str, Any],
    read: Callable[[dict[str, Any]], Parsed],
) -> Taken:
    """Store it for the integration that the routing key belongs to."""
    key = request.headers.get("X-Routing-Key", "").strip() or need(body, "routing_key")
    source = replace(SOURCE, parse=lambda hook: [read(read_object(hook))])
    try:
        return await reception.take(request, source, key, msgspec.json.encode(body))
    except Unauthenticated as unknown:
        raise Malformed("enqueue.unknown_key", "routing_key") from unknown


def explained(parts: Parts, answer: Answer) -> Answer:
    """Problems in the words and the shape that clients of PagerDuty know."""

    async def handle(request: web.Request) -> web.Response:
        try:
            return await answer(request)
        except Problem as problem:
            sentence = render_text(parts.templates.explain(problem))
            status = 400 if problem.status < 500 and problem.status != 413 else problem.status
            told = {"status": "invalid event", "message": "Event object is invalid", "errors": [sentence]}
            if status >= 500:
                told = {"status": "error", "message": sentence, "errors": [sentence]}
            headers = {"Retry-After": "2"} if status == 503 else {}
            return web.json_response(told, status=status, headers=headers)

    return handle
