"""How the bot answers people: callbacks of interactions, and the webhook that belongs to each of them.

A token is good for `Interactions.token_life` seconds; only the first answer has to come within `patience`.
"""

from __future__ import annotations

from typing import Any

from tests.platforms.discord import happening
from tests.platforms.discord.answers import Ask, Fault, Refused, invalid_form, route
from tests.platforms.discord.command_limits import judge_choices
from tests.platforms.discord.components import judge_modal
from tests.platforms.discord.interactions import AUTOCOMPLETE, COMMAND, COMPONENT, Interaction, Modal
from tests.platforms.discord.limits import need_message
from tests.platforms.discord.routes_messages import changes_of, new_message
from tests.platforms.discord.things import EPHEMERAL, LOADING, Channel, Json, Message

PONG, MESSAGE, DEFER, DEFER_UPDATE, UPDATE, CHOICES, FORM = 1, 4, 5, 6, 7, 8, 9
CHAT_COMMAND, MENU_COMMAND = 20, 23


@route("create_interaction_response")
def answer(ask: Ask) -> Any:
    interaction = ask.discord.interactions.by_id.get(ask.path["interaction_id"])
    token = ask.path["interaction_token"]
    is_late = interaction is not None and not interaction.ok and ask.discord.interactions.is_late(interaction)
    if interaction is None or interaction.token != token or is_late:
        raise Refused(404, 10062, "Unknown interaction")
    if interaction.ok:
        raise Refused(400, 40060, "Interaction has already been acknowledged.")
    kind, data = ask.body["type"], ask.body.get("data") or {}
    if not _may_answer(interaction, kind):
        words = f"Interaction of type {interaction.type} cannot be answered with {kind}"
        raise invalid_form([Fault(("type",), "INTERACTION_CALLBACK_TYPE_INVALID", words)])
    _answer_first(ask, interaction, kind, data)
    interaction.kind = kind
    interaction.note(ask.body)
    return _callback_json(interaction, kind, ask) if ask.flag("with_response") else None


def _may_answer(interaction: Interaction, kind: int) -> bool:
    if interaction.type == AUTOCOMPLETE:
        return kind == CHOICES
    if kind in (DEFER_UPDATE, UPDATE):
        return interaction.source is not None
    if kind == FORM:
        return interaction.type in (COMMAND, COMPONENT)
    return kind in (MESSAGE, DEFER)


def _answer_first(ask: Ask, interaction: Interaction, kind: int, data: Json) -> None:
    if kind == CHOICES:
        faults = judge_choices(("data", "choices"), data.get("choices") or [])
        if faults:
            raise invalid_form(faults)
        interaction.choices = data.get("choices") or []
    elif kind == FORM:
        faults = judge_modal(data)
        if faults:
            raise invalid_form(faults)
        modal = Modal(data, interaction.user, interaction.channel, interaction.source)
        modal.opened_by = interaction.metadata()
        interaction.modal = modal
        ask.discord.interactions.modals[interaction.user.id] = modal
    elif kind == MESSAGE:
        need_message(data, len(ask.files))
        interaction.ephemeral = bool((data.get("flags") or 0) & EPHEMERAL)
        interaction.message = _say(ask, interaction, data, interaction.ephemeral)
    elif kind == DEFER:
        interaction.deferred = True
        interaction.ephemeral = bool((data.get("flags") or 0) & EPHEMERAL)
        interaction.message = _say(ask, interaction, {}, interaction.ephemeral, LOADING)
    else:
        interaction.message = interaction.source
        if kind == UPDATE:
            _change(ask, _of(interaction), data)


def _say(ask: Ask, interaction: Interaction, body: Json, hidden: bool, flags: int = 0) -> Message:
    """A message to the person, which all see or they alone."""
    guild = ask.guild
    message = new_message(ask, interaction.channel, guild.bot, body)
    message.application_id = message.webhook_id = guild.application_id
    message.interaction = interaction.metadata()
    if interaction.type == COMMAND and interaction.message is None:
        message.type = CHAT_COMMAND if interaction.data["type"] == 1 else MENU_COMMAND
    message.flags |= flags
    if hidden:
        message.flags |= EPHEMERAL
        message.ephemeral_for = interaction.user.id
        guild.ephemerals.append(message)
    else:
        happening.post(ask.discord, message)
    return message


def _change(ask: Ask, message: Message, body: Json) -> None:
    changes = changes_of(ask, message, body)
    happening.change(ask.discord, message, flags=message.flags & ~LOADING, **changes)


def _of(interaction: Interaction) -> Message:
    if interaction.message is None or interaction.message.is_deleted:
        raise Refused(404, 10008, "Unknown Message")
    return interaction.message


def _callback_json(interaction: Interaction, kind: int, ask: Ask) -> Json:
    about: Json = {"id": interaction.id, "type": interaction.type, "channel_id": interaction.channel.id}
    if not interaction.channel.is_direct:
        about["guild_id"] = ask.guild.id
    message = interaction.message
    if message is None:
        return {"interaction": about}
    about |= {
        "response_message_id": message.id,
        "response_message_loading": message.is_loading,
        "response_message_ephemeral": message.ephemeral_for is not None,
    }
    if kind not in (MESSAGE, UPDATE):
        return {"interaction": about}
    return {"interaction": about, "resource": {"type": kind, "message": ask.guild.message_json(message)}}


# what follows


def _following(ask: Ask) -> Interaction:
    """The interaction whose token stands in the path."""
    interaction = ask.discord.interactions.by_token.get(ask.path["webhook_token"])
    if ask.path["webhook_id"] != ask.guild.application_id or interaction is None:
        raise Refused(404, 10015, "Unknown Webhook")
    if ask.discord.interactions.is_over(interaction):
        raise Refused(401, 50027, "Invalid Webhook Token")
    if not interaction.ok:
        raise Refused(404, 10015, "Unknown Webhook")
    return interaction


@route("execute_webhook")
def follow_up(ask: Ask) -> Any:
    webhook = ask.guild.webhooks.get(ask.path["webhook_id"])
    if webhook is not None:
        return _say_by_webhook(ask, webhook)
    interaction = _following(ask)
    need_message(ask.body, len(ask.files))
    first = interaction.message
    if interaction.deferred and first is not None and first.is_loading and not first.is_deleted:
        # The first message after "is thinking" stands in its place, and is as hidden as that.
        _change(ask, first, ask.body)
        message = first
    else:
        hidden = bool((ask.body.get("flags") or 0) & EPHEMERAL)
        message = _say(ask, interaction, ask.body, hidden)
        interaction.follow_ups.append(message)
    interaction.note(ask.body)
    return ask.guild.message_json(message) if ask.flag("wait") else None


def _say_by_webhook(ask: Ask, webhook: Json) -> Any:
    if webhook["token"] != ask.path["webhook_token"]:
        raise Refused(401, 50027, "Invalid Webhook Token")
    channel: Channel | None = ask.guild.channels.get(webhook["channel_id"])
    if channel is None:
        raise Refused(404, 10015, "Unknown Webhook")
    need_message(ask.body, len(ask.files))
    message = new_message(ask, channel, ask.guild.bot, ask.body)
    message.webhook_id = webhook["id"]
    happening.post(ask.discord, message)
    return ask.guild.message_json(message) if ask.flag("wait") else None


def _message(ask: Ask) -> tuple[Interaction, Message]:
    interaction = _following(ask)
    if "message_id" not in ask.path:
        return interaction, _of(interaction)
    known = [interaction.message, interaction.source, *interaction.follow_ups]
    for message in known:
        if message is not None and message.id == ask.path["message_id"] and not message.is_deleted:
            return interaction, message
    raise Refused(404, 10008, "Unknown Message")


@route("get_original_webhook_message", "get_webhook_message")
def get_answer(ask: Ask) -> Any:
    return ask.guild.message_json(_message(ask)[1])


@route("update_original_webhook_message", "update_webhook_message")
def change_answer(ask: Ask) -> Any:
    interaction, message = _message(ask)
    _change(ask, message, ask.body)
    interaction.note(ask.body)
    return ask.guild.message_json(message)


@route("delete_original_webhook_message", "delete_webhook_message")
def delete_answer(ask: Ask) -> None:
    interaction, message = _message(ask)
    happening.remove(ask.discord, message)
    interaction.note({"deleted": message.id})
