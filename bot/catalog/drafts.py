"""Entries as people write them: JSON with the words of the configuration file, read with all faults at once; and rules back.

Pure. `read_entry` and `read_draft` take what the API or the Room got; `entry_of` gives what they show of a rule, with
names in place of ids.
"""

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bot.catalog import reasons
from bot.errors import Invalid
from storage.models import Rule
from storage.words import RuleKind

if TYPE_CHECKING:
    from bot.catalog.shape import Shape

S = TypeVar("S", bound="Shape")
Entry = dict[str, Any]
"""What the configuration file says of one thing, as JSON."""
Place = tuple[str | int, ...]
Found = tuple[Place, str]
"""Where inside the entry a fault is, and its sentence."""
DEEPEST = 8
DURATIONS = {"delay", "close_after", "within", "hold", "after"}
UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))


@dataclass(frozen=True)
class Names:
    """What entries may name, by kind of thing (`team`, `policy`, ...). `ids` has what is in use, by slug or handle; `slugs`
    has everything that ever was, by id."""

    ids: Mapping[str, Mapping[str, int]]
    slugs: Mapping[str, Mapping[int, str]]


class EntryWrong(Invalid):
    """An entry with faults: `found` has all of them. What is wrong with the whole is told of the `word` for it."""

    def __init__(self, found: list[Found], word: str = "rule") -> None:
        spelled = [{"field": spell(place) or word, "reason": reason} for place, reason in found]
        super().__init__("edit.wrong", spelled[0]["field"], faults=spelled)
        self.found = found


def spell(place: Place) -> str:
    """`conditions[0].value`; empty for the whole."""
    return reasons.spell_place(place) if place else ""


def read_entry(
    word: str,
    shape: type[S],
    entry: object,
    names: Names,
    check: Callable[[S], Iterable[Found]],
) -> S:
    """An entry of this shape (`bot.catalog.shapes`), also checked as a whole; raises EntryWrong."""
    # pydantic and the shapes take most of a second to load, which a start need not wait for.
    from pydantic import ValidationError

    from bot.catalog.entries import tell
    from bot.catalog.kinds import World

    found: list[Found] = []
    written = _write_out(entry, (), found)
    if not isinstance(entry, dict):
        found.append(((), reasons.tell_limits("dict_type", {}, entry)))
    if found:
        raise EntryWrong(found, word)
    known = {word: frozenset(ids) for word, ids in names.ids.items()}
    off = {word: frozenset(slugs.values()) - known[word] for word, slugs in names.slugs.items()}
    try:
        read = shape.model_validate(written, context=World(known, Path(), os.environ, off))
    except ValidationError as error:
        raise EntryWrong(list(tell(shape, (), error)), word) from error
    if wrong := list(check(read)):
        raise EntryWrong(wrong, word)
    return read


def read_draft(kind: RuleKind, entry: object, names: Names) -> dict[str, Any]:
    """The columns of `Rule` that an entry says, but for slug, place and origin; raises EntryWrong."""
    from bot.catalog.checks import check_incident_rule, check_route
    from bot.catalog.effects import KINDS, IncidentRuleShape, RouteShape, RuleShape, columns_of

    def check(shape: RuleShape) -> Iterable[Found]:
        if isinstance(shape, IncidentRuleShape):
            return check_incident_rule(shape)
        return check_route(shape) if isinstance(shape, RouteShape) else ()

    return columns_of(kind, read_entry("rule", KINDS[kind], entry, names, check), names.ids)


def _write_out(value: object, place: Place, found: list[Found]) -> object:
    """JSON with every scalar as the text that the file would have."""
    if len(place) > DEEPEST:
        found.append((place[:3], reasons.TOO_DEEP))
        return None
    if isinstance(value, dict):
        for key in value:
            _check_text(str(key), place, found)
        return {str(key): _write_out(one, (*place, str(key)), found) for key, one in value.items()}
    if isinstance(value, list):
        return [_write_out(one, (*place, index), found) for index, one in enumerate(value)]
    if isinstance(value, str):
        _check_text(value, place, found)
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isfinite(value) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return None if value is None else str(value)


def _check_text(text: str, place: Place, found: list[Found]) -> None:
    if "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        found.append((place, reasons.CONTROL_CHARACTER))


def entry_of(rule: Rule, names: Names) -> Entry:
    """What the configuration file would say of a rule. What is as it is anyway is left out; so is what it names by an id
    that nothing has."""
    entry: Entry = {"name": rule.name}
    if rule.integration_id is not None:
        entry["integration"] = names.slugs["integration"].get(rule.integration_id)
    if rule.team_id is not None:
        owner = "of_team" if rule.kind is RuleKind.ROUTE else "team"
        entry[owner] = names.slugs["team"].get(rule.team_id)
    if rule.match != "all":
        entry["match"] = rule.match
    if rule.conditions:
        entry["conditions"] = [_leave_out_empty(one) for one in rule.conditions]
    if rule.hours:
        windows = [_leave_out_empty(one) for one in rule.hours.get("windows", [])]
        entry["hours"] = {"zone": rule.hours.get("zone", "UTC"), "windows": windows}
    entry.update(_spell_then(rule, names))
    if rule.go_on:
        entry["continue"] = True
    return {name: value for name, value in entry.items() if value is not None}


def _leave_out_empty(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value not in ("", False, [])}


def _spell_then(rule: Rule, names: Names) -> Iterator[tuple[str, Any]]:
    for name, value in rule.then.items():
        if name in ("team", "policy") and isinstance(value, int):
            yield name, names.slugs[name].get(value)
        elif name in ("teams", "services"):
            known = names.slugs[name[:-1]]
            yield name, [known[one] for one in value if one in known]
        elif name == "responders":
            yield name, [_spell_responder(one, names) for one in value]
        elif name in DURATIONS:
            yield name, spell_duration(value)
        elif isinstance(value, dict) and name != "labels":
            yield name, {key: spell_duration(one) if key in DURATIONS else one for key, one in value.items()}
        else:
            yield name, value


def _spell_responder(one: Mapping[str, Any], names: Names) -> str:
    return f"{one['type']}:{names.slugs[one['type']].get(one['id'], one['name'])}"


def spell_duration(seconds: int) -> str:
    """`1h30m`; `0s` for nothing."""
    said = ""
    for length, unit in UNITS:
        count, seconds = divmod(int(seconds), length)
        said += f"{count}{unit}" if count else ""
    return said or "0s"
