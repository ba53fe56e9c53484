"""Commands as Discord's application commands, and back: what somebody typed there, as a command line and values.

The first word is a command, the second a subcommand: `/incident update` is typed as it is everywhere. Discord takes 25
subcommands. What is needed less often stands in a subcommand group and is typed with one word between: `/incident more
export`. `RARE` says which, in this order, until the others fit; with fewer commands there is no `more`.

An option is required there when the command wants it, except where there is something to write at length: that is written
better in the form, which opens when the command is sent bare. A command about an incident has an option for another one than
the channel's.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.chat.clip import clip
from bot.chat.discord import limits
from bot.chat.discord.markdown import unescape_line
from bot.chat.form import Choice
from bot.chat.shapes import CommandShape, OptionShape
from bot.chat.templates import Templates
from bot.chat.words import say

Json = dict[str, Any]
CHAT_INPUT, USER, MESSAGE = 1, 2, 3
SUBCOMMAND, GROUP, STRING, BOOLEAN = 1, 2, 3, 5
IN_GUILD, IN_DIRECT = 0, 1
MORE = "more"
INCIDENT = "incident"
"""The option that names another incident; no command has an argument of this name."""
RARE = (
    "incident export",
    "incident merge",
    "incident private",
    "incident snooze",
    "incident title",
    "incident reopen",
    "incident services",
    "incident call",
    "incident link",
    "incident alerts",
    "incident leave",
)
MENUS = {
    "message-timeline": MESSAGE,
    "message-declare": MESSAGE,
    "message-task": MESSAGE,
    "user-page": USER,
}
"""What is offered at messages and people, by what it means to the listener."""
NAME = re.compile(r"[^-_\w]")


@dataclass(frozen=True)
class CommandTree:
    """What Discord is told (`commands` is the body of the PUT), and what it means: `paths` maps what is typed there
    (`incident more export`) to our path, `menus` the name of a menu command to its meaning."""

    commands: tuple[Json, ...]
    paths: Mapping[str, str] = field(default_factory=dict)
    menus: Mapping[str, str] = field(default_factory=dict)


def build_commands(shapes: Sequence[CommandShape], words: Templates) -> CommandTree:
    """All that can be typed and chosen in Discord. It knows a command only with a subcommand or only without: `/page`
    stands alone."""
    tops: dict[str, list[CommandShape]] = {}
    for shape in shapes:
        tops.setdefault(shape.path.partition(" ")[0], []).append(shape)
    commands, paths = [], {}
    for name, members in sorted(tops.items()):
        about = say(words, f"group_{name}")
        top: Json = {"type": CHAT_INPUT, "name": _name(name), "description": _describe(about)}
        alone = [shape for shape in members if " " not in shape.path]
        if alone:
            top |= {"description": _describe(alone[0].summary), "options": _build_options(alone[0], words)}
            paths[_name(name)] = alone[0].path
        else:
            near, rare = _divide(members)
            top["options"] = [_build_subcommand(shape, words) for shape in near]
            paths |= {f"{_name(name)} {_verb(shape)}": shape.path for shape in near}
            if rare:
                group = [_build_subcommand(shape, words) for shape in rare]
                top["options"].append(
                    {
                        "type": GROUP,
                        "name": MORE,
                        "description": _describe(say(words, "group_more")),
                        "options": group,
                    }
                )
                paths |= {f"{_name(name)} {MORE} {_verb(shape)}": shape.path for shape in rare}
        commands.append(top | {"contexts": [IN_GUILD, IN_DIRECT]})
    menus = {clip(say(words, f"shortcut_{one.replace('-', '_')}"), limits.COMMAND_NAME): one for one in MENUS}
    offered = [{"type": MENUS[one], "name": name, "contexts": [IN_GUILD]} for name, one in menus.items()]
    return CommandTree((*commands, *offered), paths, menus)


def build_choices(choices: Iterable[Choice]) -> list[Json]:
    """Choices as Discord offers them while somebody types; each value once, and none that it can't carry."""
    usable: dict[str, Choice] = {}
    for choice in choices:
        if choice.value.strip() and len(choice.value) <= limits.CHOICE_VALUE:
            usable.setdefault(choice.value, choice)
    return [
        {"name": clip(one.label.strip(), limits.CHOICE_NAME) or one.value, "value": one.value}
        for one in list(usable.values())[: limits.CHOICES]
    ]


def read_line(data: Mapping[str, Any], tree: CommandTree) -> tuple[str, dict[str, str]]:
    """The command line that somebody typed, with the incident they named, and the values of its options. What is not known
    (any more) is the line as Discord has it."""
    words, options = _descend(data)
    path = tree.paths.get(" ".join(words), " ".join(words))
    values = {str(option["name"]): _read_value(option.get("value")) for option in options}
    incident = values.pop(INCIDENT, "")
    return " ".join(part for part in (f"/{path}", incident) if part), {n: v for n, v in values.items() if v}


def find_focus(data: Mapping[str, Any]) -> tuple[str, str]:
    """The option that is being typed, and what is typed so far; empty when there is none."""
    _, options = _descend(data)
    for option in options:
        if option.get("focused"):
            return str(option["name"]), str(option.get("value") or "")
    return "", ""


def _divide(members: Sequence[CommandShape]) -> tuple[list[CommandShape], list[CommandShape]]:
    """The commands that stand near, and those that stand under `more`, as few as can be."""
    excess = len(members) - limits.COMMAND_OPTIONS
    if excess <= 0:
        return list(members), []
    # One place is the group's own.
    known = [shape for path in RARE for shape in members if shape.path == path]
    rare = [*known, *reversed([shape for shape in members if shape not in known])][: excess + 1]
    return [one for one in members if one not in rare], [one for one in members if one in rare]


def _build_subcommand(shape: CommandShape, words: Templates) -> Json:
    return {
        "type": SUBCOMMAND,
        "name": _verb(shape),
        "description": _describe(shape.summary),
        "options": _build_options(shape, words),
    }


def _build_options(shape: CommandShape, words: Templates) -> list[Json]:
    """The options of a command, those first that are required."""
    asks_by_form = any(option.many_lines for option in shape.options)
    built = [_build_option(option, words, option.required and not asks_by_form) for option in shape.options]
    if shape.about == "incident":
        about = _describe(say(words, "option_incident"))
        built.append(
            {"type": STRING, "name": INCIDENT, "description": about, "required": False, "autocomplete": True}
        )
    return sorted(built, key=lambda option: not option["required"])[: limits.COMMAND_OPTIONS]


def _build_option(option: OptionShape, words: Templates, required: bool) -> Json:
    is_flag = option.kind == "flag"
    hint = "" if is_flag or option.choices else option.hint
    built: Json = {
        "type": BOOLEAN if is_flag else STRING,
        "name": _name(option.name),
        "description": _describe(say(words, "option_about", label=option.label, hint=hint)),
        "required": required,
    }
    if is_flag:
        return built
    if option.suggests or len(option.choices) > limits.CHOICES:
        return built | {"autocomplete": True}
    choices = build_choices(option.choices)
    return built | ({"choices": choices} if choices else {})


def _describe(text: str) -> str:
    return clip(" ".join(text.split()), limits.COMMAND_DESCRIPTION) or "–"


def _name(text: str) -> str:
    return NAME.sub("-", text.lower())[: limits.COMMAND_NAME]


def _verb(shape: CommandShape) -> str:
    return _name(shape.path.partition(" ")[2])


def _descend(data: Mapping[str, Any]) -> tuple[list[str], Sequence[Mapping[str, Any]]]:
    """The words of a command, and its options."""
    words, options = [str(data.get("name", ""))], data.get("options") or ()
    while options and options[0].get("type") in (SUBCOMMAND, GROUP):
        words.append(str(options[0]["name"]))
        options = options[0].get("options") or ()
    return words, options


def _read_value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return unescape_line(str(value if value is not None else ""))


KEPT = ("type", "name", "description", "required", "autocomplete")
"""What is compared of a command and its options; the rest Discord adds by itself."""


def is_same_tree(there: Sequence[Mapping[str, Any]], tree: CommandTree) -> bool:
    """Whether Discord has these commands already."""

    def by_name(commands: Iterable[Mapping[str, Any]]) -> list[tuple[int, str, Any]]:
        return sorted((int(one.get("type", CHAT_INPUT)), str(one["name"]), _reduce(one)) for one in commands)

    return by_name(there) == by_name(tree.commands)


def _reduce(part: Mapping[str, Any]) -> Any:
    """A command or an option as pairs that compare, in the order in which it is shown."""
    kept = tuple((name, str(part[name])) for name in KEPT if part.get(name))
    choices = tuple((str(one["name"]), str(one["value"])) for one in part.get("choices") or ())
    contexts = tuple(sorted(part.get("contexts") or ()))
    return (*kept, choices, contexts, tuple(_reduce(one) for one in part.get("options") or ()))
