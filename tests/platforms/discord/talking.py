"""What a person says and does in channels: each of it is an event that the bot may hear."""

from __future__ import annotations

from typing import Any

from tests.platforms.discord import happening
from tests.platforms.discord.answers import Discord
from tests.platforms.discord.limits import CONTENT
from tests.platforms.discord.permissions import Permission, in_channel, in_guild
from tests.platforms.discord.things import TEXT, Channel, Json, Member, Message, Overwrite, Role
from tests.platforms.discord.writing import channel_name, find_mentions

REPLY = 19


class NotPossible(AssertionError):
    """Discord would not let a person do this."""


class Talking(Discord):
    """A person's side of events."""

    def allow(self, user: Member, channel: Channel, *needed: Permission) -> None:
        """Raise unless this person may do all of this in the channel."""
        granted = in_channel(self.guild, user, channel)
        for one in (Permission.VIEW_CHANNEL, *needed):
            if not granted & one:
                raise NotPossible(f"{user.name} lacks {one.name} in {channel.name or 'the conversation'}")

    def see(self, user: Member, message: Message) -> None:
        """Raise unless this person sees the message."""
        is_hidden = message.ephemeral_for not in (None, user.id)
        if message.is_deleted or is_hidden or message.channel.is_deleted:
            raise NotPossible(f"{user.name} does not see this message")
        self.allow(user, message.channel)

    # messages

    async def say(
        self,
        user: Member,
        channel: Channel,
        text: str,
        reply_to: Message | None = None,
        files: list[tuple[str, str, bytes]] | None = None,
    ) -> Message:
        """Say something, perhaps as a reply, perhaps with files (name, type, content)."""
        write = Permission.SEND_MESSAGES_IN_THREADS if channel.is_thread else Permission.SEND_MESSAGES
        self.allow(user, channel, write, *([Permission.ATTACH_FILES] if files else []))
        if len(text) > CONTENT:
            raise NotPossible(f"A message has at most {CONTENT} characters")
        if channel.is_thread and channel.thread["archived"]:
            await self.unarchive(user, channel)
        guild = self.guild
        mentions = find_mentions(guild, user, channel, text, None)
        message = Message(
            guild.new_id(),
            channel,
            user,
            guild.timestamp(),
            content=text,
            attachments=[guild.keep_file(*one) for one in files or []],
            mentions=mentions.people,
            mention_roles=mentions.roles,
            mention_everyone=mentions.everyone,
        )
        if reply_to is not None:
            if reply_to.channel is not channel:
                raise NotPossible("A reply is in the channel of what it answers")
            message.type, message.replied_to = REPLY, reply_to
            message.reference = {"type": 0, "channel_id": channel.id, "message_id": reply_to.id}
            message.reference |= happening.in_guild(self, channel)
            if reply_to.author not in message.mentions:
                message.mentions.append(reply_to.author)
        happening.post(self, message)
        return message

    async def edit(self, user: Member, message: Message, text: str) -> None:
        """Change what one has said."""
        self.see(user, message)
        if message.author is not user:
            raise NotPossible(f"{user.name} did not say this")
        happening.change(self, message, content=text)

    async def delete(self, user: Member, message: Message) -> None:
        """Take back what was said; a moderator may do so for everybody, and each may hide what only they see."""
        self.see(user, message)
        if message.author is not user and message.ephemeral_for != user.id:
            self.allow(user, message.channel, Permission.MANAGE_MESSAGES)
        happening.remove(self, message)

    async def react(self, user: Member, message: Message, emoji: str) -> None:
        """Add a reaction."""
        self.see(user, message)
        if user.id in message.reactions.get(emoji, []) or message.ephemeral_for is not None:
            raise NotPossible(f"{user.name} can't react so")
        if emoji not in message.reactions:
            self.allow(user, message.channel, Permission.ADD_REACTIONS)
        happening.react(self, user, message, emoji)

    async def unreact(self, user: Member, message: Message, emoji: str) -> None:
        """Take a reaction back."""
        if user.id not in message.reactions.get(emoji, []):
            raise NotPossible(f"{user.name} did not react so")
        happening.unreact(self, user, message, emoji)

    async def pin(self, user: Member, message: Message) -> None:
        self.allow(user, message.channel, Permission.PIN_MESSAGES)
        happening.pin(self, user, message)

    async def unpin(self, user: Member, message: Message) -> None:
        self.allow(user, message.channel, Permission.PIN_MESSAGES)
        happening.unpin(self, message)

    # channels and threads

    async def create_channel(self, user: Member, name: str, type_: int = TEXT, **about: Any) -> Channel:
        self._allow_in_guild(user, Permission.MANAGE_CHANNELS)
        return happening.add_channel(self, channel_name(name, type_), type_, **about)

    async def rename(self, user: Member, channel: Channel, name: str) -> None:
        """Call a channel something else."""
        self.allow(user, channel, Permission.MANAGE_CHANNELS)
        happening.change_channel(self, channel, name=channel_name(name, channel.type))

    async def move(self, user: Member, channel: Channel, category: Channel | None) -> None:
        """Put a channel into a category, or out of all."""
        self.allow(user, channel, Permission.MANAGE_CHANNELS)
        happening.change_channel(self, channel, parent_id=category.id if category else None)

    async def delete_channel(self, user: Member, channel: Channel) -> None:
        """Delete a channel, a category or a thread with all that was said."""
        needed = Permission.MANAGE_THREADS if channel.is_thread else Permission.MANAGE_CHANNELS
        self.allow(user, channel, needed)
        happening.drop_channel(self, channel)

    async def let_in(self, user: Member, channel: Channel, who: Member | Role, *more: Permission) -> None:
        """Let somebody or a role see a channel."""
        self.allow(user, channel, Permission.MANAGE_ROLES)
        allow = int(Permission.VIEW_CHANNEL)
        for one in more:
            allow |= one
        overwrite = Overwrite(who.id, 1 if isinstance(who, Member) else 0, allow, 0)
        happening.change_channel(self, channel, overwrites={**channel.overwrites, who.id: overwrite})

    async def put_out(self, user: Member, channel: Channel, who: Member | Role) -> None:
        """Keep somebody or a role from seeing a channel."""
        self.allow(user, channel, Permission.MANAGE_ROLES)
        kind = 1 if isinstance(who, Member) else 0
        overwrite = Overwrite(who.id, kind, 0, int(Permission.VIEW_CHANNEL))
        happening.change_channel(self, channel, overwrites={**channel.overwrites, who.id: overwrite})

    async def take_off(self, user: Member, channel: Channel, who: Member | Role) -> None:
        """Say nothing about somebody or a role in a channel any more."""
        self.allow(user, channel, Permission.MANAGE_ROLES)
        kept = {id_: one for id_, one in channel.overwrites.items() if id_ != who.id}
        happening.change_channel(self, channel, overwrites=kept)

    async def start_thread(self, user: Member, where: Channel | Message, name: str) -> Channel:
        """Begin a thread under a message, or in a channel."""
        parent = where if isinstance(where, Channel) else where.channel
        self.allow(user, parent, Permission.CREATE_PUBLIC_THREADS)
        message = where if isinstance(where, Message) else None
        return happening.open_thread(self, user, parent, name, message)

    async def archive(self, user: Member, thread: Channel) -> None:
        """Archive a thread."""
        if user.id != thread.owner_id:
            self.allow(user, thread, Permission.MANAGE_THREADS)
        self._set_thread(thread, archived=True)

    async def unarchive(self, user: Member, thread: Channel) -> None:
        if thread.thread["locked"]:
            self.allow(user, thread, Permission.MANAGE_THREADS)
        self._set_thread(thread, archived=False)

    def _set_thread(self, thread: Channel, **about: Any) -> None:
        changed = {**thread.thread, **about, "archive_timestamp": self.guild.timestamp()}
        happening.change_channel(self, thread, thread=changed)

    async def join_thread(self, user: Member, thread: Channel) -> None:
        self.allow(user, thread)
        happening.let_into_thread(self, thread, user)

    async def leave_thread(self, user: Member, thread: Channel) -> None:
        happening.put_out_of_thread(self, thread, user)

    # people

    async def join_guild(self, name: str, **about: Any) -> Member:
        """Somebody new comes into the guild."""
        member = self.guild.add_member(name, **({"global_name": name.capitalize()} | about))
        self.tell("GUILD_MEMBER_ADD", member.to_member() | {"guild_id": self.guild.id})
        return member

    async def leave_guild(self, member: Member) -> None:
        """Somebody goes, and no channel is theirs any more."""
        member.is_present = False
        body: Json = {"guild_id": self.guild.id, "user": member.to_user()}
        self.tell("GUILD_MEMBER_REMOVE", body)

    async def change_nick(self, member: Member, nick: str | None) -> None:
        member.nick = nick
        happening.change_member(self, member)

    async def give_role(self, member: Member, role: Role) -> None:
        member.roles.append(role.id)
        happening.change_member(self, member)

    async def take_role(self, member: Member, role: Role) -> None:
        member.roles.remove(role.id)
        happening.change_member(self, member)

    async def change_role(self, role: Role, permissions: int) -> None:
        """Change what a role permits everywhere."""
        role.permissions = permissions
        body = {"guild_id": self.guild.id, "role": role.to_json(self.guild.bot.id)}
        self.tell("GUILD_ROLE_UPDATE", body)

    def close_direct(self, member: Member) -> None:
        """From now on this person takes no direct messages."""
        member.accepts_direct = False

    def _allow_in_guild(self, user: Member, needed: Permission) -> None:
        if not in_guild(self.guild, user) & needed:
            raise NotPossible(f"{user.name} lacks {needed.name}")
