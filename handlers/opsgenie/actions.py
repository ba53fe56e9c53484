"""What is done with an alert's life: acknowledge, close, snooze, assign, escalate, call somebody in."""

from bot.alerts import lives
from bot.alerts.edits import run_custom_action
from bot.alerts.responders import add_responder, escalate, find_responder
from bot.errors import Invalid
from bot.flow.unit import Unit
from handlers.opsgenie.acting import Body, Change, action
from handlers.opsgenie.door import Call
from handlers.opsgenie.limits import Responder, need_responder, need_time
from storage.models import Alert, User


def acknowledge(_: Call, __: Body) -> Change:
    async def do(unit: Unit, alert: Alert) -> bool:
        return lives.acknowledge(unit, alert) or await lives.acknowledge_too(unit, alert)

    return do


def unacknowledge(_: Call, __: Body) -> Change:
    async def do(unit: Unit, alert: Alert) -> bool:
        lives.unacknowledge(unit, alert)
        return True

    return do


def close(_: Call, __: Body) -> Change:
    async def do(unit: Unit, alert: Alert) -> bool:
        await lives.close(unit, alert)
        return True

    return do


def snooze(_: Call, body: Body) -> Change:
    until = need_time(body, "endTime")

    async def do(unit: Unit, alert: Alert) -> bool:
        try:
            lives.snooze(unit, alert, until)
        except Invalid as wrong:
            raise Invalid(wrong.code, "endTime", **wrong.data) from wrong
        return True

    return do


def assign(_: Call, body: Body) -> Change:
    wanted = need_responder(body, "owner", "user")

    async def do(unit: Unit, alert: Alert) -> bool:
        owner = await find_responder(unit, wanted)
        lives.assign(unit, alert, await unit.session.get_one(User, owner["id"]))
        return True

    return do


def escalate_to_next(_: Call, body: Body) -> Change:
    wanted = need_responder(body, "escalation", "escalation")

    async def do(unit: Unit, alert: Alert) -> bool:
        await escalate(unit, alert, await find_responder(unit, wanted))
        return True

    return do


def call_in(_: Call, body: Body) -> Change:
    return _call_in(need_responder(body, "responder"))


def call_in_team(_: Call, body: Body) -> Change:
    return _call_in(need_responder(body, "team", "team"))


def _call_in(wanted: Responder) -> Change:
    async def do(unit: Unit, alert: Alert) -> bool:
        return add_responder(unit, alert, await find_responder(unit, wanted))

    return do


def custom_action(call: Call, _: Body) -> Change:
    async def do(unit: Unit, alert: Alert) -> bool:
        return run_custom_action(unit, alert, call.part("action"))

    return do


OPERATIONS = (
    action("POST", "/acknowledge", "Acknowledge", acknowledge),
    action("POST", "/unacknowledge", "UnAcknowledge", unacknowledge),
    action("POST", "/close", "Close", close),
    action("DELETE", "", "Delete", close),
    action("POST", "/snooze", "Snooze", snooze),
    action("POST", "/assign", "AssignOwnership", assign),
    action("POST", "/escalate", "EscalateNext", escalate_to_next),
    action("POST", "/responders", "AddResponder", call_in),
    action("POST", "/teams", "AddTeam", call_in_team),
    action("POST", "/actions/{action}", "ExecuteCustomAction", custom_action),
)
"""Deleting closes: what was accepted is kept."""
