"""Whom an alert calls in: teams, people, schedules and escalation policies that its sender or somebody names."""

from collections.abc import Mapping
from typing import Any

from bot.access.people import get_user
from bot.alerts.events import ResponderAdded
from bot.alerts.lives import check_open, log_alert
from bot.catalog.teams import get_schedule, get_team
from bot.errors import Unknown
from bot.flow.unit import Unit
from bot.paging.escalations import escalate_now, start_escalation
from storage.models import Alert, EscalationPolicy, Schedule, Team, User
from storage.questions import catalog
from storage.questions import paging as ask

Responder = dict[str, Any]
"""{"type": "user" | "team" | "schedule" | "policy", "id": ..., "name": ...}"""


async def get_policy(unit: Unit, name: str) -> EscalationPolicy:
    found = await catalog.find_named(unit.session, EscalationPolicy, name)
    if found is None:
        known = [row.slug for row in await catalog.list_named(unit.session, EscalationPolicy)]
        raise Unknown("policy.unknown", name=name, known=known[:10])
    return found


MODELS = {"user": User, "team": Team, "schedule": Schedule, "policy": EscalationPolicy}
GETTERS = {"user": get_user, "team": get_team, "schedule": get_schedule, "policy": get_policy}


async def find_responder(unit: Unit, wanted: Mapping[str, Any]) -> Responder:
    """The responder that is meant by an id, or by a name (of a person also the handle or e-mail address); raises Unknown."""
    kind, number, name = str(wanted["type"]), str(wanted["id"]), str(wanted["name"])
    row: Any = None
    if number.isdecimal() and len(number) < 10:
        row = await unit.session.get(MODELS[kind], int(number))
    if row is None or not row.active:
        row = await GETTERS[kind](unit, name or number)
    return {"type": kind, "id": row.id, "name": row.name}


def add_responder(unit: Unit, alert: Alert, responder: Responder) -> bool:
    """Call somebody in beside those whom the alert pages anyway; they are paged at once. Returns False when they are called
    already."""
    check_open(alert)
    if any(_is_same(one, responder) for one in alert.responders):
        return False
    alert.responders = [*alert.responders, {**responder, "added": True}]
    log_alert(unit, alert.id, "responder_added", name=responder["name"], type=responder["type"])
    unit.emit(
        ResponderAdded(alert.id, alert.incident_id, responder["type"], responder["id"], responder["name"])
    )
    return True


def _is_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return (one.get("type"), one.get("id")) == (other["type"], other["id"])


async def escalate(unit: Unit, alert: Alert, policy: Responder) -> None:
    """Go on to the next step of this policy at once, or start it when it is not under way; raises Refused when no step is
    left."""
    check_open(alert)
    subject = subject_of(alert)
    under_way = {one.policy_id for one in await ask.list_escalations(unit.session, subject)}
    if policy["id"] in under_way:
        await escalate_now(unit, subject, policy["id"])
    else:
        await start_escalation(unit, subject, policy["id"])
    log_alert(unit, alert.id, "escalated", name=policy["name"])


def subject_of(alert: Alert) -> str:
    """What is paged for: the alert, or the incident that it belongs to."""
    return f"incident:{alert.incident_id}" if alert.incident_id is not None else f"alert:{alert.id}"
