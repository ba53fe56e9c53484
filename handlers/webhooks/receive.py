"""The door of all webhooks: `POST /hooks/{source}/{key}`. Size limit, key, parser, durable commit; 202 only after that."""

from aiohttp import web

from bot.alerts.intake import Receipt
from bot.alerts.payloads import Payload, keep_headers, keep_query
from bot.alerts.signal import Signal
from bot.catalog.changes import ChangeReport, record_changes
from bot.catalog.integrations import get_integration
from bot.errors import Problem, Unknown
from bot.flow.discovery import discover
from bot.logs import get_logger
from handlers.parts import Parts
from handlers.webhooks.source import Hook, Source
from storage.models import Change

log = get_logger(__name__)


def list_sources() -> dict[str, Source]:
    """Every source, by name."""
    found = (source for source in discover("handlers.webhooks", "SOURCE") if isinstance(source, Source))
    return {source.name: source for source in found}


def list_routes(parts: Parts) -> list[web.RouteDef]:
    sources = list_sources()

    async def receive(request: web.Request) -> web.Response:
        source = sources.get(request.match_info["source"])
        if source is None:
            raise Unknown("source.unknown", name=request.match_info["source"], known=sorted(sources))
        key = request.match_info["key"]
        integration = await parts.work.look(lambda unit: get_integration(unit, source.name, key))
        body = await request.read()
        try:
            parsed = source.parse(Hook(body, request.headers, request.query, integration.settings))
        except Problem as problem:
            log.warning(
                "webhook.refused", source=source.name, integration=integration.id, problem=problem.code
            )
            raise
        changes = [one for one in parsed if isinstance(one, ChangeReport)]
        kept: list[Change] = []
        if changes:
            kept = await parts.work.run(lambda unit: record_changes(unit, integration.id, changes))
        signals = [one for one in parsed if isinstance(one, Signal)]
        receipts = await parts.intake.accept(integration.id, signals, keep_payload(request, body))
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
