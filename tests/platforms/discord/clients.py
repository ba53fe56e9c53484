"""Who asks the emulator in tests of it: a bot made with discord.py, and a caller that sends anything."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import discord
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from tests.platforms.discord.server import DiscordServer
from tests.platforms.inbound import eventually

AGENT = "DiscordBot (https://tocsin.example.org, 1)"


@dataclass(frozen=True)
class Answer:
    """What Discord answered."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def code(self) -> int:
        return int(self.body["code"])

    @property
    def error(self) -> tuple[int, int]:
        return self.status, self.code


@dataclass(frozen=True)
class Caller:
    """Asks REST directly, as the bot or as somebody else."""

    server: DiscordServer
    http: aiohttp.ClientSession

    async def ask(
        self, method: str, path: str, body: Any = None, token: str | None = None, **headers: str
    ) -> Answer:
        given = {"Authorization": f"Bot {token or self.server.bot_token}", "User-Agent": AGENT, **headers}
        async with self.http.request(
            method, self.server.api_url + path, json=body, headers=given
        ) as response:
            text = await response.text()
            is_json = response.content_type == "application/json"
            return Answer(response.status, json.loads(text) if is_json else text, dict(response.headers))

    async def get(self, url: str) -> tuple[int, bytes]:
        """Fetch a file without a token."""
        async with self.http.get(url) as response:
            return response.status, await response.read()

    async def post(self, channel: Any, **body: Any) -> Answer:
        """Post a message."""
        return await self.ask("POST", f"/channels/{channel.id}/messages", body)


class Bot(discord.Client):
    """A bot that notes what it hears; commands are put on `tree`."""

    def __init__(self, **options: Any) -> None:
        intents = options.pop("intents", None) or all_intents()
        super().__init__(intents=intents, guild_ready_timeout=0.05, **options)
        self.tree = app_commands.CommandTree(self)
        self.heard: list[tuple[str, Any]] = []
        self.failures: list[int] = []
        self.let_go = False
        self.is_up = asyncio.Event()
        self.running: asyncio.Task[None] | None = None

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        self.heard.append((event, args[0] if args else None))
        super().dispatch(event, *args, **kwargs)

    def is_dead(self) -> bool:
        """Whether its loop has ended."""
        return self.running is not None and self.running.done()

    async def on_ready(self) -> None:
        self.is_up.set()

    def names(self) -> list[str]:
        return [name for name, _ in self.heard]

    def last(self, event: str) -> Any:
        """What came with the last event of this name; None when there was none."""
        return next((thing for name, thing in reversed(self.heard) if name == event), None)

    async def hear(self, event: str, count: int = 1) -> Any:
        """Wait until an event has come so many times, and return the last."""
        await eventually(lambda: self.names().count(event) >= count)
        return self.last(event)


def all_intents() -> discord.Intents:
    intents = discord.Intents.default()
    intents.members = intents.message_content = True
    return intents


@contextlib.contextmanager
def pointed_at(server: DiscordServer) -> Iterator[None]:
    """discord.py talks to the emulator meanwhile."""
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = server.api_url, yarl.URL(server.gateway_url)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before


@asynccontextmanager
async def run_bot(server: DiscordServer, bot: Bot, token: str = "") -> AsyncIterator[Bot]:
    """A bot that is ready, with its commands registered."""
    with pointed_at(server):
        running = bot.running = asyncio.create_task(bot.start(token or server.bot_token))
        try:
            await eventually(lambda: bot.is_up.is_set() or running.done())
            if running.done():
                await running
            if bot.tree.get_commands():
                await bot.tree.sync()
            yield bot
        finally:
            await bot.close()
            with contextlib.suppress(Exception):
                await running
