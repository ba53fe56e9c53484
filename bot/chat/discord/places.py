"""Where things happen: the channels, threads and roles of the server as the gateway tells of them, and which are rooms."""

import time
from collections.abc import Mapping
from typing import Any

from bot.chat.discord.rooms import read_overwrites
from bot.chat.platform import Inbound

Json = dict[str, Any]
KNOWN = 5.0
"""How long it is believed whether a channel is a room, in seconds."""
MOST = 2_000
PLATFORM = "discord"


class Places:
    """What is known of one server."""

    def __init__(self, inbound: Inbound) -> None:
        self.inbound = inbound
        self.channels: dict[str, Json] = {}
        self.names: dict[str, str] = {}
        """Of roles and channels, by id."""
        self._rooms: dict[str, tuple[bool, float]] = {}

    def learn_server(self, server: Mapping[str, Any]) -> None:
        """All of it, at the beginning of a connection."""
        for channel in (*server.get("channels", ()), *server.get("threads", ())):
            self.learn(channel)
        for role in server.get("roles", ()):
            self.names[str(role["id"])] = str(role["name"])

    def learn(self, channel: Mapping[str, Any]) -> Json | None:
        """A channel or thread as it is now; returns what was known of it before."""
        number = str(channel["id"])
        before = self.channels.get(number)
        metadata = channel.get("thread_metadata") or {}
        self.channels[number] = {
            "id": number,
            "name": str(channel.get("name") or ""),
            "type": channel.get("type"),
            "parent_id": str(channel.get("parent_id") or ""),
            "locked": bool(metadata.get("archived") and metadata.get("locked")),
            "overwrites": read_overwrites(dict(channel)),
        }
        self.names[number] = str(channel.get("name") or "")
        return before

    def forget(self, channel: str) -> None:
        self.channels.pop(channel, None)

    def forget_room(self, channel: str) -> None:
        """Ask again whether it is a room."""
        self._rooms.pop(channel, None)

    async def find_room(self, channel: str, parent: str = "") -> str:
        """The room that something happened in: the channel, or the one that a thread hangs on. Empty when neither is one."""
        if await self.is_room(channel):
            return channel
        above = parent or str(self.channels.get(channel, {}).get("parent_id", ""))
        return above if above and await self.is_room(above) else ""

    async def is_room(self, channel: str) -> bool:
        """Whether a channel is an incident's room: believed for a moment, since a busy server has many others."""
        known = self._rooms.get(channel)
        if known is not None and time.monotonic() - known[1] < KNOWN:
            return known[0]
        is_room = await self.inbound.is_room(PLATFORM, channel)
        if len(self._rooms) >= MOST:
            self._rooms.clear()
        self._rooms[channel] = is_room, time.monotonic()
        return is_room
