"""What an incident rule in the configuration file may say: fields, operations, values and the title's template.

Judged by the filter and the template engine that the intake itself uses, so that what passes here works there.
"""

from typing import Annotated, Any

import re2
from pydantic import AfterValidator, BeforeValidator, StringConstraints, ValidationInfo

from bot.alerts.filter import FIELDS, OPERATIONS
from bot.catalog import reasons
from bot.catalog.kinds import Line, read_line, wrong
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


def _read_list(value: Any, info: ValidationInfo) -> Any:
    """A list becomes the text with commas that `one_of` reads."""
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        return value
    if info.data.get("operation", "one_of") != "one_of":
        raise wrong(reasons.LIST_UNUSED)
    if any("," in part for part in value):
        raise wrong(reasons.COMMA_IN_LIST)
    return ", ".join(value)


def _check_value(value: str, info: ValidationInfo) -> str:
    """Check a condition's value against its field and operation, which stand before it and may be wrong themselves."""
    field, operation = info.data.get("field"), info.data.get("operation")
    if operation == WITHOUT_VALUE and value:
        raise wrong(reasons.VALUE_UNUSED)
    if operation != WITHOUT_VALUE and not value:
        raise wrong(reasons.NO_VALUE)
    if operation == "matches":
        _check_pattern(value)
    if field == "priority" and operation in OF_WHOLE_PRIORITY:
        parts = value.split(",") if operation == "one_of" else [value]
        if any(part.strip() not in set(Priority) for part in parts):
            raise wrong(reasons.NOT_A_PRIORITY)
    return value


def _check_pattern(text: str) -> None:
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(text, options=options)
    except re2.error as error:
        said = error.args[0]
        problem = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        raise wrong(reasons.tell_pattern(problem)) from error


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


FieldName = Annotated[Line, AfterValidator(_read_field)]
Operation = Annotated[Line, AfterValidator(_read_operation)]
Value = Annotated[
    str,
    StringConstraints(max_length=500),
    AfterValidator(read_line),
    AfterValidator(_check_value),
    BeforeValidator(_read_list),
]
Title = Annotated[Line, AfterValidator(_read_title)]
