"""What Discord refuses in the components of messages and in modals, although its description allows it.

The numbers are those of https://docs.discord.com/developers/components/reference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.platforms.discord.answers import Fault
from tests.platforms.discord.showing import SELECTS, walk
from tests.platforms.discord.things import Json

ROW, BUTTON, STRING_SELECT, TEXT_INPUT, TEXT_DISPLAY, LABEL = 1, 2, 3, 4, 10, 18
LINK, PREMIUM = 5, 6
ROWS, BUTTONS, ALL_COMPONENTS, MODAL_COMPONENTS = 5, 5, 40, 5
INPUT = 4000
SCHEMES = ("http://", "https://", "discord://")

Place = tuple[str, ...]


def judge_components(components: list[Json], is_v2: bool = False) -> list[Fault]:
    """Why Discord would refuse these components in a message; empty when it would not."""
    found: list[Fault] = []
    if not is_v2:
        if len(components) > ROWS:
            found.append(
                _bad(("components",), "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {ROWS} in length.")
            )
        for number, component in enumerate(components):
            if component["type"] != ROW:
                words = 'Value of field "type" must be one of (1,).'
                found.append(_bad(("components", str(number), "type"), "UNION_TYPE_CHOICES", words))
    if len(list(walk(components))) > ALL_COMPONENTS:
        found.append(
            _bad(("components",), "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", f"More than {ALL_COMPONENTS}.")
        )
    for place, component in _placed(components):
        found += _judge_one(place, component)
    return [*found, *_judge_ids(components)]


def judge_modal(modal: Json) -> list[Fault]:
    """Why Discord would refuse this modal; empty when it would not."""
    components = modal.get("components") or []
    found: list[Fault] = []
    if not (modal.get("title") or "").strip():
        found.append(_bad(("data", "title"), "BASE_TYPE_REQUIRED", "This field is required"))
    if not 1 <= len(components) <= MODAL_COMPONENTS:
        words = f"Must be between 1 and {MODAL_COMPONENTS} in length."
        found.append(_bad(("data", "components"), "BASE_TYPE_BAD_LENGTH", words))
    for number, component in enumerate(components):
        place: Place = ("data", "components", str(number))
        if component["type"] == ROW and len(component["components"]) != 1:
            found.append(_bad((*place, "components"), "BASE_TYPE_BAD_LENGTH", "Must be 1 in length."))
        found += [
            _bad((*place, "components", "0", "label"), "BASE_TYPE_REQUIRED", "This field is required")
            for inner in component.get("components") or []
            if not inner.get("label")
        ]
        if component["type"] == LABEL and component["component"].get("label"):
            words = "label cannot be used inside a label"
            found.append(_bad((*place, "component", "label"), "COMPONENT_LABEL_FORBIDDEN", words))
    for place, component in _placed(components):
        found += [_under("data", fault) for fault in _judge_one(place, component)]
    return found + [_under("data", fault) for fault in _judge_ids(components)]


def _under(name: str, fault: Fault) -> Fault:
    return Fault((name, *fault.path), fault.code, fault.message)


def _bad(path: Place, code: str, message: str) -> Fault:
    return Fault(path, code, message)


def _placed(components: list[Json], at: Place = ("components",)) -> Iterator[tuple[Place, Json]]:
    """Every component with its place."""
    for number, component in enumerate(components):
        place = (*at, str(number))
        yield place, component
        yield from _placed(component.get("components") or [], (*place, "components"))
        for name in ("component", "accessory"):
            if component.get(name):
                yield (*place, name), component[name]


def _judge_one(place: Place, component: Json) -> Iterator[Fault]:
    kind = component["type"]
    if kind == ROW:
        yield from _judge_row(place, component)
    elif kind == BUTTON:
        yield from _judge_button(place, component)
    elif kind in SELECTS:
        yield from _judge_select(place, component)
    elif kind == TEXT_INPUT:
        yield from _judge_input(place, component)


def _judge_row(place: Place, row: Json) -> Iterator[Fault]:
    kinds = [one["type"] for one in row["components"]]
    selects = sum(kind in SELECTS for kind in kinds)
    if len(kinds) > BUTTONS or selects > 1 or (selects and len(kinds) > 1):
        words = "The specified component exceeds the maximum width"
        yield _bad((*place, "components"), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", words)


def _judge_button(place: Place, button: Json) -> Iterator[Fault]:
    style, url, custom_id = button["style"], button.get("url"), button.get("custom_id")
    if style == LINK:
        if not url:
            yield _bad((*place, "url"), "BUTTON_COMPONENT_URL_REQUIRED", "A url is required")
        elif not url.startswith(SCHEMES):
            yield _bad(
                (*place, "url"),
                "URL_TYPE_INVALID_SCHEME",
                "Scheme must be one of ('http', 'https', 'discord').",
            )
        elif not has_good_host(url):
            yield _bad((*place, "url"), "URL_TYPE_INVALID_URL", "Not a well formed URL.")
        if custom_id:
            words = "A custom id and url cannot both be specified"
            yield _bad((*place, "custom_id"), "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", words)
    elif style != PREMIUM and not custom_id:
        yield _bad((*place, "custom_id"), "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED", "A custom id is required")
    if style != LINK and url:
        yield _bad((*place, "url"), "BUTTON_COMPONENT_URL_FORBIDDEN", "A url is not allowed here")
    if style != PREMIUM and not ((button.get("label") or "").strip() or button.get("emoji")):
        words = "A button must have a label or an emoji"
        yield _bad((*place, "label"), "BUTTON_COMPONENT_INVALID_LABEL", words)


def _judge_select(place: Place, select: Json) -> Iterator[Fault]:
    least = 1 if select.get("min_values") is None else select["min_values"]
    most = 1 if select.get("max_values") is None else select["max_values"]
    options = select.get("options")
    if least > most:
        yield _bad((*place, "min_values"), "BASE_TYPE_BAD_VALUE", "min_values is above max_values")
    if options is None:
        return
    if most > len(options):
        words = f"Must be {len(options)} or fewer: there are no more options"
        yield _bad((*place, "max_values"), "SELECT_COMPONENT_MAX_VALUES_TOO_HIGH", words)
    for value, times in Counter(one["value"] for one in options).items():
        if times > 1:
            words = f"The specified option value is already used: {value}"
            yield _bad((*place, "options"), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", words)
    for number, option in enumerate(options):
        if not option["label"].strip():
            yield _bad(
                (*place, "options", str(number), "label"), "BASE_TYPE_REQUIRED", "This field is required"
            )
    if sum(bool(one.get("default")) for one in options) > most:
        yield _bad((*place, "options"), "SELECT_COMPONENT_TOO_MANY_DEFAULTS", "More defaults than max_values")


def _judge_input(place: Place, field: Json) -> Iterator[Fault]:
    least = field.get("min_length") or 0
    most = INPUT if field.get("max_length") is None else field["max_length"]
    value = field.get("value") or ""
    if least > most:
        yield _bad((*place, "min_length"), "BASE_TYPE_BAD_VALUE", "min_length is above max_length")
    if value and not least <= len(value) <= most:
        yield _bad(
            (*place, "value"), "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length."
        )


def _judge_ids(components: list[Json]) -> Iterator[Fault]:
    seen = set()
    for place, component in _placed(components):
        custom_id = component.get("custom_id")
        if custom_id is not None and custom_id in seen:
            words = "Component custom id cannot be duplicated"
            yield _bad((*place, "custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED", words)
        seen.add(custom_id)


def has_good_host(url: str) -> bool:
    """Whether Discord takes the name of the machine in an address: one with an underscore is "not a well formed URL"
    (issue 7438 of discordjs/discord.js)."""
    return "_" not in (urlsplit(url).hostname or "")
