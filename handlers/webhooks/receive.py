"""The door of all webhooks: `POST /hooks/{source}/{key}`. Size limit, key, parser, durable commit; 202 only after that."""

from collections.abc import Sequence

from aiohttp import web

from bot.alerts.intake import Receipt, SenderChanged
from bot.alerts.payloads import Payload, keep_headers, keep_query
from bot.alerts.queue import Sender
from bot.alerts.signal import Signal
from bot.catalog.changes import ChangeReport, record_changes
from bot.errors import Invalid, Malformed, Problem, Unknown
from bot.flow.discovery import discover
from bot.logs import get_logger
from handlers.parts import Parts
from handlers.webhooks.senders import Senders
from handlers.webhooks.source import Hook, Source
from storage.models import Change

log = get_logger(__name__)


def list_sources() -> dict[str, Source]:
    """Every source, by name."""
    found = (source for source in discover("handlers.webhooks", "SOURCE") if isinstance(source, Source))
    return {source.name: source for source in found}


def list_routes(parts: Parts) -> list[web.RouteDef]:
    sources = list_sources()
    senders = Senders(parts.work)

    async def take_in_at_once(
        request: web.Request, source: Source, body: bytes, sender: Sender
    ) -> Sequence[Receipt]:
        """Store signals by what is remembered of their sender, which the commit checks. Nothing comes of it when that no
        longer holds, when the body cannot be read by it, and when there is more in it than signals."""
        try:
            parsed = source.parse(Hook(body, request.headers, request.query, sender.settings))
            signals = [one for one in parsed if isinstance(one, Signal)]
            if len(signals) < len(parsed):
                return ()
            return await parts.intake.accept(sender.id, signals, keep_payload(request, body), sender)
        except (SenderChanged, Malformed, Invalid):
            return ()

    async def receive(request: web.Request) -> web.Response:
        source = sources.get(request.match_info["source"])
        if source is None:
            raise Unknown("source.unknown", name=request.match_info["source"], known=sorted(sources))
        key = request.match_info["key"]
        sender = await senders.get(source.name, key)
        body = await request.read()
        if receipts := await take_in_at_once(request, source, body, sender):
            return web.json_response({"alerts": [_show(receipt) for receipt in receipts]}, status=202)
        sender = await senders.get(source.name, key, anew=True)
        try:
            parsed = source.parse(Hook(body, request.headers, request.query, sender.settings))
        except Problem as problem:
            log.warning("webhook.refused", source=source.name, integration=sender.id, problem=problem.code)
            raise
        changes = [one for one in parsed if isinstance(one, ChangeReport)]
        kept: list[Change] = []
        if changes:
            kept = await parts.work.run(lambda unit: record_changes(unit, sender.id, changes))
        signals = [one for one in parsed if isinstance(one, Signal)]
        receipts = await parts.intake.accept(sender.id, signals, keep_payload(request, body))
        answer: dict[str, object] = {"alerts": [_show(receipt) for receipt in receipts]}
        if kept:
            answer["changes"] = [
                {"key": change.key, "id": change.id, "state": change.state} for change in kept
            ]
        return web.json_response(answer, status=202)

    return [web.post("/hooks/{source}/{key}", receive)]


def keep_payload(request: web.Request, body: bytes) -> Payload:
    """What of a request is kept beside the alert that it opens."""
    return Payload(
        request.content_type,
        keep_headers(request.headers),
        keep_query(request.query),
        body.decode(errors="replace"),
    )


def _show(receipt: Receipt) -> dict[str, object]:
    return {"alias": receipt.alias, "outcome": receipt.outcome, "alert": receipt.alert_id, "id": receipt.uid}
