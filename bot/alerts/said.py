"""What a sender said about an alert that its row does not show, kept for the rules that are asked again when what holds it
ends: the priority, the words for service and team, and those values of the message that rules ask for."""

from collections.abc import Collection, Iterable
from typing import Any

from bot.alerts.fields import PAYLOAD, find_value
from bot.alerts.rules import ReadyRule
from bot.alerts.signal import Signal, clip
from storage.words import Priority, RuleKind

WORDS = ("service", "team", "user")
LONGEST, MOST = 2_000, 200
"""Of a text, and of the parts of a value."""


def list_asked(rules: Iterable[ReadyRule]) -> tuple[str, ...]:
    """The ways into messages (`a.b`) that rules ask for, besides the actions, which are asked only once."""
    named = {
        str(name)
        for rule in rules
        if rule.row.kind is not RuleKind.ACTION
        for name in (*(one["field"] for one in rule.row.conditions), *rule.then.get("group_by", ()))
    }
    return tuple(sorted(name.removeprefix(PAYLOAD) for name in named if name.startswith(PAYLOAD)))


def keep_said(signal: Signal, priority: Priority, asked: Collection[str]) -> dict[str, Any]:
    """As `Alert.said` has it; `priority` is the sender's own."""
    said: dict[str, Any] = {name: clip(text, LONGEST) for name in WORDS if (text := getattr(signal, name))}
    said["priority"] = str(priority)
    fields = {"payload": signal.raw}
    found = {way: value for way in asked if (value := _fit(find_value(fields, PAYLOAD + way)))}
    return {**said, "payload": found} if found else said


def _fit(value: Any) -> Any:
    if isinstance(value, dict):
        return {clip(name, MOST): clip(text, LONGEST) for name, text in list(value.items())[:MOST]}
    if isinstance(value, list):
        return [clip(text, LONGEST) for text in value[:MOST]]
    return clip(value, LONGEST)
