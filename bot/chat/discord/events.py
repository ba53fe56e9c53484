"""What happens in Discord without a word to us: messages, reactions, people who come and go, channels that change."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote
from weakref import WeakValueDictionary

from bot.chat.discord.answers import Answers, Outcome
from bot.chat.discord.changes import OwnChanges
from bot.chat.discord.embeds import render_reply
from bot.chat.discord.guild import Guild, is_in
from bot.chat.discord.messages import SAID, Messages, is_of_app
from bot.chat.discord.places import PLATFORM, Places
from bot.chat.discord.posts import Posts
from bot.chat.discord.rooms import is_let_in, read_moment
from bot.chat.discord.visitors import Visitors
from bot.chat.errands import Errands
from bot.chat.invocation import MessageAction, Moved, RoomChanged, Said
from bot.chat.platform import Inbound
from bot.chat.reply import Reply
from bot.errors import Rejected, Retry, Unavailable
from bot.flow.unit import Actor
from bot.logs import get_logger

log = get_logger(__name__)
Event = Mapping[str, Any]
PAUSES = (1.0, 3.0, 10.0, 30.0)
"""How long to wait after each attempt that the database or Discord could not take, in seconds."""
ONCE = ("task",)
"""Actions that a message takes once, whoever reacts: doing them again would make a second thing."""
THREADS = (10, 11, 12)
VARIANT = "\ufe0f"
TONES = "".join(map(chr, range(0x1F3FB, 0x1F400)))


class Events:
    """The events of one server."""

    def __init__(
        self,
        guild: Guild,
        inbound: Inbound,
        visitors: Visitors,
        places: Places,
        messages: Messages,
        answers: Answers,
        errands: Errands,
        posts: Posts,
        changes: OwnChanges,
    ) -> None:
        self.guild = guild
        self.settings = guild.settings
        self.inbound = inbound
        self.visitors = visitors
        self.places = places
        self.messages = messages
        self.answers = answers
        self.errands = errands
        self.posts = posts
        self.changes = changes
        self.actions = {_plain(emoji): action for emoji, action in self.settings.reactions}
        self.me = ""
        self.unheard = ""
        """Why nobody in the server is heard, though the connection stands: the bot was taken out, or the server is away."""
        self._first = ""
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._takers: dict[str, Callable[[Event], Awaitable[None]]] = {
            "MESSAGE_CREATE": self._take_message,
            "MESSAGE_UPDATE": self._take_edit,
            "MESSAGE_DELETE": self._take_deletion,
            "MESSAGE_DELETE_BULK": self._take_deletions,
            "MESSAGE_REACTION_ADD": self._take_reaction,
            "THREAD_MEMBERS_UPDATE": self._take_thread_members,
        }
        self.kinds = frozenset(self._takers) | {
            "GUILD_CREATE", "GUILD_DELETE", "GUILD_MEMBER_UPDATE", "GUILD_MEMBER_REMOVE",
            "GUILD_ROLE_CREATE", "GUILD_ROLE_UPDATE",
            "CHANNEL_CREATE", "CHANNEL_UPDATE", "CHANNEL_DELETE",
            "THREAD_CREATE", "THREAD_UPDATE", "THREAD_DELETE", "THREAD_LIST_SYNC",
        }  # fmt: skip

    def take(self, kind: str, event: Event) -> None:
        """Something happened. What is only to be known is learned at once, in the order in which it comes."""
        guild = str(
            event.get("id") if kind in ("GUILD_CREATE", "GUILD_DELETE") else event.get("guild_id") or ""
        )
        if guild and not self._is_ours(guild):
            return
        match kind:
            case "GUILD_CREATE" | "GUILD_DELETE" if event.get("unavailable"):
                self.unheard = "discord.unavailable"  # its channels are not told, and yet there
            case "GUILD_CREATE":
                self.unheard = ""
                self._catch_up(event)
            case "GUILD_DELETE":
                self.unheard = "discord.removed_from_server"
            case "GUILD_MEMBER_UPDATE":
                self.guild.keep_member(str(event["user"]["id"]), dict(event))
            case "GUILD_MEMBER_REMOVE":
                self.guild.keep_member(str(event["user"]["id"]), None)
            case "GUILD_ROLE_CREATE" | "GUILD_ROLE_UPDATE":
                self.places.names[str(event["role"]["id"])] = str(event["role"]["name"])
            case "THREAD_LIST_SYNC":
                for thread in event.get("threads") or ():
                    self.places.learn(thread)
            case "CHANNEL_CREATE" | "THREAD_CREATE":
                self.places.learn(event)
            case "CHANNEL_UPDATE" | "THREAD_UPDATE":
                before = self.places.learn(event)
                if before is not None:
                    self._follow_change(before, self.places.channels[str(event["id"])])
            case "CHANNEL_DELETE" | "THREAD_DELETE":
                self.places.forget(str(event["id"]))
                self._start(kind, str(event["id"]), lambda: self._change(str(event["id"]), "deleted"))
            case _:
                taker = self._takers[kind]
                channel = str(event.get("channel_id") or event.get("id") or "")
                self._start(kind, channel, lambda: taker(event))

    def _is_ours(self, guild: str) -> bool:
        """Whether it is the server that we work in: anybody who has the link may let the bot into theirs, too. As long as
        nobody had to know which one is ours, it is the first that is told of."""
        self._first = self._first or guild
        return guild == (self.guild.known_id or self._first)

    def _catch_up(self, server: Event) -> None:
        """All of the server, at the beginning of a connection; what has changed while there was none is followed."""
        before = dict(self.places.channels)
        self.places.channels.clear()
        self.places.learn_server(server)
        for channel, was in before.items():
            now = self.places.channels.get(channel)
            if now is not None:
                self._follow_change(was, now)
            elif was["type"] in THREADS:
                self.places.channels[channel] = was  # closed threads are not told
            else:
                self._start("deleted", channel, lambda lost=channel: self._change(lost, "deleted"))  # type: ignore[misc]

    def _start(self, kind: str, channel: str, work: Callable[[], Awaitable[None]]) -> None:
        self.errands.start(self._run(kind, channel, work))

    async def _run(self, kind: str, channel: str, work: Callable[[], Awaitable[None]]) -> None:
        """What happens in one channel is taken in one by one, in its order; a database that is away is waited for."""
        lock = self._turns.setdefault(channel, asyncio.Lock())
        async with lock:
            for pause in PAUSES:
                try:
                    await work()
                    return
                except (Retry, Unavailable) as failure:
                    log.warning("discord.event_held_up", event_type=kind, reason=str(failure))
                except Rejected as failure:
                    log.warning("discord.event_failed", event_type=kind, reason=failure.reason)
                    return
                await asyncio.sleep(pause)
            log.error("discord.event_lost", event_type=kind)

    # messages and reactions

    async def _take_message(self, event: Event) -> None:
        author = str(event["author"]["id"])
        if author == self.me:
            if event.get("nonce"):
                self.posts.hear(str(event["nonce"]), str(event["id"]))
            return
        if event.get("type") not in SAID or is_of_app(event) or not event.get("guild_id"):
            return
        if not await self.places.find_room(str(event["channel_id"])):
            return
        member = {**event["member"], "user": event["author"]} if event.get("member") else None
        actor = await self.visitors.meet(author, member)
        if actor is not None:
            await self.inbound.said(await self.messages.read_said(event, actor))

    async def _take_edit(self, event: Event) -> None:
        """New words of a message. Discord also sends one when only its links are shown."""
        author = event.get("author") or {}
        if not event.get("edited_timestamp") or "content" not in event or not author or is_of_app(event):
            return
        actor = await self._find_actor(str(author["id"]))
        await self.inbound.edited(await self.messages.read_said(event, actor))

    async def _take_deletion(self, event: Event) -> None:
        if not event.get("guild_id"):
            return  # in direct messages, of which nothing is kept
        channel, number = str(event["channel_id"]), str(event["id"])
        room = await self.places.find_room(channel) or channel
        actor = await self._find_actor("")
        await self.inbound.deleted(Said(PLATFORM, room, number, actor, "", read_moment(number)))

    async def _take_deletions(self, event: Event) -> None:
        for number in event.get("ids") or ():
            await self._take_deletion({**event, "id": number})

    async def _find_actor(self, address: str) -> Actor:
        """Somebody who is known already: nobody becomes a person here by mending a typing error somewhere."""
        known = await self.visitors.find(address) if address else None
        return known or Actor(address or "Discord", platform=PLATFORM)

    async def _take_reaction(self, event: Event) -> None:
        emoji, user = event.get("emoji") or {}, str(event["user_id"])
        action = self.actions.get(_plain(str(emoji.get("name") or "")))
        channel, number = str(event["channel_id"]), str(event["message_id"])
        if action is None or user == self.me or not event.get("guild_id"):
            return
        if not await self.places.find_room(channel):
            return
        key = f"{action}:{channel}:{number}" + ("" if action in ONCE else f":{user}")

        async def work() -> Outcome:
            actor = await self.visitors.meet(user, event.get("member"))
            message = await self.messages.find(channel, number) if actor is not None else None
            if actor is None or message is None:  # an app reacts, or the message is gone again
                return Outcome(Reply(repeated=True))
            said = await self.messages.read(message)
            return Outcome(
                await self.inbound.acted(MessageAction(action, said, actor, arrival=f"discord:{key}"))
            )

        reply = (await self.answers.run(work())).reply
        if reply.repeated:
            return
        if reply.failed:
            await self.answers.tell_directly(user, render_reply(reply, self.answers.templates))
            return
        await self._join_in(channel, number, emoji)

    async def _join_in(self, channel: str, number: str, emoji: Event) -> None:
        """The bot reacts, too: whoever marked the message sees that it was taken, and nobody else is disturbed."""
        name = f"{emoji['name']}:{emoji['id']}" if emoji.get("id") else str(emoji["name"])
        path = f"/channels/{channel}/messages/{number}/reactions/{quote(name)}/@me"
        try:
            await self.messages.client.call("PUT", path)
        except (Retry, Rejected) as failure:
            log.info("discord.not_confirmed", reason=failure.reason)

    # people and channels

    def _follow_change(self, before: Event, now: Event) -> None:
        """What somebody has changed at a channel."""
        channel = str(now["id"])
        was_away, is_away = self._is_away(before), self._is_away(now)
        if was_away != is_away:
            change = "archived" if is_away else "restored"
            self._start(change, channel, lambda: self._change(channel, change))
        if before["name"] != now["name"]:
            name = str(now["name"])
            self._start("renamed", channel, lambda: self._change(channel, "renamed", name))
        inside = [{one["id"] for one in each["overwrites"] if is_let_in(one)} for each in (before, now)]
        for address in inside[0] ^ inside[1]:
            joined = address in inside[1]
            is_ours = joined and self.changes.is_ours(channel, address)
            if address != self.me and not is_ours:
                self._start("moved", channel, lambda a=address, j=joined: self._move(channel, a, j))  # type: ignore[misc]

    def _is_away(self, channel: Event) -> bool:
        """Whether a channel stands in the archive, or a thread is closed and locked."""
        archive = self.settings.archive_category
        return bool(channel["locked"]) or is_in(str(channel["parent_id"]), archive, self.places.channels)

    async def _change(self, channel: str, change: str, name: str = "") -> None:
        if not await self.places.is_room(channel):
            return
        actor = await self._find_actor("")
        await self.inbound.room_changed(RoomChanged(PLATFORM, channel, change, actor, name))
        self.places.forget_room(channel)

    async def _take_thread_members(self, event: Event) -> None:
        channel = str(event["id"])
        for member in event.get("added_members") or ():
            address = str(member.get("user_id") or "")
            if address != self.me and not self.changes.is_ours(channel, address):
                await self._move(channel, address, True, member.get("member"))
        for address in map(str, event.get("removed_member_ids") or ()):
            if address != self.me:
                await self._move(channel, address, False)

    async def _move(self, channel: str, address: str, joined: bool, member: Event | None = None) -> None:
        if not await self.places.is_room(channel):
            return
        actor = await self.visitors.meet(address, member if member and member.get("user") else None)
        if actor is not None:
            await self.inbound.moved(Moved(PLATFORM, channel, actor, joined))


def _plain(emoji: str) -> str:
    """An emoji without its colour of skin or its way of being drawn."""
    return emoji.strip(":").replace(VARIANT, "").translate({ord(tone): None for tone in TONES})
