"""The recipients' own server: takes pages by webhook and writes each down. It can be down, slow, failing or mute."""

import hashlib
import hmac
import random
from asyncio import sleep
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.served import find_free_port

SECRET = "what pages are signed with"


@dataclass(frozen=True)
class Arrival:
    """One request. `taken` says whether the recipient has it; what was answered with 500 it has not."""

    at: float
    person: str
    key: str
    body: dict[str, Any]
    is_signed: bool
    taken: bool

    @property
    def page(self) -> int:
        return int(self.body.get("page", 0))

    @property
    def title(self) -> str:
        return str((self.body.get("subject") or {}).get("title", ""))


@dataclass
class Gateway:
    """`now` tells the judge's time. Of each mode how many faults ask for it now."""

    now: Callable[[], float]
    dice: random.Random
    arrivals: list[Arrival] = field(default_factory=list)
    on_page: Callable[[Arrival], None] = lambda _: None
    failing: int = 0
    mute: int = 0
    slow: list[float] = field(default_factory=list)
    _closed: int = 0
    _runner: web.AppRunner | None = None
    _site: web.TCPSite | None = None
    port: int = field(default_factory=find_free_port)

    def url_of(self, person: str) -> str:
        return f"http://127.0.0.1:{self.port}/{person}"

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/{person}", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await self._open()

    async def _open(self) -> None:
        assert self._runner is not None
        self._site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await self._site.start()

    async def close(self) -> None:
        """Nobody can connect, until every fault that closed it is over."""
        self._closed += 1
        if self._closed == 1 and self._site is not None:
            await self._site.stop()

    async def reopen(self) -> None:
        self._closed -= 1
        if self._closed == 0:
            await self._open()

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        raw = await request.read()
        at = request.headers.get("X-Tocsin-Timestamp", "")
        digest = hmac.new(SECRET.encode(), at.encode() + b"." + raw, hashlib.sha256).hexdigest()
        is_refused = self.failing > 0 and self.dice.random() < 0.8
        arrival = Arrival(
            self.now(),
            request.match_info["person"],
            request.headers.get("X-Tocsin-Delivery", ""),
            await request.json(),
            hmac.compare_digest(f"sha256={digest}", request.headers.get("X-Tocsin-Signature", "")),
            not is_refused,
        )
        self.arrivals.append(arrival)
        if is_refused:
            return web.Response(status=self.dice.choice((500, 503)), text="not now")
        self.on_page(arrival)
        if self.slow:
            await sleep(max(self.slow))
        if self.mute and request.transport is not None:
            request.transport.abort()
        return web.json_response({"thanks": True})
