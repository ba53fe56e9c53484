"""Conditions on an alert's fields: a pure yes or no, in linear time whatever pattern a user writes."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from math import nan
from typing import Any

import re2

from bot.alerts.fields import LABEL, NAMES, TEXTS, Fields, find_value, is_field
from bot.errors import Invalid

Condition = Mapping[str, Any]


Test = Callable[[Fields], bool]
"""A condition, ready to be asked of the fields of one alert after the other."""


def make_test(condition: Condition) -> Test:
    """One condition as a yes or no. A label is named `labels.severity`, a value of the sender's `payload.a.b`; a field that
    is missing counts as empty. Of a list or a map it is enough that one of its values is what is asked for."""
    name, operation, wanted = str(condition["field"]), condition["operation"], str(condition.get("value", ""))
    wants = not condition.get("not", False)
    make = OPERATIONS[operation]
    judge = make(wanted)
    if name in TEXTS or name.startswith(LABEL):
        read = make_reader(name)
        return lambda fields: judge(read(fields)) is wants
    if operation == "is_empty":
        return lambda fields: (not find_value(fields, name)) is wants
    if operation == "has_key":
        return lambda fields: _has_key(find_value(fields, name), wanted) is wants
    return lambda fields: _is_any(find_value(fields, name), judge) is wants


def make_reader(name: str) -> Callable[[Fields], str]:
    """What reads a text or a label out of the fields of an alert; empty when it is missing."""
    if name in TEXTS:
        return lambda fields: str(fields.get(name, ""))
    label = name.removeprefix(LABEL)
    return lambda fields: str(fields["labels"].get(label, ""))


def read_equality(condition: Condition) -> tuple[str, str] | None:
    """The text or label that a condition wants to be one certain text, and that text; None for one that asks otherwise."""
    name = str(condition["field"])
    is_text = name in TEXTS or name.startswith(LABEL)
    is_equality = condition["operation"] == "equals" and not condition.get("not", False)
    return (name, str(condition.get("value", ""))) if is_text and is_equality else None


def _has_key(value: Any, wanted: str) -> bool:
    return isinstance(value, dict) and wanted in value


def _is_any(value: Any, judge: Callable[[str], bool]) -> bool:
    if isinstance(value, dict):
        return any(judge(str(part)) for part in value.values())
    if isinstance(value, list):
        return any(judge(str(part)) for part in value)
    return judge(value)


def check_condition(condition: Condition) -> None:
    """Raise Invalid, naming the fault, unless this is a condition that can be judged."""
    name, operation = str(condition.get("field", "")), condition.get("operation")
    if not is_field(name):
        raise Invalid("filter.field", "field", name=name, known=list(NAMES))
    if operation not in OPERATIONS:
        raise Invalid("filter.operation", "operation", name=operation, known=sorted(OPERATIONS))
    if operation in PATTERNS:
        try:
            find_pattern(str(condition.get("value", "")))
        except re2.error as error:
            raise Invalid("filter.pattern", "value", reason=str(error)) from error


@lru_cache(maxsize=2_000)
def find_pattern(text: str) -> Any:
    """A compiled expression; raises re2.error."""
    options = re2.Options()
    options.log_errors = False
    return re2.compile(text, options)


def _compare(left: str, right: str) -> float:
    """Positive where `left` is greater: priorities by urgency (P1 is greater than P2), numbers by value, anything else as
    text. What is no number (`n/a`) is neither more nor less than one (NaN)."""
    if left[:1] == right[:1] == "P" and left[1:].isdigit() and right[1:].isdigit():
        return int(right[1:]) - int(left[1:])
    known, wanted = _read_number(left), _read_number(right)
    if wanted is None:
        return (left > right) - (left < right)
    return nan if known is None else known - wanted


def _read_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _squeeze(text: str) -> str:
    return "".join(text.split())


def _is_one_of(wanted: str) -> Callable[[str], bool]:
    known = frozenset(part.strip() for part in wanted.split(","))
    return lambda value: value in known


def _fold(wanted: str, fold: Callable[[str], str]) -> Callable[[str], bool]:
    folded = fold(wanted)
    return lambda value: fold(value) == folded


def _search(wanted: str) -> Callable[[str], bool]:
    return lambda value: find_pattern(wanted).search(value) is not None


def _match_whole(wanted: str) -> Callable[[str], bool]:
    return lambda value: find_pattern(wanted).fullmatch(value) is not None


PATTERNS = ("matches", "matches_whole")
OPERATIONS: dict[str, Callable[[str], Callable[[str], bool]]] = {
    "equals": lambda wanted: lambda value: value == wanted,
    "equals_ignoring_case": lambda wanted: _fold(wanted, str.lower),
    "equals_ignoring_spaces": lambda wanted: _fold(wanted, _squeeze),
    "contains": lambda wanted: lambda value: wanted in value,
    "starts_with": lambda wanted: lambda value: value.startswith(wanted),
    "ends_with": lambda wanted: lambda value: value.endswith(wanted),
    "matches": _search,
    "matches_whole": _match_whole,
    "one_of": _is_one_of,
    "is_empty": lambda _: lambda value: not value,
    "has_key": lambda _: lambda value: False,
    "has_value": lambda wanted: lambda value: value == wanted,
    "at_least": lambda wanted: lambda value: bool(value) and _compare(value, wanted) >= 0,
    "at_most": lambda wanted: lambda value: bool(value) and _compare(value, wanted) <= 0,
    "greater_than": lambda wanted: lambda value: bool(value) and _compare(value, wanted) > 0,
    "less_than": lambda wanted: lambda value: bool(value) and _compare(value, wanted) < 0,
}
"""As in Opsgenie, and a few more: what is wanted -> a yes or no of one text. `has_key` looks at the names of a map; what is
missing is neither more nor less than anything."""
