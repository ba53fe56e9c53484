"""Alert policies: what is changed about a new alert, and whether it waits before it pages anybody."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.alerts.arrival import Arrival
from bot.alerts.catalog import Catalog, remember_match
from bot.alerts.rules import ReadyRule, Writer, list_matching
from bot.flow.unit import Unit
from bot.oncall.week import next_time
from storage.questions import alerts as ask
from storage.words import RuleKind

TEXTS = ("title", "description", "entity", "source", "service", "team")
CHANGED = (*TEXTS, "tags", "labels", "priority")


async def apply_policies(unit: Unit, arrival: Arrival, known: Catalog) -> None:
    """The policies for every team, before it is known whose the alert is."""
    await _apply(unit, arrival, known, None)


async def apply_team_policies(unit: Unit, arrival: Arrival, known: Catalog) -> None:
    """The policies of the team that the alert goes to."""
    if arrival.team_id is not None:
        await _apply(unit, arrival, known, arrival.team_id)


async def _apply(unit: Unit, arrival: Arrival, known: Catalog, team_id: int | None) -> None:
    rules = known.list_rules_of_team(RuleKind.POLICY, arrival.integration.id, team_id)
    for rule in list_matching(rules, arrival.fields, unit.now, arrival.trace):
        remember_match(unit, rule)
        if not arrival.released:
            _rewrite(arrival, rule)
        await _hold(unit, arrival, rule)


def _rewrite(arrival: Arrival, rule: ReadyRule) -> None:
    then, signal = rule.then, arrival.signal
    changed: dict[str, Any] = {}
    if rule.rewrites:
        old = {name: getattr(signal, name) for name in CHANGED if name in rule.rewrites}
        new = Writer(rule, arrival.fields, arrival.trace).rewrite(then, TEXTS, old)
        changed = {name: value for name, value in new.items() if value != old[name]}
        arrival.change(**changed)
    arrival.say("policy", "applied", rule=rule.name, changed=sorted(changed))
    arrival.responders += [one for one in then.get("responders", ()) if one not in arrival.responders]
    arrival.close_after = int(then.get("close_after") or arrival.close_after)
    arrival.restart = dict(then.get("restart") or arrival.restart)


async def _hold(unit: Unit, arrival: Arrival, rule: ReadyRule) -> None:
    """Whatever of it keeps the alert from paging now. Counted from when the alert came, so that an alert that is let go is
    not held for the same reason again."""
    then, by = rule.then, f"rule:{rule.row.slug}"
    if then.get("suppress"):
        arrival.hold(by, None)
        arrival.say("policy", "suppressed", rule=rule.name)
    wanted = int(then.get("count") or 0)
    if wanted > arrival.count:
        arrival.hold(by, None)
        arrival.held_count = max(wanted, arrival.held_count or 0)
        arrival.say("policy", "waits_for_count", rule=rule.name, count=wanted)
    until = None
    if then.get("delay"):
        until = arrival.at + timedelta(seconds=int(then["delay"]))
    elif then.get("delay_until"):
        until = next_time(arrival.at, then["delay_until"]["time"], then["delay_until"].get("zone", "UTC"))
    if until is not None and until > unit.now:
        arrival.hold(by, until)
        arrival.say("policy", "delayed", rule=rule.name, until=until.isoformat())
    if then.get("flap"):
        await _hold_flapping(unit, arrival, rule, then["flap"])


async def _hold_flapping(unit: Unit, arrival: Arrival, rule: ReadyRule, flap: Mapping[str, Any]) -> None:
    """An alert that comes and goes waits until it has stayed open for a while."""
    since = arrival.at - timedelta(seconds=int(flap["within"]))
    opened = 1 + await ask.count_opened(
        unit.session, arrival.integration.id, arrival.signal.alias, since, arrival.uid
    )
    until = arrival.at + timedelta(seconds=int(flap["hold"]))
    if opened >= int(flap["times"]) and until > unit.now:
        arrival.hold(f"rule:{rule.row.slug}", until)
        arrival.say("policy", "flapping", rule=rule.name, times=opened, until=until.isoformat())
