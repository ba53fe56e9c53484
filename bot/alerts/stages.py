"""The stages that a new alert passes, in the order in which they stand in STAGES. Each leaves a named reason in the
alert's trace, so that "why?" has an answer. They work on plain values, before the alert is written."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.alerts.filter import matches
from bot.alerts.quiet import match_maintenance, match_silences
from bot.alerts.signal import Signal
from bot.chat.templates import Templates
from bot.errors import Problem
from bot.flow.unit import Unit
from bot.incidents.lives import add_service, add_team, change_priority, declare
from storage.models import Incident, IncidentRule, Integration, Service, Team
from storage.questions import catalog
from storage.questions import incidents as incidents_ask
from storage.words import Priority


@dataclass
class Arrival:
    """A new alert on its way in: what was sent, and what the stages decide about it."""

    signal: Signal
    integration: Integration
    at: datetime
    uid: str
    count: int = 1
    alert_id: int = 0
    team_id: int | None = None
    service_id: int | None = None
    incident_id: int | None = None
    place: int = 0
    """The place of its delivery in the group that is stored together."""
    responders: list[dict[str, Any]] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    held_by: str = ""
    held_until: datetime | None = None
    trace: list[dict[str, Any]] = field(default_factory=list)

    def hold(self, by: str, until: datetime | None) -> None:
        """Keep it from paging and from opening an incident until then; None until somebody ends that. The longest hold
        counts."""
        if not self.held_by or (self.held_until is not None and (until is None or until > self.held_until)):
            self.held_by, self.held_until = by, until

    def say(self, stage: str, reason: str, **data: Any) -> None:
        self.trace.append({"stage": stage, "reason": reason, **data})


@dataclass
class Catalog:
    """What the stages look things up in, read once per unit of work."""

    templates: Templates
    teams: Sequence[Team]
    services: Sequence[Service]
    rules: Sequence[IncidentRule]
    joined: dict[int, list[Arrival]] = field(default_factory=dict)
    """Arrivals by the incident that they joined."""
    called: set[tuple[int, int | None, int | None]] = field(default_factory=set)
    """(incident, team, service) that are known to be part of it."""
    open_incidents: dict[tuple[int, str], Incident] = field(default_factory=dict)
    """By rule and group: asked for once in a unit, however many alerts join."""

    @staticmethod
    async def read(unit: Unit, templates: Templates) -> "Catalog":
        rules = await catalog.list_named(unit.session, IncidentRule)
        return Catalog(
            templates,
            await catalog.list_named(unit.session, Team),
            await catalog.list_named(unit.session, Service),
            sorted(rules, key=lambda rule: (rule.position, rule.id)),
        )

    def find_service(self, name: str) -> Service | None:
        wanted = name.lower()
        return next((row for row in self.services if wanted in (row.slug.lower(), row.name.lower())), None)

    def find_team(self, name: str) -> Team | None:
        wanted = name.lower()
        return next((row for row in self.teams if wanted in (row.slug.lower(), row.name.lower())), None)


Stage = Callable[[Unit, Arrival, Catalog], Awaitable[None]]


async def route(_: Unit, arrival: Arrival, known: Catalog) -> None:
    """Find the service and the owning team: the named service's team, the named team, the integration's, else the first
    team, so that no alert is without somebody."""
    signal = arrival.signal
    service = known.find_service(signal.service) if signal.service else None
    named_team = known.find_team(signal.team) if signal.team else None
    if service is not None:
        arrival.service_id = service.id
    if service is not None and service.team_id is not None:
        arrival.team_id = service.team_id
        arrival.say("route", "service", name=service.name, team=_team_name(known, service.team_id))
    elif named_team is not None:
        arrival.team_id = named_team.id
        arrival.say("route", "team", team=named_team.name)
    elif arrival.integration.team_id is not None:
        arrival.team_id = arrival.integration.team_id
        team = _team_name(known, arrival.team_id)
        arrival.say("route", "integration", name=arrival.integration.name, team=team)
    elif known.teams:
        arrival.team_id = known.teams[0].id
        arrival.say("route", "fallback", team=known.teams[0].name)
    else:
        arrival.say("route", "nobody")


async def open_or_join(unit: Unit, arrival: Arrival, known: Catalog) -> None:
    """The first incident rule that matches opens an incident, or lets the alert join the open one of its group. An alert
    that is held does neither."""
    if arrival.held_by:
        arrival.say("incident", "held", by=arrival.held_by)
        return
    fields = read_fields(arrival.signal, arrival.integration)
    for rule in known.rules:
        if not matches(rule.conditions, rule.match, fields):
            arrival.say("incident", "rule_no_match", rule=rule.name)
            continue
        rule.last_matched_at = unit.now
        group_key = group_of(rule, fields)
        incident = known.open_incidents.get((rule.id, group_key))
        if incident is None:
            incident = await incidents_ask.find_open_in_group(unit.session, rule.id, group_key)
            if incident is not None:
                await unit.lock(incident)
                incident = incident if incident.status.is_open else None
        if incident is None:
            incident = await _declare(unit, arrival, known, rule, group_key, fields)
            arrival.say("incident", "opened", rule=rule.name, ref=incident.ref)
        else:
            arrival.say("incident", "joined", rule=rule.name, ref=incident.ref)
            highest = Priority(min(incident.priority, arrival.signal.priority))
            change_priority(unit, incident, highest, arrival.signal.title)
            await _call_its_team(unit, arrival, known, incident)
        arrival.incident_id = incident.id
        known.open_incidents[rule.id, group_key] = incident
        known.joined.setdefault(incident.id, []).append(arrival)
        return
    arrival.say("incident", "no_rule")


async def _call_its_team(unit: Unit, arrival: Arrival, known: Catalog, incident: Incident) -> None:
    """The service and the team of an alert that joins become part of the incident; a team that is new to it is paged."""
    key = (incident.id, arrival.team_id, arrival.service_id)
    if key in known.called:
        return
    known.called.add(key)
    for service in known.services:
        if service.id == arrival.service_id:
            await add_service(unit, incident, service)
    for team in known.teams:
        if team.id == arrival.team_id:
            await add_team(unit, incident, team)


async def _declare(
    unit: Unit, arrival: Arrival, known: Catalog, rule: IncidentRule, group_key: str, fields: dict[str, str]
) -> Incident:
    labels = {
        name.removeprefix("labels."): value for name, value in fields.items() if name.startswith("labels.")
    }
    try:
        title = known.templates.render_user_template(rule.title, {**labels, **fields, "labels": labels})
    except Problem as problem:
        arrival.say("incident", "title_template_wrong", rule=rule.name, problem=problem.code)
        title = arrival.signal.title
    teams = [team for team in known.teams if team.id == arrival.team_id]
    services = [service for service in known.services if service.id == arrival.service_id]
    return await declare(
        unit,
        title.strip() or arrival.signal.title or arrival.signal.alias,
        arrival.signal.priority,
        summary=arrival.signal.description,
        teams=teams,
        services=services,
        rule=rule,
        group_key=group_key,
        impact_started_at=arrival.at,
    )


GROUP_KEY_LIMIT = 180
STAGES: tuple[Stage, ...] = (route, match_maintenance, match_silences, open_or_join)


def read_fields(signal: Signal, integration: Integration) -> dict[str, str]:
    """The fields that rules and templates see."""
    return {
        "title": signal.title,
        "description": signal.description,
        "priority": signal.priority.value,
        "alias": signal.alias,
        "source": signal.source,
        "integration": integration.name,
        "service": signal.service,
        "team": signal.team,
        **{f"labels.{name}": value for name, value in signal.labels.items()},
    }


def group_of(rule: IncidentRule, fields: dict[str, str]) -> str:
    """What makes alerts "the same trouble" for a rule. Without any of its fields an alert is a trouble of its own."""
    values = [fields.get(str(name), "") for name in rule.group_by]
    if not any(values):
        values = [fields["alias"]]
    key = "\x1f".join(values)
    return key if len(key) <= GROUP_KEY_LIMIT else hashlib.sha256(key.encode()).hexdigest()


def _team_name(known: Catalog, team_id: int) -> str:
    return next((team.name for team in known.teams if team.id == team_id), "")
