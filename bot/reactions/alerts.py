"""What follows when something happens to an alert."""

from collections.abc import Sequence
from typing import Any

from bot.alerts import events as alerts
from bot.alerts.lives import unacknowledge
from bot.alerts.responders import route_added, subject_of
from bot.errors import Refused
from bot.flow.unit import Unit
from bot.incidents import lives
from bot.paging.escalations import (
    acknowledge_escalations,
    go_over,
    is_exhausted,
    start_escalation,
    start_together,
    stop_escalations,
)
from bot.paging.events import NobodyReached
from bot.paging.pages import page_as_lifted, queue_pages, refresh_pages
from bot.paging.responders import find_first_paged, page_responders
from bot.paging.still import settle_question
from bot.reactions.incidents import escalate_incident
from storage.models import Alert, Incident, Team, User
from storage.questions import alerts as ask
from storage.questions import paging
from storage.questions.policies import find_policies_of_teams


async def page_for_alert(unit: Unit, event: alerts.AlertOpened) -> None:
    """An alert without incident pages by itself; one within an incident is paged for by the incident, which calls in those
    whom its route chooses and those whom the alert names."""
    if event.held:
        return
    if event.incident_id is None:
        subject = f"alert:{event.alert_id}"
        await page_whom_it_names(unit, subject, event.team_id, event.policy_id, event.responders)
        return
    if event.team_id is not None:
        unit.gather(call_by_routes, (event.incident_id, event.team_id, event.policy_id))
    await call_into_incident(unit, event.incident_id, event.responders)


async def call_by_routes(unit: Unit, routes: Sequence[tuple[int, int, int | None]]) -> None:
    """Start what pages for the (incident, team, policy that a rule chose) of alerts, where it is not under way. Into an
    incident that somebody is on, people are called once, and not by a policy that pages whoever is on it."""
    incidents = await unit.read_many(Incident, {incident_id for incident_id, _, _ in routes})
    policies = await find_policies_of_teams(unit.session, {team_id for _, team_id, _ in routes})
    wanted = [
        (f"incident:{incident_id}", incidents[incident_id], team_id, policy_id or policies[team_id])
        for incident_id, team_id, policy_id in dict.fromkeys(routes)
        if incidents[incident_id].status.is_open
    ]
    under_way = await paging.list_under_way(unit.session, {subject for subject, *_ in wanted})
    for subject, incident, team_id, policy_id in wanted:
        if policy_id is None or (subject, policy_id) in under_way:
            continue
        if incident.acknowledged_at is not None:
            if await paging.has_begun(unit.session, subject, policy_id):
                continue
            first = await find_first_paged(unit, team_id, policy_id, ())
            if incident.acknowledged_by in {user.id for user in first}:
                continue
        await start_escalation(unit, subject, policy_id)


async def call_into_incident(unit: Unit, incident_id: int, responders: Sequence[dict[str, Any]]) -> None:
    """A team becomes one of the incident's, and is paged by the policy that a routing rule of its own chose, if one did;
    everybody else is paged for it."""
    responders = [one for one in responders if not one.get("nobody")]
    if not responders:
        return
    incident = await unit.session.get_one(Incident, incident_id)
    others = []
    for responder in responders:
        team = await unit.session.get(Team, responder["id"]) if responder["type"] == "team" else None
        policy_id = responder.get("policy")
        if team is not None:
            is_new = await lives.add_team(unit, incident, team, policy_id is None)
            if is_new and policy_id is not None and incident.status.is_open:
                await start_escalation(unit, f"incident:{incident_id}", policy_id)
        else:
            others.append(responder)
    if others and incident.status.is_open:
        await page_responders(unit, f"incident:{incident_id}", others)


async def page_whom_it_names(
    unit: Unit,
    subject: str,
    team_id: int | None,
    policy_id: int | None,
    responders: Sequence[dict[str, Any]],
) -> None:
    """The responders that its sender or a rule named; where there are none, or its team is one of them, the team, by the
    policy that a rule chose for it or by the team's own. Those whom somebody called in are paged beside either."""
    others = [one for one in responders if (one["type"], one["id"]) != ("team", team_id)]
    if len(others) == len(responders) and any(not one.get("added") for one in responders):
        await page_responders(unit, subject, responders)
        return
    team = (await unit.read_many(Team, [team_id])).get(team_id) if team_id is not None else None
    policy_id = policy_id or (team.policy_id if team else None)
    if policy_id is not None:
        unit.gather(start_together, (subject, policy_id))
    elif team is not None:
        unit.emit(NobodyReached(subject, 0, (team.name,)))
    if others:
        await page_responders(unit, subject, others)


async def page_responder(unit: Unit, event: alerts.ResponderAdded) -> None:
    """Whoever is called in is paged: a team and a policy by their steps, a person and whoever is on call at once. What is
    quiet now (a snooze, a silence) stays quiet."""
    alert = await unit.session.get_one(Alert, event.alert_id)
    if alert.held_by or alert.snoozed_until is not None:
        return
    responder: dict[str, Any] = {"type": event.kind, "id": event.responder_id, "name": event.name}
    if event.kind == "team":
        responder = await route_added(unit, alert, responder)
    if alert.incident_id is not None:
        await call_into_incident(unit, alert.incident_id, [responder])
    else:
        await page_responders(unit, subject_of(alert), [responder])


async def lift_incident(unit: Unit, event: alerts.AlertPriorityChanged) -> None:
    """An incident is as urgent as the most urgent of its alerts ever was; an alert without one pages as its new priority
    asks for, and again from the first step where nobody answered any. Pages that went out show it."""
    alert = await unit.session.get_one(Alert, event.alert_id)
    if event.incident_id is None and event.lifted and not alert.held_by:
        if await is_exhausted(unit, f"alert:{alert.id}"):
            await page_for_alert_again(unit, event)
        else:
            await page_as_lifted(unit, f"alert:{alert.id}")
        if event.by_sender and alert.acknowledged_at is not None:
            await _tell_who_is_on_it(unit, alert)
    elif event.incident_id is not None:
        incident = await unit.session.get_one(Incident, event.incident_id)
        if incident.status.is_open and alert.priority < incident.priority:
            lives.change_priority(unit, incident, alert.priority, event.title)
    await refresh_pages(unit, f"alert:{alert.id}")


async def _tell_who_is_on_it(unit: Unit, alert: Alert) -> None:
    """Whoever acknowledged the lesser trouble hears of it, unless they are paged at this moment anyhow; where nothing
    reaches them, nobody is on it any more."""
    await unit.session.flush()
    number = alert.owner_id or alert.acknowledged_by
    pages = await paging.list_pages(unit.session, [f"alert:{alert.id}"])
    if any(page.user_id == number and page.created_at == unit.now for page in pages):
        return
    user = await unit.session.get(User, number) if number is not None else None
    why = f"Alert {alert.id} is now {alert.priority.value}: {alert.title}"
    about = f"alert:{alert.id}"
    if user is None or not user.active or not await queue_pages(unit, user, why=why, about=about):
        unacknowledge(unit, alert)


async def page_by_new_route(unit: Unit, event: alerts.AlertRerouted) -> None:
    await go_over(unit, f"alert:{event.alert_id}", event.before, event.policy_id)


async def leave_to_incident(unit: Unit, event: alerts.AlertTakenIn) -> None:
    """What pages for it is the incident's now; whoever was paged for it sees so."""
    await stop_escalations(unit, f"alert:{event.alert_id}")
    unit.cancel("still_on_it", f"alert:{event.alert_id}")
    unit.cancel("ack_over", f"alert:{event.alert_id}")
    await settle_question(unit, f"alert:{event.alert_id}")
    await refresh_pages(unit, f"alert:{event.alert_id}")


async def show_alert(unit: Unit, event: alerts.AlertEvent) -> None:
    unit.touch(f"alert:{event.alert_id}", "alerts")
    if event.incident_id is not None:
        unit.touch(f"incident:{event.incident_id}")


async def show_repeats(unit: Unit, event: alerts.AlertsRepeated) -> None:
    unit.touch("alerts", *(f"alert:{number}" for number in event.alert_ids[:100]))
    unit.touch(*(f"incident:{number}" for number in event.incident_ids))


async def alert_acknowledged(unit: Unit, event: alerts.AlertAcknowledged) -> None:
    """Paging stops; and acknowledging an alert of an incident acknowledges the incident."""
    await acknowledge_escalations(unit, f"alert:{event.alert_id}")
    await refresh_pages(unit, f"alert:{event.alert_id}")
    if event.incident_id is not None:
        incident = await unit.session.get_one(Incident, event.incident_id)
        if incident.status.is_open:
            await lives.acknowledge(unit, incident, event.by)


async def page_new_owner(unit: Unit, event: alerts.AlertAssigned) -> None:
    """Whoever is given an alert must hear of it; raises Refused when nothing reaches them."""
    user = await unit.session.get_one(User, event.user_id)
    why = f"Alert {event.alert_id} is yours now: {event.title}"
    if not await queue_pages(unit, user, why=why, about=f"alert:{event.alert_id}"):
        raise Refused("page.no_method", name=user.name)


async def alert_over(unit: Unit, event: alerts.AlertClosed) -> None:
    await stop_escalations(unit, f"alert:{event.alert_id}")
    await refresh_pages(unit, f"alert:{event.alert_id}")


async def alert_snoozed(unit: Unit, event: alerts.AlertSnoozed) -> None:
    """Quiet until then, also for the incident that it belongs to, unless another of its alerts is awake."""
    subjects = [f"alert:{event.alert_id}"]
    if event.incident_id is not None and not await _is_any_awake(unit, event.incident_id):
        subjects.append(f"incident:{event.incident_id}")
    for subject in subjects:
        await stop_escalations(unit, subject)
        await refresh_pages(unit, subject)


async def _is_any_awake(unit: Unit, incident_id: int) -> bool:
    """Of two that are snoozed at the same moment one is the last."""
    await unit.lock(await unit.session.get_one(Incident, incident_id))
    await unit.session.flush()
    return any(
        alert.snoozed_until is None for alert in await ask.list_open_of_incident(unit.session, incident_id)
    )


async def page_for_alert_again(
    unit: Unit, event: alerts.AlertUnacknowledged | alerts.AlertWoke | alerts.AlertPriorityChanged
) -> None:
    """From the first step, to whoever is on call now; an alert of an incident wakes the incident's escalation. One that is
    held back waits for the end of that."""
    if event.incident_id is not None:
        incident = await unit.session.get_one(Incident, event.incident_id)
        if not incident.status.is_open:
            return
        if incident.acknowledged_at is not None:
            lives.unacknowledge(unit, incident)
        else:
            await escalate_incident(unit, incident)
        return
    await stop_escalations(unit, f"alert:{event.alert_id}")
    await refresh_pages(unit, f"alert:{event.alert_id}")
    alert = await unit.session.get_one(Alert, event.alert_id)
    if alert.held_by:
        return
    subject = f"alert:{alert.id}"
    await page_whom_it_names(unit, subject, alert.team_id, alert.policy_id, alert.responders)


async def tell_intake(unit: Unit, event: alerts.HeartbeatEvent) -> None:
    """Its alert is opened or closed as its state then says."""
    unit.put(
        f"heartbeat:{event.heartbeat_id}",
        "heartbeat.alert",
        f"heartbeat:{event.heartbeat_id}",
        coalesce=True,
        payload={"slug": event.slug, "integration": event.integration_id},
    )
