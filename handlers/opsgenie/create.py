"""Creating an alert, and asking what became of a request.

The alert is stored by the intake before the 202, by the same way as every other source. What the intake does not write (whom
to call in, which actions it offers) follows in a second unit of work, still before the 202; a request that is sent again
adds what is missing, and nothing twice.
"""

from typing import Any

from msgspec.structs import replace

from bot.alerts.intake import SenderChanged
from bot.alerts.queue import Sender
from bot.alerts.responders import Responder, add_responder, name_responders
from bot.alerts.signal import Signal
from bot.alerts.storing import Receipt
from bot.errors import Forbidden, Invalid, Malformed, Unauthenticated, Unknown
from bot.flow.unit import Actor, Unit
from bot.incidents.privacy import find_visible
from bot.logs import get_logger
from handlers.opsgenie import requests
from handlers.opsgenie.acting import find_actor
from handlers.opsgenie.door import (
    PROCESSED,
    SOURCE,
    Answer,
    Call,
    Operation,
    find_caller,
    read_key,
    read_object,
)
from handlers.opsgenie.find import is_within_reach
from handlers.opsgenie.requests import OUTCOMES, Outcome, read_request, spell_request
from handlers.opsgenie.shapes import spell_time
from handlers.webhooks.opsgenie import read_create
from handlers.webhooks.reception import keep_payload, keep_unread
from storage.models import Alert, Integration
from storage.words import AlertStatus

log = get_logger(__name__)
ENDS = {
    "opened": requests.CREATED,
    "repeated": requests.COUNTED,
    "acknowledged": requests.DONE,
    "closed": requests.DONE,
    "noted": requests.DONE,
    "nothing_open": requests.NOTHING,
    "ignored": requests.IGNORED,
}
"""What the intake says, and how the request ended. A rule of the sender may make something else of a message."""


async def create(call: Call) -> Answer:
    key = read_key(call.request)
    raw = await call.request.read()
    try:
        sender = await call.senders.get(SOURCE, key)
    except Unauthenticated as unknown:
        await call.parts.work.look(lambda unit: find_caller(call.parts, unit, call.request))
        raise Forbidden("opsgenie.not_a_sender") from unknown
    try:
        signal = read_create(read_object(raw, call.request.headers.get("Content-Type", "")))
    except (Malformed, Invalid) as problem:
        log.warning("opsgenie.refused", integration=sender.id, problem=problem.code)
        await keep_unread(call.parts, sender, keep_payload(call.request, raw), problem)
        raise
    if not signal.source:
        signal = replace(signal, source=call.request.remote or "")
    signal = await know_responders(call, sender.id, signal)
    try:
        receipt = await accept(call, sender, signal, raw)
    except SenderChanged:
        receipt = await accept(call, await call.senders.get(SOURCE, key, anew=True), signal, raw)
    known = tuple(one for one in signal.responders if not one.get("unknown"))
    if receipt.alert_id is not None and (known or signal.actions):
        await complete(call, sender.id, receipt, replace(signal, responders=known))
    told = Outcome(
        "Create",
        ENDS[receipt.outcome],
        call.parts.work.clock.now(),
        receipt.alert_id or 0,
    )
    return Answer({"result": PROCESSED}, 202, spell_request(told))


async def accept(call: Call, sender: Sender, signal: Signal, raw: bytes) -> Receipt:
    (receipt,) = await call.parts.intake.accept(sender.id, [signal], keep_payload(call.request, raw), sender)
    return receipt


async def know_responders(call: Call, integration_id: int, signal: Signal) -> Signal:
    """That somebody whom the sender names is unknown does not stop an alert."""
    if not signal.responders:
        return signal

    async def look(unit: Unit) -> Signal:
        return await name_responders(unit, await unit.session.get_one(Integration, integration_id), signal)

    named = await call.parts.work.look(look)
    for one in named.responders:
        if one.get("unknown"):
            log.warning("opsgenie.responder_unknown", kind=one["type"])
    return named


async def complete(call: Call, integration_id: int, receipt: Receipt, signal: Signal) -> None:
    """Write what the intake does not, where something is missing."""

    async def is_missing(unit: Unit) -> bool:
        alert = await unit.session.get_one(Alert, receipt.alert_id)
        known = [(one["type"], one["id"]) for one in alert.responders]
        is_known = all((one["type"], one["id"]) in known for one in signal.responders)
        return not is_known or not set(signal.actions) <= set(alert.actions)

    async def add(unit: Unit) -> None:
        alert = await unit.session.get_one(Alert, receipt.alert_id)
        await unit.lock(alert)
        if alert.status is not AlertStatus.OPEN:
            return
        integration = await unit.session.get_one(Integration, integration_id)
        unit.actor = await find_actor(unit, Actor(integration.name), signal.user)
        alert.actions = list(dict.fromkeys([*alert.actions, *signal.actions]))
        for one in signal.responders:
            if one["type"] == "team" and one["id"] == alert.team_id:
                _keep(alert, dict(one))
            else:
                add_responder(unit, alert, dict(one))

    if await call.parts.work.look(is_missing):
        await call.parts.work.run(add)


def _keep(alert: Alert, team: Responder) -> None:
    """The team that it was routed to is paged already."""
    if not any((one["type"], one["id"]) == ("team", team["id"]) for one in alert.responders):
        alert.responders = [*alert.responders, team]


async def show_status(call: Call) -> Answer:
    """How a request ended. An id that was not given out here is 404 with the header by which clients know that they may ask
    again."""
    told = read_request(call.part("request"))
    if told is None:
        raise Unknown("opsgenie.request_unknown")

    async def look(unit: Unit) -> dict[str, Any]:
        alert = await unit.session.get(Alert, told.alert) if told.alert else None
        if alert is not None and not await _may_know(unit, call, alert):
            alert = None
        return {
            "success": told.is_success,
            "isSuccess": told.is_success,
            "action": told.action,
            "processedAt": spell_time(told.at),
            "integrationId": str(call.caller.integration_id or ""),
            "status": OUTCOMES[told.outcome],
            "alertId": alert.uid if alert is not None else "",
            "alias": alert.alias if alert is not None else "",
        }

    return Answer({"data": await call.look(look)})


async def _may_know(unit: Unit, call: Call, alert: Alert) -> bool:
    if alert.integration_id == call.caller.integration_id:
        return True
    seen = alert.incident_id is None or await find_visible(unit, alert.incident_id) is not None
    return seen and is_within_reach(call.caller, alert)


OPERATIONS = (
    Operation("POST", "/alerts", create, None),
    Operation("GET", "/alerts/requests/{request}", show_status),
)
