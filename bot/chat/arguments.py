"""Arguments of commands. One frozen `Args` dataclass per command makes the typed line, the form, the completion, the
API call and the help text; this module reads a line against it.

A line is positional words in the order of the fields, with `name:value` anywhere; a field with `rest` takes all
that is left. Values with spaces are quoted (`next:"in 20 min"`). Two need no quotation marks: moments
(`at:2026-11-23 14:05`), and a text of many lines that is named behind other words.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, TypeVar

from bot.chat.form import Choice

NAME = r"(?<!\S)(?:--)?%s[:=]"
NAMED = NAME + r"(?:\"(?P<quoted>[^\"]*)\"|[“„](?P<curly>[^“”]*)[“”]|(?P<bare>%s))"
"""Phones write quotation marks that are curly."""
FIRST_QUOTED = re.compile(r'(?:"[^"]*"|[“„][^“”]*[“”])(?!\S)')
ALL_QUOTED = re.compile(r'"[^"]*"|[“„][^“”]*[“”]')
Parse = Callable[["Reading", str], Awaitable[Any]]
Suggest = Callable[["Reading", str], Awaitable[list[Choice]]]
V = TypeVar("V")


@dataclass(frozen=True)
class Reading:
    """What reading a value may need: the unit of work, the call, and the incident the command is about, if any."""

    unit: Any
    invocation: Any
    incident: Any = None
    name: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    """What is typed or filled in so far, by argument: what can be chosen may depend on it."""


async def _nothing(_: Reading, __: str) -> list[Choice]:
    return []


@dataclass(frozen=True)
class Kind:
    """A kind of value: how it is read (raising Problem when wrong), what to suggest, and what one looks like."""

    name: str
    parse: Parse
    suggest: Suggest = _nothing
    example: str = ""
    choices: tuple[Choice, ...] = ()
    phrase: str = ""
    """What people write in several words and mean as one value: a regular expression, in any case of its letters."""

    @property
    def pattern(self) -> str:
        """How a value is written that has no quotation marks."""
        return rf"(?i:{self.phrase})(?!\S)|\S+" if self.phrase else r"\S+"


@dataclass(frozen=True)
class Argument:
    """One argument of a command, read off its `Args` field."""

    name: str
    label: str
    kind: Kind
    required: bool
    rest: bool
    many_lines: bool
    hint: str
    default: Any
    refreshes: bool

    @property
    def refers(self) -> bool:
        """Whether it names another incident."""
        return self.kind.example.startswith("INC-")

    @property
    def usage(self) -> str:
        shown = (
            self.label.lower()
            if self.rest or self.required
            else f"{self.name}:{_quote(self.kind.example or self.label.lower())}"
        )
        return f"<{shown}>" if self.required else f"[{shown}]"


def _quote(example: str) -> str:
    return f'"{example}"' if " " in example else example


def arg(
    label: str,
    kind: Kind,
    *,
    default: Any = MISSING,
    rest: bool = False,
    many_lines: bool = False,
    hint: str = "",
    refreshes: bool = False,
) -> Any:
    """Declare an argument. Without a default it is required: when it is missing, the command's form opens. With
    `refreshes`, what can be chosen for others depends on it."""
    meta = {
        "label": label,
        "kind": kind,
        "rest": rest,
        "many_lines": many_lines,
        "hint": hint,
        "refreshes": refreshes,
    }
    return field(metadata=meta) if default is MISSING else field(default=default, metadata=meta)


def list_arguments(args: type) -> tuple[Argument, ...]:
    """The arguments that an `Args` dataclass declares, in order."""
    found = []
    for item in fields(args):
        required = item.default is MISSING
        found.append(
            Argument(
                item.name,
                required=required,
                default=None if required else item.default,
                **dict(item.metadata),
            )
        )
    return tuple(found)


def split_line(line: str, arguments: tuple[Argument, ...]) -> dict[str, str]:
    """Read a typed line to raw values by name; pure. What is not named goes to the fields in order, the rest to the
    last one."""
    values: dict[str, str] = {}
    for argument in arguments:
        found = re.search(NAMED % (re.escape(argument.name), argument.kind.pattern), line)
        if found:
            given = (found["quoted"], found["curly"], found["bare"])
            values[argument.name] = next(text for text in given if text is not None)
            end = found.end()
            if argument.many_lines and found["bare"] and line[: found.start()].strip():
                end = _find_next_name(line, end, arguments)
                values[argument.name] = line[found.start("bare") : end]
            line = (line[: found.start()] + line[end:].removeprefix(" ")).strip()
    left = line.strip()
    open_arguments = [argument for argument in arguments if argument.name not in values]
    for index, argument in enumerate(open_arguments):
        if not left:
            break
        if argument.rest or index == len(open_arguments) - 1:
            values[argument.name], left = left, ""
        elif not argument.required and any(later.rest and later.required for later in open_arguments[index:]):
            continue
        else:
            word = (FIRST_QUOTED.match(left) or re.match(argument.kind.pattern, left) or [left])[0]
            values[argument.name], left = word, left[len(word) :].strip()
    return {name: _unquote(value.strip()) for name, value in values.items()}


def _find_next_name(line: str, start: int, arguments: tuple[Argument, ...]) -> int:
    """Where the next `name:` begins behind this position, or the end of the line."""
    names = "|".join(re.escape(argument.name) for argument in arguments)
    found = re.compile(NAME % f"(?:{names})").search(line, start)
    return found.start() if found else len(line)


def _unquote(value: str) -> str:
    """The text between quotation marks that stand around all of it; others belong to it: `alertname="Disk full"`."""
    if ALL_QUOTED.fullmatch(value):
        return value[1:-1].strip()
    return value[1:] if value.startswith('"') and value.count('"') == 1 else value
