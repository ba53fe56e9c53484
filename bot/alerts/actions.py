"""Integration actions: what a sender's message becomes. Pure.

The first action of the integration that matches decides; where none matches, what the sender said counts, so that a
forgotten case pages instead of being lost. An action without conditions that ignores, put last, turns that round.
"""

from datetime import datetime
from typing import Any, NamedTuple

from msgspec.structs import replace

from bot.alerts.fields import read_fields
from bot.alerts.rules import ReadyRule, ReadyRules, Writer, list_matching
from bot.alerts.signal import Action, Signal
from bot.alerts.traces import Step

BECOMES = {
    "create": Action.TRIGGER,
    "acknowledge": Action.ACKNOWLEDGE,
    "close": Action.RESOLVE,
    "note": Action.NOTE,
}
"""What an action does to the signal; `ignore` drops it, and one that says nothing leaves it what its sender says: a rule
that gives better titles keeps no alert from its end."""
TEXTS = ("alias", "title", "description", "entity", "source", "service", "team", "user", "note")
CHANGED = (*TEXTS, "tags", "labels")
EMPTY: dict[str, Any] = {"tags": (), "labels": {}, "links": (), "images": ()}


class Acted(NamedTuple):
    """`signal` is None when the message is ignored."""

    signal: Signal | None
    trace: tuple[Step, ...] = ()
    rule: ReadyRule | None = None


def act(signal: Signal, integration: str, rules: ReadyRules, at: datetime) -> Acted:
    """What the integration's actions make of a signal."""
    if not rules:
        return Acted(signal)
    fields = read_fields(signal, integration)
    trace: list[Step] = []
    for rule in list_matching(rules, fields, at, trace):
        does = str(rule.then.get("do", ""))
        said: Step = {"stage": "action", "reason": does or "said", "rule": rule.name}
        trace.append(said if does else {**said, "action": signal.action.value})
        if does == "ignore":
            return Acted(None, tuple(trace), rule)
        becomes = BECOMES.get(does, signal.action)
        without = [name for name in rule.then.get("without", ()) if name in EMPTY]
        left_out: dict[str, Any] = {name: EMPTY[name] for name in without}
        plain = signal
        if left_out or signal.action is not becomes:
            plain = replace(signal, action=becomes, **left_out)
        if not rule.rewrites:
            return Acted(plain, tuple(trace), rule)
        old = {name: getattr(plain, name) for name in CHANGED if name in rule.rewrites}
        new = Writer(rule, fields, trace).rewrite(rule.then, TEXTS, old)
        return Acted(replace(plain, **new), tuple(trace), rule)
    trace.append({"stage": "action", "reason": "none", "action": signal.action.value})
    return Acted(signal, tuple(trace))
