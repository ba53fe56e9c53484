"""Whose an alert is: its service, the team that answers it, and by which policy."""

from bot.alerts.arrival import Arrival
from bot.alerts.catalog import Catalog, remember_match
from bot.alerts.rules import ReadyRule, list_matching
from bot.flow.unit import Unit
from storage.questions import catalog
from storage.words import RuleKind


async def route(unit: Unit, arrival: Arrival, known: Catalog) -> None:
    """The first routing rule that matches names the team; else the named service's team, the named team, the
    integration's, else the first team, so that no alert is without somebody. Then the team's own routing rules choose the
    policy."""
    signal = arrival.signal
    service = known.find_service(signal.service) if signal.service else None
    if service is not None:
        arrival.service_id = service.id
    elif signal.service:
        arrival.say("route", "service_unknown", name=signal.service)
    rules = known.list_rules_of_team(RuleKind.ROUTE, arrival.integration.id, None)
    for rule in list_matching(rules, arrival.fields, unit.now, arrival.trace):
        remember_match(unit, rule)
        arrival.team_id = rule.then.get("team")
        arrival.policy_id = rule.then.get("policy")
        arrival.say("route", "rule", rule=rule.name, team=known.name_team(arrival.team_id))
        _let_nobody_know(arrival, rule)
        if arrival.team_id is not None and arrival.policy_id is None:
            await _route_in_team(unit, arrival, known)
        return
    _find_team(arrival, known, service.team_id if service else None, service.name if service else "")
    await _route_in_team(unit, arrival, known)


def _find_team(arrival: Arrival, known: Catalog, service_team_id: int | None, service: str) -> None:
    signal = arrival.signal
    named_team = known.find_team(signal.team) if signal.team else None
    if signal.team and named_team is None:
        arrival.say("route", "team_unknown", name=signal.team)
    if service_team_id is not None:
        arrival.team_id = service_team_id
        arrival.say("route", "service", name=service, team=known.name_team(service_team_id))
    elif named_team is not None:
        arrival.team_id = named_team.id
        arrival.say("route", "team", team=named_team.name)
    elif arrival.integration.team_id is not None:
        arrival.team_id = arrival.integration.team_id
        team = known.name_team(arrival.team_id)
        arrival.say("route", "integration", name=arrival.integration.name, team=team)
    elif known.teams:
        arrival.team_id = known.teams[0].id
        arrival.say("route", "fallback", team=known.teams[0].name)
    else:
        arrival.say("route", "nobody")


async def _route_in_team(unit: Unit, arrival: Arrival, known: Catalog) -> None:
    if arrival.team_id is None:
        return
    rules = known.list_rules_of_team(RuleKind.ROUTE, arrival.integration.id, arrival.team_id)
    for rule in list_matching(rules, arrival.fields, unit.now, arrival.trace):
        remember_match(unit, rule)
        arrival.policy_id = rule.then.get("policy")
        policy = await catalog.find_policy_name(unit.session, arrival.policy_id)
        arrival.say("route", "policy", rule=rule.name, policy=policy)
        _let_nobody_know(arrival, rule)
        return


def _let_nobody_know(arrival: Arrival, rule: ReadyRule) -> None:
    if rule.then.get("nobody"):
        arrival.hold(f"rule:{rule.row.slug}", None)
        arrival.say("route", "nobody_by_rule", rule=rule.name)
