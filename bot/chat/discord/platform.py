"""Discord behind the platform port: it translates, sends, and hands in what arrives. It decides nothing about incidents."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from bot.chat.discord.changes import OwnChanges
from bot.chat.discord.checks import check_server
from bot.chat.discord.client import DiscordClient
from bot.chat.discord.embeds import render_message
from bot.chat.discord.errors import code_of
from bot.chat.discord.files import fetch_file
from bot.chat.discord.guild import Guild
from bot.chat.discord.links import Links
from bot.chat.discord.posts import Posts, nonce_of
from bot.chat.discord.rooms import ChannelRooms, RoomKeeper, build_place
from bot.chat.discord.threads import ThreadRooms
from bot.chat.platform import Bookmark, Check, Inbound, Message, NewRoom, NotInvited, Once, Person, Place
from bot.chat.shapes import CommandShape
from bot.chat.templates import Templates
from bot.config import DiscordSettings
from bot.errors import Lost, Rejected

if TYPE_CHECKING:
    from bot.chat.discord.listener import Listener

NAME = "discord"


class DiscordPlatform:
    """One Discord server, ready to send. `list_shapes` gives the commands that are offered there."""

    name = NAME
    listens_alone = True
    """Discord gives each event to every gateway connection."""

    def __init__(
        self,
        settings: DiscordSettings,
        templates: Templates,
        public_url: str,
        now: Callable[[], datetime],
        list_shapes: Callable[[], Sequence[CommandShape]],
    ) -> None:
        self.settings = settings
        self.templates = templates
        self.public_url = public_url
        self.list_shapes = list_shapes
        self.client = DiscordClient(settings, now)
        self.guild = Guild(self.client)
        self.changes = OwnChanges()
        kind = ThreadRooms if settings.rooms == "threads" else ChannelRooms
        self.rooms: RoomKeeper = kind(self.client, self.guild, self.changes)
        self.links = Links(self.client, self.guild, lambda key: nonce_of("", key))
        self.posts = Posts(self.client, self.guild)
        self.listener: Listener | None = None
        self._direct: dict[str, str] = {}

    async def start(self, inbound: Inbound) -> None:
        from bot.chat.discord.listener import (
            Listener,  # discord.py is slow to load; who only sends needs it not
        )

        self.listener = Listener(self, inbound)
        self.listener.start()

    async def stop_listening(self) -> None:
        if self.listener is not None:
            await self.listener.stop()
            self.listener = None

    async def stop(self) -> None:
        await self.stop_listening()
        await self.client.close()

    # rooms

    async def open_room(self, room: NewRoom) -> Place:
        return await self.rooms.open(room)

    async def find_standing_room(self, name: str) -> str:
        return await self.guild.find_standing(getattr(self.settings, name, name))

    async def set_topic(self, channel: str, topic: str) -> None:
        await self.rooms.set_topic(channel, topic)

    async def rename_room(self, channel: str, name: str) -> str:
        return await self.rooms.rename(channel, name)

    async def set_links(self, channel: str, links: tuple[Bookmark, ...]) -> None:
        await self.links.set(channel, (*links, *await self._list_calls(links)))

    async def _list_calls(self, links: tuple[Bookmark, ...]) -> tuple[Bookmark, ...]:
        """The voice channel that the settings name, beside the other links."""
        if not self.settings.voice:
            return ()
        try:
            voice = await self.guild.get_voice(self.settings.voice)
        except Rejected:  # the doctor says so; the other links are no worse
            return ()
        place = await build_place(self.guild, voice)
        return () if place.url in [one.url for one in links] else (Bookmark(f"🔊 {place.name}", place.url),)

    async def invite(self, channel: str, people: tuple[str, ...]) -> tuple[NotInvited, ...]:
        return await self.rooms.invite(channel, people)

    async def archive(self, channel: str) -> None:
        await self.rooms.archive(channel)

    async def restore(self, channel: str) -> None:
        await self.rooms.restore(channel)

    # messages

    async def post(self, channel: str, message: Message, once: Once, thread: str = "") -> str:
        try:
            return await self.posts.post(channel, render_message(message, self.templates).body, once, thread)
        except Lost:
            self.guild.forget_standing(channel)
            raise

    async def edit(self, channel: str, address: str, message: Message) -> None:
        await self._edit(channel, address, message, notify=False)

    async def _edit(self, channel: str, address: str, message: Message, *, notify: bool) -> None:
        body = render_message(message, self.templates, notify=notify).body
        path = f"/channels/{channel}/messages/{address}"
        try:
            await self.posts.send("PATCH", path, body)
        except Lost as lost:
            if code_of(lost) != "thread_archived":
                raise
            await self.rooms.restore(channel)  # Discord put it away since nobody wrote for a week
            await self.posts.send("PATCH", path, body)

    async def delete(self, channel: str, address: str) -> None:
        """Take a message away; one that is gone already counts as done."""
        try:
            await self.client.call("DELETE", f"/channels/{channel}/messages/{address}")
        except Lost as lost:
            if code_of(lost) not in ("unknown_message", "unknown_channel"):
                raise

    async def pin(self, channel: str, address: str) -> None:
        """A message that is gone is not pinned; whoever edits it next finds that out."""
        try:
            await self.client.call("PUT", f"/channels/{channel}/messages/pins/{address}")
        except Lost as lost:
            if code_of(lost) != "unknown_message":
                raise

    async def post_direct(self, person: str, message: Message, once: Once) -> str:
        """Whoever takes no messages from members of the server can't be reached: Rejected at once."""
        channel = await self._open_direct(person)
        body = render_message(message, self.templates, notify=True).body
        try:
            return f"{channel}/{await self.posts.post(channel, body, once)}"
        except Lost as lost:
            self._direct.pop(person, None)
            raise Rejected(lost.reason) from lost

    async def _open_direct(self, person: str) -> str:
        if person not in self._direct:
            opened = await self.client.call("POST", "/users/@me/channels", {"recipient_id": person})
            self._direct[person] = str(opened["id"])
        return self._direct[person]

    async def edit_direct(self, address: str, message: Message) -> None:
        channel, _, number = address.partition("/")
        await self._edit(channel, number, message, notify=True)

    # people, groups, files

    async def find_person(self, person: Person) -> str | None:
        """Discord gives bots no e-mail addresses: only who has linked their account is known."""
        return person.address

    async def set_group(self, handle: str, people: tuple[str, ...]) -> None:
        """Let a role be with exactly these people; first it is given, then taken away."""
        role = str((await self.guild.find_role(handle))["id"])
        there = await self.guild.list_members_with(role)
        for person in (one for one in people if one not in there):
            await self._change_role("PUT", person, role)
        for person in there - set(people) if people else ():
            await self._change_role("DELETE", person, role)

    async def _change_role(self, method: str, person: str, role: str) -> None:
        try:
            await self.client.call(
                method, f"/guilds/{await self.guild.get_id()}/members/{person}/roles/{role}"
            )
        except Rejected as failure:
            if code_of(failure) not in ("unknown_member", "unknown_user"):
                raise

    async def fetch_file(self, address: str, limit: int) -> bytes:
        return await fetch_file(self.client, address, limit)

    async def check(self) -> list[Check]:
        return await check_server(self.guild, self.listener)
