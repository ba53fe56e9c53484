"""What a person does with what the bot shows: commands, buttons, menus, forms, shortcuts.

Each returns how the bot acknowledged, and does to the person's screen what the acknowledgement says.
"""

from __future__ import annotations

import time
from typing import Any

from tests.platforms.slack.answers import Refused, Slack
from tests.platforms.slack.blocks import judge_options
from tests.platforms.slack.courier import Courier
from tests.platforms.slack.deliveries import (
    NOTHING_SENT,
    Delivery,
    action_of,
    command_of,
    interaction_of,
    message_action_of,
    view_action_of,
)
from tests.platforms.slack.filling import (
    NotPossible,
    find_element,
    is_empty,
    known_options,
    options_of,
    state_of,
)
from tests.platforms.slack.methods_views import STACK, inputs_of, judged, put_again, put_new
from tests.platforms.slack.response_urls import new_response_url, show_answer
from tests.platforms.slack.things import Channel, Json, Message, User, View
from tests.platforms.slack.writing import escape


class Interacting(Slack):
    """A person's side of commands and interactions."""

    courier: Courier
    commands: set[str] | None

    async def command(self, user: User, channel: Channel, name: str, text: str = "") -> Delivery:
        """Type a slash command."""
        if self.commands is not None and name not in self.commands:
            raise NotPossible(f"{name} is not a valid command")
        if user.id not in channel.members and (channel.is_private or channel.is_im):
            raise NotPossible(f"{user.name} is not in {channel.name}")
        written = escape(self.workspace, text.strip(), labels=True)
        url = new_response_url(self, user, channel, None)
        delivery = await self.courier.deliver(command_of(self.workspace, user, channel, name, written, url))
        if delivery.ok and delivery.body:
            body = delivery.body if isinstance(delivery.body, dict) else {"text": str(delivery.body)}
            show_answer(self, f"answer to {name}", user, channel, None, body)
        return delivery

    async def click(self, user: User, where: Message | View, what: str) -> Delivery:
        """Press a button, by its text or its action_id; what it asks for is confirmed."""
        seen = []
        for block, element in _elements(where, "button"):
            if what in (element["text"]["text"], element["action_id"]):
                return await self._act(user, where, action_of(block, element))
            seen.append(element["text"]["text"])
        raise NotPossible(f"There is no button {what!r}, only {seen}")

    async def choose(self, user: User, where: Message | View, what: str) -> Delivery:
        """Choose an option of a menu, by its text or its value."""
        seen = []
        for block, element in _elements(where, "overflow", "static_select"):
            for option in options_of(element):
                if what in (option["text"]["text"], option["value"]):
                    return await self._act(user, where, action_of(block, element, selected_option=option))
                seen.append(option["text"]["text"])
        raise NotPossible(f"There is no option {what!r}, only {seen}")

    async def _act(self, user: User, where: Message | View, action: Json) -> Delivery:
        if isinstance(where, View):
            shown = [self.workspace.homes.get(user.id), *self.workspace.stacks.get(user.id, [])[-1:]]
            if where not in shown:
                raise NotPossible(f"{user.name} does not see this view")
            return await self.courier.deliver(view_action_of(self.workspace, user, where, action))
        is_seen = user.id in where.channel.members or not (where.channel.is_private or where.channel.is_im)
        is_there = where in where.channel.messages or where in self.workspace.ephemerals
        if where.ephemeral_for not in (None, user.id) or not is_seen or not is_there:
            raise NotPossible(f"{user.name} does not see this message")
        url = new_response_url(self, user, where.channel, where)
        return await self.courier.deliver(message_action_of(self.workspace, user, where, action, url))

    async def suggest(self, user: User, view: View, block_id: str, typed: str) -> list[Json]:
        """Type into an external select; returns the options that the bot suggests."""
        _, element = find_element(view, block_id)
        if not element["type"].endswith("external_select"):
            raise NotPossible(f"{block_id} does not ask the bot for options")
        if len(typed) < element.get("min_query_length", 3):
            raise NotPossible(
                f"Slack asks for no options before {element.get('min_query_length', 3)} characters"
            )
        parcel = interaction_of(
            self.workspace,
            user,
            "block_suggestion",
            container={"type": "view", "view_id": view.id},
            action_id=element["action_id"],
            block_id=block_id,
            value=typed,
            view=self.workspace.view_json(view),
        )
        delivery = await self.courier.deliver(parcel)
        faults = judge_options(delivery.body) if delivery.ok else [f"no options were answered: {delivery}"]
        if faults:
            self.violations += [f"block_suggestion: {fault}" for fault in faults]
            return []
        options = options_of(delivery.body)
        view.suggested.setdefault(block_id, []).extend(options)
        return options

    async def change(self, user: User, view: View, block_id: str, value: Any) -> Delivery:
        """Fill one element; the bot hears of it when the element says so."""
        block, element = find_element(view, block_id)
        await self._put(user, view, block_id, value)
        if block["type"] == "input" and not block.get("dispatch_action"):
            return NOTHING_SENT
        state = view.values[block_id][element["action_id"]]
        return await self._act(user, view, action_of(block, element, **state))

    async def _put(self, user: User, view: View, block_id: str, value: Any) -> None:
        block, element = find_element(view, block_id)
        if element["type"].endswith("external_select") and value:
            known = known_options(view, block, element)
            for one in value if isinstance(value, list) else [value]:
                if not isinstance(one, dict) and not any(
                    one in (o["value"], o["text"]["text"]) for o in known
                ):
                    await self.suggest(user, view, block_id, str(one))
        state = state_of(view, block, element, value)
        view.values.setdefault(block_id, {})[element["action_id"]] = state

    async def submit(self, user: User, view: View, values: dict[str, Any] | None = None) -> Delivery:
        """Fill a modal by block_id and send it; what the bot answers happens to the modal."""
        if view not in self.workspace.stacks.get(user.id, [])[-1:]:
            raise NotPossible(f"This is not what {user.name} sees")
        if "submit" not in view.body:
            raise NotPossible("This modal has nothing to submit")
        for block_id, value in (values or {}).items():
            await self._put(user, view, block_id, value)
        for block in view.blocks:
            for element in inputs_of(block) if block["type"] == "input" else []:
                if not block.get("optional") and is_empty(
                    view.values[block["block_id"]][element["action_id"]]
                ):
                    raise NotPossible(f"{block['block_id']} must be filled")
        parcel = interaction_of(
            self.workspace,
            user,
            "view_submission",
            trigger_id=self.workspace.new_trigger(user.id, view.id),
            view=self.workspace.view_json(view),
            response_urls=self._response_urls(user, view),
        )
        delivery = await self.courier.deliver(parcel)
        if delivery.ok:
            self._apply(user, view, delivery.body)
        return delivery

    def _response_urls(self, user: User, view: View) -> list[Json]:
        urls = []
        for block in view.blocks:
            for element in inputs_of(block):
                if element.get("response_url_enabled"):
                    state = view.values[block["block_id"]][element["action_id"]]
                    channel = self.workspace.channels[
                        next(value for key, value in state.items() if key != "type")
                    ]
                    urls.append(
                        {
                            "block_id": block["block_id"],
                            "action_id": element["action_id"],
                            "channel_id": channel.id,
                            "response_url": new_response_url(self, user, channel, None),
                        }
                    )
        return urls

    def _apply(self, user: User, view: View, answer: Any) -> None:
        """Do what the acknowledgement of a modal says."""
        stack = self.workspace.stacks[user.id]
        view.errors = {}
        action = answer.get("response_action") if isinstance(answer, dict) else None
        try:
            if answer in (None, {}):
                stack.remove(view)
            elif action == "clear":
                stack.clear()
            elif action == "errors":
                inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
                if not answer.get("errors") or not set(answer["errors"]) <= inputs:
                    raise Refused(f"errors for no input: {answer.get('errors')}")
                view.errors = dict(answer["errors"])
            elif action == "update":
                put_again(view, judged(self, "response_action", answer.get("view")))
            elif action == "push":
                body = judged(self, "response_action", answer.get("view"))
                if len(stack) >= STACK:
                    raise Refused("push_limit_reached")
                put_new(self, user.id, body)
            else:
                raise Refused(f"{answer!r} is no answer to a modal")
        except Refused as refused:
            self.violations.append(f"view_submission: {refused.error}")

    async def close_view(self, user: User, view: View, *, all_of_them: bool = False) -> Delivery:
        """Close a modal; the bot hears of it when the modal says so."""
        stack = self.workspace.stacks.get(user.id, [])
        if view not in stack:
            raise NotPossible(f"{user.name} does not see this view")
        parcel = interaction_of(
            self.workspace,
            user,
            "view_closed",
            view=self.workspace.view_json(view),
            is_cleared=all_of_them,
        )
        if all_of_them or view.body.get("clear_on_close"):
            stack.clear()
        else:
            stack.remove(view)
        return await self.courier.deliver(parcel) if view.body.get("notify_on_close") else NOTHING_SENT

    async def shortcut(self, user: User, callback_id: str) -> Delivery:
        """Use a global shortcut."""
        parcel = interaction_of(
            self.workspace,
            user,
            "shortcut",
            action_ts=f"{time.time():.6f}",
            callback_id=callback_id,
            trigger_id=self.workspace.new_trigger(user.id),
        )
        return await self.courier.deliver(parcel)

    async def message_shortcut(self, user: User, message: Message, callback_id: str) -> Delivery:
        """Use a shortcut of a message."""
        if user.id not in message.channel.members:
            raise NotPossible(f"{user.name} does not see this message")
        parcel = interaction_of(
            self.workspace,
            user,
            "message_action",
            action_ts=f"{time.time():.6f}",
            callback_id=callback_id,
            trigger_id=self.workspace.new_trigger(user.id),
            response_url=new_response_url(self, user, message.channel, message),
            message_ts=message.ts,
            channel={"id": message.channel.id, "name": message.channel.shown_name},
            message=message.to_json(),
        )
        return await self.courier.deliver(parcel)


def _elements(where: Message | View, *kinds: str) -> list[tuple[Json, Json]]:
    """The elements of these kinds in a message or a view, each with its block."""
    blocks = where.all_blocks if isinstance(where, Message) else where.blocks
    found = []
    for block in blocks:
        inside = block.get("elements", []) if block["type"] == "actions" else [block.get("accessory")]
        found += [(block, one) for one in inside if one and one["type"] in kinds]
    return found
