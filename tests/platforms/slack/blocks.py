"""The judge of Block Kit: what Slack would refuse, each with the reason and the place.

slack_sdk's own models find about half of it; the tables here hold what they miss. The numbers are those of
https://docs.slack.dev/reference/block-kit.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, ParamSpec

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.basic_objects import JsonObject
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from tests.platforms.slack.block_kit import (
    BLOCKS,
    ELEMENTS,
    IN_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    MESSAGE_BLOCKS,
    NOT_OURS,
    OPTIONS_MOST,
    SURFACES,
    VIEW_BLOCKS,
    VIEW_PROPERTIES,
)
from tests.platforms.slack.things import Json

P = ParamSpec("P")
PLAIN = ("plain_text",)
EITHER = ("plain_text", "mrkdwn")


def refusing_odd_shapes(judge: Callable[P, list[str]]) -> Callable[P, list[str]]:
    """A shape that no rule foresees, such as a list in the place of a string, is refused as well."""

    @wraps(judge)
    def judge_anything(*args: P.args, **more: P.kwargs) -> list[str]:
        try:
            return judge(*args, **more)
        except (AttributeError, KeyError, TypeError, ValueError) as odd:
            return [_say(f"malformed: {odd}", "/")]

    return judge_anything


@refusing_odd_shapes
def judge_blocks(blocks: Any, surface: str = "message") -> list[str]:
    """Why Slack would refuse these blocks in a message, a modal or a home; empty when it would not."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        return ["blocks must be an array of objects [json-pointer:/blocks]"]
    most = MESSAGE_BLOCKS if surface == "message" else VIEW_BLOCKS
    found = list(_judge_all(blocks, surface))
    if len(blocks) > most:
        found.append(_say(f"no more than {most} items allowed", "/blocks"))
    return found or _judge_by_models([Block.parse(block) for block in blocks])


@refusing_odd_shapes
def judge_view(view: Any) -> list[str]:
    """Why Slack would refuse this view; empty when it would not."""
    if not isinstance(view, dict) or view.get("type") not in ("modal", "home"):
        return ["failed to match one of the allowed types: modal, home [json-pointer:/view/type]"]
    is_modal = view["type"] == "modal"
    unknown = sorted(set(view) - VIEW_PROPERTIES)
    found = [_say(f"invalid additional property: {name}", "/view") for name in unknown]
    if is_modal and "title" not in view:
        found.append(_say("missing required field: title", "/view"))
    for name in ("title", "submit", "close"):
        if name in view:
            found += _judge_text(view[name], f"/view/{name}", PLAIN, 24)
            if not is_modal:
                found.append(_say(f"a home has no {name}", "/view"))
    for name, most in (("private_metadata", 3000), ("callback_id", 255), ("external_id", 255)):
        found += _judge_string(view.get(name, ""), f"/view/{name}", most, least=0)
    blocks = view.get("blocks")
    if not blocks:
        found.append(_say("must have at least one block", "/view/blocks"))
    else:
        found += judge_blocks(blocks, view["type"])
        has_input = any(isinstance(block, dict) and block.get("type") == "input" for block in blocks)
        if has_input and is_modal and "submit" not in view:
            found.append(_say("a modal with inputs must have submit", "/view"))
    return found or _judge_by_models([View(**view)])


@refusing_odd_shapes
def judge_options(body: Any) -> list[str]:
    """Why Slack would refuse this answer to an external select."""
    if not isinstance(body, dict) or not ("options" in body) ^ ("option_groups" in body):
        return ["either options or option_groups must be answered"]
    groups = body.get("option_groups", [{"options": body.get("options")}])
    found: list[str] = []
    for group in groups:
        if not isinstance(group.get("options"), list):
            found.append(_say("options must be an array", "/options"))
            continue
        found += _judge_options(group["options"], "/options", 100, least=0)
    return found


def _judge_all(blocks: list[Json], surface: str) -> Iterator[str]:
    block_ids: list[str] = []
    action_ids: list[tuple[int, str]] = []
    for number, block in enumerate(blocks):
        place = f"/blocks/{number}"
        kind = block.get("type")
        if kind not in SURFACES[surface]:
            yield _say(f"unsupported type: {kind}", place)
            continue
        if "block_id" in block:
            block_ids.append(block["block_id"])
            yield from _judge_string(block["block_id"], f"{place}/block_id", 255)
        if kind in NOT_OURS:
            continue
        yield from _judge_properties(block, BLOCKS[kind], place, {"type", "block_id"})
        yield from _judge_block(block, kind, place)
        scope = 0 if surface == "message" else number
        action_ids += [(scope, one["action_id"]) for one in _elements(block) if "action_id" in one]
    for one in sorted({one for one in block_ids if block_ids.count(one) > 1}):
        yield _say(f"block_id `{one}` already exists", "/blocks")
    # In a view each input may call its action by the same name.
    for _, one in sorted({one for one in action_ids if action_ids.count(one) > 1}):
        yield _say(f"action_id `{one}` already exists", "/blocks")


def _judge_block(block: Json, kind: str, place: str) -> Iterator[str]:
    if kind == "section":
        if not block.get("text") and not block.get("fields"):
            yield _say("missing required field: text or fields", place)
        if "text" in block:
            yield from _judge_text(block["text"], f"{place}/text", EITHER, 3000)
        fields = block.get("fields")
        if fields is not None:
            yield from _judge_count(fields, f"{place}/fields", 1, 10)
            for number, text in enumerate(fields):
                yield from _judge_text(text, f"{place}/fields/{number}", EITHER, 2000)
        if "accessory" in block:
            yield from _judge_element(block["accessory"], f"{place}/accessory", IN_SECTION)
    elif kind == "header":
        yield from _judge_text(block.get("text"), f"{place}/text", PLAIN, 150)
    elif kind == "markdown":
        yield from _judge_string(block.get("text"), f"{place}/text", 12_000)
    elif kind == "image":
        yield from _judge_image(block, place)
    elif kind == "actions":
        yield from _judge_count(block.get("elements"), f"{place}/elements", 1, 25)
        for number, element in enumerate(block.get("elements") or []):
            yield from _judge_element(element, f"{place}/elements/{number}", IN_ACTIONS)
    elif kind == "context":
        yield from _judge_count(block.get("elements"), f"{place}/elements", 1, 10)
        for number, element in enumerate(block.get("elements") or []):
            where = f"{place}/elements/{number}"
            if isinstance(element, dict) and element.get("type") == "image":
                yield from _judge_image(element, where)
            else:
                yield from _judge_text(element, where, EITHER, 3000)
    elif kind == "input":
        yield from _judge_text(block.get("label"), f"{place}/label", PLAIN, 2000)
        if "hint" in block:
            yield from _judge_text(block["hint"], f"{place}/hint", PLAIN, 2000)
        yield from _judge_element(block.get("element"), f"{place}/element", IN_INPUT)


def _judge_element(element: Any, place: str, allowed: set[str]) -> Iterator[str]:
    kind = element.get("type") if isinstance(element, dict) else None
    if kind not in allowed:
        yield _say(f"unsupported type: {kind}", place)
        return
    if kind == "image":
        yield from _judge_image(element, place)
        return
    yield from _judge_properties(element, ELEMENTS[kind], place, {"type"})
    if "action_id" in element:
        yield from _judge_string(element["action_id"], f"{place}/action_id", 255)
    if "placeholder" in element:
        yield from _judge_text(element["placeholder"], f"{place}/placeholder", PLAIN, 150)
    if "confirm" in element:
        yield from _judge_confirm(element["confirm"], f"{place}/confirm")
    if kind == "button":
        yield from _judge_text(element.get("text"), f"{place}/text", PLAIN, 75)
        yield from _judge_string(element.get("value", ""), f"{place}/value", 2000, least=0)
        yield from _judge_string(element.get("url", ""), f"{place}/url", 3000, least=0)
        yield from _judge_string(
            element.get("accessibility_label", ""), f"{place}/accessibility_label", 75, least=0
        )
        if "style" in element and element["style"] not in ("primary", "danger"):
            yield _say("style must be primary or danger", place)
    if "options" in ELEMENTS[kind]:
        yield from _judge_choices(element, kind, place)
    if "initial_value" in element and kind != "rich_text_input":
        yield from _judge_string(element["initial_value"], f"{place}/initial_value", 3000, least=0)
    for name, least, most in (
        ("min_length", 0, 3000),
        ("max_length", 1, 3000),
        ("max_selected_items", 1, 10**9),
    ):
        if name in element and not (isinstance(element[name], int) and least <= element[name] <= most):
            yield _say(f"{name} must be between {least} and {most}", place)
    initial = element.get("initial_value")
    if isinstance(initial, str) and len(initial) > element.get("max_length", 3000):
        yield _say("initial_value is longer than max_length", place)


def _judge_choices(element: Json, kind: str, place: str) -> Iterator[str]:
    has_groups = "option_groups" in element
    if ("options" in element) == has_groups:
        yield _say("exactly one of options and option_groups is required", place)
        return
    groups = element["option_groups"] if has_groups else [{"options": element["options"]}]
    if has_groups:
        yield from _judge_count(groups, f"{place}/option_groups", 1, 100)
    known = []
    for number, group in enumerate(groups):
        where = f"{place}/option_groups/{number}" if has_groups else place
        if has_groups:
            yield from _judge_text(group.get("label"), f"{where}/label", PLAIN, 75)
        options = group.get("options")
        kinds = EITHER if kind in ("checkboxes", "radio_buttons") else PLAIN
        yield from _judge_options(options, f"{where}/options", OPTIONS_MOST.get(kind, 100), kinds=kinds)
        known += [option.get("value") for option in options or [] if isinstance(option, dict)]
    if len(known) != len(set(known)) and kind in ("checkboxes", "radio_buttons"):
        yield _say("values of options must differ", place)
    initial = element.get(
        "initial_options", [element["initial_option"]] if "initial_option" in element else None
    )
    if initial is not None:
        yield from _judge_count(initial, f"{place}/initial_options", 1, 100)
    everything = [option for group in groups for option in group.get("options") or []]
    for option in initial or []:
        if _bare(option) not in [_bare(one) for one in everything]:
            yield _say("initial option must be one of the options", place)


def _judge_options(
    options: Any, place: str, most: int, least: int = 1, kinds: tuple[str, ...] = PLAIN
) -> Iterator[str]:
    yield from _judge_count(options, place, least, most)
    for number, option in enumerate(options or []):
        where = f"{place}/{number}"
        if not isinstance(option, dict):
            yield _say("must be an object", where)
            continue
        yield from _judge_properties(
            option, {"text": True, "value": True, "description": False, "url": False}, where, set()
        )
        yield from _judge_text(option.get("text"), f"{where}/text", kinds, 75)
        yield from _judge_string(option.get("value"), f"{where}/value", 150)
        yield from _judge_string(option.get("url", ""), f"{where}/url", 3000, least=0)
        if "description" in option:
            yield from _judge_text(option["description"], f"{where}/description", kinds, 75)


def _judge_confirm(confirm: Any, place: str) -> Iterator[str]:
    if not isinstance(confirm, dict):
        yield _say("must be an object", place)
        return
    needed = {"title": True, "text": True, "confirm": True, "deny": True, "style": False}
    yield from _judge_properties(confirm, needed, place, set())
    for name, kind, most in (
        ("title", PLAIN, 100),
        ("text", EITHER, 300),
        ("confirm", PLAIN, 30),
        ("deny", PLAIN, 30),
    ):
        yield from _judge_text(confirm.get(name), f"{place}/{name}", kind, most)


def _judge_image(image: Json, place: str) -> Iterator[str]:
    if ("image_url" in image) == ("slack_file" in image):
        yield _say("exactly one of image_url and slack_file is required", place)
    yield from _judge_string(image.get("alt_text"), f"{place}/alt_text", 2000)
    yield from _judge_string(image.get("image_url", "-"), f"{place}/image_url", 3000)
    if "title" in image:
        yield from _judge_text(image["title"], f"{place}/title", PLAIN, 2000)


def _judge_text(text: Any, place: str, kinds: tuple[str, ...], most: int) -> Iterator[str]:
    if not isinstance(text, dict):
        yield _say("must be a text object", place)
        return
    if text.get("type") not in kinds:
        yield _say(f"failed to match one of the allowed types: {', '.join(kinds)}", place)
        return
    extra = "emoji" if text["type"] == "plain_text" else "verbatim"
    yield from _judge_properties(text, {"text": True, extra: False}, place, {"type"})
    yield from _judge_string(text.get("text"), f"{place}/text", most)


def _judge_string(value: Any, place: str, most: int, least: int = 1) -> Iterator[str]:
    if not isinstance(value, str):
        yield _say("must be a string", place)
    elif len(value) < least:
        yield _say("must be more than 0 characters", place)
    elif len(value) > most:
        yield _say(f"must be less than {most + 1} characters", place)


def _judge_count(items: Any, place: str, least: int, most: int) -> Iterator[str]:
    if not isinstance(items, list):
        yield _say("must be an array", place)
    elif len(items) < least:
        yield _say(f"no fewer than {least} items allowed", place)
    elif len(items) > most:
        yield _say(f"no more than {most} items allowed", place)


def _judge_properties(part: Json, known: dict[str, bool], place: str, always: set[str]) -> Iterator[str]:
    for name in sorted(set(part) - set(known) - always):
        yield _say(f"invalid additional property: {name}", place)
    for name, is_needed in known.items():
        if is_needed and name not in part:
            yield _say(f"missing required field: {name}", place)


def _judge_by_models(parts: list[Any]) -> list[str]:
    """What slack_sdk's own models refuse, in every object inside these."""
    found, seen, waiting = [], set(), list(parts)
    while waiting:
        part = waiting.pop()
        if part is None:
            found.append("an object of an unknown type")
        elif isinstance(part, list | tuple | set):
            waiting += [one for one in part if isinstance(one, JsonObject | list)]
        elif isinstance(part, JsonObject) and id(part) not in seen:
            seen.add(id(part))
            try:
                part.validate_json()
            except SlackObjectFormationError as refused:
                found.append(str(refused))
            waiting += [one for one in vars(part).values() if isinstance(one, JsonObject | list | tuple)]
    return found


def _elements(block: Json) -> list[Json]:
    inside = block.get("elements") or [] if block["type"] == "actions" else []
    inside = [*inside, *(block[name] for name in ("element", "accessory") if name in block)]
    return [one for one in inside if isinstance(one, dict)]


def _bare(option: Any) -> Any:
    """An option without what Slack adds by itself."""
    if isinstance(option, dict) and isinstance(option.get("text"), dict):
        return option.get("value"), option["text"].get("text")
    return option


def _say(what: str, place: str) -> str:
    return f"[ERROR] {what} [json-pointer:{place}]"


# The models warn of what the judge says itself.
logging.getLogger("slack_sdk.models.blocks").setLevel(logging.ERROR)
