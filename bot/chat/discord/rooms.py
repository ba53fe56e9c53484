"""Rooms that are channels in a category: made, found again, opened to people, locked and put away, brought back.

A private room is hidden from everyone, and each who takes part is let in by an overwrite of their own. An archived room
stands in the archive category, where nobody can write.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from bot.chat.clip import clip
from bot.chat.discord import limits
from bot.chat.discord.changes import OwnChanges
from bot.chat.discord.client import DiscordClient
from bot.chat.discord.errors import code_of
from bot.chat.discord.guild import TEXT, Guild, is_in
from bot.chat.platform import NewRoom, NotInvited, Place
from bot.errors import Lost, Rejected

Json = dict[str, Any]
ROLE, MEMBER = 0, 1
VIEW, SEND, HISTORY, IN_THREADS, PUBLIC_THREADS = 1 << 10, 1 << 11, 1 << 16, 1 << 38, 1 << 35
COME_IN = VIEW | SEND | HISTORY | IN_THREADS
"""What an overwrite gives to somebody who takes part."""
WRITE = SEND | IN_THREADS | PUBLIC_THREADS
"""What nobody may in an archived room."""
CLOCKS_DIFFER = timedelta(minutes=5)
EPOCH = 1_420_070_400_000
SITE = "https://discord.com"
GONE = frozenset({"unknown_member", "unknown_user"})


class RoomKeeper(Protocol):
    """What can be done with rooms, whatever they are."""

    async def open(self, room: NewRoom) -> Place: ...

    async def set_topic(self, channel: str, topic: str) -> None: ...

    async def rename(self, channel: str, name: str) -> str: ...

    async def invite(self, channel: str, people: tuple[str, ...]) -> tuple[NotInvited, ...]: ...

    async def archive(self, channel: str) -> None: ...

    async def restore(self, channel: str) -> None: ...


class ChannelRooms:
    """Rooms as channels."""

    def __init__(self, client: DiscordClient, guild: Guild, changes: OwnChanges) -> None:
        self.client = client
        self.guild = guild
        self.settings = client.settings
        self.changes = changes
        self._sorting = asyncio.Lock()
        """One channel at a time is put into a category, so that none is filled, or made, twice."""

    async def open(self, room: NewRoom) -> Place:
        """Make the channel, or find the one that an attempt before has made."""
        async with self._sorting:
            channels = await self.guild.list_channels()
            channel = await self._find_own(room, channels) or await self._make(room, channels)
        return await build_place(self.guild, channel)

    async def _make(self, room: NewRoom, channels: list[Json]) -> Json:
        body: Json = {
            "name": clip(room.name, limits.CHANNEL_NAME),
            "type": TEXT,
            "topic": clip(room.topic, limits.TOPIC),
            "parent_id": await self.guild.find_category(self.settings.category, channels),
        }
        if room.private:
            body["permission_overwrites"] = await self._hide()
        return await self.guild.create_channel(body)

    async def _find_own(self, room: NewRoom, channels: list[Json]) -> Json | None:
        """The channel that we made for this room, in an attempt whose answer was lost: of this name, in our category, not
        older than the incident, and open to us."""
        by_id = {str(one["id"]): one for one in channels}
        for channel in channels:
            if (
                channel["type"] == TEXT
                and channel["name"] == room.name
                and is_in(channel.get("parent_id"), self.settings.category, by_id)
                and read_moment(str(channel["id"])) >= room.since - CLOCKS_DIFFER
            ):
                try:
                    return dict(await self.client.call("GET", f"/channels/{channel['id']}"))
                except Lost:
                    continue
        return None

    async def _hide(self) -> list[Json]:
        """For nobody but us."""
        me, everyone = str((await self.guild.get_me())["id"]), await self.guild.get_id()
        return [_overwrite(everyone, ROLE, deny=VIEW), _overwrite(me, MEMBER, allow=COME_IN)]

    async def set_topic(self, channel: str, topic: str) -> None:
        await self.client.call("PATCH", f"/channels/{channel}", {"topic": clip(topic, limits.TOPIC)})

    async def rename(self, channel: str, name: str) -> str:
        return await rename(self.client, channel, name)

    async def invite(self, channel: str, people: tuple[str, ...]) -> tuple[NotInvited, ...]:
        """Let each in who is not let in yet; who is no member of the server can't be."""
        there = await self.client.call("GET", f"/channels/{channel}")
        inside = {one["id"] for one in read_overwrites(there) if is_let_in(one)}
        refused = []
        for person in people:
            if person in inside:
                continue
            if await self.guild.find_member(person) is None:
                refused.append(NotInvited(person, "gone"))
                continue
            self.changes.note(channel, person)
            body = {"type": MEMBER, "allow": str(COME_IN), "deny": "0"}
            try:
                await self.client.call("PUT", f"/channels/{channel}/permissions/{person}", body)
            except Lost:
                raise
            except Rejected as failure:
                refused.append(NotInvited(person, "gone" if code_of(failure) in GONE else "refused"))
        return tuple(refused)

    async def archive(self, channel: str) -> None:
        """To the archive category, where nobody can write."""
        async with self._sorting:
            there = await self.client.call("GET", f"/channels/{channel}")
            channels = await self.guild.list_channels()
            by_id = {str(one["id"]): one for one in channels}
            if is_in(there.get("parent_id"), self.settings.archive_category, by_id):
                return
            category = await self.guild.find_category(self.settings.archive_category, channels)
            overwrites = lock(read_overwrites(there), await self.guild.get_id())
            await self._put_into(channel, category, overwrites)

    async def restore(self, channel: str) -> None:
        """Back among the open ones."""
        async with self._sorting:
            there = await self.client.call("GET", f"/channels/{channel}")
            channels = await self.guild.list_channels()
            by_id = {str(one["id"]): one for one in channels}
            overwrites, category = unlock(read_overwrites(there), await self.guild.get_id()), ""
            if not is_in(there.get("parent_id"), self.settings.category, by_id):
                category = await self.guild.find_category(self.settings.category, channels)
            await self._put_into(channel, category, overwrites)

    async def _put_into(self, channel: str, category: str, overwrites: list[Json]) -> None:
        """Into a category, with these overwrites. Discord refuses them all when one gives what the bot itself may not: then
        it is everyone's that counts."""
        body: Json = {"parent_id": category} if category else {}
        try:
            await self.client.call(
                "PATCH", f"/channels/{channel}", {**body, "permission_overwrites": overwrites}
            )
        except Rejected as failure:
            if code_of(failure) != "missing_permissions":
                raise
        else:
            return
        everyone = await self.guild.get_id()
        own = next((one for one in overwrites if one["id"] == everyone), _overwrite(everyone, ROLE))
        put = {name: own[name] for name in ("type", "allow", "deny")}
        await self.client.call("PUT", f"/channels/{channel}/permissions/{everyone}", put)
        if body:
            await self.client.call("PATCH", f"/channels/{channel}", body)


async def rename(client: DiscordClient, channel: str, name: str) -> str:
    """Discord lets a channel be renamed twice in ten minutes; returns the name it got."""
    body = {"name": clip(name, limits.CHANNEL_NAME)}
    return str((await client.call("PATCH", f"/channels/{channel}", body))["name"])


async def build_place(guild: Guild, channel: Json) -> Place:
    url = f"{SITE}/channels/{await guild.get_id()}/{channel['id']}"
    return Place(str(channel["id"]), str(channel["name"]), url)


def read_moment(number: str) -> datetime:
    """When something was made: its id says it."""
    return datetime.fromtimestamp(((int(number) >> 22) + EPOCH) / 1000, UTC)


def read_overwrites(channel: Json) -> list[Json]:
    """Who may do what in a channel, apart from their roles: id, type, allow and deny as numbers."""
    return [
        {
            "id": str(one["id"]),
            "type": int(one["type"]),
            "allow": int(one["allow"]),
            "deny": int(one["deny"]),
        }
        for one in channel.get("permission_overwrites") or []
    ]


def is_let_in(overwrite: Json) -> bool:
    """Whether an overwrite lets one person in."""
    return overwrite["type"] == MEMBER and bool(overwrite["allow"] & VIEW)


def lock(overwrites: list[Json], everyone: str) -> list[Json]:
    """The overwrites of a room in which nobody can write any more; who could see it sees it still."""
    locked = {one["id"]: {**one, "allow": one["allow"] & ~WRITE} for one in overwrites}
    locked.setdefault(everyone, {"id": everyone, "type": ROLE, "allow": 0, "deny": 0})
    locked[everyone]["deny"] |= WRITE
    return [_overwrite(one["id"], one["type"], one["allow"], one["deny"]) for one in locked.values()]


def unlock(overwrites: list[Json], everyone: str) -> list[Json]:
    """The overwrites of a room in which people write again; who was let in by name can, too."""
    opened = []
    for one in overwrites:
        allow, deny = one["allow"], one["deny"]
        if one["id"] == everyone:
            deny &= ~WRITE
        elif is_let_in(one):
            allow |= COME_IN
        if allow or deny:
            opened.append(_overwrite(one["id"], one["type"], allow, deny))
    return opened


def _overwrite(about: str, kind: int, allow: int = 0, deny: int = 0) -> Json:
    return {"id": about, "type": kind, "allow": str(allow), "deny": str(deny)}
