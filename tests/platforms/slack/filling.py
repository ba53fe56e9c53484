"""How a person fills an element of a form: from what a test writes to the state that Slack sends."""

from __future__ import annotations

import re
from typing import Any

from tests.platforms.slack.things import Channel, Json, User, View


class NotPossible(AssertionError):
    """Slack's own clients would not let a person do this."""


def options_of(element: Json) -> list[Json]:
    """Every option, in groups or not."""
    groups = element.get("option_groups", [{"options": element.get("options", [])}])
    return [option for group in groups for option in group["options"]]


def find_option(options: list[Json], wanted: Any) -> Json:
    """The option with this text or value."""
    for option in options:
        if wanted in (option, option["value"], option["text"]["text"]):
            return option
    seen = [option["text"]["text"] for option in options]
    raise NotPossible(f"There is no option {wanted!r}, only {seen}")


def find_element(view: View, block_id: str, action_id: str | None = None) -> tuple[Json, Json]:
    """A block of a view and the element in it that can be filled."""
    try:
        block = view.block(block_id)
    except KeyError:
        seen = [one.get("block_id") for one in view.blocks]
        raise NotPossible(f"There is no block {block_id!r}, only {seen}") from None
    inside = block.get("elements") or [block.get("element") or block.get("accessory")]
    for element in inside:
        if element and element["type"] != "image" and action_id in (None, element.get("action_id")):
            return block, element
    raise NotPossible(f"Nothing can be filled in {block_id!r}")


def state_of(view: View, block: Json, element: Json, value: Any) -> Json:
    """The state of an element after a person has put this value in."""
    kind = element["type"]
    if kind in ("static_select", "radio_buttons"):
        return {"type": kind, "selected_option": value and find_option(options_of(element), value)}
    if kind == "external_select":
        return {
            "type": kind,
            "selected_option": value and find_option(known_options(view, block, element), value),
        }
    if kind in ("multi_static_select", "checkboxes"):
        chosen = [find_option(options_of(element), one) for one in value]
        return {"type": kind, "selected_options": _no_more(element, chosen)}
    if kind == "multi_external_select":
        known = known_options(view, block, element)
        return {
            "type": kind,
            "selected_options": _no_more(element, [find_option(known, one) for one in value]),
        }
    for what in ("user", "channel", "conversation"):
        if kind == f"{what}s_select":
            return {"type": kind, f"selected_{what}": _id(value)}
        if kind == f"multi_{what}s_select":
            return {"type": kind, f"selected_{what}s": _no_more(element, [_id(one) for one in value])}
    if kind in ("datepicker", "timepicker"):
        if value and not re.fullmatch(r"\d{4}-\d\d-\d\d|\d\d:\d\d", value):
            raise NotPossible(f"{value!r} is not a date or a time")
        return {"type": kind, f"selected_{kind.removesuffix('picker')}": value or None}
    if kind == "datetimepicker":
        return {"type": kind, "selected_date_time": value}
    return {"type": kind, "value": _typed(element, value)}


def known_options(view: View, block: Json, element: Json) -> list[Json]:
    """What an external select can hold now: what was suggested, and what it began with."""
    initial = element.get("initial_options", [])
    if "initial_option" in element:
        initial = [element["initial_option"]]
    return [*view.suggested.get(block["block_id"], []), *initial]


def _typed(element: Json, value: Any) -> str | None:
    text = None if value is None else str(value)
    if not text:
        return None
    if len(text) > element.get("max_length", 3000) or len(text) < element.get("min_length", 0):
        raise NotPossible(f"{len(text)} characters do not fit into {element['action_id']}")
    if element["type"] == "plain_text_input" and "\n" in text and not element.get("multiline"):
        raise NotPossible(f"{element['action_id']} has one line")
    if element["type"] == "number_input" and not re.fullmatch(r"-?\d+(\.\d+)?", text):
        raise NotPossible(f"{text!r} is not a number")
    return text


def _id(value: Any) -> Any:
    return value.id if isinstance(value, User | Channel) else value


def _no_more(element: Json, chosen: list[Any]) -> list[Any]:
    if len(chosen) > element.get("max_selected_items", 10**9):
        raise NotPossible(f"No more than {element['max_selected_items']} can be chosen")
    return chosen


def is_empty(state: Json) -> bool:
    """Whether nothing is typed or chosen."""
    return not any(value for name, value in state.items() if name != "type")
