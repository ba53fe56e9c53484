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
from handlers.webhooks.source import Hook, Parsed, Source
from storage.models import Change

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
        payload = keep_payload(request, body)
        route = request.match_info.get("route", "")
        try:
            parsed = source.parse(Hook(body, request.headers, request.query, sender.settings, route))
            signals = [one for one in parsed if isinstance(one, Signal)]
            if signals and len(signals) == len(parsed):
                return answer(await parts.intake.accept(sender.id, signals, payload, sender))
        except (SenderChanged, Malformed, Invalid):
            log.debug("webhook.asked_again", source=source.name, integration=sender.id)
        # No commit has looked whether what is remembered of the sender still holds: ask.
        sender = await senders.get(source.name, key, anew=True)
        parsed = parse(source, Hook(body, request.headers, request.query, sender.settings, route), sender)
        changes = [one for one in parsed if isinstance(one, ChangeReport)]
        kept: list[Change] = []
        if changes:
            kept = await parts.work.run(lambda unit: record_changes(unit, sender.id, changes))
        signals = [one for one in parsed if isinstance(one, Signal)]
        return answer(await parts.intake.accept(sender.id, signals, payload), kept)

    routed = [name for name, source in sources.items() if source.routed]
    return [
        web.post("/hooks/{source}/{key}", receive),
        *(web.post(f"/hooks/{{source:{name}}}/{{key}}/{{route}}", receive) for name in routed),
    ]


def parse(source: Source, hook: Hook, sender: Sender) -> Sequence[Parsed]:
    """What the sender says; raises Problem."""
    try:
        return source.parse(hook)
    except Problem as problem:
        log.warning("webhook.refused", source=source.name, integration=sender.id, problem=problem.code)
        raise


def keep_payload(request: web.Request, body: bytes) -> Payload:
    """What of a request is kept beside the alert that it opens."""
    headers, query = keep_headers(request.headers), keep_query(request.query)
    return Payload(request.content_type, headers, query, body.decode(errors="replace"))


def answer(receipts: Sequence[Receipt], changes: Sequence[Change] = ()) -> web.Response:
    """What became of each signal, and of each change where there were some."""
    told: dict[str, object] = {"alerts": [_show(receipt) for receipt in receipts]}
    if changes:
        told["changes"] = [{"key": one.key, "id": one.id, "state": one.state} for one in changes]
    return web.json_response(told, status=202)


def _show(receipt: Receipt) -> dict[str, object]:
    return {"alias": receipt.alias, "outcome": receipt.outcome, "alert": receipt.alert_id, "id": receipt.uid}
