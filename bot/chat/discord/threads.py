"""Rooms that are threads of the announcements channel: for servers that want no further channels.

A thread has no topic; its card says the same. One that Discord puts away since nobody wrote for a week opens by itself
when something is posted; one that was archived by us is locked.
"""

from typing import Any

from bot.chat.clip import clip
from bot.chat.discord import limits
from bot.chat.discord.changes import OwnChanges
from bot.chat.discord.client import DiscordClient
from bot.chat.discord.errors import code_of
from bot.chat.discord.guild import Guild
from bot.chat.discord.rooms import CLOCKS_DIFFER, GONE, build_place, read_moment, rename
from bot.chat.platform import NewRoom, NotInvited, Place
from bot.errors import Lost, Rejected

Json = dict[str, Any]
PUBLIC, PRIVATE = 11, 12
KINDS = (10, PUBLIC, PRIVATE)
WEEK = 10_080
"""Discord puts a thread away after so many minutes without a word."""


class ThreadRooms:
    """Rooms as threads."""

    def __init__(self, client: DiscordClient, guild: Guild, changes: OwnChanges) -> None:
        self.client = client
        self.guild = guild
        self.settings = client.settings
        self.changes = changes

    async def open(self, room: NewRoom) -> Place:
        """Begin the thread, or find the one that an attempt before has begun."""
        parent = await self.guild.find_standing(self.settings.announcements)
        thread = await self._find_own(room, parent)
        if thread is None:
            body: Json = {
                "name": clip(room.name, limits.CHANNEL_NAME),
                "type": PRIVATE if room.private else PUBLIC,
                "auto_archive_duration": WEEK,
            }
            if room.private:
                body["invitable"] = False
            try:
                thread = await self.client.call("POST", f"/channels/{parent}/threads", body)
            except Lost as lost:  # the channel above it is gone: it is made anew next time
                self.guild.forget_standing(parent)
                raise Rejected(lost.reason) from lost
        return await build_place(self.guild, thread)

    async def _find_own(self, room: NewRoom, parent: str) -> Json | None:
        me = str((await self.guild.get_me())["id"])
        active = await self.client.call("GET", f"/guilds/{await self.guild.get_id()}/threads/active")
        for thread in active.get("threads", []):
            if (
                thread["name"] == room.name
                and thread.get("parent_id") == parent
                and thread.get("owner_id") == me
                and not (thread.get("thread_metadata") or {}).get("locked")
                and read_moment(str(thread["id"])) >= room.since - CLOCKS_DIFFER
            ):
                return dict(thread)
        return None

    async def set_topic(self, channel: str, topic: str) -> None:
        """Threads have none."""

    async def rename(self, channel: str, name: str) -> str:
        return await rename(self.client, channel, name)

    async def invite(self, channel: str, people: tuple[str, ...]) -> tuple[NotInvited, ...]:
        """Bring each into the thread; Discord tells them. Who is there already stays there."""
        there = await self.client.call("GET", f"/channels/{channel}/thread-members")
        inside = {str(one["user_id"]) for one in there}
        refused = []
        for person in people:
            if person in inside:
                continue
            self.changes.note(channel, person)
            try:
                await self.client.call("PUT", f"/channels/{channel}/thread-members/{person}")
            except Lost:
                # Missing access can be theirs: they can't see the channel above.
                if await self.guild.find_member(person, fresh=True) is not None:
                    raise
                refused.append(NotInvited(person, "gone"))
            except Rejected as failure:
                refused.append(NotInvited(person, "gone" if code_of(failure) in GONE else "refused"))
        return tuple(refused)

    async def archive(self, channel: str) -> None:
        await self.client.call("PATCH", f"/channels/{channel}", {"archived": True, "locked": True})

    async def restore(self, channel: str) -> None:
        await self.client.call("PATCH", f"/channels/{channel}", {"archived": False, "locked": False})
