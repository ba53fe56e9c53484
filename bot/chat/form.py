"""A form: a dialog with fields that runs a command. Built from the command's own arguments, never written by hand."""

from dataclasses import dataclass
from typing import Any

import msgspec


@dataclass(frozen=True)
class Choice:
    value: str
    label: str


@dataclass(frozen=True)
class FormField:
    """One question. `kind` is text, lines, choice, suggest (type to find) or flag."""

    name: str
    label: str
    kind: str = "text"
    required: bool = False
    value: str = ""
    hint: str = ""
    choices: tuple[Choice, ...] = ()
    error: str = ""
    refreshes: bool = False
    """What can be chosen elsewhere depends on this one: when it changes, the form is built anew."""


@dataclass(frozen=True)
class Form:
    """`command` is the path (`incident declare`), `target` what it is about (`INC-7` or empty)."""

    command: str
    title: str
    submit: str
    fields: tuple[FormField, ...]
    target: str = ""
    note: str = ""

    def pack(self) -> dict[str, Any]:
        return dict(msgspec.to_builtins(self))
