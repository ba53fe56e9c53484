"""What a person can fill in: the options of a command and the questions of a modal. Discord's client refuses the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.platforms.discord.guild import Guild
from tests.platforms.discord.showing import SELECTS, walk
from tests.platforms.discord.talking import NotPossible
from tests.platforms.discord.things import Channel, Json, Member, Role

SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER = range(1, 11)
TEXT_INPUT = 4
MOST = 6000


def find_command(commands: Mapping[str, Json], path: str) -> tuple[Json, list[Json], list[Json]]:
    """The command of a path such as `incident more export`, the subcommands that lead to it, and the options it takes."""
    first, *words = path.removeprefix("/").split()
    command = commands.get(first)
    if command is None or command["type"] != 1:
        raise NotPossible(f"There is no command /{first}, only {sorted(commands)}")
    options: list[Json] = command.get("options") or []
    steps: list[Json] = []
    for word in words:
        inside = {one["name"]: one for one in options if one["type"] in (SUBCOMMAND, GROUP)}
        if word not in inside:
            raise NotPossible(f"/{first} has no {word}, only {sorted(inside)}")
        steps.append(inside[word])
        options = inside[word].get("options") or []
    if any(one["type"] in (SUBCOMMAND, GROUP) for one in options):
        raise NotPossible(f"{path} needs one of {[one['name'] for one in options]}")
    return command, steps, options


def fill_options(known: list[Json], values: Mapping[str, Any], resolved: Json, guild: Guild) -> list[Json]:
    """What is typed, as Discord sends it; raises what its client would not send."""
    names = {option["name"]: option for option in known}
    unknown = set(values) - set(names)
    if unknown:
        raise NotPossible(f"There is no option {sorted(unknown)}, only {sorted(names)}")
    for name, option in names.items():
        if option.get("required") and values.get(name) in (None, ""):
            raise NotPossible(f"The option {name} is required")
    return [
        {"name": name, "type": names[name]["type"], "value": _value(names[name], value, resolved, guild)}
        for name, value in values.items()
    ]


def _value(option: Json, value: Any, resolved: Json, guild: Guild) -> Any:
    kind, name = option["type"], option["name"]
    if kind in (USER, CHANNEL, ROLE, MENTIONABLE):
        return _resolve(value, resolved, guild)
    wanted: tuple[type, ...] = {
        STRING: (str,),
        INTEGER: (int,),
        BOOLEAN: (bool,),
        NUMBER: (int, float),
    }[kind]
    if not isinstance(value, wanted) or (isinstance(value, bool) and kind != BOOLEAN):
        raise NotPossible(f"{name} takes {wanted}, not {value!r}")
    choices = option.get("choices") or []
    if choices:
        for choice in choices:
            if value in (choice["value"], choice["name"]):
                return choice["value"]
        raise NotPossible(f"{name} is one of {[one['name'] for one in choices]}, not {value!r}")
    if isinstance(value, str):
        least, most = option.get("min_length") or 0, option.get("max_length") or MOST
        if not least <= len(value) <= most:
            raise NotPossible(f"{name} has between {least} and {most} characters")
        if not value.strip():
            raise NotPossible(f"{name} is not empty")
    return value


def _resolve(value: Any, resolved: Json, guild: Guild) -> str:
    if isinstance(value, Member):
        put_person(resolved, value)
    elif isinstance(value, Role):
        resolved.setdefault("roles", {})[value.id] = value.to_json(guild.bot.id)
    elif isinstance(value, Channel):
        resolved.setdefault("channels", {})[value.id] = guild.channel_json(value)
    else:
        raise NotPossible(f"{value!r} is nobody and nothing of the guild")
    return str(value.id)


def put_person(resolved: Json, member: Member) -> None:
    """Say in an interaction who a person is."""
    resolved.setdefault("users", {})[member.id] = member.to_user()
    if member.is_present:
        about = member.to_member(with_user=False) | {"permissions": "0"}
        resolved.setdefault("members", {})[member.id] = about


def fill_modal(components: list[Json], values: Mapping[str, Any]) -> list[Json]:
    """What a person sends of a modal, as Discord writes it: `values` by custom_id, the others as they stand."""
    elements = {one["custom_id"]: one for one in walk(components) if "custom_id" in one}
    unknown = set(values) - set(elements)
    if unknown:
        raise NotPossible(f"The modal has no {sorted(unknown)}, only {sorted(elements)}")
    return [_fill(component, number, values) for number, component in enumerate(components, 1)]


def _fill(component: Json, number: int, values: Mapping[str, Any]) -> Json:
    sent: Json = {"type": component["type"], "id": component.get("id") or number}
    if "component" in component:
        sent["component"] = _fill(component["component"], number + 100, values)
    if "components" in component:
        inside = enumerate(component["components"], number + 100)
        sent["components"] = [_fill(one, place, values) for place, one in inside]
    if component["type"] == TEXT_INPUT:
        return sent | {"custom_id": component["custom_id"], "value": _text(component, values)}
    if component["type"] in SELECTS:
        return sent | {"custom_id": component["custom_id"], "values": _chosen(component, values)}
    return sent


def _text(field: Json, values: Mapping[str, Any]) -> str:
    name = field["custom_id"]
    text = str(values.get(name, field.get("value") or ""))
    least = field.get("min_length") or (1 if field.get("required", True) else 0)
    most = field.get("max_length") or 4000
    if (text or field.get("required", True)) and not least <= len(text) <= most:
        raise NotPossible(f"{name} has between {least} and {most} characters, not {len(text)}")
    if field.get("style") == 1 and "\n" in text:
        raise NotPossible(f"{name} has a single line")
    return text


def _chosen(select: Json, values: Mapping[str, Any]) -> list[str]:
    name = select["custom_id"]
    if name in values:
        given = values[name]
        wanted = [given] if isinstance(given, str) else list(given)
        chosen = [pick(select, one) for one in wanted if one]
    else:
        chosen = [one["value"] for one in select.get("options") or [] if one.get("default")]
    check_count(select, chosen, select.get("required", True))
    return chosen


def pick(select: Json, what: str) -> str:
    """The value of an option by its label or its value."""
    options = select.get("options") or []
    for option in options:
        if what in (option["value"], option["label"]):
            return str(option["value"])
    raise NotPossible(f"There is no option {what!r}, only {[one['label'] for one in options]}")


def check_count(select: Json, chosen: list[str], required: bool = True) -> None:
    least = 1 if select.get("min_values") is None else select["min_values"]
    most = select.get("max_values") or 1
    if len(chosen) > most or (len(chosen) < least and (required or chosen)):
        raise NotPossible(f"{select['custom_id']} takes {least} to {most} options, not {len(chosen)}")
