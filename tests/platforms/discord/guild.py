"""What a Discord guild holds: its members, roles, channels, messages, commands and webhooks.

Plain state with the questions that several routes ask. It knows no wire and no rules about who may do what.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from tests.platforms.discord.permissions import BOT, PEOPLE
from tests.platforms.discord.things import CATEGORY, DIRECT, TEXT, Channel, Json, Member, Message, Role

DISCORD_EPOCH = 1_420_070_400_000
FILE_SECONDS = 86_400


class Guild:
    """One guild and everything in it, and the direct conversations of its bot."""

    def __init__(self) -> None:
        self._last_id = 0
        self._secret = secrets.token_bytes(16)
        self.now: Callable[[], float] = time.time
        self.id = self.new_id()
        self.name = "Tocsin test"
        self.everyone = Role(self.id, "@everyone", 0, 0)
        self.roles: dict[str, Role] = {self.id: self.everyone}
        self.people = self.add_role("Members", PEOPLE)
        self.members: dict[str, Member] = {}
        self.channels: dict[str, Channel] = {}
        self.ephemerals: list[Message] = []
        self.commands: dict[str | None, dict[str, Json]] = {None: {}, self.id: {}}
        self.webhooks: dict[str, Json] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.cdn = ""
        self.most_channels, self.most_pins = 500, 250
        self.owner = self.add_member("owner")
        self.application_id = self.new_id()
        self.bot_role = self.add_role("Tocsin", BOT, managed=True)
        self.bot = self._add(Member(self.application_id, "tocsin", self.timestamp(), bot=True))
        self.bot.roles.append(self.bot_role.id)

    def new_id(self) -> str:
        """A snowflake, later than every earlier one."""
        milliseconds = int(self.now() * 1000) - DISCORD_EPOCH
        self._last_id = max(milliseconds << 22, self._last_id + 1)
        return str(self._last_id)

    @staticmethod
    def moment_of(snowflake: str) -> float:
        """When an id was made, in seconds."""
        return ((int(snowflake) >> 22) + DISCORD_EPOCH) / 1000

    def timestamp(self) -> str:
        """The time now in Discord's writing."""
        return datetime.fromtimestamp(self.now(), UTC).isoformat(timespec="microseconds")

    # who

    def add_member(self, name: str, **about: Any) -> Member:
        member = Member(self.new_id(), name, self.timestamp(), **about)
        member.roles.append(self.people.id)
        return self._add(member)

    def _add(self, member: Member) -> Member:
        self.members[member.id] = member
        return member

    def add_role(self, name: str, permissions: int = 0, **about: Any) -> Role:
        role = Role(self.new_id(), name, permissions, len(self.roles), **about)
        self.roles[role.id] = role
        if hasattr(self, "bot_role"):  # the bot's role stays the highest, so that it may hand out all others
            role.position, self.bot_role.position = self.bot_role.position, role.position
        return role

    def roles_of(self, member: Member) -> list[Role]:
        """The roles that were given to a member."""
        return [self.roles[one] for one in member.roles if one in self.roles]

    @property
    def present(self) -> list[Member]:
        """Who is in the guild."""
        return [member for member in self.members.values() if member.is_present]

    # where

    def add_channel(self, name: str, type_: int = TEXT, **about: Any) -> Channel:
        channel = Channel(self.new_id(), self.id, name, type_, position=len(self.channels), **about)
        self.channels[channel.id] = channel
        return channel

    def list_channels(self) -> list[Channel]:
        """The channels and categories that are there, without threads and direct conversations."""
        return [one for one in self.channels.values() if not (one.is_direct or one.is_thread)]

    def list_threads(self) -> list[Channel]:
        """The threads that are open."""
        return [one for one in self.channels.values() if one.is_thread and not one.thread["archived"]]

    def find_channel(self, name: str) -> Channel | None:
        """A channel by its name; a category only when no channel bears it."""
        named = [one for one in self.list_channels() if one.name == name]
        return min(named, key=lambda one: one.type == CATEGORY, default=None)

    def open_direct(self, member: Member) -> Channel:
        """The bot's conversation with this person."""
        for channel in self.channels.values():
            if channel.recipient == member.id:
                return channel
        return self.add_channel("", DIRECT, recipient=member.id)

    def drop_channel(self, channel: Channel) -> None:
        """Forget a channel and its threads; channels of a category lose their category."""
        self.channels.pop(channel.id)
        channel.is_deleted = True
        for other in list(self.channels.values()):
            if other.parent_id == channel.id:
                if other.is_thread:
                    self.drop_channel(other)
                else:
                    other.parent_id = None

    # what

    def channel_json(self, channel: Channel) -> Json:
        recipient = self.members[channel.recipient] if channel.recipient else None
        return channel.to_json(recipient)

    def message_json(self, message: Message, sees_content: bool = True) -> Json:
        """A message as the bot sees it, with or without the message content intent."""
        is_its_own = message.author is self.bot or self.bot in message.mentions or message.channel.is_direct
        body = message.to_json(self.bot.id, sees_content or is_its_own)
        body["attachments"] = [self._signed(message, one) for one in body["attachments"]]
        return body

    def _signed(self, message: Message, attachment: Json) -> Json:
        """An attachment with its address, which is good for a day from now."""
        until = f"{int(self.now()) + FILE_SECONDS:x}"
        path = f"{message.channel.id}/{attachment['id']}/{quote(attachment['filename'])}"
        url = f"{self.cdn}/attachments/{path}?ex={until}&is={int(self.now()):x}&hm={self.sign(attachment['id'], until)}"
        return {**attachment, "url": url, "proxy_url": url}

    def sign(self, attachment_id: str, until: str) -> str:
        return hmac.new(self._secret, f"{attachment_id}/{until}".encode(), "sha256").hexdigest()

    def keep_file(self, name: str, kind: str, content: bytes) -> Json:
        """A file that is attached to a message: the attachment without its address."""
        attachment_id = self.new_id()
        self.files[attachment_id] = (kind, content)
        return {"id": attachment_id, "filename": name, "size": len(content), "content_type": kind}

    def event_json(self, message: Message, sees_content: bool = True) -> Json:
        """A message as in MESSAGE_CREATE and MESSAGE_UPDATE: with its nonce, which history does not have."""
        body = self.message_json(message, sees_content)
        if message.nonce is not None:
            body["nonce"] = message.nonce
        if not message.channel.is_direct:
            body["guild_id"] = self.id
            if message.webhook_id is None:
                body["member"] = message.author.to_member(with_user=False)
        return body

    def new_webhook(self, channel: Channel, name: str) -> Json:
        webhook: Json = {
            "id": self.new_id(),
            "type": 1,
            "guild_id": self.id,
            "channel_id": channel.id,
            "name": name,
            "avatar": None,
            "application_id": None,
            "token": secrets.token_urlsafe(32),
            "user": self.bot.to_user(),
            "url": "",
        }
        self.webhooks[webhook["id"]] = webhook
        return webhook

    def to_json(self) -> Json:
        """The guild object of REST."""
        return {
            "id": self.id,
            "name": self.name,
            "icon": None,
            "description": None,
            "home_header": None,
            "splash": None,
            "discovery_splash": None,
            "features": [],
            "banner": None,
            "owner_id": self.owner.id,
            "application_id": None,
            "region": "deprecated",
            "afk_channel_id": None,
            "afk_timeout": 300,
            "system_channel_id": None,
            "system_channel_flags": 0,
            "widget_enabled": False,
            "widget_channel_id": None,
            "verification_level": 0,
            "roles": [role.to_json(self.bot.id) for role in self.roles.values()],
            "default_message_notifications": 0,
            "mfa_level": 0,
            "explicit_content_filter": 0,
            "max_presences": None,
            "max_members": 500000,
            "max_stage_video_channel_users": 50,
            "max_video_channel_users": 25,
            "vanity_url_code": None,
            "premium_tier": 0,
            "premium_subscription_count": 0,
            "preferred_locale": "en-US",
            "rules_channel_id": None,
            "safety_alerts_channel_id": None,
            "public_updates_channel_id": None,
            "premium_progress_bar_enabled": False,
            "premium_progress_bar_enabled_user_updated_at": None,
            "nsfw": False,
            "nsfw_level": 0,
            "emojis": [],
            "stickers": [],
            "incidents_data": None,
            "inventory_settings": None,
            "embed_enabled": False,
            "embed_channel_id": None,
        }
