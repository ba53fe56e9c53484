"""Whose an alert is: its service, the team that answers it, and by which policy."""

from datetime import datetime
from typing import Any

from bot.alerts.arrival import Arrival
from bot.alerts.catalog import Catalog, remember_match
from bot.alerts.fields import read_fields
from bot.alerts.rules import ReadyRule, list_matching
from bot.alerts.signal import Action, Signal
from bot.flow.unit import Unit
from bot.paging.explain import Explained, explain_policy
from storage.models import EscalationPolicy, Team
from storage.questions import catalog
from storage.words import Priority, RuleKind


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
    rule = _find_rule_of_team(unit, arrival, known, arrival.team_id)
    if rule is not None:
        arrival.policy_id = rule.then.get("policy")
        policy = await catalog.find_policy_name(unit.session, arrival.policy_id)
        arrival.say("route", "policy", rule=rule.name, policy=policy)
        _let_nobody_know(arrival, rule)


def _find_rule_of_team(unit: Unit, arrival: Arrival, known: Catalog, team_id: int) -> ReadyRule | None:
    rules = known.list_rules_of_team(RuleKind.ROUTE, arrival.integration.id, team_id)
    for rule in list_matching(rules, arrival.fields, unit.now, arrival.trace):
        remember_match(unit, rule)
        return rule
    return None


async def route_responders(unit: Unit, arrival: Arrival, known: Catalog) -> None:
    """Let each team that its sender or a rule names beside its own be called as that team's routing rules say now: by
    their policy (`policy` of the responder), or not at all (`nobody`)."""
    if not arrival.responders:
        return
    routed = [await _route_responder(unit, arrival, known, one) for one in arrival.responders]
    if routed != arrival.responders:
        arrival.responders = routed
    quiet = [one for one in routed if one.get("nobody")]
    if quiet and arrival.incident_id is None and all(one.get("nobody") or one.get("added") for one in routed):
        arrival.hold(str(quiet[0]["nobody"]), None)


def choose_policy(unit: Unit, arrival: Arrival, known: Catalog, team_id: int) -> int | None:
    """The one that the first matching routing rule of the team chooses; None where it has none that does."""
    rule = _find_rule_of_team(unit, arrival, known, team_id)
    return rule.then.get("policy") if rule is not None else None


async def _route_responder(
    unit: Unit, arrival: Arrival, known: Catalog, responder: dict[str, Any]
) -> dict[str, Any]:
    if responder.get("added"):
        return responder
    plain = {name: value for name, value in responder.items() if name not in ("policy", "nobody")}
    team_id = int(responder.get("id") or 0)
    if responder["type"] != "team" or team_id == arrival.team_id:
        return plain
    rule = _find_rule_of_team(unit, arrival, known, team_id)
    if rule is None:
        return plain
    team, policy_id = known.name_team(team_id), rule.then.get("policy")
    if rule.then.get("nobody"):
        arrival.say("route", "nobody_of_team", rule=rule.name, team=team)
        return {**plain, "nobody": f"rule:{rule.row.slug}"}
    policy = await catalog.find_policy_name(unit.session, policy_id)
    arrival.say("route", "policy_of_team", rule=rule.name, policy=policy, team=team)
    return {**plain, "policy": policy_id}


async def explain_routing(
    unit: Unit, team: Team, at: datetime, priority: Priority
) -> tuple[str, Explained | None] | None:
    """The name of the team's routing rule that would choose the policy of an alert of which nothing but its priority is
    known, and whom that policy pages: None where it pages nobody. None where no rule matches."""
    known = await Catalog.read(unit)
    rules = known.list_rules_of_team(RuleKind.ROUTE, 0, team.id)
    fields = read_fields(Signal(Action.TRIGGER, "", priority=priority, team=team.slug), "")
    for rule in list_matching(rules, fields, at, []):
        policy_id = rule.then.get("policy")
        if rule.then.get("nobody") or policy_id is None:
            return rule.name, None
        policy = await unit.session.get_one(EscalationPolicy, policy_id)
        return rule.name, await explain_policy(unit, policy, at, priority)
    return None


def _let_nobody_know(arrival: Arrival, rule: ReadyRule) -> None:
    if rule.then.get("nobody"):
        arrival.hold(f"rule:{rule.row.slug}", None)
        arrival.say("route", "nobody_by_rule", rule=rule.name)
