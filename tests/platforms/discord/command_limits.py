"""What Discord refuses in application commands, although its description allows it.

The rules are those of https://docs.discord.com/developers/interactions/application-commands.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator

from tests.platforms.discord.answers import Fault
from tests.platforms.discord.things import Json

CHAT, USER, MESSAGE = 1, 2, 3
SUBCOMMAND, GROUP, STRING = 1, 2, 3
WITH_CHOICES = (3, 4, 10)
NAME, DESCRIPTION, OPTIONS, CHOICES, CHOICE, SIZE = 32, 100, 25, 25, 100, 8000
MOST = {CHAT: 100, USER: 15, MESSAGE: 15}
SCRIPTS = ("DEVANAGARI", "THAI")

Place = tuple[str, ...]


def judge_commands(commands: list[Json]) -> list[Fault]:
    """Why Discord would refuse these as all commands of a place; empty when it would not."""
    found = [
        Fault((str(number), *fault.path), fault.code, fault.message)
        for number, command in enumerate(commands)
        for fault in judge_command(command)
    ]
    names = Counter((_kind(command), command["name"]) for command in commands)
    for (_, name), times in names.items():
        if times > 1:
            words = f"Application command names must be unique: {name}"
            found.append(Fault((), "APPLICATION_COMMANDS_DUPLICATE_NAME", words))
    for kind, times in Counter(_kind(command) for command in commands).items():
        if times > MOST.get(kind, 1):
            words = f"Maximum number of application commands reached ({MOST.get(kind, 1)})"
            found.append(Fault((), "MAX_APPLICATION_COMMANDS_REACHED", words))
    return found


def judge_command(command: Json) -> list[Fault]:
    """Why Discord would refuse this command."""
    return list(_judge_command(command))


def _judge_command(command: Json) -> Iterator[Fault]:
    options = command.get("options") or []
    if _kind(command) != CHAT:
        if not 1 <= len(command["name"].strip()) <= NAME:
            yield Fault(("name",), "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {NAME} in length.")
        if command.get("description"):
            words = "Context menu commands cannot have description"
            yield Fault(("description",), "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_FORBIDDEN", words)
        if options:
            words = "Context menu commands cannot have options"
            yield Fault(("options",), "APPLICATION_COMMAND_CONTEXT_MENU_OPTIONS_FORBIDDEN", words)
        return
    yield from _judge_names((), command)
    yield from _judge_options(("options",), options, depth=0)
    if _size(command) > SIZE:
        yield Fault((), "APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds maximum size ({SIZE})")


def _kind(command: Json) -> int:
    return int(command.get("type") or CHAT)


def _judge_names(at: Place, thing: Json) -> Iterator[Fault]:
    if not is_name(thing["name"]):
        words = "Command name is invalid"
        yield Fault((*at, "name"), "APPLICATION_COMMAND_INVALID_NAME", words)
    if not 1 <= len((thing.get("description") or "").strip()) <= DESCRIPTION:
        yield Fault(
            (*at, "description"), "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {DESCRIPTION} in length."
        )


def is_name(name: str) -> bool:
    """Whether a command or an option may be called so: letters, digits, dashes, no upper case."""
    fits = 1 <= len(name) <= NAME and name == name.lower()
    return fits and all(
        character in "-_'"
        or unicodedata.category(character)[0] in "LN"
        or unicodedata.name(character, "").startswith(SCRIPTS)
        for character in name
    )


def _judge_options(at: Place, options: list[Json], depth: int) -> Iterator[Fault]:
    if len(options) > OPTIONS:
        yield Fault(at, "BASE_TYPE_BAD_LENGTH", f"Must be {OPTIONS} or fewer in length.")
    if len({option["name"] for option in options}) < len(options):
        yield Fault(at, "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", "Option name already exists")
    kinds = {option["type"] in (SUBCOMMAND, GROUP) for option in options}
    if kinds == {True, False}:
        words = "Sub-command and sub-command group option types are mutually exclusive to all other types"
        yield Fault(at, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", words)
    was_optional = False
    for number, option in enumerate(options):
        place = (*at, str(number))
        yield from _judge_names(place, option)
        if option["type"] == GROUP and (depth or not option.get("options")):
            yield Fault(
                (*place, "type"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "A group cannot be here"
            )
        if option["type"] == SUBCOMMAND and depth > 1:
            yield Fault(
                (*place, "type"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "A subcommand cannot be here"
            )
        if option["type"] in (SUBCOMMAND, GROUP):
            deeper = 1 if option["type"] == GROUP else 2
            yield from _judge_options((*place, "options"), option.get("options") or [], deeper)
        elif option.get("required") and was_optional:
            words = "Required options must be placed before non-required options"
            yield Fault(place, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", words)
        was_optional = was_optional or not option.get("required")
        yield from _judge_choices(place, option)


def _judge_choices(place: Place, option: Json) -> Iterator[Fault]:
    choices = option.get("choices") or []
    if (choices or option.get("autocomplete")) and option["type"] not in WITH_CHOICES:
        yield Fault(place, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "This type has no choices")
    if choices and option.get("autocomplete"):
        words = "Choices and autocomplete are mutually exclusive"
        yield Fault(place, "APPLICATION_COMMAND_OPTIONS_CHOICES_AUTOCOMPLETE_EXCLUSIVE", words)
    yield from judge_choices((*place, "choices"), choices)


def judge_choices(at: Place, choices: list[Json]) -> list[Fault]:
    """Why Discord would refuse these choices, of an option or of an answer to typing."""
    found = []
    if len(choices) > CHOICES:
        found.append(Fault(at, "BASE_TYPE_BAD_LENGTH", f"Must be {CHOICES} or fewer in length."))
    for number, choice in enumerate(choices):
        if not 1 <= len(choice["name"]) <= CHOICE:
            words = f"Must be between 1 and {CHOICE} in length."
            found.append(Fault((*at, str(number), "name"), "BASE_TYPE_BAD_LENGTH", words))
        if isinstance(choice["value"], str) and not 1 <= len(choice["value"]) <= CHOICE:
            words = f"Must be between 1 and {CHOICE} in length."
            found.append(Fault((*at, str(number), "value"), "BASE_TYPE_BAD_LENGTH", words))
    if len({choice["name"] for choice in choices}) < len(choices):
        found.append(
            Fault(
                at,
                "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_ALREADY_EXISTS",
                "Option choice name already exists",
            )
        )
    return found


def _size(thing: Json) -> int:
    """The characters of all names, descriptions and values."""
    own = len(thing["name"]) + len(thing.get("description") or "")
    own += sum(len(choice["name"]) + len(str(choice["value"])) for choice in thing.get("choices") or [])
    return own + sum(_size(option) for option in thing.get("options") or [])
