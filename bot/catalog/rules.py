"""What an incident rule in the configuration file may say: fields, operations, values and the title's template.

Judged by the filter and the template engine that the intake itself uses, so that what passes here works there.
"""

from typing import Annotated, Any

import re2
from pydantic import AfterValidator, BeforeValidator

from bot.alerts.filter import FIELDS, OPERATIONS
from bot.catalog import reasons
from bot.catalog.kinds import Line, wrong
from bot.chat.templates import Templates
from bot.errors import Invalid
from storage.words import Priority

LABEL = "labels."
WITHOUT_VALUE = "is_empty"
OF_WHOLE_PRIORITY = {"equals", "equals_ignoring_case", "at_least", "at_most", "one_of"}


class _AnyLabel(dict[str, str]):
    """Labels of an alert that nobody has seen yet: each is there."""

    def __missing__(self, name: str) -> str:
        return name


def _read_field(name: str) -> str:
    if name == LABEL:
        raise wrong(reasons.NO_LABEL)
    if name not in FIELDS and not name.startswith(LABEL):
        raise wrong(reasons.tell_unknown("field", name, (*FIELDS, "labels.<name>")))
    return name


def _read_operation(name: str) -> str:
    if name not in OPERATIONS:
        raise wrong(reasons.tell_unknown("operation", name, OPERATIONS))
    return name


def _read_value(value: Any) -> Any:
    """A list becomes the text with commas that `one_of` reads."""
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        return value
    if any("," in part for part in value):
        raise wrong(reasons.COMMA_IN_LIST)
    return ", ".join(value)


def _read_title(text: str) -> str:
    sample = {name: name for name in FIELDS} | {"priority": "P1"}
    try:
        Templates().render_user_template(text, {**sample, "labels": _AnyLabel()}, "title")
    except Invalid as problem:
        if problem.code == "template.expressions_only":
            raise wrong(reasons.STATEMENT_IN_TITLE) from problem
        raise wrong(reasons.tell_title(str(problem.data.get("reason", problem.code)), FIELDS)) from problem
    except RecursionError as error:
        raise wrong(reasons.tell_title("it is nested too deep", FIELDS)) from error
    return text


def check_value(field: str, operation: str, value: str, is_list: bool) -> str | None:
    """What is wrong with a condition's value, or None."""
    if operation == WITHOUT_VALUE:
        return reasons.VALUE_UNUSED if value else None
    if not value:
        return reasons.NO_VALUE
    if is_list and operation != "one_of":
        return reasons.LIST_UNUSED
    if operation == "matches":
        return _check_pattern(value)
    if field == "priority" and operation in OF_WHOLE_PRIORITY:
        parts = value.split(",") if operation == "one_of" else [value]
        if any(part.strip() not in set(Priority) for part in parts):
            return reasons.NOT_A_PRIORITY
    return None


def _check_pattern(text: str) -> str | None:
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(text, options=options)
    except re2.error as error:
        reason = error.args[0]
        return reasons.tell_pattern(reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason))
    return None


FieldName = Annotated[Line, AfterValidator(_read_field)]
Operation = Annotated[Line, AfterValidator(_read_operation)]
Value = Annotated[Line, BeforeValidator(_read_value)]
Title = Annotated[Line, AfterValidator(_read_title)]
