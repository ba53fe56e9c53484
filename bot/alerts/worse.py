"""An open alert of which its sender says worse than ever before: WARNING becomes CRITICAL under one alias.

It is as urgent as that from then on, as if it came so now: rules that hold it back are asked again; of an alert that pages
by itself, routing rules and incident rules are. A snooze is over, which was for the lesser trouble. What a person or a rule
made of the priority stays while the sender says nothing new.
"""

from collections.abc import Iterable, Mapping, Sequence

from bot.alerts.arrival import Arrival
from bot.alerts.catalog import Catalog
from bot.alerts.events import AlertChanged, AlertPriorityChanged, AlertRerouted, AlertTakenIn, AlertWoke
from bot.alerts.grouping import open_or_join
from bot.alerts.holds import arrive_again, let_go
from bot.alerts.lives import log_alert, wake_up
from bot.alerts.routing import route
from bot.alerts.telling import announce_joined
from bot.alerts.traces import pack
from bot.flow.unit import Unit
from storage.models import Alert, Incident
from storage.questions import alerts as ask
from storage.questions.alerts import OpenAlert
from storage.words import Priority


def find_worse(repeats: Iterable[tuple[OpenAlert, Priority]]) -> dict[int, Priority]:
    """Of repeats of open alerts, those that are more urgent than the alert is and than its sender ever said."""
    worse: dict[int, Priority] = {}
    for alert, priority in repeats:
        if alert.said_priority and priority < min(alert.priority, alert.said_priority):
            worse[alert.id] = min(priority, worse.get(alert.id, priority))
    return worse


async def go_on_as_worse(unit: Unit, known: Catalog, worse: Mapping[int, Priority]) -> None:
    alerts = await ask.list_alerts_by_id(unit.session, sorted(worse))
    woken = {
        alert.id
        for alert in alerts
        if _lift(unit, alert, worse[alert.id], known.integrations[alert.integration_id].name)
    }
    alone = [alert for alert in alerts if alert.incident_id is None]
    held = [alert for alert in alone if alert.held_by]
    paging = [alert for alert in alone if not alert.held_by]
    if held:
        await let_go(unit, held, known, "worse")
    if paging:
        await _look_again(unit, paging, known, woken)
    for alert in alerts:
        if alert.id in woken and alert not in held and (alert not in paging or alert.incident_id is None):
            unit.emit(AlertWoke(alert.id, alert.incident_id, alert.team_id))
        unit.emit(AlertPriorityChanged(alert.id, alert.incident_id, alert.title, lifted=True, by_sender=True))
        unit.emit(AlertChanged(alert.id, alert.incident_id))


def _lift(unit: Unit, alert: Alert, priority: Priority, sender: str) -> bool:
    """Returns whether that ends a snooze."""
    before, alert.priority = alert.priority, priority
    alert.said = {**(alert.said or {}), "priority": priority.value}
    data = {"before": before.value, "after": priority.value}
    log_alert(unit, alert.id, "alert_priority_changed", by_sender=sender, **data)
    if not wake_up(unit, alert):
        return False
    alert.acknowledged_at = alert.acknowledged_by = None
    log_alert(unit, alert.id, "woke_worse", by_sender=sender)
    return True


async def _look_again(unit: Unit, alerts: Sequence[Alert], known: Catalog, woken: set[int]) -> None:
    """At where they go, and at which incident they belong to. What a policy changed about them stays."""
    await known.keep_lines(unit)
    for alert in alerts:
        arrival = await arrive_again(unit, alert, known)
        arrival.is_counted = True
        before, after = await _route_again(unit, alert, arrival, known)
        await open_or_join(unit, arrival, known)
        alert.trace = [*alert.trace, {"stage": "release", "reason": "worse"}, *pack(arrival.trace)]
        alert.team_id, alert.service_id = arrival.team_id, arrival.service_id
        alert.policy_id, alert.incident_id = arrival.policy_id, arrival.incident_id
        if alert.incident_id is not None:
            incident = await unit.session.get_one(Incident, alert.incident_id)
            if incident.acknowledged_at is None:
                alert.acknowledged_at = alert.acknowledged_by = None
            unit.emit(AlertTakenIn(alert.id, incident.id))
            unit.emit(arrival.opened())
        elif after is not None and after != before and alert.id not in woken:
            unit.emit(AlertRerouted(alert.id, None, before, after))
    await unit.session.flush()
    announce_joined(unit)


async def _route_again(
    unit: Unit, alert: Alert, arrival: Arrival, known: Catalog
) -> tuple[int | None, int | None]:
    """The policies that page for it by its old route and by its new one; None where those do whom its sender or a rule
    names. It pages already, so that a route to nobody is not taken."""
    before = _find_policy(known, alert.team_id, alert.policy_id)
    await route(unit, arrival, known)
    after = _find_policy(known, arrival.team_id, arrival.policy_id)
    if arrival.held_by or after is None:
        arrival.held_by, arrival.held_until = "", None
        arrival.team_id, arrival.service_id = alert.team_id, alert.service_id
        arrival.policy_id, after = alert.policy_id, before
        arrival.say("route", "kept", team=known.name_team(alert.team_id))
    named = [(one["type"], one["id"]) for one in alert.responders if not one.get("added")]
    if named and (alert.team_id != arrival.team_id or ("team", alert.team_id) not in named):
        return None, None
    return before, after


def _find_policy(known: Catalog, team_id: int | None, policy_id: int | None) -> int | None:
    """The one that a rule chose, or else the team's own."""
    own = (team.policy_id for team in known.teams if team.id == team_id)
    return policy_id if policy_id is not None else next(own, None)
