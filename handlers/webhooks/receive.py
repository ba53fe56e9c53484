"""The door of all webhooks: `POST /hooks/{source}/{key}`. 202 only after the commit."""

import msgspec
from aiohttp import web

from bot.alerts.storing import Receipt
from bot.errors import Unknown
from bot.flow.discovery import discover
from handlers.parts import Parts
from handlers.webhooks.reception import Reception, Taken
from handlers.webhooks.source import Source


def list_sources() -> dict[str, Source]:
    """Every source, by name."""
    found = (source for source in discover("handlers.webhooks", "SOURCE") if isinstance(source, Source))
    return {source.name: source for source in found}


def list_routes(parts: Parts) -> list[web.RouteDef]:
    sources = list_sources()
    reception = Reception(parts)

    async def receive(request: web.Request) -> web.Response:
        source = sources.get(request.match_info["source"])
        if source is None or not source.posted:
            known = sorted(name for name, one in sources.items() if one.posted)
            raise Unknown("source.unknown", name=request.match_info["source"], known=known)
        taken = await reception.take(request, source, request.match_info["key"], await request.read())
        return answer(taken)

    routed = [name for name, source in sources.items() if source.routed]
    return [
        web.post("/hooks/{source}/{key}", receive),
        web.post("/hooks/{source}/{key}/", receive),
        *(web.post(f"/hooks/{{source:{name}}}/{{key}}/{{route}}", receive) for name in routed),
    ]


def answer(taken: Taken) -> web.Response:
    """What became of each signal, and of each change where there were some."""
    told: dict[str, object] = {"alerts": [_show(receipt) for receipt in taken.receipts]}
    if taken.changes:
        told["changes"] = [{"key": one.key, "id": one.id, "state": one.state} for one in taken.changes]
    return web.Response(
        body=msgspec.json.encode(told), content_type="application/json", charset="utf-8", status=202
    )


def _show(receipt: Receipt) -> dict[str, object]:
    return {"alias": receipt.alias, "outcome": receipt.outcome, "alert": receipt.alert_id, "id": receipt.uid}
