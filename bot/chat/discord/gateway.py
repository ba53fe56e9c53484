"""The gateway: the connection by which Discord tells what people do. discord.py makes it, keeps it alive and resumes it.

A supervisor stands around it. An event that discord.py can't read ends its loop, a token can be refused, Discord can be away
for long: whatever ends the connection, a new one is made after a pause that grows, and the doctor says since when and why.
Events are handed on as Discord sends them; discord.py keeps no messages and no members.
"""

import asyncio
import logging
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any
from urllib.request import getproxies, proxy_bypass

import aiohttp
import discord
import msgspec
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.chat.discord.checks import list_switched_off
from bot.chat.discord.guild import Guild
from bot.chat.discord.permissions import INTENTS
from bot.chat.metrics import connected, restarts
from bot.errors import Rejected, Retry
from bot.logs import get_logger

log = get_logger(__name__)
logging.getLogger("discord").setLevel(
    logging.CRITICAL
)  # it quotes what people wrote, and we say what happens
Json = dict[str, Any]
Take = Callable[[str, Json], None]
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 120.0
"""Discord lets a bot begin one session in five seconds, and 1,000 a day."""
LOGIN_WITHIN = 20.0
AWAY = 45.0
"""So long discord.py may try to resume; then a new connection is made."""
STEADY = 60.0
"""A connection that lasted so long was a good one: the next pause is short again."""
LOOK = 0.5
LOOK_AT_INTENTS = 60.0

EXPECTED = (
    Retry,
    Rejected,
    discord.LoginFailure,
    discord.PrivilegedIntentsRequired,
    discord.ConnectionClosed,
    discord.HTTPException,
    discord.GatewayNotFound,
    aiohttp.ClientError,
    OSError,
)
"""What can end a connection without a fault of ours or of the library."""


class Envelope(msgspec.Struct):
    """What comes by the gateway. The data is read only where somebody wants it."""

    op: int
    t: str | None = None
    d: msgspec.Raw = msgspec.Raw()


class Ear(discord.Client):
    """One connection, and its resumptions."""

    def __init__(
        self, intents: discord.Intents, hear: Callable[[str], None], lost: Callable[[], None]
    ) -> None:
        super().__init__(
            intents=intents,
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            enable_debug_events=True,  # the events as they come
            proxy=_find_proxy(),
        )
        self._hear = hear
        self._lost = lost

    async def on_socket_raw_receive(self, message: str) -> None:
        self._hear(message)

    async def on_disconnect(self) -> None:
        self._lost()

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        log.error("discord.event_not_read", method=event_method, exc_info=sys.exception())


class Gateway:
    """Keeps a connection open, whatever ends it. `take` gets the name and the data of each event of these `kinds`."""

    def __init__(self, guild: Guild, kinds: frozenset[str], take: Take, now: Callable[[], datetime]) -> None:
        self.guild = guild
        self.settings = guild.settings
        self.kinds = kinds | {"READY", "RESUMED"}
        self.take = take
        self.now = now
        self.is_connected = False
        self.last_error = ""
        """Why there is no connection: `discord.<name>`; empty while there is one."""
        self.restarts = 0
        self.ended_why = ""
        """Why the last connection ended for good, so that a new one was made."""
        self.ended_at: datetime | None = None
        self._down_since = time.monotonic()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.ensure_future(self._keep_open())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _keep_open(self) -> None:
        pause = FIRST_PAUSE
        while True:
            began = time.monotonic()
            try:
                reason = await self._live()
            except asyncio.CancelledError:
                raise
            except EXPECTED as failure:
                reason = explain_end(failure)
            except Exception as failure:  # nothing may end the only way by which people reach us
                log.exception("discord.client_failed")
                reason = f"discord.client_failed {type(failure).__name__}"
            finally:
                self._note_lost()
            if time.monotonic() - began > STEADY:
                pause = FIRST_PAUSE
            self.last_error = self.ended_why = reason
            self.ended_at = self.now()
            self.restarts += 1
            restarts.labels("discord", reason.partition(" ")[0].removeprefix("discord.")).inc()
            log.warning("discord.connection_ended", reason=reason, again_in=pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _live(self) -> str:
        """One connection, until it ends; returns why."""
        application = await self.guild.get_application()
        missing = list_switched_off(application)
        self._point_library()
        ear = Ear(build_intents(missing), self._hear, self._note_lost)
        async with ear:
            async with asyncio.timeout(LOGIN_WITHIN):
                await ear.login(self.guild.client.find_token())
            self._down_since = time.monotonic()
            connection = asyncio.ensure_future(ear.connect())
            try:
                return await self._watch(connection, missing)
            finally:
                connection.cancel()
                await asyncio.gather(connection, return_exceptions=True)

    async def _watch(self, connection: "asyncio.Future[None]", missing: tuple[str, ...]) -> str:
        looked_at = time.monotonic()
        while True:
            await asyncio.wait({connection}, timeout=LOOK)
            if connection.done():
                connection.result()
                return "discord.gateway_ended"
            if not self.is_connected and time.monotonic() - self._down_since > AWAY:
                return "discord.gateway_away"
            if missing and time.monotonic() - looked_at > LOOK_AT_INTENTS:
                looked_at = time.monotonic()
                with suppress(Retry, Rejected):
                    if list_switched_off(await self.guild.get_application()) != missing:
                        return "discord.intents_changed"

    def _point_library(self) -> None:
        """discord.py knows one address for all."""
        Route.BASE = self.settings.api_url.rstrip("/")
        if self.settings.gateway_url:
            DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(self.settings.gateway_url)

    def _hear(self, message: str) -> None:
        envelope = msgspec.json.decode(message, type=Envelope)
        if envelope.t not in self.kinds:
            return
        data: Json = msgspec.json.decode(envelope.d)
        if envelope.t in ("READY", "RESUMED"):
            self.is_connected, self.last_error = True, ""
            connected.labels("discord").set(1)
            log.info("discord.connected", how=envelope.t)
        self.take(str(envelope.t), data)

    def _note_lost(self) -> None:
        if self.is_connected:
            self._down_since = time.monotonic()
            log.info("discord.disconnected")
        self.is_connected = False
        connected.labels("discord").set(0)


def build_intents(missing: tuple[str, ...]) -> discord.Intents:
    """What we want to hear, without what is not switched on for the application: asking for that would close the gateway."""
    return discord.Intents(**{name: True for name in INTENTS if name not in missing})


def explain_end(failure: Exception) -> str:
    """Why a connection ended, as `discord.<name>`."""
    match failure:
        case Retry() | Rejected():
            return failure.reason
        case discord.LoginFailure():
            return "discord.refused_token"
        case discord.PrivilegedIntentsRequired():
            return "discord.intents_refused"
        case discord.ConnectionClosed():
            return "discord.refused_token" if failure.code == 4004 else f"discord.closed {failure.code}"
        case _:
            return f"discord.unreachable gateway: {type(failure).__name__}"


def _find_proxy() -> str | None:
    return None if proxy_bypass("discord.com") else getproxies().get("https")
