"""The door of all webhooks: `POST /hooks/{source}/{key}`. Size limit, key, parser, durable commit; 202 only after that."""

from collections.abc import Sequence

from aiohttp import web

from bot.alerts.intake import Receipt, SenderChanged
from bot.alerts.queue import Sender
from bot.alerts.signal import Signal
from bot.errors import Invalid, Malformed, Problem, Unknown
from bot.flow.discovery import discover
from bot.logs import get_logger
from handlers.parts import Parts
from handlers.webhooks.senders import Senders
from handlers.webhooks.source import Hook, Source

log = get_logger(__name__)


def list_sources() -> dict[str, Source]:
    """Every source, by name."""
    found = (source for source in discover("handlers.webhooks", "SOURCE") if isinstance(source, Source))
    return {source.name: source for source in found}


def list_routes(parts: Parts) -> list[web.RouteDef]:
    sources = list_sources()
    senders = Senders(parts.work)

    async def receive(request: web.Request) -> web.Response:
        source = sources.get(request.match_info["source"])
        if source is None:
            raise Unknown("source.unknown", name=request.match_info["source"], known=sorted(sources))
        key = request.match_info["key"]
        sender = await senders.get(source.name, key)
        body = await request.read()
        try:
            signals = source.parse(Hook(body, request.headers, request.query, sender.settings))
            receipts = await parts.intake.accept(sender.id, signals, sender)
        except (SenderChanged, Malformed, Invalid):
            receipts = []
        if not receipts:  # nothing was kept by what is remembered of the sender: ask whether that still holds
            sender = await senders.get(source.name, key, anew=True)
            hook = Hook(body, request.headers, request.query, sender.settings)
            receipts = await parts.intake.accept(sender.id, parse(source, hook, sender))
        return web.json_response({"alerts": [_show(receipt) for receipt in receipts]}, status=202)

    return [web.post("/hooks/{source}/{key}", receive)]


def parse(source: Source, hook: Hook, sender: Sender) -> Sequence[Signal]:
    """What the sender says; raises Problem."""
    try:
        return source.parse(hook)
    except Problem as problem:
        log.warning("webhook.refused", source=source.name, integration=sender.id, problem=problem.code)
        raise


def _show(receipt: Receipt) -> dict[str, object]:
    return {"alias": receipt.alias, "outcome": receipt.outcome, "alert": receipt.alert_id, "id": receipt.uid}
