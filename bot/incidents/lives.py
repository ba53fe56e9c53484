"""The life of an incident: declared, acknowledged, its status and priority changed, resolved, closed, reopened, merged."""

from collections.abc import Collection
from datetime import datetime

from bot.errors import Invalid, Refused
from bot.flow.unit import Unit
from bot.incidents.events import (
    IncidentAcknowledged,
    IncidentClosed,
    IncidentDeclared,
    IncidentMerged,
    IncidentReopened,
    IncidentResolved,
    IncidentUnacknowledged,
    MergedIn,
    PriorityChanged,
    ServiceImpacted,
    StatusChanged,
    SummaryChanged,
    TeamAdded,
    TitleChanged,
)
from bot.incidents.lifecycle import check_change
from bot.incidents.people import follow, invite_all
from bot.incidents.privacy import check_merge
from bot.incidents.rooms import want_rooms, want_rooms_of
from storage.models import Incident, IncidentService, IncidentTeam, Rule, Service, Team, User
from storage.questions import catalog, paging
from storage.questions import incidents as ask
from storage.words import IncidentStatus, Priority

TITLE_LIMIT = 200


async def declare(
    unit: Unit,
    title: str,
    priority: Priority = Priority.P3,
    *,
    summary: str = "",
    teams: Collection[Team] = (),
    services: Collection[Service] = (),
    rule: Rule | None = None,
    group_key: str = "",
    impact_started_at: datetime | None = None,
    private: bool = False,
) -> Incident:
    """Open an incident. What follows (rooms, invitations, pages, announcement) is in the reaction table."""
    incident = Incident(
        title=_check_title(title),
        summary=summary,
        priority=priority,
        rule_id=rule.id if rule else None,
        group_key=group_key,
        declared_by=unit.actor.user_id,
        declared_at=unit.now,
        impact_started_at=impact_started_at or unit.now,
        private=private,
    )
    unit.session.add(incident)
    await unit.session.flush()
    for team in teams:
        unit.session.add(IncidentTeam(incident_id=incident.id, team_id=team.id))
    for service in services:
        unit.session.add(IncidentService(incident_id=incident.id, service_id=service.id))
    await unit.session.flush()
    await want_rooms(unit, incident, teams)
    unit.emit(IncidentDeclared(incident.id, incident.title, priority, rule.name if rule else "", private))
    return incident


async def find_teams_to_call(
    unit: Unit, named: Collection[Team] = (), services: Collection[Service] = ()
) -> list[Team]:
    """The teams that are named and those that own the services; where that is none, the only team, if there is just one."""
    teams = {team.id: team for team in named}
    for service in services:
        if service.team_id is not None:
            teams[service.team_id] = await unit.session.get_one(Team, service.team_id)
    if not teams:
        known = await catalog.list_named(unit.session, Team)
        return list(known) if len(known) == 1 else []
    return list(teams.values())


async def acknowledge(unit: Unit, incident: Incident, by: int | None = None) -> bool:
    """Somebody is on it: `by`, or else who acts. Returns False when somebody was already and nobody who was called later
    waits for an answer or gives it; raises Refused when the incident is over."""
    if not incident.status.is_open:
        raise Refused("incident.over", ref=incident.ref, status=incident.status.value)
    if incident.acknowledged_at is None:
        incident.acknowledged_at = unit.now
        incident.acknowledged_by = by if by is not None else unit.actor.user_id
    elif not await paging.is_waiting(
        unit.session, f"incident:{incident.id}", unit.actor.user_id, incident.acknowledged_at
    ):
        return False
    unit.emit(IncidentAcknowledged(incident.id, unit.actor.name))
    return True


def unacknowledge(unit: Unit, incident: Incident) -> None:
    """Nobody is on it any more: paging starts again from the first step."""
    if incident.acknowledged_at is None or not incident.status.is_open:
        raise Refused("incident.not_acknowledged", ref=incident.ref)
    incident.acknowledged_at = None
    incident.acknowledged_by = None
    unit.emit(IncidentUnacknowledged(incident.id, unit.actor.name))


async def change_status(unit: Unit, incident: Incident, new: IncidentStatus) -> None:
    """Move to another status. Resolving ends the impact; closing an open incident resolves it on the way; going back to
    investigating reopens. Raises Refused when that is not possible from here."""
    old = incident.status
    check_change(old, new)
    if incident.merged_into is not None:
        raise Refused("incident.merged", ref=incident.ref, into=f"INC-{incident.merged_into}")
    incident.status = new
    if new.is_open and not old.is_open:
        incident.resolved_at = incident.closed_at = incident.impact_ended_at = None
        await _leave_group_to_newer(unit, incident)
        unit.emit(IncidentReopened(incident.id))
        return
    if new.is_open:
        unit.emit(StatusChanged(incident.id, old, new))
        return
    incident.next_update_at = None
    if old.is_open:
        incident.resolved_at = unit.now
        incident.impact_ended_at = unit.now
        unit.emit(IncidentResolved(incident.id, old))
    if new is IncidentStatus.CLOSED:
        incident.closed_at = unit.now
        unit.emit(IncidentClosed(incident.id))


async def _leave_group_to_newer(unit: Unit, incident: Incident) -> None:
    """When a newer incident has taken over the alerts of this group meanwhile, they stay with it."""
    if incident.rule_id is None:
        return
    with unit.session.no_autoflush:
        newer = await ask.find_open_in_group(unit.session, incident.rule_id, incident.group_key)
    if newer is not None and newer.id != incident.id:
        incident.group_key = f"{incident.ref} {incident.group_key}"[:200]


def change_priority(unit: Unit, incident: Incident, new: Priority, alert: str = "", merged: str = "") -> bool:
    """Returns False when it has this priority already."""
    old = incident.priority
    if new == old:
        return False
    incident.priority = new
    unit.emit(PriorityChanged(incident.id, old, new, alert, merged))
    return True


def change_title(unit: Unit, incident: Incident, title: str) -> None:
    old, incident.title = incident.title, _check_title(title)
    unit.emit(TitleChanged(incident.id, old, incident.title))


def change_summary(unit: Unit, incident: Incident, summary: str) -> None:
    incident.summary = summary.strip()
    unit.emit(SummaryChanged(incident.id, incident.summary))


async def add_service(unit: Unit, incident: Incident, service: Service, paged: bool = True) -> bool:
    """Mark a service as impacted; its owner team joins. Returns False when it was marked already."""
    if service.id in {row.id for row in await ask.list_services(unit.session, incident.id)}:
        return False
    unit.session.add(IncidentService(incident_id=incident.id, service_id=service.id))
    unit.emit(ServiceImpacted(incident.id, service.name))
    if service.team_id is not None:
        await add_team(unit, incident, await unit.session.get_one(Team, service.team_id), paged)
    return True


async def add_team(unit: Unit, incident: Incident, team: Team, paged: bool = True) -> bool:
    """Returns False when the team is part of it already."""
    if team.id in {row.id for row in await ask.list_teams(unit.session, incident.id)}:
        return False
    unit.session.add(IncidentTeam(incident_id=incident.id, team_id=team.id))
    await unit.session.flush()
    unit.emit(TeamAdded(incident.id, team.name, team.id, paged))
    await want_rooms_of(unit, incident, team)
    return True


async def merge(unit: Unit, incident: Incident, into: Incident) -> None:
    """Close this incident because it is the same trouble as `into`; its alerts move there. Whoever is on one of them is on
    both, unless the other is more urgent."""
    if incident.id == into.id:
        raise Invalid("merge.itself", "into")
    for one in (incident, into):
        await unit.lock(one)
    if into.merged_into is not None or not into.status.is_open:
        raise Refused("incident.over", ref=into.ref, status=into.status.value)
    if incident.merged_into is not None:
        raise Refused("incident.merged", ref=incident.ref, into=f"INC-{incident.merged_into}")
    check_merge(incident, into)
    lifted = min(incident.priority, into.priority)
    has_somebody, name = await _find_who_is_on_it(unit, incident)
    taken = has_somebody and into.acknowledged_at is None and incident.priority == lifted
    is_settled = taken or (into.acknowledged_at is not None and (has_somebody or into.priority == lifted))
    if taken:
        into.acknowledged_at, into.acknowledged_by = unit.now, incident.acknowledged_by
    for alert in await ask.list_alerts(unit.session, incident.id):
        alert.incident_id = into.id
    for service in await ask.list_services(unit.session, incident.id):
        await add_service(unit, into, service, not is_settled)
    for team in await ask.list_teams(unit.session, incident.id):
        await add_team(unit, into, team, not is_settled)
    for user in await ask.list_followers(unit.session, incident.id):
        await follow(unit, into, user)
    if incident.private:
        rows = await ask.list_participants(unit.session, incident.id)
        await invite_all(unit, into, [user for row, user in rows if row.left_at is None])
    incident.merged_into = into.id
    incident.status = IncidentStatus.CLOSED
    incident.resolved_at = incident.resolved_at or unit.now
    incident.closed_at = incident.closed_at or unit.now
    incident.impact_ended_at = incident.impact_ended_at or unit.now
    incident.next_update_at = None
    into.impact_started_at = min(into.impact_started_at, incident.impact_started_at)
    change_priority(unit, into, lifted, merged="" if is_settled else f"{incident.ref} {incident.title}")
    unit.emit(IncidentMerged(incident.id, into.id, into.ref, into.title))
    unit.emit(MergedIn(into.id, incident.ref, incident.title, taken, name if taken else ""))


async def _find_who_is_on_it(unit: Unit, incident: Incident) -> tuple[bool, str]:
    """Whether somebody is, and their name; nobody when they were switched off."""
    if incident.acknowledged_at is None or not incident.status.is_open:
        return False, ""
    if incident.acknowledged_by is None:
        return True, ""
    user = await unit.session.get_one(User, incident.acknowledged_by)
    return user.active, user.name


def _check_title(title: str) -> str:
    clean = " ".join(title.split())
    if not clean:
        raise Invalid("incident.no_title", "title")
    return clean if len(clean) <= TITLE_LIMIT else clean[: TITLE_LIMIT - 1] + "…"
