"""Makes and starts the chat platforms, each by itself: one that fails stops neither the others nor the webhooks.

A platform that cannot be made or started is tried again after a growing pause. Until then its deliveries wait as for any
platform that is away, and the log and the doctor say why.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from bot.chat.platform import Check, Inbound, Platform
from bot.flow.alone import Alone
from bot.logs import get_logger

log = get_logger(__name__)
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
STOP_WITHIN = 10.0
Maker = Callable[[], Platform]


class Starter:
    """Puts each platform into `platforms` once it is made, and starts it. `faults` has the reason for each that failed."""

    def __init__(
        self,
        platforms: dict[str, Platform],
        makers: Mapping[str, Maker],
        claim: Callable[[str], Alone],
    ) -> None:
        self.platforms = platforms
        self.makers = makers
        self.claims: dict[str, Alone] = {}
        """Of platforms to which only one replica listens."""
        self._claim = claim
        self.faults: dict[str, str] = {}
        self.first_pause = FIRST_PAUSE
        self._started: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []
        for name in makers:
            self._try_to_make(name)

    def start(self, inbound: Inbound) -> None:
        """Begin, and return at once."""
        names = dict.fromkeys([*self.platforms, *self.makers])
        self._tasks = [asyncio.create_task(self._start_one(name, inbound)) for name in names]

    async def stop(self) -> None:
        """Stop what was started; a platform that can't stop holds up no other."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(self._stop_one(name) for name in sorted(self._started)))

    def check(self) -> list[Check]:
        """For the doctor: those that are not there, and why."""
        return [
            Check("platform_not_started", False, {"name": name, "reason": reason})
            for name, reason in sorted(self.faults.items())
        ]

    async def _start_one(self, name: str, inbound: Inbound) -> None:
        await self._try_until_done(lambda: self._is_made(name))
        if not self.platforms[name].listens_alone:
            await self._try_until_done(lambda: self._try_to_start(name, inbound))
            return
        claim = self.claims[name] = self._claim(f"listen to {name}")
        while True:
            await claim.wait()
            await self._try_until_done(lambda: self._try_to_start(name, inbound))
            await claim.keep()
            await self.platforms[name].stop_listening()

    async def _try_until_done(self, attempt: Callable[[], Awaitable[bool]]) -> None:
        pause = self.first_pause
        while not await attempt():
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _is_made(self, name: str) -> bool:
        return name in self.platforms or self._try_to_make(name)

    async def _try_to_start(self, name: str, inbound: Inbound) -> bool:
        self._started.add(name)
        try:
            await self.platforms[name].start(inbound)
        except Exception as error:
            self.faults[name] = _describe(error)
            log.exception("platform.not_started", platform=name)
            return False
        if self.faults.pop(name, None) is not None:
            log.info("platform.started", platform=name)
        return True

    def _try_to_make(self, name: str) -> bool:
        try:
            self.platforms[name] = self.makers[name]()
        except Exception as error:
            self.faults[name] = _describe(error)
            log.exception("platform.not_started", platform=name)
            return False
        return True

    async def _stop_one(self, name: str) -> None:
        try:
            async with asyncio.timeout(STOP_WITHIN):
                await self.platforms[name].stop()
        except Exception:
            log.exception("platform.not_stopped", platform=name)
        if name in self.claims:
            await self.claims[name].give_back()


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]
