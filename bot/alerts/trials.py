"""What the rules would make of a message, without doing it: for a dry run, and for what a change of rules would change."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from bot.alerts.actions import act
from bot.alerts.arrival import Arrival
from bot.alerts.catalog import Catalog
from bot.alerts.grouping import choose
from bot.alerts.responders import name_responders
from bot.alerts.routing import route_responders
from bot.alerts.signal import Action, Signal
from bot.alerts.stages import DECIDE
from bot.alerts.traces import Step
from bot.alerts.turns import fit
from bot.flow.unit import Unit
from bot.paging.responders import find_first_paged
from storage.models import Integration
from storage.questions import alerts as ask

OUTCOMES = {
    Action.TRIGGER: "opens",
    Action.ACKNOWLEDGE: "acknowledges",
    Action.RESOLVE: "closes",
    Action.NOTE: "notes",
}


@dataclass(frozen=True)
class Trial:
    """What would become of one signal. `outcome` is opens, repeats, acknowledges, closes, notes or ignored; `incident` is
    the open one that it would join, or the rule that would open one; `pages` are the people of the first step."""

    outcome: str
    alias: str
    title: str = ""
    description: str = ""
    priority: str = ""
    service: str = ""
    team: str = ""
    tags: tuple[str, ...] = ()
    incident: str = ""
    held_by: str = ""
    pages: tuple[str, ...] = ()
    trace: tuple[Step, ...] = ()

    @property
    def joins(self) -> bool:
        """Whether `incident` is open already: then its team is called only if it was not before."""
        return any((step["stage"], step["reason"]) == ("incident", "joined") for step in self.trace)

    def list_differences(self, other: "Trial") -> dict[str, tuple[Any, Any]]:
        """Of what a person would notice: (this, other) by the name of the field."""
        return {
            one.name: (getattr(self, one.name), getattr(other, one.name))
            for one in fields(self)
            if one.name != "trace" and getattr(self, one.name) != getattr(other, one.name)
        }


async def try_signals(unit: Unit, integration: Integration, signals: Sequence[Signal]) -> list[Trial]:
    """What the rules that are in force in this unit would make of the signals of one message. Nothing is written."""
    with unit.session.no_autoflush:
        known = await Catalog.read(unit)
        return [await _try(unit, integration, known, signal) for signal in signals]


async def _try(unit: Unit, integration: Integration, known: Catalog, signal: Signal) -> Trial:
    acted = act(signal, integration.name, known.list_actions(integration.id), unit.now)
    if acted.signal is None:
        return Trial("ignored", signal.alias, signal.title, trace=acted.trace)
    signal = fit(acted.signal)
    found = await ask.find_open(unit.session, {(integration.id, signal.alias)}, lock=False)
    outcome = OUTCOMES[signal.action]
    if signal.action is not Action.TRIGGER:
        return Trial(outcome, signal.alias, signal.title, trace=acted.trace)
    signal = await name_responders(unit, integration, signal)
    arrival = Arrival(signal, integration, unit.now, "", trace=list(acted.trace))
    for stage in DECIDE:
        await stage(unit, arrival, known)
    choice = await choose(unit, arrival, known)
    incident = ""
    if choice is not None:
        incident = choice.incident.ref if choice.incident else choice.rule.name
        told = {"ref": choice.incident.ref} if choice.incident else {}
        arrival.say("incident", "joined" if told else "would_open", rule=choice.rule.name, **told)
    pages: tuple[str, ...] = ()
    arrival.call_responders()
    await route_responders(unit, arrival, known)
    if not arrival.held_by:
        people = await find_first_paged(unit, arrival.team_id, arrival.policy_id, arrival.responders)
        if choice is not None and arrival.responders:
            people += await find_first_paged(unit, arrival.team_id, arrival.policy_id, ())
        pages = tuple(dict.fromkeys(user.name for user in people))
    now = arrival.signal
    return Trial(
        "repeats" if found else outcome,
        now.alias,
        now.title,
        now.description,
        now.priority.value,
        now.service,
        known.name_team(arrival.team_id),
        now.tags,
        incident,
        arrival.held_by,
        pages,
        tuple(arrival.trace),
    )
