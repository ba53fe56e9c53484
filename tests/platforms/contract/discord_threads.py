"""Discord on the stage where rooms are threads of the announcements channel: they have no topic, and their card says it."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.platforms.contract.discord_stage import DiscordStage, open_discord_stage
from tests.platforms.contract.stage import Person, Seen
from tests.platforms.discord import Channel
from tests.platforms.discord.things import PRIVATE_THREAD

ROOM = re.compile(r"inc-\d+(-|$)")


class ThreadStage(DiscordStage):
    """A place is the id of a channel or a thread, or a channel's name after `#`."""

    name = "discord-threads"

    def _rooms(self) -> list[Channel]:
        return [one for one in self.discord.guild.channels.values() if one.is_thread and ROOM.match(one.name)]

    async def join(self, person: Person, place: str) -> None:
        await self.discord.join_thread(person.account, self._channel(place))
        await self.settle()

    async def leave(self, person: Person, place: str) -> None:
        await self.discord.leave_thread(person.account, self._channel(place))
        await self.settle()

    async def messages(self, place: str) -> list[Seen]:
        """Those of rooms are not among those of the channel above."""
        rooms = {one.id for one in self._rooms()} - {place}
        return [one for one in await super().messages(place) if one.handle.channel.id not in rooms]

    async def room_of(self, ref: str) -> str:
        await self.settle()
        named = re.compile(rf"{ref.lower()}(-|$)")
        found = [one for one in self._rooms() if named.match(one.name) and not self._is_archived(one)]
        return found[-1].id if found else ""

    async def topic_of(self, place: str) -> str:
        return "\n".join(one.text for one in await self.messages(place) if one.pinned)

    async def members_of(self, place: str) -> set[str]:
        await self.settle()
        members = [self.discord.guild.members[one] for one in self._channel(place).thread_members]
        return {one.shown_name for one in members if not one.bot}

    async def is_private(self, place: str) -> bool:
        return self._channel(place).type == PRIVATE_THREAD

    def _is_archived(self, channel: Channel) -> bool:
        return bool(channel.thread["archived"] and channel.thread["locked"])


@asynccontextmanager
async def open_thread_stage(database_url: str) -> AsyncIterator[DiscordStage]:
    """Discord, with rooms as threads."""
    async with open_discord_stage(database_url, ThreadStage, TOCSIN_DISCORD_ROOMS="threads") as stage:
        yield stage
