"""Discord, heard through its gateway. What is measured there is in `bench/chat.py`."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import aiohttp

from bench.chat import EMAIL, Chat, Post, measure_chat
from bench.programs import Served
from bench.report import Table
from bench.run import Options
from tests.platforms.contract.discord_stage import RESPONDERS, settle_discord
from tests.platforms.discord import DiscordServer

CODE = re.compile(r"\b[2-9A-Z]{5}-[2-9A-Z]{5}\b")


def measure(options: Options) -> list[Table]:
    return measure_chat("Discord", open_discord, options)


@asynccontextmanager
async def open_discord() -> AsyncIterator[Chat]:
    async with DiscordServer() as discord:
        yield Discord(discord)


class Discord:
    def __init__(self, discord: DiscordServer) -> None:
        self.discord = discord
        self.kate = discord.add_user("kate")
        discord.add_role(RESPONDERS, self.kate)
        self.general = discord.add_channel("general")
        self._answers = 0

    def settings(self) -> dict[str, str]:
        return settle_discord(self.discord)

    async def wait_connected(self) -> None:
        await self.discord.wait_connected()
        while not self.discord.commands():  # noqa: ASYNC110 (nothing tells of it)
            await asyncio.sleep(0.02)

    async def link(self, served: Served) -> None:
        """Discord tells no e-mail addresses: the person's code is typed there."""
        words = ("key", "create", "--name", "bench", "--scope", "admin")
        key = (await asyncio.to_thread(served.cli, *words)).strip()
        url, body = f"http://127.0.0.1:{served.port}/api/v1/commands", {"text": "/tocsin link", "as": EMAIL}
        headers = {"Authorization": f"Bearer {key}"}
        async with aiohttp.ClientSession(headers=headers) as http, http.post(url, json=body) as response:
            response.raise_for_status()
            code = CODE.search((await response.json())["reply"])
        if code is None:
            raise RuntimeError("`/tocsin link` gave no code")
        await self.command("tocsin link", code=code[0])

    async def command(self, path: str, **options: str) -> float | None:
        interaction = await self.discord.command(self.kate, self.general, path, options)
        shown = interaction.message
        self._answers += interaction.ok and (shown is None or shown.is_deleted or not shown.is_loading)
        return interaction.first_answer_seconds

    def count_answers(self) -> int:
        return self._answers

    def count_calls(self) -> int:
        return len(self.discord.calls)

    def count_edits(self) -> int:
        return self.discord.count("update_message")

    def list_posts(self, since: int) -> Iterator[Post]:
        for call in self.discord.calls[since:]:
            if call.route == "create_message" and call.ok:
                channel = self.discord.guild.channels[call.path["channel_id"]]
                yield Post(json.dumps(call.body), call.at, channel.is_direct)
