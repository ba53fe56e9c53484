"""Conditions on an alert's fields: a pure yes or no, in linear time whatever pattern a user writes."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import re2

from bot.alerts.fields import NAMES, Fields, find_value, is_field
from bot.errors import Invalid

Condition = Mapping[str, Any]


def matches(conditions: Sequence[Condition], match: str, fields: Fields) -> bool:
    """Whether all (or any) of the conditions hold. No conditions match everything."""
    return not find_unmet(conditions, match, fields)


def find_unmet(conditions: Sequence[Condition], match: str, fields: Fields) -> list[Condition]:
    """The conditions because of which a rule does not match; empty when it does."""
    unmet = [condition for condition in conditions if not holds(condition, fields)]
    return [] if match == "any" and len(unmet) < len(conditions) else unmet


def holds(condition: Condition, fields: Fields) -> bool:
    """Whether one condition holds. A label is named `labels.severity`, a value of the sender's `payload.a.b`; a field that
    is missing counts as empty. Of a list or a map it is enough that one of its values is what is asked for."""
    value = find_value(fields, str(condition["field"]))
    answer = _answer(condition["operation"], value, str(condition.get("value", "")))
    return answer is not bool(condition.get("not", False))


def _answer(operation: str, value: Any, wanted: str) -> bool:
    if operation == "is_empty":
        return not value
    if operation == "has_key":
        return isinstance(value, dict) and wanted in value
    judge = OPERATIONS[operation]
    if isinstance(value, dict):
        return any(judge(str(part), wanted) for part in value.values())
    if isinstance(value, list):
        return any(judge(str(part), wanted) for part in value)
    return judge(value, wanted)


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


def _compare(left: str, right: str) -> int:
    """Priorities by urgency (P1 is greater than P2), numbers by value, anything else as text."""
    if left[:1] == right[:1] == "P" and left[1:].isdigit() and right[1:].isdigit():
        return int(right[1:]) - int(left[1:])
    try:
        difference = float(left) - float(right)
    except ValueError:
        return (left > right) - (left < right)
    return (difference > 0) - (difference < 0)


def _squeeze(text: str) -> str:
    return "".join(text.split())


PATTERNS = ("matches", "matches_whole")
OPERATIONS: dict[str, Callable[[str, str], bool]] = {
    "equals": lambda value, wanted: value == wanted,
    "equals_ignoring_case": lambda value, wanted: value.lower() == wanted.lower(),
    "equals_ignoring_spaces": lambda value, wanted: _squeeze(value) == _squeeze(wanted),
    "contains": lambda value, wanted: wanted in value,
    "starts_with": lambda value, wanted: value.startswith(wanted),
    "ends_with": lambda value, wanted: value.endswith(wanted),
    "matches": lambda value, wanted: find_pattern(wanted).search(value) is not None,
    "matches_whole": lambda value, wanted: find_pattern(wanted).fullmatch(value) is not None,
    "one_of": lambda value, wanted: value in [part.strip() for part in wanted.split(",")],
    "is_empty": lambda value, _: not value,
    "has_key": lambda value, wanted: False,
    "has_value": lambda value, wanted: value == wanted,
    "at_least": lambda value, wanted: _compare(value, wanted) >= 0,
    "at_most": lambda value, wanted: _compare(value, wanted) <= 0,
    "greater_than": lambda value, wanted: _compare(value, wanted) > 0,
    "less_than": lambda value, wanted: _compare(value, wanted) < 0,
}
"""As in Opsgenie, and a few more. `has_key` looks at the names of a map and is answered above."""
