"""The things of a Discord guild: members, roles, channels, messages, and how each is written in JSON.

Plain state. It knows no wire and no rules about who may do what.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.platforms.discord.showing import find_texts

Json = dict[str, Any]

TEXT, DIRECT, VOICE, CATEGORY, PUBLIC_THREAD, PRIVATE_THREAD = 0, 1, 2, 4, 11, 12
EPHEMERAL, LOADING, COMPONENTS_V2 = 1 << 6, 1 << 7, 1 << 15


@dataclass(eq=False)
class Member:
    """An account, and what it is in the guild."""

    id: str
    name: str
    joined_at: str
    global_name: str | None = None
    nick: str | None = None
    bot: bool = False
    accepts_direct: bool = True
    is_present: bool = True
    roles: list[str] = field(default_factory=list)

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"

    @property
    def shown_name(self) -> str:
        return self.nick or self.global_name or self.name

    def to_user(self) -> Json:
        """The user object. Bots never see an e-mail address."""
        return {
            "id": self.id,
            "username": self.name,
            "avatar": None,
            "discriminator": "0000" if self.bot else "0",
            "public_flags": 0,
            "flags": 0,
            "bot": self.bot,
            "global_name": self.global_name,
            "avatar_decoration_data": None,
            "primary_guild": None,
        }

    def to_member(self, with_user: bool = True) -> Json:
        """The guild member object."""
        return {
            **({"user": self.to_user()} if with_user else {}),
            "avatar": None,
            "banner": None,
            "communication_disabled_until": None,
            "flags": 0,
            "joined_at": self.joined_at,
            "nick": self.nick,
            "pending": False,
            "premium_since": None,
            "roles": list(self.roles),
            "mute": False,
            "deaf": False,
        }


@dataclass(eq=False)
class Role:
    """A role of the guild; the one that everybody has bears the guild's id."""

    id: str
    name: str
    permissions: int
    position: int
    managed: bool = False
    mentionable: bool = False

    @property
    def mention(self) -> str:
        return f"<@&{self.id}>"

    def to_json(self, bot_id: str) -> Json:
        return {
            "id": self.id,
            "name": self.name,
            "permissions": str(int(self.permissions)),
            "position": self.position,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "managed": self.managed,
            "mentionable": self.mentionable,
            "icon": None,
            "unicode_emoji": None,
            "flags": 0,
            **({"tags": {"bot_id": bot_id}} if self.managed else {}),
        }


@dataclass(frozen=True)
class Overwrite:
    """What a channel allows or denies to a role (type 0) or a member (type 1)."""

    id: str
    type: int
    allow: int
    deny: int

    def to_json(self) -> Json:
        return {
            "id": self.id,
            "type": self.type,
            "allow": str(int(self.allow)),
            "deny": str(int(self.deny)),
        }


@dataclass(eq=False)
class Channel:
    """A text channel, a category, a thread, or a direct conversation with the bot."""

    id: str
    guild_id: str
    name: str
    type: int = TEXT
    parent_id: str | None = None
    topic: str | None = None
    position: int = 0
    overwrites: dict[str, Overwrite] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list, repr=False)
    recipient: str | None = None
    owner_id: str | None = None
    thread: Json = field(default_factory=dict)
    thread_members: list[str] = field(default_factory=list)
    renamed_at: list[float] = field(default_factory=list, repr=False)
    is_deleted: bool = False

    @property
    def is_direct(self) -> bool:
        return self.type == DIRECT

    @property
    def is_thread(self) -> bool:
        return self.type in (PUBLIC_THREAD, PRIVATE_THREAD)

    @property
    def mention(self) -> str:
        return f"<#{self.id}>"

    @property
    def pins(self) -> list[Message]:
        """The pinned messages, the newest pin first."""
        pinned = [message for message in self.messages if message.pinned_at]
        return sorted(pinned, key=lambda message: message.pinned_at or "", reverse=True)

    def find_message(self, message_id: str) -> Message | None:
        return next((message for message in reversed(self.messages) if message.id == message_id), None)

    def to_json(self, recipient: Member | None = None) -> Json:
        """The channel object of REST and of events."""
        body: Json = {
            "id": self.id,
            "type": self.type,
            "flags": 0,
            "last_message_id": self.messages[-1].id if self.messages else None,
        }
        if recipient is not None:
            return {**body, "recipients": [recipient.to_user()]}
        body |= {
            "guild_id": self.guild_id,
            "name": self.name,
            "parent_id": self.parent_id,
            "rate_limit_per_user": 0,
        }
        if self.is_thread:
            return {
                **body,
                "owner_id": self.owner_id,
                "thread_metadata": dict(self.thread),
                "message_count": len(self.messages),
                "member_count": len(self.thread_members),
                "total_message_sent": len(self.messages),
            }
        return {
            **body,
            "topic": self.topic,
            "position": self.position,
            "nsfw": False,
            "permission_overwrites": [one.to_json() for one in self.overwrites.values()],
        }


@dataclass(eq=False)
class Message:
    """A message in a channel, or one that a single person sees for a while."""

    id: str
    channel: Channel = field(repr=False)
    author: Member = field(repr=False)
    timestamp: str
    content: str = ""
    type: int = 0
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    mentions: list[Member] = field(default_factory=list, repr=False)
    mention_roles: list[str] = field(default_factory=list)
    mention_everyone: bool = False
    reference: Json | None = None
    replied_to: Message | None = field(default=None, repr=False)
    interaction: Json | None = None
    application_id: str | None = None
    webhook_id: str | None = None
    nonce: str | int | None = None
    flags: int = 0
    edited_at: str | None = None
    pinned_at: str | None = None
    ephemeral_for: str | None = None
    thread: Channel | None = field(default=None, repr=False)
    is_deleted: bool = False

    @property
    def words(self) -> str:
        """Every text that a person sees in it, in order, one per line."""
        return "\n".join(filter(None, [self.content, *find_texts(self.embeds), *find_texts(self.components)]))

    @property
    def is_loading(self) -> bool:
        """Whether people see that the bot is still thinking."""
        return bool(self.flags & LOADING)

    def to_json(self, bot_id: str, with_content: bool = True) -> Json:
        """The message object; without the message content intent it is empty of what people wrote. A nonce is only in the
        answer to a post and in its event."""
        body: Json = {
            "id": self.id,
            "type": self.type,
            "channel_id": self.channel.id,
            "author": self.author.to_user(),
            "content": self.content if with_content else "",
            "timestamp": self.timestamp,
            "edited_timestamp": self.edited_at,
            "tts": False,
            "mention_everyone": self.mention_everyone,
            "mentions": [member.to_user() for member in self.mentions],
            "mention_roles": list(self.mention_roles),
            "attachments": self.attachments if with_content else [],
            "embeds": self.embeds if with_content else [],
            "components": self.components if with_content else [],
            "pinned": self.pinned_at is not None,
            "flags": self.flags,
        }
        if self.reactions:
            body["reactions"] = [
                {
                    "emoji": emoji_json(emoji),
                    "count": len(users),
                    "count_details": {"burst": 0, "normal": len(users)},
                    "burst_colors": [],
                    "me_burst": False,
                    "me": bot_id in users,
                }
                for emoji, users in self.reactions.items()
            ]
        for name, value in (
            ("message_reference", self.reference),
            ("interaction_metadata", self.interaction),
            ("application_id", self.application_id),
            ("webhook_id", self.webhook_id),
        ):
            if value is not None:
                body[name] = value
        if self.type == 19:
            replied = self.replied_to
            is_there = replied is not None and not replied.is_deleted
            body["referenced_message"] = (
                replied.to_json(bot_id, with_content) if replied is not None and is_there else None
            )
        if self.thread is not None:
            body["thread"] = self.thread.to_json()
        return body


def emoji_json(emoji: str) -> Json:
    """A standard emoji, or one of the guild's own as `name:id`."""
    name, _, id_ = emoji.partition(":")
    return {"id": id_ or None, "name": name}
