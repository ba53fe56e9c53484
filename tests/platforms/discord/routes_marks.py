"""Reactions, pins and webhooks of channels."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from tests.platforms.discord import happening
from tests.platforms.discord.answers import Ask, Refused, route
from tests.platforms.discord.permissions import Permission
from tests.platforms.discord.routes_messages import need_open

REACTIONS, WEBHOOKS = 20, 15


def _emoji(ask: Ask) -> str:
    emoji = unquote(ask.path["emoji_name"])
    if emoji.isascii() and ":" not in emoji:
        raise Refused(400, 10014, "Unknown Emoji")
    return emoji


@route("add_my_message_reaction")
def add_reaction(ask: Ask) -> None:
    channel = ask.channel(Permission.READ_MESSAGE_HISTORY)
    message, emoji = ask.message(channel), _emoji(ask)
    need_open(channel)
    if emoji not in message.reactions:
        ask.need(channel, Permission.ADD_REACTIONS)
        if len(message.reactions) >= REACTIONS:
            raise Refused(400, 30010, f"Maximum number of reactions reached ({REACTIONS})")
    happening.react(ask.discord, ask.guild.bot, message, emoji)


@route("delete_my_message_reaction")
def delete_reaction(ask: Ask) -> None:
    message = ask.message(ask.channel())
    if ask.guild.bot.id not in message.reactions.get(_emoji(ask), []):
        raise Refused(404, 10014, "Unknown Emoji")
    happening.unreact(ask.discord, ask.guild.bot, message, _emoji(ask))


@route("delete_user_message_reaction")
def delete_reaction_of(ask: Ask) -> None:
    message = ask.message(ask.channel(Permission.MANAGE_MESSAGES))
    happening.unreact(ask.discord, ask.user(ask.path["user_id"]), message, _emoji(ask))


@route("list_message_reactions_by_emoji")
def list_reactions(ask: Ask) -> Any:
    message = ask.message(ask.channel(Permission.READ_MESSAGE_HISTORY))
    after = int(ask.query.get("after", 0))
    users = [one for one in message.reactions.get(_emoji(ask), []) if int(one) > after]
    return [ask.guild.members[one].to_user() for one in users[: int(ask.query.get("limit", 25))]]


@route("create_pin", "deprecated_create_pin")
def create_pin(ask: Ask) -> None:
    channel = ask.channel()
    if not channel.is_direct:
        ask.need(channel, Permission.PIN_MESSAGES)
    message = ask.message(channel)
    need_open(channel)
    if message.pinned_at is None and len(channel.pins) >= ask.guild.most_pins:
        raise Refused(400, 30003, f"Maximum number of pins reached for the channel ({ask.guild.most_pins})")
    happening.pin(ask.discord, ask.guild.bot, message)


@route("delete_pin", "deprecated_delete_pin")
def delete_pin(ask: Ask) -> None:
    channel = ask.channel()
    if not channel.is_direct:
        ask.need(channel, Permission.PIN_MESSAGES)
    happening.unpin(ask.discord, ask.message(channel))


@route("list_pins")
def list_pins(ask: Ask) -> Any:
    channel = ask.channel(Permission.READ_MESSAGE_HISTORY)
    before, limit = ask.query.get("before", "~"), int(ask.query.get("limit", 50))
    found = [one for one in channel.pins if (one.pinned_at or "") < before]
    items = [{"pinned_at": one.pinned_at, "message": ask.seen(one)} for one in found[:limit]]
    return {"items": items, "has_more": len(found) > limit}


@route("deprecated_list_pins")
def list_old_pins(ask: Ask) -> Any:
    return [ask.seen(one) for one in ask.channel(Permission.READ_MESSAGE_HISTORY).pins[:50]]


@route("create_webhook")
def create_webhook(ask: Ask) -> Any:
    channel = ask.channel(Permission.MANAGE_WEBHOOKS)
    if sum(one["channel_id"] == channel.id for one in ask.guild.webhooks.values()) >= WEBHOOKS:
        raise Refused(400, 30007, f"Maximum number of webhooks reached ({WEBHOOKS})")
    webhook = ask.guild.new_webhook(channel, ask.body["name"])
    webhook["url"] = f"{ask.discord.url}/api/v10/webhooks/{webhook['id']}/{webhook['token']}"
    return webhook


@route("list_channel_webhooks")
def list_webhooks(ask: Ask) -> Any:
    channel = ask.channel(Permission.MANAGE_WEBHOOKS)
    return [one for one in ask.guild.webhooks.values() if one["channel_id"] == channel.id]
