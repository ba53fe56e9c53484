"""What happens in a guild, whoever does it: what there is changes, and the bot hears of it."""

from __future__ import annotations

from typing import Any

from tests.platforms.discord.answers import Discord
from tests.platforms.discord.things import (
    PUBLIC_THREAD,
    TEXT,
    Channel,
    Json,
    Member,
    Message,
    emoji_json,
)

PINNED, THREAD_MADE = 6, 18
HAS_THREAD = 1 << 5


def post(discord: Discord, message: Message) -> None:
    """A message appears."""
    message.channel.messages.append(message)
    discord.tell_message("MESSAGE_CREATE", message)


def change(discord: Discord, message: Message, **what: Any) -> None:
    """A message reads differently from now on."""
    for name, value in what.items():
        setattr(message, name, value)
    message.edited_at = discord.guild.timestamp()
    if message.ephemeral_for is None:
        discord.tell_message("MESSAGE_UPDATE", message)


def remove(discord: Discord, message: Message) -> None:
    """A message is gone."""
    message.is_deleted = True
    if message in discord.guild.ephemerals:
        discord.guild.ephemerals.remove(message)
        return
    message.channel.messages.remove(message)
    body = {"id": message.id, "channel_id": message.channel.id}
    discord.tell("MESSAGE_DELETE", body | in_guild(discord, message.channel), message.channel)


def in_guild(discord: Discord, channel: Channel) -> Json:
    """What events say about the guild of a channel."""
    return {} if channel.is_direct else {"guild_id": discord.guild.id}


def react(discord: Discord, member: Member, message: Message, emoji: str) -> None:
    """Somebody reacts, once."""
    users = message.reactions.setdefault(emoji, [])
    if member.id not in users:
        users.append(member.id)
        about = _about_reaction(discord, member, message, emoji)
        if not message.channel.is_direct:
            about["member"] = member.to_member()
        discord.tell(
            "MESSAGE_REACTION_ADD", about | {"message_author_id": message.author.id}, message.channel
        )


def unreact(discord: Discord, member: Member, message: Message, emoji: str) -> None:
    """Somebody takes their reaction back."""
    users = message.reactions.get(emoji, [])
    if member.id in users:
        users.remove(member.id)
        if not users:
            del message.reactions[emoji]
        about = _about_reaction(discord, member, message, emoji)
        discord.tell("MESSAGE_REACTION_REMOVE", about, message.channel)


def _about_reaction(discord: Discord, member: Member, message: Message, emoji: str) -> Json:
    return {
        "user_id": member.id,
        "message_id": message.id,
        "channel_id": message.channel.id,
        "emoji": emoji_json(emoji),
        "burst": False,
        "type": 0,
        **in_guild(discord, message.channel),
    }


def pin(discord: Discord, member: Member, message: Message) -> None:
    """A message is pinned, and the channel says so."""
    if message.pinned_at is not None:
        return
    message.pinned_at = discord.guild.timestamp()
    discord.tell_message("MESSAGE_UPDATE", message)
    _tell_pins(discord, message.channel)
    said = Message(discord.guild.new_id(), message.channel, member, message.pinned_at, type=PINNED)
    said.reference = {"type": 0, "channel_id": message.channel.id, "message_id": message.id}
    post(discord, said)


def unpin(discord: Discord, message: Message) -> None:
    message.pinned_at = None
    discord.tell_message("MESSAGE_UPDATE", message)
    _tell_pins(discord, message.channel)


def _tell_pins(discord: Discord, channel: Channel) -> None:
    newest = next((message.pinned_at for message in channel.pins), None)
    about = {"channel_id": channel.id, "last_pin_timestamp": newest}
    discord.tell("CHANNEL_PINS_UPDATE", about | in_guild(discord, channel), channel)


def add_channel(discord: Discord, name: str, type_: int = TEXT, **about: Any) -> Channel:
    """A channel or a category appears."""
    channel = discord.guild.add_channel(name, type_, **about)
    discord.tell("CHANNEL_CREATE", discord.guild.channel_json(channel))
    return channel


def change_channel(discord: Discord, channel: Channel, **what: Any) -> None:
    """A channel or a thread is called or set up differently. Bots hear that of channels, too, that they don't see."""
    for name, value in what.items():
        setattr(channel, name, value)
    if channel.is_thread:
        discord.tell("THREAD_UPDATE", discord.guild.channel_json(channel), channel)
    else:
        discord.tell("CHANNEL_UPDATE", discord.guild.channel_json(channel))


def drop_channel(discord: Discord, channel: Channel) -> None:
    """A channel, a category or a thread is deleted."""
    body = discord.guild.channel_json(channel)
    if channel.is_thread:
        about = {name: body[name] for name in ("id", "guild_id", "parent_id", "type")}
        discord.tell("THREAD_DELETE", about, channel)
    else:
        discord.tell("CHANNEL_DELETE", body)
    discord.guild.drop_channel(channel)


def open_thread(
    discord: Discord,
    owner: Member,
    parent: Channel,
    name: str,
    message: Message | None = None,
    type_: int = PUBLIC_THREAD,
    minutes: int = 4320,
) -> Channel:
    """A thread begins, under a message or by itself."""
    guild, now = discord.guild, discord.guild.timestamp()
    about: Json = {
        "archived": False,
        "auto_archive_duration": minutes,
        "archive_timestamp": now,
        "locked": False,
        "create_timestamp": now,
    }
    thread = guild.add_channel(
        name,
        type_,
        parent_id=parent.id,
        owner_id=owner.id,
        thread=about,
        thread_members=[owner.id],
    )
    if message is not None:
        del guild.channels[thread.id]
        thread.id = message.id
        guild.channels[thread.id] = thread
        message.thread, message.flags = thread, message.flags | HAS_THREAD
    discord.tell("THREAD_CREATE", guild.channel_json(thread) | {"newly_created": True}, thread)
    if message is not None:
        discord.tell_message("MESSAGE_UPDATE", message)
    elif type_ == PUBLIC_THREAD:
        said = Message(guild.new_id(), parent, owner, now, content=name, type=THREAD_MADE)
        said.reference = {"type": 0, "channel_id": thread.id}
        post(discord, said)
    return thread


def let_into_thread(discord: Discord, thread: Channel, member: Member) -> None:
    """Somebody follows a thread from now on."""
    if member.id not in thread.thread_members:
        thread.thread_members.append(member.id)
        _tell_thread_members(discord, thread, added=[member])


def put_out_of_thread(discord: Discord, thread: Channel, member: Member) -> None:
    if member.id in thread.thread_members:
        thread.thread_members.remove(member.id)
        _tell_thread_members(discord, thread, removed=[member.id])


def _tell_thread_members(
    discord: Discord, thread: Channel, added: list[Member] | None = None, removed: list[str] | None = None
) -> None:
    guild = discord.guild
    body: Json = {"id": thread.id, "guild_id": guild.id, "member_count": len(thread.thread_members)}
    if added:
        body["added_members"] = [
            thread_member(thread, one, guild.timestamp())
            | {"member": one.to_member() | {"user": one.to_user()}}
            for one in added
        ]
    if removed:
        body["removed_member_ids"] = removed
    discord.tell("THREAD_MEMBERS_UPDATE", body, thread)


def thread_member(thread: Channel, member: Member, since: str) -> Json:
    """The thread member object."""
    return {"id": thread.id, "user_id": member.id, "join_timestamp": since, "flags": 0}


def change_member(discord: Discord, member: Member) -> None:
    """The bot hears what a member is now: name, roles."""
    discord.tell("GUILD_MEMBER_UPDATE", member.to_member() | {"guild_id": discord.guild.id})
