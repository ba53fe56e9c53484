"""What Discord makes of the embeds and components that a bot sends, and what people read in them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

SELECTS = (3, 5, 6, 7, 8)


def show_embeds(embeds: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """Embeds as they are in a message: without what is null, and with what Discord adds."""
    shown = []
    for embed in embeds or []:
        kept = _without_nulls(embed) | {"type": "rich"}
        for field in kept.get("fields", []):
            field.setdefault("inline", False)
        shown.append(kept)
    return shown


def show_components(components: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """Components as they are in a message: numbered, and with the defaults of selects."""
    numbers = count(1)
    return [_numbered(component, numbers) for component in components or []]


def _numbered(component: dict[str, Any], numbers: Iterator[int]) -> dict[str, Any]:
    kept: dict[str, Any] = _without_nulls(component)
    kept.setdefault("id", next(numbers))
    if kept["type"] in SELECTS:
        kept = {"min_values": 1, "max_values": 1} | kept
    for name in ("component", "accessory"):
        if name in kept:
            kept[name] = _numbered(kept[name], numbers)
    if "components" in kept:
        kept["components"] = [_numbered(one, numbers) for one in kept["components"]]
    return kept


def _without_nulls(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: _without_nulls(value) for name, value in part.items() if value is not None}
    if isinstance(part, list):
        return [_without_nulls(one) for one in part]
    return part


def walk(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every component, those inside others too, in order of reading."""
    for component in components:
        yield component
        inside = [component[name] for name in ("component", "accessory") if component.get(name)]
        yield from walk([*(component.get("components") or []), *inside])


def find_texts(part: Any) -> list[str]:
    """Every text in embeds, components and modals, in order of reading."""
    if isinstance(part, list):
        return [text for one in part for text in find_texts(one)]
    if not isinstance(part, dict):
        return []
    found = []
    for name in ("author", "title", "description", "fields", "name", "value", "content", "text", "label"):
        if isinstance(part.get(name), str) and not (name == "value" and "label" in part):
            found.append(part[name])
        elif name in part:
            found += find_texts(part[name])
    for name in ("footer", "placeholder", "options", "accessory", "component", "components"):
        found += [part[name]] if isinstance(part.get(name), str) else find_texts(part.get(name))
    return found
