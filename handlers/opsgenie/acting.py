"""How an action on an alert runs: find it, do it through the concern, and say what became of it.

Opsgenie answers 202 before it acts, and who wants to know asks again with the request's id. Here it is done, durably, before
the 202; the id still tells how it ended, also that there was no such alert.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from bot.access.roles import check_role
from bot.alerts.lives import add_note
from bot.errors import Forbidden, Problem, Refused, Unknown
from bot.flow.unit import Actor, Unit
from bot.logs import get_logger
from handlers.opsgenie import limits, requests
from handlers.opsgenie.door import ALERT, PROCESSED, Answer, Call, Operation
from handlers.opsgenie.find import find_alert, read_kind
from handlers.opsgenie.requests import Outcome, spell_request
from storage.models import Alert
from storage.questions import access
from storage.words import Scope

log = get_logger(__name__)
Body = dict[str, Any]
Change = Callable[[Unit, Alert], Awaitable[bool]]
"""Does it; False when nothing had to be done."""


def action(
    method: str, path: str, name: str, read: Callable[[Call, Body], Change], scope: Scope = Scope.WRITE
) -> Operation:
    """An operation on one alert. `read` makes the change of the request, and raises Invalid."""

    async def run(call: Call) -> Answer:
        body = await call.body()
        if method == "DELETE":
            body = {
                **body,
                **{word: call.query(word) for word in ("user", "source", "note") if call.query(word)},
            }
        kind = read_kind(call)
        return await act(call, name, body, call.part("identifier"), kind, read(call, body))

    return Operation(method, ALERT + path, run, scope)


async def act(call: Call, name: str, body: Body, identifier: str, kind: str, change: Change) -> Answer:
    note = limits.read_text(body, "note", limits.NOTE)
    user = limits.read_text(body, "user", limits.USER)
    limits.read_text(body, "source", limits.SOURCE)
    number = 0

    async def do(unit: Unit) -> bool:
        nonlocal number
        unit.actor = await find_actor(unit, call.caller.actor, user)
        alert = await find_alert(unit, call.caller, identifier, kind, for_writing=True)
        if alert is None:
            raise Unknown("opsgenie.alert_unknown")
        number = alert.id
        await unit.lock(alert)
        done = await change(unit, alert)
        if note and name != "AddNote":
            add_note(unit, alert, note)
            return True
        return done

    try:
        outcome = requests.DONE if await call.parts.work.run(do, call.caller.actor) else requests.NOTHING
    except (Unknown, Refused) as problem:
        outcome = _judge(problem)
        log.info(
            "opsgenie.not_done", action=name, problem=problem.code, integration=call.caller.integration_id
        )
    told = Outcome(name, outcome, call.parts.work.clock.now(), number)
    return Answer({"result": PROCESSED}, 202, spell_request(told))


def _judge(problem: Problem) -> int:
    if problem.code == "opsgenie.alert_unknown":
        return requests.NO_ALERT
    if isinstance(problem, Unknown):
        return requests.NO_NAME
    return requests.CLOSED if problem.code == "alert.closed" else requests.REFUSED


async def find_actor(unit: Unit, actor: Actor, name: str) -> Actor:
    """Who acts: the person whom the sender names, if that is somebody who may; else the sender, by the name it gives. What
    the key may not see stays unseen."""
    if not name:
        return actor
    user = await access.find_user(unit.session, name)
    try:
        check_role(user, "responder")
    except Forbidden:
        user = None
    if user is None:
        return replace(actor, name=name)
    return replace(actor, name=user.name, user_id=user.id)
