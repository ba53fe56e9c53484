"""What a test can order to go wrong at Discord, and what it can read about it."""

from __future__ import annotations

import secrets
from random import Random

from tests.platforms.discord.faults import Faults, Trouble
from tests.platforms.discord.gateway import INVALID, RECONNECT, Gateway
from tests.platforms.discord.interactions import Interactions
from tests.platforms.discord.things import Channel


class Troubles:
    """Errors, limits, slowness, cut lines, and tokens that are good no longer. Routes are named as in `openapi.json`."""

    faults: Faults
    gateway: Gateway
    interactions: Interactions
    bot_token: str
    delay: float
    deliver_twice: bool

    def fail(
        self,
        route: str,
        status: int,
        code: int,
        message: str = "",
        times: int | None = 1,
        channel: Channel | str | None = None,
    ) -> None:
        """Answer with an error of Discord, so many times or until `mend()`; the route `*` means all."""
        self._order(Trouble(route, "error", _id(channel), times, status, code, message or str(code)))

    def rate_limit(
        self,
        route: str,
        retry_after: float = 1.0,
        times: int | None = 1,
        channel: Channel | str | None = None,
        scope: str = "user",
    ) -> None:
        """Answer 429 with `retry_after`; the scope may be `user`, `shared` or `global`."""
        self._order(Trouble(route, "limit", _id(channel), times, retry_after=retry_after, scope=scope))

    def block(self, route: str, times: int | None = 1) -> None:
        """Answer 429 as what stands before Discord does: a page in HTML, without Via."""
        self._order(Trouble(route, "wall", times=times))

    def answer_500(self, route: str, times: int | None = 1, status: int = 500) -> None:
        """Answer 5xx, and do nothing."""
        self._order(Trouble(route, "broken", times=times, status=status))

    def drop_answer(self, route: str, times: int | None = 1) -> None:
        """Do what is asked, and cut the connection instead of answering."""
        self._order(Trouble(route, "drop", times=times))

    def fail_by_chance(self, chance: Random, share: float) -> None:
        """Let this share of all requests go wrong in one way or another, until `mend()`."""
        self.faults.chance, self.faults.share = chance, share

    def _order(self, trouble: Trouble) -> None:
        self.faults.waiting.append(trouble)

    def mend(self) -> None:
        """Forget every trouble that was ordered."""
        self.faults.waiting.clear()
        self.faults.chance = None
        self.delay = 0.0

    def slow(self, seconds: float) -> None:
        """Answer every request so much later; what it does is done at once."""
        self.delay = seconds

    async def revoke_token(self) -> str:
        """The token is good no longer, and lines are closed; returns the new one."""
        self.bot_token = new_token(self.bot_token.partition(".")[0])
        await self.gateway.close(4004)
        return self.bot_token

    @property
    def strict_limits(self) -> bool:
        """Whether routes have limits like Discord's; otherwise they are too wide to notice."""
        return self.faults.is_strict

    @strict_limits.setter
    def strict_limits(self, value: bool) -> None:
        self.faults.is_strict = value

    @property
    def patience(self) -> float:
        """How long the bot may take for its first answer, in seconds."""
        return self.interactions.patience

    @patience.setter
    def patience(self, value: float) -> None:
        self.interactions.patience = value

    # the gateway

    async def wait_connected(self) -> None:
        """Wait until a bot has identified itself."""
        await self.gateway.wait()

    async def settle(self) -> None:
        """Wait until every bot has read all that was told so far."""
        await self.gateway.settle()

    async def drop_gateway(self) -> None:
        """Cut all lines without a word, and wait until they are gone."""
        self.gateway.cut()
        await self.gateway.wait(0)

    async def close_gateway(self, code: int = 4000) -> None:
        """Close all lines with this code."""
        await self.gateway.close(code)

    async def ask_to_reconnect(self) -> None:
        """Ask every bot to come again and resume, as Discord does now and then."""
        await self.gateway.send(RECONNECT)

    async def invalidate_session(self, resumable: bool = False) -> None:
        """Tell every bot that its session is over."""
        if not resumable:
            self.gateway.sessions.clear()
        await self.gateway.send(INVALID, resumable)

    async def send_malformed(self) -> None:
        """Send an event that no client expects: it can end the loop of discord.py."""
        await self.gateway.send_text('{"op": 0, "s": 1, "t": "MESSAGE_CREATE", "d": {"id": "no number"}}')


def new_token(first: str) -> str:
    """A bot's token; its first part names the bot."""
    return f"{first}.{secrets.token_urlsafe(5)[:6]}.{secrets.token_urlsafe(28)}"


def _id(channel: Channel | str | None) -> str | None:
    return channel.id if isinstance(channel, Channel) else channel
