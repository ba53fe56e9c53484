"""Which incident an alert opens or joins."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.alerts.arrival import Arrival, Group
from bot.alerts.catalog import Catalog, remember_match
from bot.alerts.fields import Fields, find_value
from bot.alerts.rules import ReadyRule, Writer, list_matching
from bot.flow.unit import Unit
from bot.incidents.lives import add_service, add_team, change_priority, declare
from storage.models import Incident
from storage.questions import alerts as ask
from storage.questions import catalog
from storage.questions import incidents as incidents_ask
from storage.words import Priority, RuleKind

GROUP_KEY_LIMIT = 180
NOBODY = 0
"""No team has this id: rules of a team are not for an alert that is nobody's."""


@dataclass(frozen=True)
class Choice:
    """The incident rule that an alert falls under, its group, and the incident of that group that is open."""

    rule: ReadyRule
    group_key: str
    incident: Incident | None


async def choose(unit: Unit, arrival: Arrival, known: Catalog) -> Choice | None:
    """What the incident rules decide about an alert, without doing it; those that don't match leave their lines."""
    if arrival.held_by:
        arrival.say("incident", "held", by=arrival.held_by)
        return None
    fields = arrival.fields
    rules = known.list_rules(RuleKind.INCIDENT, arrival.integration.id)
    matching = list_matching(
        rules, fields, unit.now, arrival.trace, every=True, team_id=arrival.team_id or NOBODY
    )
    for rule in matching:
        group_key = group_of(rule, fields)
        incident = await _find_open(unit, arrival, rule, group_key)
        if incident is not None or await _is_storm(unit, arrival, rule):
            return Choice(rule, group_key, incident)
    arrival.say("incident", "no_rule")
    return None


async def open_or_join(unit: Unit, arrival: Arrival, known: Catalog) -> None:
    """The first incident rule that matches opens an incident, or lets the alert join the open one of its group. An alert
    that is held does neither."""
    choice = await choose(unit, arrival, known)
    if choice is None:
        return
    rule, incident = choice.rule, choice.incident
    remember_match(unit, rule)
    if incident is None:
        incident = await _declare(unit, arrival, known, rule, choice.group_key)
        arrival.say("incident", "opened", rule=rule.name, ref=incident.ref)
    else:
        arrival.say("incident", "joined", rule=rule.name, ref=incident.ref)
        highest = Priority(min(incident.priority, arrival.signal.priority))
        change_priority(unit, incident, highest, arrival.signal.title)
        await _call_its_team(unit, arrival, known, incident)
    arrival.incident_id = incident.id
    group = Group.of(unit)
    group.open_incidents[rule.id, choice.group_key] = incident
    group.joined.setdefault(incident.id, []).append(arrival)


async def _find_open(unit: Unit, arrival: Arrival, rule: ReadyRule, group_key: str) -> Incident | None:
    """The open incident of the group; with `related` also one of a service that the alert's needs or that needs it."""
    incident = Group.of(unit).open_incidents.get((rule.id, group_key))
    if incident is not None:
        return incident
    while (incident := await _look_for_open(unit, arrival, rule, group_key)) is not None:
        await unit.lock(incident)
        if incident.status.is_open:
            return incident  # otherwise somebody has ended it meanwhile, or merged it into another one
    return None


async def _look_for_open(unit: Unit, arrival: Arrival, rule: ReadyRule, group_key: str) -> Incident | None:
    incident = await incidents_ask.find_open_in_group(unit.session, rule.id, group_key)
    if incident is None and rule.then.get("related") and arrival.service_id is not None:
        related = await catalog.list_related_services(unit.session, [arrival.service_id])
        ids = {arrival.service_id, *(service.id for service in related)}
        incident = await incidents_ask.find_open_of_services(unit.session, rule.id, ids)
    return incident


async def _is_storm(unit: Unit, arrival: Arrival, rule: ReadyRule) -> bool:
    """Whether a rule that wants several alerts has enough: of the same team, without incident, within its time. A rule that
    wants none always has."""
    wanted = int(rule.then.get("alerts") or 0)
    if wanted <= 1:
        return True
    within = timedelta(seconds=int(rule.then.get("within") or 300))
    question = ("lately", rule.id, arrival.team_id)
    counts = Group.of(unit).counts
    if question not in counts:
        counts[question] = await ask.count_lately(unit.session, arrival.team_id, unit.now - within, wanted)
    if not (arrival.is_counted and arrival.at >= unit.now - within):
        counts[question] += 1
    if counts[question] < wanted:
        arrival.say("incident", "no_storm", rule=rule.name, count=counts[question], alerts=wanted)
        return False
    return True


async def _call_its_team(unit: Unit, arrival: Arrival, known: Catalog, incident: Incident) -> None:
    """The service and the team of an alert that joins become part of the incident; a team that is new to it is paged."""
    key = (incident.id, arrival.team_id, arrival.service_id)
    called = Group.of(unit).called
    if key in called:
        return
    called.add(key)
    await unit.session.flush()
    has_team, has_service = await incidents_ask.find_parts(unit.session, *key)
    for service in known.services:
        if service.id == arrival.service_id and not has_service:
            await add_service(unit, incident, service)
    for team in known.teams:
        if team.id == arrival.team_id and not has_team:
            await add_team(unit, incident, team)


async def _declare(unit: Unit, arrival: Arrival, known: Catalog, rule: ReadyRule, group_key: str) -> Incident:
    writer = Writer(rule, arrival.fields, arrival.trace)
    signal = arrival.signal
    title = writer.write("title", str(rule.then.get("title") or "{{ title }}"), signal.title)
    summary = rule.then.get("summary")
    wanted = rule.then.get("priority")
    return await declare(
        unit,
        title[:200].strip() or signal.title or signal.alias,
        Priority(wanted) if wanted else signal.priority,
        summary=writer.write("description", str(summary), signal.description)
        if summary
        else signal.description,
        teams=_list_by_id(known.teams, [arrival.team_id, *rule.then.get("teams", ()), *_teams_of(arrival)]),
        services=_list_by_id(known.services, [arrival.service_id, *rule.then.get("services", ())]),
        rule=rule.row,
        group_key=group_key,
        impact_started_at=arrival.at,
        private=bool(rule.then.get("private")),
    )


def _teams_of(arrival: Arrival) -> list[int]:
    return [int(one["id"]) for one in arrival.responders if one.get("type") == "team"]


def _list_by_id(known: Sequence[Any], ids: Sequence[int | None]) -> list[Any]:
    return [row for row in known if row.id in ids]


def group_of(rule: ReadyRule, fields: Fields) -> str:
    """What makes alerts "the same trouble" for a rule. Without any of its fields an alert is a trouble of its own."""
    values = [_spell(find_value(fields, str(name))) for name in rule.then.get("group_by", ("service",))]
    if rule.then.get("alerts"):
        values = values if any(values) else ["storm"]
    if not any(values):
        values = [fields["alias"]]
    key = "\x1f".join(values)
    return key if len(key) <= GROUP_KEY_LIMIT else hashlib.sha256(key.encode()).hexdigest()


def _spell(value: Any) -> str:
    return value if isinstance(value, str) else repr(value) if value else ""
