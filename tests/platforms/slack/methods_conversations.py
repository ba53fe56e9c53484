"""conversations.*: making channels, who is in them, what they are called."""

from __future__ import annotations

import re
import time

from tests.platforms.slack.answers import Ask, Refused, method, paged
from tests.platforms.slack.things import Channel, Json

RESERVED = {
    "archive",
    "archived",
    "archives",
    "all",
    "channel",
    "channels",
    "create",
    "delete",
    "here",
    "everyone",
    "slack",
}


def check_name(ask: Ask, name: str, own: Channel | None = None) -> None:
    """Refuse a channel name that Slack would refuse."""
    if not name:
        raise Refused("invalid_name_required")
    if len(name) > 80:
        raise Refused("invalid_name_maxlength")
    if not re.search(r"[^\W_]", name):
        raise Refused("invalid_name_punctuation")
    # Letters of other alphabets are fine, capitals, spaces and most punctuation are not.
    if name != name.lower() or not re.fullmatch(r"[\w-]+", name):
        raise Refused("invalid_name_specials")
    if name in RESERVED:
        raise Refused("invalid_name")
    # An archived or private channel keeps its name, too.
    if ask.workspace.find_channel(name) not in (None, own):
        raise Refused("name_taken")


@method("conversations.create")
async def create(ask: Ask) -> Json:
    private = ask.flag("is_private")
    ask.need_scope("groups:write" if private else "channels:manage")
    name = ask.text("name")
    check_name(ask, name)
    channel = ask.workspace.add_channel(name, ask.actor, [ask.actor], private)
    shown = {"id": channel.id, "name": name, "created": channel.created, "creator": ask.actor}
    if not private:
        ask.tell("channel_created", channel=shown)
    ask.tell(
        "member_joined_channel",
        user=ask.actor,
        channel=channel.id,
        channel_type="G" if private else "C",
        team=channel.team_id,
    )
    return {"channel": channel.to_json(ask.actor)}


@method("conversations.invite")
async def invite(ask: Ask) -> Json:
    known = ask.workspace.channels.get(ask.text("channel"))
    is_private = known is not None and known.is_private
    if is_private:
        ask.need_scope("groups:write", "groups:write.invites")
    else:
        ask.need_scope("channels:manage", "channels:write.invites")
    channel = ask.channel()
    if channel.is_im:
        raise Refused("method_not_supported_for_channel_type")
    ask.member_of(channel)
    wanted = ask.listed("users")
    if not wanted:
        raise Refused("no_user")
    if len(wanted) > 100:
        raise Refused("too_many_users")
    faults = {user: fault for user in wanted if (fault := find_invite_fault(ask, channel, user))}
    listed = [{"user": user, "ok": False, "error": fault} for user, fault in faults.items()]
    # One wrong person keeps all the others out, unless the call is forced.
    if faults and (not ask.flag("force") or len(faults) == len(wanted)):
        raise Refused(listed[0]["error"], errors=listed)  # type: ignore[arg-type]
    for user in wanted:
        if user not in faults:
            enter(ask, channel, user, inviter=ask.actor)
    return {"channel": channel.to_json(ask.actor), **({"errors": listed} if listed else {})}


def find_invite_fault(ask: Ask, channel: Channel, user_id: str) -> str | None:
    """Why this person can't be invited."""
    user = ask.workspace.users.get(user_id)
    if user is None:
        return "user_not_found"
    if user_id == ask.actor:
        return "cant_invite_self"
    if user_id in channel.members:
        return "already_in_channel"
    if user.deleted or user.stranger:
        return "cant_invite"
    if user.guest:
        is_somewhere = any(user_id in one.members for one in ask.workspace.channels.values() if not one.is_im)
        return "ura_max_channels" if is_somewhere else "user_is_restricted"
    return None


def enter(ask: Ask, channel: Channel, user: str, inviter: str | None = None) -> None:
    """Somebody comes in."""
    channel.members.append(user)
    ask.tell(
        "member_joined_channel",
        user=user,
        channel=channel.id,
        channel_type="G" if channel.is_private else "C",
        team=channel.team_id,
        **({"inviter": inviter} if inviter else {}),
    )


def exit_(ask: Ask, channel: Channel, user: str) -> None:
    """Somebody goes out."""
    channel.members.remove(user)
    ask.tell(
        "member_left_channel",
        user=user,
        channel=channel.id,
        channel_type="G" if channel.is_private else "C",
        team=channel.team_id,
    )


@method("conversations.join", "channels:join")
async def join(ask: Ask) -> Json:
    channel = ask.channel()
    if channel.is_private or channel.is_im:
        raise Refused("method_not_supported_for_channel_type")
    if ask.actor in channel.members:
        warning = {"warning": "already_in_channel", "response_metadata": {"warnings": ["already_in_channel"]}}
        return {"channel": channel.to_json(ask.actor), **warning}
    enter(ask, channel, ask.actor)
    return {"channel": channel.to_json(ask.actor)}


@method("conversations.leave")
async def leave(ask: Ask) -> Json:
    channel = ask.manage()
    if channel.name == "general":
        raise Refused("cant_leave_general")
    if ask.actor not in channel.members:
        return {"not_in_channel": True}
    exit_(ask, channel, ask.actor)
    return {}


@method("conversations.kick")
async def kick(ask: Ask) -> Json:
    channel = ask.manage()
    user = ask.user()
    ask.member_of(channel)
    if user.id == ask.actor:
        raise Refused("cant_kick_self")
    if channel.name == "general":
        raise Refused("cant_kick_from_general")
    if user.id not in channel.members:
        raise Refused("not_in_channel")
    exit_(ask, channel, user.id)
    return {"errors": {}}


@method("conversations.rename")
async def rename(ask: Ask) -> Json:
    channel = ask.manage()
    ask.member_of(channel)
    name = ask.text("name")
    check_name(ask, name, channel)
    if channel.creator != ask.actor:
        raise Refused("not_authorized")
    channel.previous_names.insert(0, channel.name)
    channel.name = name
    ask.tell(
        "group_rename" if channel.is_private else "channel_rename",
        channel={"id": channel.id, "name": name, "created": channel.created},
    )
    return {"channel": channel.to_json(ask.actor)}


@method("conversations.archive")
async def archive(ask: Ask) -> Json:
    channel = ask.manage(closed=True)
    if channel.is_archived:
        raise Refused("already_archived")
    if channel.name == "general":
        raise Refused("cant_archive_general")
    ask.member_of(channel)
    close(ask, channel)
    return {}


def close(ask: Ask, channel: Channel) -> None:
    """Archive it; apps leave a channel that is archived."""
    channel.is_archived = True
    if ask.workspace.bot_user in channel.members:
        channel.members.remove(ask.workspace.bot_user)
    kind = "group_archive" if channel.is_private else "channel_archive"
    ask.tell(kind, channel=channel.id, user=ask.actor)


@method("conversations.unarchive")
async def unarchive(ask: Ask) -> Json:
    channel = ask.manage(closed=True)
    if not channel.is_archived:
        raise Refused("not_archived")
    # A known fault of Slack: the bot has left, so that its own token can't bring the channel back.
    if ask.is_bot:
        raise Refused("not_in_channel")
    channel.is_archived = False
    if ask.actor not in channel.members:  # "The calling user is added to the conversation."
        channel.members.append(ask.actor)
    kind = "group_unarchive" if channel.is_private else "channel_unarchive"
    ask.tell(kind, channel=channel.id, user=ask.actor)
    return {}


async def _describe(ask: Ask, what: str) -> Json:
    known = ask.workspace.channels.get(ask.text("channel"))
    kind = "groups" if known is not None and known.is_private else "channels"
    write = "groups:write" if kind == "groups" else "channels:manage"
    ask.need_scope(write, f"{kind}:write.topic")
    channel = ask.channel()
    ask.member_of(channel)
    value = ask.text(what)
    if len(value) > 250:
        raise Refused("too_long")
    about = {"value": value, "creator": ask.actor, "last_set": int(time.time())}
    setattr(channel, what, about)
    return {what: value, "channel": channel.to_json(ask.actor)}


@method("conversations.setTopic")
async def set_topic(ask: Ask) -> Json:
    return await _describe(ask, "topic")


@method("conversations.setPurpose")
async def set_purpose(ask: Ask) -> Json:
    return await _describe(ask, "purpose")


@method("conversations.info")
async def info(ask: Ask) -> Json:
    channel = ask.channel("read", closed=True)
    return {"channel": channel.to_json(ask.actor, with_count=ask.flag("include_num_members"))}


def find_seen(ask: Ask) -> list[Channel]:
    """The channels of the asked types that the actor may see."""
    kinds = {"public_channel": "channels", "private_channel": "groups", "im": "im", "mpim": "mpim"}
    types = ask.listed("types") or ["public_channel"]
    if not set(types) <= set(kinds):
        raise Refused("invalid_types")
    for one in types:
        ask.need_scope(f"{kinds[one]}:read")
    wanted = {kinds[one] for one in types}
    return [
        channel
        for channel in ask.workspace.channels.values()
        if channel.kind in wanted
        and not channel.is_deleted
        and (channel.kind == "channels" or ask.actor in channel.members)
    ]


def page_of_channels(ask: Ask, channels: list[Channel]) -> Json:
    """A page may be short or even empty, and still lead to another: what is archived is left out afterwards."""
    page, metadata = paged(ask, channels, 100, 1000)
    if ask.flag("exclude_archived"):
        page = [channel for channel in page if not channel.is_archived]
    shown = [channel.to_json(ask.actor, with_count=True) for channel in page]
    return {"channels": shown, "response_metadata": metadata}


@method("conversations.list")
async def list_(ask: Ask) -> Json:
    return page_of_channels(ask, find_seen(ask))


@method("users.conversations")
async def of_user(ask: Ask) -> Json:
    user = ask.text("user") or ask.actor
    return page_of_channels(ask, [channel for channel in find_seen(ask) if user in channel.members])


@method("conversations.members")
async def members(ask: Ask) -> Json:
    channel = ask.channel("read", closed=True)
    page, metadata = paged(ask, channel.members, 100, 1000)
    return {"members": page, "response_metadata": metadata}


@method("conversations.open", "im:write")
async def open_(ask: Ask) -> Json:
    if ask.text("channel"):
        channel = ask.channel()
        return {"channel": {"id": channel.id}, "no_op": True, "already_open": True}
    wanted = ask.listed("users")
    if not wanted:
        raise Refused("users_list_not_supplied")
    if len(wanted) > 1:
        ask.need_scope("mpim:write")
        raise Refused("not_enough_users" if len(wanted) == 1 else "method_not_supported_for_channel_type")
    user = ask.workspace.users.get(wanted[0])
    if user is None:
        raise Refused("user_not_found")
    if user.deleted:
        raise Refused("user_disabled")
    if user.bot:
        raise Refused("cannot_dm_bot")
    channel, is_new = ask.workspace.open_direct(user)
    shown = channel.to_json(ask.actor) if ask.flag("return_im") else {"id": channel.id}
    return {"channel": shown, **({} if is_new else {"no_op": True, "already_open": True})}
