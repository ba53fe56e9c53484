"""Whom an alert calls in: teams, people, schedules and escalation policies that its sender or somebody names."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from bot.access.people import get_user
from bot.alerts.catalog import Catalog
from bot.alerts.events import ResponderAdded
from bot.alerts.holds import arrive_again
from bot.alerts.lives import check_open, log_alert
from bot.alerts.routing import choose_policy
from bot.alerts.signal import Signal
from bot.catalog.teams import get_schedule, get_team
from bot.errors import Refused, Unknown
from bot.flow.unit import Unit
from bot.paging.escalations import escalate_now, start_escalation
from storage.models import Alert, EscalationPolicy, Integration, Schedule, Team, User
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


async def name_responders(unit: Unit, integration: Integration, signal: Signal) -> Signal:
    """With the ids of those whom the sender names; who is unknown keeps the words it wrote, with `unknown`, for "why?" to
    tell. The alert is that of the first team that is known, or else that of whose schedule or policy is named."""
    found: list[Responder] = []
    for wanted in signal.responders:
        try:
            found.append(await find_responder(unit, wanted))
        except Unknown:
            found.append({**wanted, "unknown": True})
    team = await _find_team_of(unit, found, has_team=integration.team_id is not None)
    return replace(signal, responders=tuple(found), team=team or signal.team)


async def _find_team_of(unit: Unit, responders: Sequence[Responder], has_team: bool) -> str:
    """The slug of the first team that is named; without one, unless the sender has a team, of the one whose schedule or
    policy is. Empty where that is none's."""
    known = [one for one in responders if not one.get("unknown")]
    teams = await catalog.list_named(unit.session, Team) if known else ()
    named = [one["id"] for one in known if one["type"] == "team"]
    for one in () if named or has_team else known:
        if one["type"] == "schedule":
            named.append((await unit.session.get_one(Schedule, one["id"])).team_id)
        elif one["type"] == "policy":
            named += [team.id for team in teams if team.policy_id == one["id"]]
    slugs = {team.id: team.slug for team in teams}
    return next((slugs[number] for number in named if number in slugs), "")


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


async def route_added(unit: Unit, alert: Alert, team: Responder) -> Responder:
    """A team that was called in, with the `policy` that a routing rule of its own chooses for the alert now. Where that
    pages nobody, it is called by its usual one: somebody wants it."""
    known = await Catalog.read(unit)
    policy_id = choose_policy(unit, await arrive_again(unit, alert, known), known, team["id"])
    if policy_id is None:
        return team
    alert.responders = [
        {**one, "policy": policy_id} if _is_same(one, team) else one for one in alert.responders
    ]
    return {**team, "policy": policy_id}


def _is_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return (one.get("type"), one.get("id")) == (other["type"], other["id"])


async def escalate(unit: Unit, alert: Alert, policy: Responder) -> None:
    """Go on to the next step of this policy at once, or start it when it is not under way; raises Refused when no step is
    left, and for an alert that is snoozed, of which nobody would be paged."""
    check_open(alert)
    if alert.snoozed_until is not None and alert.incident_id is None:
        raise Refused("alert.snoozed", number=alert.id, until=alert.snoozed_until.isoformat(" ", "minutes"))
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
