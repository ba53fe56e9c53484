"""Turns what a configuration file says into its typed entries, each checked by itself and then all together.

Every entry is read on its own, so that a fault in one hides no fault of another. Only the keys of integrations are
looked up outside the file.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

from pydantic import ValidationError

from bot.catalog import reasons
from bot.catalog.checks import check_together
from bot.catalog.faults import Fault
from bot.catalog.kinds import World, is_handle
from bot.catalog.lines import Place, Written
from bot.catalog.shape import Shape
from bot.catalog.shapes import SECTIONS, Config
from bot.channels import read_channels


def read_entries(
    written: Written, folder: Path, environment: Mapping[str, str]
) -> tuple[Config, list[Fault]]:
    """The entries without faults, and the faults of the others."""
    found: list[tuple[Place, str]] = []
    raw = _read_sections(written.values, found)
    names = {section.word: frozenset(raw[name]) for name, section in SECTIONS.items()}
    world = World(names, folder, environment)
    read: dict[str, dict[str, Shape]] = {name: {} for name in SECTIONS}
    for name, section in SECTIONS.items():
        for key, value in raw[name].items():
            if not is_handle(key):
                found.append(((name, key), reasons.BAD_HANDLE))
            try:
                read[name][key] = section.shape.model_validate(value, context=world)
            except ValidationError as error:
                found.extend(tell(section.shape, (name, key), error))
    config = Config(**read)  # type: ignore[arg-type]  # each section has the shape that SECTIONS says
    found.extend(check_together(config, raw, read_channels(environment, [])))
    faults = [Fault(written.find_line(place), reasons.spell_place(place), reason) for place, reason in found]
    return config, faults


def _read_sections(values: object, found: list[tuple[Place, str]]) -> dict[str, dict[str, object]]:
    """The sections as maps; a section that is none is a fault, and empty."""
    raw: dict[str, dict[str, object]] = {name: {} for name in SECTIONS}
    if not isinstance(values, dict):
        found.append(((), reasons.NOT_A_MAP))
        return raw
    for name, entries in values.items():
        if name not in SECTIONS:
            found.append(((name,), reasons.tell_unknown_key(name, SECTIONS)))
        elif isinstance(entries, dict):
            raw[name] = entries
        elif entries is not None:
            found.append(((name,), reasons.tell_limits("dict_type", {}, entries)))
    return raw


def tell(shape: type[Shape], place: Place, error: ValidationError) -> Iterator[tuple[Place, str]]:
    """Each of pydantic's errors about one entry at `place`, as a place and a sentence."""
    for one in error.errors(include_url=False):
        way = tuple(part for part in one["loc"] if part != "[key]")
        kind, context, value = one["type"], one.get("ctx", {}), one["input"]
        owner = _find_shape(shape, way[:-1])
        if kind == "reason":
            reason = str(context["reason"])
        elif kind == "missing":
            field = owner.list_keys()[str(way[-1])]
            reason = reasons.tell_missing(
                str(way[-1]), field.description or "", str((field.examples or [""])[0])
            )
        elif kind == "extra_forbidden":
            reason = reasons.tell_unknown_key(str(way[-1]), owner.list_keys())
            if str(way[-1]) in ("key", "secret", "token", "password"):
                reason = reasons.NEVER_HERE
        else:
            reason = reasons.tell_limits(kind, context, value)
        yield (*place, *way), reason


def _find_shape(shape: type[Shape], way: Place) -> type[Shape]:
    """The shape at the end of a way of keys and places in lists."""
    for part in way:
        if isinstance(part, str) and part in shape.list_keys():
            shape = _find_inner(shape.list_keys()[part].annotation) or shape
    return shape


def _find_inner(annotation: object) -> type[Shape] | None:
    if isinstance(annotation, type) and issubclass(annotation, Shape):
        return annotation
    return next((found for part in get_args(annotation) if (found := _find_inner(part))), None)
