"""Discord's permissions, and who may do what in a channel.

The order of rules is that of https://docs.discord.com/developers/topics/permissions: the guild's roles first, then the
channel's overwrites for everyone, for roles, for the member.
"""

from __future__ import annotations

from enum import IntFlag
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.platforms.discord.guild import Guild
    from tests.platforms.discord.things import Channel, Member, Overwrite


class Permission(IntFlag):
    """The bits that an incident bot can meet."""

    CREATE_INSTANT_INVITE = 1 << 0
    KICK_MEMBERS = 1 << 1
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    CHANGE_NICKNAME = 1 << 26
    MANAGE_NICKNAMES = 1 << 27
    MANAGE_ROLES = 1 << 28
    MANAGE_WEBHOOKS = 1 << 29
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38
    PIN_MESSAGES = 1 << 51


ALL = reduce(or_, Permission)
PEOPLE = (
    Permission.ADD_REACTIONS
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.CHANGE_NICKNAME
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.SEND_MESSAGES_IN_THREADS
)
BOT = ALL & ~(
    Permission.ADMINISTRATOR
    | Permission.KICK_MEMBERS
    | Permission.MANAGE_GUILD
    | Permission.MENTION_EVERYONE
    | Permission.MANAGE_NICKNAMES
)


def in_guild(guild: Guild, member: Member) -> int:
    """What a member's roles permit everywhere."""
    if member.id == guild.owner.id:
        return ALL
    granted = guild.everyone.permissions
    for role in guild.roles_of(member):
        granted |= role.permissions
    return ALL if granted & Permission.ADMINISTRATOR else granted


def in_channel(guild: Guild, member: Member, channel: Channel) -> int:
    """What a member may do in a channel; nothing when they may not see it."""
    if channel.is_direct:
        is_of_it = member.id in (channel.recipient, guild.bot.id)
        return ALL & ~Permission.MANAGE_CHANNELS if is_of_it else 0
    if not member.is_present:
        return 0
    granted = in_guild(guild, member)
    if granted == ALL:
        return ALL
    if channel.is_thread:
        channel = guild.channels[channel.parent_id or ""]
    granted = _overwritten(granted, [channel.overwrites.get(guild.id)])
    granted = _overwritten(granted, [channel.overwrites.get(role.id) for role in guild.roles_of(member)])
    granted = _overwritten(granted, [channel.overwrites.get(member.id)])
    return granted if granted & Permission.VIEW_CHANNEL else 0


def _overwritten(granted: int, overwrites: list[Overwrite | None]) -> int:
    """Denials of one rank first, then what the same rank allows."""
    known = [one for one in overwrites if one is not None]
    for one in known:
        granted &= ~one.deny
    for one in known:
        granted |= one.allow
    return granted
