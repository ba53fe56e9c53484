"""A house that writes down what a platform hands in, and a real DiscordPlatform that hands it in from the emulator."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from bot.chat.command_shapes import list_shapes
from bot.chat.discord.platform import DiscordPlatform
from bot.chat.registry import Command
from bot.chat.templates import Templates
from bot.config import DiscordSettings
from bot.flow.discovery import discover
from bot.secret import Secret
from tests.platforms.discord import Channel, DiscordServer, Interaction, Member
from tests.platforms.inbound import Desk, eventually

SHAPES = list_shapes([one for one in discover("commands", "COMMAND") if isinstance(one, Command)])


@dataclass
class Bot:
    """A server with a bot in it, and what it hands in."""

    discord: DiscordServer
    desk: Desk
    platform: DiscordPlatform

    async def add_room(self, name: str = "inc-7") -> Channel:
        """A channel that is the room of an incident."""
        channel = await self.discord.create_channel(self.discord.owner, name)
        self.desk.rooms.add(channel.id)
        return channel

    def told(self, user: Member) -> list[str]:
        """What only this person sees, or was told directly."""
        return [one.words for one in (*self.discord.ephemerals_of(user), *self.discord.direct(user))]


def build_platform(discord: DiscordServer, **settings: Any) -> DiscordPlatform:
    """A platform that sends to this emulator."""
    chosen = DiscordSettings(
        **cast(
            "Any",
            {
                "bot_token": Secret(discord.bot_token),
                "api_url": discord.api_url,
                "gateway_url": discord.gateway_url,
                **settings,
            },
        )
    )
    return DiscordPlatform(
        chosen, Templates(), "https://tocsin.example.org", lambda: datetime.now(UTC), lambda: SHAPES
    )


@asynccontextmanager
async def open_bot(**settings: Any) -> AsyncIterator[Bot]:
    """A bot that listens, with its commands known to Discord. Nothing it sends may be refused for its form."""
    async with DiscordServer() as discord:
        platform = build_platform(discord, **settings)
        desk = Desk()
        await platform.start(desk)
        await eventually(discord.commands)
        yield Bot(discord, desk, platform)
        await platform.stop()
        assert discord.violations == []


@asynccontextmanager
async def open_sender(**settings: Any) -> AsyncIterator[tuple[DiscordServer, DiscordPlatform]]:
    """A bot that only sends."""
    async with DiscordServer() as discord:
        platform = build_platform(discord, **settings)
        yield discord, platform
        await platform.stop()


def shown(interaction: Interaction) -> str:
    """What a person reads in the answer; an interaction that was not answered fails."""
    assert interaction.ok, "the application did not respond"
    return interaction.words
