"""Channels, categories, their overwrites, threads, and direct conversations."""

from __future__ import annotations

from typing import Any

from tests.platforms.discord import happening
from tests.platforms.discord.answers import (
    Ask,
    Fault,
    Limited,
    Refused,
    invalid_form,
    missing_permissions,
    route,
)
from tests.platforms.discord.limits import TOPIC, too_long
from tests.platforms.discord.permissions import ALL, Permission, in_channel, in_guild
from tests.platforms.discord.things import (
    CATEGORY,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    TEXT,
    VOICE,
    Channel,
    Json,
    Overwrite,
)
from tests.platforms.discord.writing import channel_name

OF_A_CATEGORY = 50
RENAMES, RENAME_SECONDS = 2, 600


@route("get_channel")
def get_channel(ask: Ask) -> Any:
    return ask.guild.channel_json(ask.channel())


@route("list_guild_channels")
def list_channels(ask: Ask) -> Any:
    ask.need_in_guild()
    return [ask.guild.channel_json(one) for one in ask.guild.list_channels()]


@route("create_guild_channel")
def create_channel(ask: Ask) -> Any:
    ask.need_in_guild(Permission.MANAGE_CHANNELS)
    body = ask.body
    type_ = body.get("type") or TEXT
    if type_ not in (TEXT, VOICE, CATEGORY):
        raise Refused(400, 50024, "Cannot execute action on this channel type")
    if len(ask.guild.list_channels()) >= ask.guild.most_channels:
        raise Refused(400, 30013, f"Maximum number of guild channels reached ({ask.guild.most_channels})")
    parent_id = _parent(ask, body.get("parent_id"))
    channel = happening.add_channel(
        ask.discord,
        _name(body["name"], type_),
        type_,
        topic=_topic(body.get("topic")),
        parent_id=parent_id,
        overwrites=_overwrites(ask, body, parent_id),
    )
    return ask.guild.channel_json(channel)


def _name(given: Any, type_: int) -> str:
    name = channel_name(given, type_)
    if not 1 <= len(name) <= 100:
        words = "Must be between 1 and 100 in length."
        raise invalid_form([Fault(("name",), "BASE_TYPE_BAD_LENGTH", words)])
    return name


def _topic(given: Any) -> str | None:
    if given and len(given) > TOPIC:
        raise invalid_form([too_long(("topic",), TOPIC)])
    return given or None


def _parent(ask: Ask, given: Any, child: Channel | None = None) -> str | None:
    """The id of the category that a body names, which must have room."""
    if given is None:
        return None
    category = ask.guild.channels.get(str(given))
    if category is None or category.type != CATEGORY:
        words = "Category does not exist"
        raise invalid_form([Fault(("parent_id",), "CHANNEL_PARENT_INVALID", words)])
    inside = [one for one in ask.guild.list_channels() if one.parent_id == category.id and one is not child]
    if len(inside) >= OF_A_CATEGORY:
        words = f"Maximum number of channels in category reached ({OF_A_CATEGORY})"
        raise invalid_form([Fault(("parent_id",), "CHANNEL_PARENT_MAX_CHANNELS", words)])
    return category.id


def _overwrites(ask: Ask, body: Json, parent_id: str | None) -> dict[str, Overwrite]:
    """What a body allows and denies; without a word about it, a new channel is as its category."""
    given = body.get("permission_overwrites")
    if given is None:
        parent = ask.guild.channels.get(parent_id or "")
        return dict(parent.overwrites) if parent else {}
    overwrites = {}
    for number, one in enumerate(given):
        overwrite = Overwrite(
            str(one["id"]), one.get("type") or 0, int(one.get("allow") or 0), int(one.get("deny") or 0)
        )
        known = ask.guild.roles if overwrite.type == 0 else ask.guild.members
        if overwrite.id not in known:
            place = ("permission_overwrites", str(number), "id")
            raise invalid_form([Fault(place, "INVALID_OVERWRITE_TARGET", "Unknown overwrite")])
        need_to_grant(ask, overwrite)
        overwrites[overwrite.id] = overwrite
    return overwrites


def need_to_grant(ask: Ask, overwrite: Overwrite) -> None:
    """Refuse to hand out or to forbid what the bot itself may not do in the guild."""
    granted = in_guild(ask.guild, ask.guild.bot)
    touched = (overwrite.allow | overwrite.deny) & int(ALL)
    if touched & ~granted or (touched & Permission.MANAGE_ROLES and granted != ALL):
        raise missing_permissions()


@route("update_channel")
def update_channel(ask: Ask) -> Any:
    channel = ask.channel()
    if channel.is_direct:
        raise Refused(400, 50003, "Cannot execute action on a DM channel")
    if channel.is_thread:
        return _update_thread(ask, channel)
    ask.need(channel, Permission.MANAGE_CHANNELS)
    body = ask.body
    changes: Json = {}
    if body.get("name") is not None:
        changes["name"] = _name(body["name"], channel.type)
    if "topic" in body:
        changes["topic"] = _topic(body["topic"])
    _limit_renames(ask, channel, changes)
    if "parent_id" in body:
        changes["parent_id"] = _parent(ask, body["parent_id"], channel)
    if body.get("position") is not None:
        changes["position"] = body["position"]
    if "permission_overwrites" in body:
        ask.need(channel, Permission.MANAGE_ROLES)
        changes["overwrites"] = _overwrites(
            ask, body | {"permission_overwrites": body["permission_overwrites"] or []}, None
        )
    happening.change_channel(ask.discord, channel, **changes)
    return ask.guild.channel_json(channel)


def _limit_renames(ask: Ask, channel: Channel, changes: Json) -> None:
    """Names and topics change twice in ten minutes; Discord says so nowhere."""
    if not any(changes[name] != getattr(channel, name) for name in ("name", "topic") if name in changes):
        return
    now = ask.guild.now()
    channel.renamed_at = [one for one in channel.renamed_at if one > now - RENAME_SECONDS]
    if len(channel.renamed_at) >= RENAMES:
        raise Limited(channel.renamed_at[0] + RENAME_SECONDS - now, "shared")
    channel.renamed_at.append(now)


def _update_thread(ask: Ask, thread: Channel) -> Any:
    body = ask.body
    about, changes = dict(thread.thread), {}
    only_opens = set(body) == {"archived"} and not body["archived"] and not about["locked"]
    is_own = thread.owner_id == ask.guild.bot.id and "locked" not in body
    if not only_opens and not is_own:
        ask.need(thread, Permission.MANAGE_THREADS)
    ask.need(thread, Permission.SEND_MESSAGES_IN_THREADS)
    if about["archived"] and body.get("archived") is not False:
        raise Refused(400, 50083, "Thread is archived")
    for name in ("archived", "locked", "auto_archive_duration"):
        if body.get(name) is not None:
            about[name] = body[name]
    if about["archived"] != thread.thread["archived"]:
        about["archive_timestamp"] = ask.guild.timestamp()
    if body.get("name"):
        changes["name"] = str(body["name"]).strip()
        _limit_renames(ask, thread, changes)
    happening.change_channel(ask.discord, thread, thread=about, **changes)
    return ask.guild.channel_json(thread)


@route("delete_channel")
def delete_channel(ask: Ask) -> Any:
    channel = ask.channel()
    if not channel.is_direct:
        ask.need(channel, Permission.MANAGE_THREADS if channel.is_thread else Permission.MANAGE_CHANNELS)
        happening.drop_channel(ask.discord, channel)
    return ask.guild.channel_json(channel)


@route("set_channel_permission_overwrite")
def set_overwrite(ask: Ask) -> None:
    channel = ask.channel(Permission.MANAGE_ROLES)
    body = ask.body
    overwrite = Overwrite(
        ask.path["overwrite_id"],
        body.get("type") or 0,
        int(body.get("allow") or 0),
        int(body.get("deny") or 0),
    )
    if overwrite.id not in (ask.guild.roles if overwrite.type == 0 else ask.guild.members):
        raise Refused(404, 10009, "Unknown Overwrite")
    need_to_grant(ask, overwrite)
    happening.change_channel(ask.discord, channel, overwrites={**channel.overwrites, overwrite.id: overwrite})


@route("delete_channel_permission_overwrite")
def delete_overwrite(ask: Ask) -> None:
    channel = ask.channel(Permission.MANAGE_ROLES)
    if ask.path["overwrite_id"] not in channel.overwrites:
        raise Refused(404, 10009, "Unknown Overwrite")
    kept = {id_: one for id_, one in channel.overwrites.items() if id_ != ask.path["overwrite_id"]}
    happening.change_channel(ask.discord, channel, overwrites=kept)


# threads


@route("create_thread_from_message")
def create_thread_from_message(ask: Ask) -> Any:
    channel = ask.channel(Permission.CREATE_PUBLIC_THREADS)
    message = ask.message(channel)
    if message.thread is not None:
        raise Refused(400, 160004, "A thread has already been created for this message")
    return _new_thread(ask, channel, message=message)


@route("create_thread")
def create_thread(ask: Ask) -> Any:
    type_ = ask.body.get("type") or PRIVATE_THREAD
    needed = {
        PUBLIC_THREAD: Permission.CREATE_PUBLIC_THREADS,
        PRIVATE_THREAD: Permission.CREATE_PRIVATE_THREADS,
    }
    if type_ not in needed:
        raise Refused(400, 50024, "Cannot execute action on this channel type")
    return _new_thread(ask, ask.channel(needed[type_]), type_=type_)


def _new_thread(ask: Ask, parent: Channel, **about: Any) -> Any:
    if parent.type != TEXT:
        raise Refused(400, 50024, "Cannot execute action on this channel type")
    minutes = ask.body.get("auto_archive_duration") or 4320
    thread = happening.open_thread(
        ask.discord, ask.guild.bot, parent, ask.body["name"], minutes=minutes, **about
    )
    member = happening.thread_member(thread, ask.guild.bot, ask.guild.timestamp())
    return ask.guild.channel_json(thread) | {"member": member}


def _thread(ask: Ask) -> Channel:
    thread = ask.channel()
    if not thread.is_thread:
        raise Refused(400, 50024, "Cannot execute action on this channel type")
    return thread


@route("join_thread")
def join_thread(ask: Ask) -> None:
    happening.let_into_thread(ask.discord, _thread(ask), ask.guild.bot)


@route("leave_thread")
def leave_thread(ask: Ask) -> None:
    happening.put_out_of_thread(ask.discord, _thread(ask), ask.guild.bot)


@route("add_thread_member")
def add_thread_member(ask: Ask) -> None:
    thread = _thread(ask)
    ask.need(thread, Permission.SEND_MESSAGES_IN_THREADS)
    if thread.thread["archived"]:
        raise Refused(400, 50083, "Thread is archived")
    member = ask.member()
    if (
        not in_channel(ask.guild, member, ask.guild.channels[thread.parent_id or ""])
        & Permission.VIEW_CHANNEL
    ):
        raise Refused(403, 50001, "Missing Access")
    happening.let_into_thread(ask.discord, thread, member)


@route("delete_thread_member")
def delete_thread_member(ask: Ask) -> None:
    thread = _thread(ask)
    ask.need(thread, Permission.MANAGE_THREADS)
    happening.put_out_of_thread(ask.discord, thread, ask.user(ask.path["user_id"]))


@route("list_thread_members")
def list_thread_members(ask: Ask) -> Any:
    thread, now = _thread(ask), ask.guild.timestamp()
    return [happening.thread_member(thread, ask.guild.members[one], now) for one in thread.thread_members]


@route("get_active_guild_threads")
def list_active_threads(ask: Ask) -> Any:
    ask.need_in_guild()
    seen = [one for one in ask.guild.list_threads() if ask.may(one, Permission.VIEW_CHANNEL)]
    return {"threads": [ask.guild.channel_json(one) for one in seen], "members": [], "has_more": False}


@route("list_public_archived_threads", "list_private_archived_threads")
def list_archived_threads(ask: Ask) -> Any:
    parent = ask.channel(Permission.READ_MESSAGE_HISTORY)
    type_ = PRIVATE_THREAD if "private" in ask.route else PUBLIC_THREAD
    found = [
        one
        for one in ask.guild.channels.values()
        if one.parent_id == parent.id and one.type == type_ and one.thread["archived"]
    ]
    return {"threads": [ask.guild.channel_json(one) for one in found], "members": [], "has_more": False}


# direct conversations


@route("create_dm")
def create_dm(ask: Ask) -> Any:
    person = ask.user(str(ask.body.get("recipient_id")))
    if person.bot:
        raise Refused(400, 50007, "Cannot send messages to this user")
    return ask.guild.channel_json(ask.guild.open_direct(person))
