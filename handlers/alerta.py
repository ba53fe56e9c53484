"""The part of Alerta's API that senders use, with its answers: its clients look for `status` "error" in them, whatever the
status of HTTP says.

Source: docs.alerta.io/api/reference.html#alerts, and alertaclient 8.5.3
"""

from typing import Any

import msgspec
from aiohttp import web

from bot.chat.markup import render_text
from bot.errors import Problem, TooLarge, Unknown
from handlers.parts import Parts
from handlers.webhooks.alerta import SOURCE
from handlers.webhooks.reception import Reception
from handlers.webhooks.source import decode_json


def list_routes(parts: Parts) -> list[web.RouteDef]:
    reception = Reception(parts)

    async def take(request: web.Request) -> web.Response:
        try:
            body = await request.read()
            (receipt,) = (await reception.take(request, SOURCE, request.match_info["key"], body)).receipts
        except Problem as problem:
            return explain(parts, problem)
        except web.HTTPRequestEntityTooLarge:
            return explain(parts, TooLarge("body.too_large", limit=parts.settings.body_limit))
        said: dict[str, Any] = decode_json(body, request.headers.get("Content-Type", ""))
        is_again = receipt.outcome == "repeated"
        alert = {
            **said,
            "id": receipt.uid or None,
            "status": "open" if receipt.alert_id else "closed",
            "repeat": is_again,
        }
        told = {"status": "ok", "id": receipt.uid or "-", "alert": alert, "message": receipt.outcome}
        return web.Response(body=msgspec.json.encode(told), content_type="application/json", status=201)

    async def refuse(request: web.Request) -> web.Response:
        return explain(parts, Unknown("alerta.not_taken", path=request.match_info["rest"]))

    return [web.post("/alerta/{key}/alert", take), web.route("*", "/alerta/{key}/{rest:.*}", refuse)]


def explain(parts: Parts, problem: Problem) -> web.Response:
    """A problem in the shape that Alerta's clients raise."""
    told = {"status": "error", "message": render_text(parts.templates.explain(problem))}
    headers = {"Retry-After": "2"} if problem.status == 503 else {}
    return web.json_response(told, status=problem.status, headers=headers)
