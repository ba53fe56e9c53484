"""What arrives from Discord by the gateway, given to whoever knows the kind; and the commands that Discord is told.

Nothing is decided here.
"""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bot.chat.discord.answers import Answers
from bot.chat.discord.commands import build_commands, is_same_tree
from bot.chat.discord.events import Events
from bot.chat.discord.gateway import Gateway
from bot.chat.discord.interactions import Interactions
from bot.chat.discord.messages import Messages
from bot.chat.discord.places import Places
from bot.chat.discord.visitors import Visitors
from bot.chat.errands import Errands
from bot.chat.platform import Check, Inbound
from bot.errors import Rejected, Retry
from bot.logs import get_logger

if TYPE_CHECKING:
    from bot.chat.discord.platform import DiscordPlatform

log = get_logger(__name__)
STOP_WITHIN = 3.0
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 300.0
INTERACTION = "INTERACTION_CREATE"


class Listener:
    """The ear of one server."""

    def __init__(self, platform: "DiscordPlatform", inbound: Inbound) -> None:
        self.guild = platform.guild
        self.client = platform.client
        self.errands = Errands()
        self.tree = build_commands(platform.list_shapes(), platform.templates)
        self.commands_error = ""
        """Why Discord does not have our commands; empty when it has them, or when nobody knows yet."""
        self._syncing = False
        places, visitors = Places(inbound), Visitors(self.guild, inbound)
        messages = Messages(self.client, self.guild, places, visitors)
        answers = Answers(self.client, platform.templates)
        self.interactions = Interactions(
            inbound, visitors, places, messages, answers, self.errands, self.tree
        )
        self.events = Events(
            self.guild,
            inbound,
            visitors,
            places,
            messages,
            answers,
            self.errands,
            platform.posts,
            platform.changes,
        )
        self.gateway = Gateway(self.guild, self.events.kinds | {INTERACTION}, self._take, self.client.now)

    def start(self) -> None:
        """Begin to listen; returns at once, and goes on trying when Discord is away."""
        self.gateway.start()

    async def stop(self) -> None:
        """Hear nothing new, and end what is going on."""
        await self.gateway.stop()
        await self.errands.stop(STOP_WITHIN)

    @property
    def is_connected(self) -> bool:
        return self.gateway.is_connected and not self.events.unheard

    @property
    def last_error(self) -> str:
        """Why Discord does not reach us: `discord.<name>`; empty when nothing is known to be wrong."""
        return self.events.unheard or self.gateway.last_error

    def look(self) -> list[Check]:
        """The connection and the commands, for the doctor."""
        gateway = self.gateway
        found = [Check("discord_gateway", self.is_connected, {"reason": self.last_error})]
        if gateway.restarts:
            data = {"count": gateway.restarts, "reason": gateway.ended_why, "at": gateway.ended_at}
            found.append(Check("discord_restarts", self.is_connected, data))
        found.append(Check("discord_commands", not self.commands_error, {"reason": self.commands_error}))
        return found

    def _take(self, kind: str, data: Mapping[str, Any]) -> None:
        if kind == INTERACTION:
            self.interactions.take(data)
        elif kind == "READY":
            self.events.me = str(data["user"]["id"])
            if not self._syncing:
                self._syncing = True
                self.errands.start(self._keep_commands())
        elif kind != "RESUMED":
            self.events.take(kind, data)

    async def _keep_commands(self) -> None:
        """Let Discord have our commands, where they are others than it has."""
        pause = FIRST_PAUSE
        while True:
            try:
                await self._sync_commands()
                self.commands_error, self._syncing = "", False
                return
            except (Retry, Rejected) as failure:
                self.commands_error = failure.reason
                log.warning("discord.commands_not_synced", reason=failure.reason)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _sync_commands(self) -> None:
        path = f"/applications/{await self.guild.get_application_id()}/commands"
        there = await self.client.call("GET", path)
        if not is_same_tree(there, self.tree):
            await self.client.call("PUT", path, list(self.tree.commands))
            log.info("discord.commands_synced", count=len(self.tree.commands))
