"""Forms of what people edit, whose fields have the keys of the configuration file: `rotations.0.participants` is the list of
that name in the first rotation. Pure; a kind of thing says which fields it has.

A form may come back changed without being saved: its buttons add, remove and move rows.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Union

from multidict import MultiMapping

from bot.catalog.drafts import Entry, EntryWrong, Place
from bot.catalog.lines import write_lines

Values = dict[str, Any]


class Kind(Enum):
    """What one field holds: a text, or several texts in order, of which empty ones are left out."""

    TEXT = "text"
    MANY = "many"


@dataclass(frozen=True)
class Rows:
    """A list of things with fields of their own. A new one has the values of `blank`, and those of `like_last` as the one
    above it has them."""

    fields: Mapping[str, "Spec"]
    blank: Mapping[str, Any]
    like_last: tuple[str, ...] = ()


Spec = Union[Kind, Rows]  # noqa: UP007 - names itself
Fields = Mapping[str, Spec]


class Form(ABC):
    """What somebody filled in."""

    @abstractmethod
    def read(self) -> Entry:
        """The thing that it says; raises EntryWrong when it says none."""

    @abstractmethod
    def mark(self, wrong: EntryWrong) -> None:
        """Put each fault where it belongs."""

    def press(self, what: str) -> bool:
        """Change as the button says that was pressed. Whether it was such a button."""
        return False

    def clean(self) -> "Form":
        """The form without what was left empty."""
        return self


@dataclass
class EntryForm(Form):
    """What the fields of a thing say; `faults` are by the name of the field."""

    fields: Fields
    values: Values
    faults: dict[str, str] = field(default_factory=dict)

    def mark(self, wrong: EntryWrong) -> None:
        """Put each fault at its field."""
        for place, reason in wrong.found:
            self.faults.setdefault(name_field(place), reason)

    def spell(self, name: str) -> str:
        """What people call a field."""
        return spell_field(name)

    def press(self, what: str) -> bool:
        """Do what a button says: `add:rotations`, `remove:rotations.1`, `up:` or `down:rotations.0.participants.2`. Whether
        it was such a button."""
        word, _, place = what.partition(":")
        if word not in ("add", "remove", "up", "down"):
            return False
        path = place.split(".")
        index = path.pop() if word != "add" else ""
        rows, spec = _find_list(self.values, self.fields, path)
        if rows is None:
            return True
        if isinstance(spec, Rows) and word == "add":
            last = rows[-1] if rows else {}
            rows.append(
                _copy({**spec.blank, **{name: last[name] for name in spec.like_last if name in last}})
            )
        elif index.isdecimal() and int(index) < len(rows):
            _move(rows, int(index), word)
        return True

    def clean(self) -> "EntryForm":
        """The form without what was left empty, so that places in it are those of the entry."""
        self.values = _clean(self.values, self.fields)
        return self


def read_fields(fields: Fields, posted: MultiMapping[Any], prefix: str = "") -> Values:
    """The posted fields, as a form has them."""
    values: Values = {}
    for name, spec in fields.items():
        place = prefix + name
        if spec is Kind.TEXT:
            values[name] = str(posted.get(place, ""))
        elif isinstance(spec, Rows):
            found = (re.match(rf"{re.escape(place)}\.(\d{{1,4}})\.", key) for key in posted)
            numbers = sorted({int(one[1]) for one in found if one})
            values[name] = [read_fields(spec.fields, posted, f"{place}.{number}.") for number in numbers]
        else:
            values[name] = [str(one) for one in posted.getall(place, [])]
    return values


def show_fields(fields: Fields, entry: Mapping[str, Any]) -> Values:
    """The fields that say what an entry does. What it leaves out is empty."""
    values: Values = {}
    for name, spec in fields.items():
        said = entry.get(name)
        if spec is Kind.TEXT:
            values[name] = _spell(said)
        elif isinstance(spec, Rows):
            values[name] = [show_fields(spec.fields, one) for one in said or []]
        else:
            values[name] = [str(one) for one in said or []]
    return values


def leave_out_empty(values: Mapping[str, Any], *kept: str) -> Entry:
    """Without what is empty, but for these keys."""
    return {name: value for name, value in values.items() if value not in ("", [], None) or name in kept}


def read_number(text: str) -> int | str:
    """A number where it is one; whoever reads the entry says what is wrong with anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else text


def name_field(place: Place) -> str:
    return ".".join(str(part) for part in place)


def spell_field(name: str) -> str:
    """`rotation 1, participant 2` for `rotations.0.participants.1`."""
    said: list[str] = []
    for part in name.split("."):
        if part.isdecimal() and said:
            said[-1] = f"{said[-1].removesuffix('s')} {int(part) + 1}"
        else:
            said.append(part.replace("_", " "))
    return ", ".join(said)


def list_differences(
    before: Mapping[str, Any], after: Mapping[str, Any], word: str
) -> list[tuple[str, str, str]]:
    """(key, old, new) of what two states of a thing say otherwise, in words of the file; empty for what is not said. What
    was not there before is told without its place."""
    around = ("place", "active") if before else ()
    old = {**before.get(word, {}), **{name: before[name] for name in around if name in before}}
    new = {**after[word], **{name: after[name] for name in around if name in after}}
    return [(name, _tell(was), _tell(now)) for name, was, now in _compare(old, new, "")]


def _compare(
    old: Mapping[str, Any], new: Mapping[str, Any], prefix: str
) -> Iterator[tuple[str, object, object]]:
    for name in dict.fromkeys([*new, *old]):
        was: Any = old.get(name)
        now: Any = new.get(name)
        if was == now:
            continue
        if _are_rows(was) and _are_rows(now) and len(was) == len(now):
            for index, (one, other) in enumerate(zip(was, now, strict=True)):
                yield from _compare(one, other, f"{prefix}{name}[{index}].")
        else:
            yield prefix + name, was, now


def _are_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def _tell(value: object) -> str:
    if value is None:
        return ""
    return write_lines(value, short=True).removesuffix("...\n").strip()


def _spell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return "" if value is None else str(value)


def _find_list(values: Values, fields: Fields, path: Sequence[str]) -> tuple[list[Any] | None, Spec | None]:
    """The list at this place, and what it is a list of."""
    if not path:
        return None, None
    name, *rest = path
    spec, rows = fields.get(name), values.get(name)
    if not isinstance(rows, list):
        return None, None
    if not rest:
        return rows, spec
    index, *deeper = rest
    if not isinstance(spec, Rows) or not deeper or not index.isdecimal() or int(index) >= len(rows):
        return None, None
    return _find_list(rows[int(index)], spec.fields, deeper)


def _move(rows: list[Any], index: int, word: str) -> None:
    row = rows.pop(index)
    if word != "remove":
        rows.insert(max(index - 1, 0) if word == "up" else index + 1, row)


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _copy(one) for name, one in value.items()}
    return [_copy(one) for one in value] if isinstance(value, list) else value


def _clean(values: Values, fields: Fields) -> Values:
    return {
        name: [_clean(one, spec.fields) for one in values[name]]
        if isinstance(spec, Rows)
        else [one for one in values[name] if one.strip()]
        if spec is Kind.MANY
        else values[name]
        for name, spec in fields.items()
    }
