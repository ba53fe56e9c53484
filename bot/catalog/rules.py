"""What an incident rule in the configuration file may say: fields, operations, values and the title's template.

Judged by the filter and the template engine that the intake itself uses, so that what passes here works there.
"""

from typing import Annotated, Any

import re2
from pydantic import AfterValidator, BeforeValidator, StringConstraints, ValidationInfo

from bot.alerts.fields import LABEL, NAMES, PAYLOAD, TEXTS, is_field
from bot.alerts.filter import OPERATIONS, PATTERNS
from bot.catalog import reasons
from bot.catalog.kinds import Line, read_line, wrong
from bot.chat.sandbox import FILTERS, METHODS, Text, list_calls, render_user_template
from bot.errors import Invalid
from storage.words import Priority

WITHOUT_VALUE = "is_empty"
OF_NUMBERS = {"at_least", "at_most", "greater_than", "less_than"}
OF_WHOLE_PRIORITY = {"equals", "equals_ignoring_case", "at_least", "at_most", "one_of"}


class _Anything(dict[str, Any]):
    """Labels and values of an alert that nobody has seen yet: each is there."""

    def __missing__(self, name: str) -> Any:
        return Text(name)


def _read_field(name: str) -> str:
    if name in (LABEL, PAYLOAD):
        raise wrong(reasons.NO_LABEL)
    if not is_field(name):
        raise wrong(reasons.tell_field(name, (*NAMES, "labels.<name>", "payload.<way>")))
    return name


def _read_operation(name: str) -> str:
    if name not in OPERATIONS:
        raise wrong(reasons.tell_operation(name, OPERATIONS))
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
    if operation in PATTERNS:
        _check_pattern(value)
    if field == "priority" and operation in OF_WHOLE_PRIORITY:
        parts = value.split(",") if operation == "one_of" else [value]
        if any(part.strip() not in set(Priority) for part in parts):
            raise wrong(reasons.NOT_A_PRIORITY)
    elif operation in OF_NUMBERS and not any(sign.isdigit() for sign in value):
        raise wrong(reasons.tell_no_number(operation))
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


def _check_calls(text: str) -> None:
    """What a template calls that is nowhere; whether it can be read at all is asked elsewhere."""
    methods, filters = list_calls(text)
    for what, names, known in (("method", methods, METHODS), ("filter", filters, FILTERS)):
        for name in names:
            if name not in known:
                raise wrong(reasons.tell_unknown(what, name, known))


def _check_template(text: str, anything: bool) -> str:
    """A template over an alert's fields; one that may name the sender's own fields is only tried for its form."""
    sample: dict[str, Any] = {name: Text(name) for name in (*TEXTS, "message")} | {"priority": Text("P1")}
    sample |= {name: _Anything() for name in ("labels", "details", "payload", "_payload")} | {"tags": []}
    try:
        _check_calls(text)
        render_user_template(text, sample, "title")
    except Invalid as problem:
        reason = str(problem.data.get("reason", problem.code))
        if problem.code == "template.expressions_only":
            raise wrong(reasons.STATEMENT_IN_TITLE) from problem
        if not anything or problem.code != "template.wrong" or "unexpected" in reason or "expected" in reason:
            raise wrong(reasons.tell_title(reason, TEXTS)) from problem
    except RecursionError as error:
        raise wrong(reasons.tell_title("it is nested too deep", TEXTS)) from error
    return text


def _read_title(text: str) -> str:
    return _check_template(text, anything=False)


def _read_template(text: str) -> str:
    return _check_template(text, anything=True)


def _read_new_priority(text: str) -> str:
    if "{{" not in text and text.upper() not in set(Priority):
        raise wrong(reasons.NOT_A_PRIORITY)
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
Template = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000),
    AfterValidator(_read_template),
]
"""Over fields, labels, and whatever the sender sends, which nobody knows beforehand."""
NewPriority = Annotated[Template, AfterValidator(_read_new_priority)]
