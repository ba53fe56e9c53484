"""views.*: modals and the home tab. A trigger opens one modal, within three seconds."""

from __future__ import annotations

import json
import time
from typing import Any

from tests.platforms.slack.answers import Ask, Refused, Slack, method
from tests.platforms.slack.blocks import judge_view
from tests.platforms.slack.things import Json, Trigger, View, name_blocks, new_hash

STACK = 3


def judged(slack: Slack, what: str, body: Any, surface: str = "modal") -> Json:
    """The view as Slack keeps it; refuses one that Slack would refuse."""
    faults = judge_view(body)
    if not faults and body["type"] != surface:
        faults = [f"[ERROR] a {body['type']} does not go here [json-pointer:/view/type]"]
    if faults:
        slack.violations += [f"{what}: {fault}" for fault in faults]
        raise Refused("invalid_arguments", response_metadata={"messages": faults})
    if len(json.dumps(body)) > 250_000:
        raise Refused("view_too_large")
    return {**body, "blocks": name_blocks(body["blocks"])}


def fill(view: View) -> None:
    """What is typed and chosen stays as long as its block and action do; the rest has its initial value."""
    fresh: dict[str, dict[str, Json]] = {}
    for block in view.blocks:
        for element in inputs_of(block):
            block_id, action_id = block["block_id"], element["action_id"]
            kept = view.values.get(block_id, {}).get(action_id)
            value = kept if kept and kept["type"] == element["type"] else initial_of(element)
            fresh.setdefault(block_id, {})[action_id] = value
    view.values = fresh


def inputs_of(block: Json) -> list[Json]:
    """The elements of a block that have a state."""
    if block["type"] == "input":
        return [block["element"]]
    elements = block.get("elements", []) if block["type"] == "actions" else [block.get("accessory")]
    return [one for one in elements if one and one["type"] not in ("button", "overflow", "image")]


def initial_of(element: Json) -> Json:
    """The state of an element that nobody has touched."""
    kind = element["type"]
    names: dict[str, tuple[str, str, Any]] = {
        "checkboxes": ("selected_options", "initial_options", []),
        "radio_buttons": ("selected_option", "initial_option", None),
        "static_select": ("selected_option", "initial_option", None),
        "external_select": ("selected_option", "initial_option", None),
        "multi_static_select": ("selected_options", "initial_options", []),
        "multi_external_select": ("selected_options", "initial_options", []),
        "users_select": ("selected_user", "initial_user", None),
        "multi_users_select": ("selected_users", "initial_users", []),
        "channels_select": ("selected_channel", "initial_channel", None),
        "multi_channels_select": ("selected_channels", "initial_channels", []),
        "conversations_select": ("selected_conversation", "initial_conversation", None),
        "multi_conversations_select": ("selected_conversations", "initial_conversations", []),
        "datepicker": ("selected_date", "initial_date", None),
        "timepicker": ("selected_time", "initial_time", None),
        "datetimepicker": ("selected_date_time", "initial_date_time", None),
    }
    to, given, nothing = names.get(kind, ("value", "initial_value", None))
    return {"type": kind, to: element.get(given, nothing)}


def put_new(slack: Slack, user: str, body: Json) -> View:
    """Lay a new view on a person's stack."""
    workspace = slack.workspace
    stack = workspace.stacks.setdefault(user, [])
    if body.get("external_id") and workspace.find_view(None, body["external_id"]):
        raise Refused("duplicate_external_id")
    view_id = workspace.new_id("V")
    view = View(view_id, user, body, new_hash(), stack[0].id if stack else view_id)
    view.previous_id = stack[-1].id if stack else None
    fill(view)
    stack.append(view)
    return view


def put_again(view: View, body: Json) -> None:
    """Show this in the place of what a view showed."""
    view.body, view.hash, view.errors = body, new_hash(), {}
    fill(view)


def take_trigger(ask: Ask) -> Trigger:
    trigger = ask.workspace.triggers.get(ask.text("trigger_id"))
    if trigger is None:
        raise Refused("invalid_trigger_id")
    if trigger.used:
        raise Refused("exchanged_trigger_id")
    if time.monotonic() - trigger.made_at > ask.slack.trigger_life:
        raise Refused("expired_trigger_id")
    return trigger


@method("views.open")
async def open_(ask: Ask) -> Json:
    trigger = take_trigger(ask)
    body = judged(ask.slack, ask.method, ask.parsed("view"))
    stack = ask.workspace.stacks.setdefault(trigger.user, [])
    # A trigger that came out of a modal opens the next one over it.
    if trigger.view_id is None:
        stack.clear()
    if len(stack) >= STACK:
        raise Refused("push_limit_reached")
    trigger.used = True
    view = put_new(ask.slack, trigger.user, body)
    return {"view": ask.workspace.view_json(view)}


@method("views.push")
async def push(ask: Ask) -> Json:
    trigger = take_trigger(ask)
    body = judged(ask.slack, ask.method, ask.parsed("view"))
    stack = ask.workspace.stacks.get(trigger.user, [])
    if not stack:
        raise Refused("not_found")
    if len(stack) >= STACK:
        raise Refused("push_limit_reached")
    trigger.used = True
    view = put_new(ask.slack, trigger.user, body)
    return {"view": ask.workspace.view_json(view)}


@method("views.update")
async def update(ask: Ask) -> Json:
    view = ask.workspace.find_view(ask.text("view_id"), ask.text("external_id"))
    if view is None:
        raise Refused("not_found")
    if ask.text("hash") and ask.text("hash") != view.hash:
        raise Refused("hash_conflict")
    put_again(view, judged(ask.slack, ask.method, ask.parsed("view"), view.body["type"]))
    return {"view": ask.workspace.view_json(view)}


@method("views.publish")
async def publish(ask: Ask) -> Json:
    user = ask.workspace.users.get(ask.text("user_id"))
    if user is None or user.stranger:
        raise Refused("invalid_arguments")
    body = judged(ask.slack, ask.method, ask.parsed("view"), "home")
    home = ask.workspace.homes.get(user.id)
    if home is not None and ask.text("hash") and ask.text("hash") != home.hash:
        raise Refused("hash_conflict")
    if home is None:
        view_id = ask.workspace.new_id("V")
        home = View(view_id, user.id, body, new_hash(), view_id)
        ask.workspace.homes[user.id] = home
    put_again(home, body)
    return {"view": ask.workspace.view_json(home)}
