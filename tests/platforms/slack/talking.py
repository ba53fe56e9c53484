"""What a person says and does in channels: each of it is an event that the bot may hear."""

from __future__ import annotations

import uuid
from asyncio import Task
from typing import Any
from urllib.parse import urlsplit

from tests.platforms.slack.answers import Ask, Slack
from tests.platforms.slack.deliveries import NOTHING_SENT, Delivery
from tests.platforms.slack.filling import NotPossible
from tests.platforms.slack.methods_chat import take_away, tell_change, tell_message
from tests.platforms.slack.methods_conversations import close, enter, exit_
from tests.platforms.slack.methods_files import add_file
from tests.platforms.slack.methods_marks import drop_reaction, put_reaction
from tests.platforms.slack.things import Channel, Message, User
from tests.platforms.slack.writing import escape, rich_text


class Talking(Slack):
    """A person's side of events."""

    told: list[Task[Delivery]]
    unfurl_domains: set[str] | None

    async def _heard(self, since: int) -> Delivery:
        """How the bot took what was told since then; of several events, the first."""
        deliveries = [await task for task in self.told[since:]]
        return deliveries[0] if deliveries else NOTHING_SENT

    def _as(self, user: User) -> Ask:
        return Ask(self, "", {}, user.id, is_bot=False)

    async def say(
        self,
        user: User,
        channel: Channel,
        text: str,
        thread: Message | str | None = None,
        files: list[tuple[str, str, bytes]] | None = None,
    ) -> Message:
        """Say something in a channel, perhaps in a thread, perhaps with files (name, type, content)."""
        since = len(self.told)
        message = self._put_message(user, channel, text, thread, files)
        tell_message(self._as(user), message, client_msg_id=str(uuid.uuid4()))
        bot = self.workspace.bot_user
        if f"<@{bot}>" in message.text and bot in channel.members and not channel.is_im:
            said = message.to_json() | {"type": "app_mention", "channel": channel.id, "event_ts": message.ts}
            self.tell(said)
        await self._heard(since)
        return message

    def remember(self, user: User, channel: Channel, text: str, thread: Message) -> Message:
        """What somebody said in a thread some time ago: the bot is not told."""
        return self._put_message(user, channel, text, thread, None)

    def _put_message(
        self,
        user: User,
        channel: Channel,
        text: str,
        thread: Message | str | None,
        files: list[tuple[str, str, bytes]] | None,
    ) -> Message:
        if user.id not in channel.members or channel.is_archived:
            raise NotPossible(f"{user.name} can't write in {channel.name}")
        written = escape(self.workspace, text, labels=False)
        message = Message(channel, self.workspace.new_ts(), user.id, written, rich_text(text))
        if thread is not None:
            ts = thread if isinstance(thread, str) else thread.ts
            parent = channel.find_message(ts)
            if parent is None:
                raise NotPossible("There is no such thread")
            message.thread_ts = parent.thread_ts = parent.thread_ts or parent.ts
        for name, mimetype, content in files or []:
            message.files.append(add_file(self.workspace, self.url, user.id, name, mimetype, content))
            message.subtype = "file_share"
        channel.messages.append(message)
        return message

    async def share_link(self, user: User, channel: Channel, url: str) -> Message:
        """Say an address; the bot may unfurl those of its domains."""
        message = await self.say(user, channel, url)
        since = len(self.told)
        domain = urlsplit(url).hostname or ""
        if self.unfurl_domains is None or domain in self.unfurl_domains:
            self._as(user).tell(
                "link_shared",
                user=user.id,
                channel=channel.id,
                message_ts=message.ts,
                links=[{"url": url, "domain": domain}],
                source="conversations_history",
                unfurl_id=f"C{channel.id}-{message.ts}",
                is_bot_user_member=self.workspace.bot_user in channel.members,
            )
        await self._heard(since)
        return message

    async def edit(self, user: User, message: Message, text: str) -> Delivery:
        """Change what one has said."""
        if message.user != user.id:
            raise NotPossible(f"{user.name} did not say this")
        since, before = len(self.told), message.to_json()
        message.text, message.blocks = escape(self.workspace, text, labels=False), rich_text(text)
        message.edited = {"user": user.id, "ts": self.workspace.new_ts()}
        tell_change(self._as(user), message, before)
        return await self._heard(since)

    async def delete(self, user: User, message: Message) -> Delivery:
        """Take back what was said; an administrator may do so for everybody."""
        since = len(self.told)
        take_away(self._as(user), message)
        return await self._heard(since)

    async def react(self, user: User, message: Message, name: str) -> Delivery:
        """Add a reaction."""
        if user.id in message.reactions.get(name, []) or user.id not in message.channel.members:
            raise NotPossible(f"{user.name} can't react so")
        since = len(self.told)
        put_reaction(self._as(user), message, name)
        return await self._heard(since)

    async def unreact(self, user: User, message: Message, name: str) -> Delivery:
        """Take a reaction back."""
        if user.id not in message.reactions.get(name, []):
            raise NotPossible(f"{user.name} did not react so")
        since = len(self.told)
        drop_reaction(self._as(user), message, name)
        return await self._heard(since)

    async def join(self, user: User, channel: Channel) -> Delivery:
        """Come into a channel."""
        if user.id in channel.members:
            raise NotPossible(f"{user.name} is in {channel.name} already")
        since = len(self.told)
        enter(self._as(user), channel, user.id)
        return await self._heard(since)

    async def leave(self, user: User, channel: Channel) -> Delivery:
        """Go out of a channel."""
        since = len(self.told)
        exit_(self._as(user), channel, user.id)
        return await self._heard(since)

    async def invite_bot(self, user: User, channel: Channel) -> Delivery:
        """Bring the bot into a channel."""
        since = len(self.told)
        enter(self._as(user), channel, self.workspace.bot_user, inviter=user.id)
        return await self._heard(since)

    async def remove_bot(self, user: User, channel: Channel) -> Delivery:
        """Put the bot out of a channel."""
        since = len(self.told)
        exit_(self._as(user), channel, self.workspace.bot_user)
        return await self._heard(since)

    async def archive(self, user: User, channel: Channel) -> Delivery:
        """Archive a channel; the bot leaves it."""
        since = len(self.told)
        close(self._as(user), channel)
        return await self._heard(since)

    async def unarchive(self, user: User, channel: Channel) -> Delivery:
        """Bring a channel back; the bot stays out."""
        channel.is_archived = False
        return await self._about_channel(user, channel, "unarchive", channel=channel.id)

    async def rename(self, user: User, channel: Channel, name: str) -> Delivery:
        """Call a channel something else."""
        channel.previous_names.insert(0, channel.name)
        channel.name = name
        shown = {"id": channel.id, "name": name, "name_normalized": name, "created": channel.created}
        return await self._about_channel(user, channel, "rename", channel=shown)

    async def delete_channel(self, user: User, channel: Channel) -> Delivery:
        """Delete a channel with all that was said."""
        channel.is_deleted = True
        return await self._about_channel(user, channel, "deleted", channel=channel.id)

    async def _about_channel(self, user: User, about: Channel, what: str, **event: Any) -> Delivery:
        since = len(self.told)
        kind = "group" if about.is_private else "channel"
        actor = {} if what == "rename" else {"actor_id" if what == "deleted" else "user": user.id}
        self._as(user).tell(f"{kind}_{what}", **event, **actor)
        return await self._heard(since)

    async def open_home(self, user: User) -> Delivery:
        """Open the bot's home tab."""
        since = len(self.told)
        home = self.workspace.homes.get(user.id)
        shown = {"view": self.workspace.view_json(home)} if home else {}
        channel, _ = self.workspace.open_direct(user)
        self._as(user).tell("app_home_opened", user=user.id, channel=channel.id, tab="home", **shown)
        return await self._heard(since)

    async def change_user(self, user: User, **about: Any) -> Delivery:
        """Change a person's profile, or deactivate them with `deleted=True`."""
        since = len(self.told)
        for name, value in about.items():
            if not hasattr(user, name):
                raise NotPossible(f"People have no {name}")
            setattr(user, name, value)
        user.updated += 1
        if user.deleted:
            for channel in self.workspace.channels.values():
                if user.id in channel.members and not channel.is_im:
                    channel.members.remove(user.id)
        self._as(user).tell(
            "user_change", user=user.to_json("users:read.email" in self.scopes), cache_ts=user.updated
        )
        return await self._heard(since)
