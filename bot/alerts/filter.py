"""Conditions on an alert's fields: a pure yes or no, in linear time whatever pattern a user writes."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import re2

from bot.errors import Invalid

FIELDS = ("title", "description", "priority", "alias", "source", "integration", "service", "team")


def matches(conditions: Sequence[Mapping[str, Any]], match: str, fields: Mapping[str, str]) -> bool:
    """Whether all (or any) of the conditions hold. No conditions match everything."""
    if not conditions:
        return True
    answers = (holds(condition, fields) for condition in conditions)
    return any(answers) if match == "any" else all(answers)


def holds(condition: Mapping[str, Any], fields: Mapping[str, str]) -> bool:
    """Whether one condition holds. A label is named `labels.severity`; a field that is missing counts as empty."""
    value = fields.get(str(condition["field"]), "")
    answer = OPERATIONS[condition["operation"]](value, str(condition.get("value", "")))
    return answer is not bool(condition.get("not", False))


def check_condition(condition: Mapping[str, Any]) -> None:
    """Raise Invalid, naming the fault, unless this is a condition that can be judged."""
    name, operation = str(condition.get("field", "")), condition.get("operation")
    if name not in FIELDS and not name.startswith("labels."):
        raise Invalid("filter.field", "field", name=name, known=list(FIELDS))
    if operation not in OPERATIONS:
        raise Invalid("filter.operation", "operation", name=operation, known=sorted(OPERATIONS))
    if operation == "matches":
        try:
            _pattern(str(condition.get("value", "")))
        except re2.error as error:
            raise Invalid("filter.pattern", "value", reason=str(error)) from error


@lru_cache(maxsize=500)
def _pattern(text: str) -> Any:
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


OPERATIONS: dict[str, Callable[[str, str], bool]] = {
    "equals": lambda value, wanted: value == wanted,
    "equals_ignoring_case": lambda value, wanted: value.lower() == wanted.lower(),
    "contains": lambda value, wanted: wanted in value,
    "starts_with": lambda value, wanted: value.startswith(wanted),
    "ends_with": lambda value, wanted: value.endswith(wanted),
    "matches": lambda value, wanted: _pattern(wanted).search(value) is not None,
    "one_of": lambda value, wanted: value in [part.strip() for part in wanted.split(",")],
    "is_empty": lambda value, _: not value,
    "at_least": lambda value, wanted: _compare(value, wanted) >= 0,
    "at_most": lambda value, wanted: _compare(value, wanted) <= 0,
}
