"""What rules and their templates see of an alert: its fields, its labels, and what the sender sent."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from bot.alerts.signal import Signal

Fields = dict[str, Any]
"""Texts by name; `labels` is a map of texts, `tags` a list of texts, `payload` what the sender sent (JSON values)."""
TEXTS = (
    "title",
    "description",
    "priority",
    "alias",
    "source",
    "integration",
    "service",
    "team",
    "entity",
    "user",
    "note",
    "action",
)
MANY = ("tags", "labels")
LABEL, PAYLOAD = "labels.", "payload."
NAMES = (*TEXTS, *MANY)


def read_fields(signal: Signal, integration: str) -> Fields:
    """The fields of a signal from the integration of this name."""
    return {
        "title": signal.title,
        "description": signal.description,
        "priority": str(signal.priority),
        "alias": signal.alias,
        "source": signal.source,
        "integration": integration,
        "service": signal.service,
        "team": signal.team,
        "entity": signal.entity,
        "user": signal.user,
        "note": signal.note,
        "action": str(signal.action),
        "tags": list(signal.tags),
        "labels": signal.labels,
        "payload": signal.raw,
    }


def is_field(name: str) -> bool:
    """Whether rules may name it: a field, `labels.` and a label, or `payload.` and the way to a value."""
    return name in NAMES or any(
        name.startswith(prefix) and len(name) > len(prefix) for prefix in (LABEL, PAYLOAD)
    )


def find_value(fields: Fields, name: str) -> Any:
    """The value of a field: a text, a list of texts or a map; empty when it is missing."""
    if name.startswith(LABEL):
        return str(fields["labels"].get(name.removeprefix(LABEL), ""))
    if name.startswith(PAYLOAD):
        return _walk(fields["payload"], name.removeprefix(PAYLOAD))
    return fields.get(name, "")


def _walk(value: Any, way: str) -> Any:
    """Follow `a.b.0.c` through JSON; a key that has dots itself is found as well."""
    if not way:
        return _spell(value)
    if isinstance(value, Mapping):
        if way in value:
            return _spell(value[way])
        step, _, rest = way.partition(".")
        return _walk(value[step], rest) if step in value else ""
    if isinstance(value, Sequence) and not isinstance(value, str):
        step, _, rest = way.partition(".")
        return _walk(value[int(step)], rest) if step.isdecimal() and int(step) < len(value) else ""
    return ""


def _spell(value: Any) -> Any:
    """A value as rules compare it. What is inside of a list or a map is a text, however deep it goes on."""
    if isinstance(value, Mapping):
        return {str(key): _flat(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_flat(part) for part in value]
    return _flat(value)


def _flat(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()
