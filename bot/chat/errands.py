"""Work that goes on after a chat platform has its acknowledgement, which it wants within three seconds.

It may deliver the same thing twice. What was begun here is not begun again; the registry sees to it that this also holds
over a restart and between processes.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from bot.logs import get_logger

log = get_logger(__name__)
T = TypeVar("T")
REMEMBERED = 5_000


class Errands:
    """What is going on, kept until it is done."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()
        self._begun: OrderedDict[str, asyncio.Task[None]] = OrderedDict()

    def start(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Let it run; an error that nobody catches is logged."""
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._finish)
        return task

    def start_once(self, arrival: str, work: Callable[[], Coroutine[Any, Any, None]]) -> "asyncio.Task[None]":
        """Let it run; where this delivery has come before, it is what runs, or has run, for it."""
        if arrival not in self._begun:
            self._begun[arrival] = self.start(work())
            if len(self._begun) > REMEMBERED:
                self._begun.popitem(last=False)
        return self._begun[arrival]

    async def stop(self, seconds: float) -> None:
        """Give what is going on a moment to end, then cut it off."""
        if not self._running:
            return
        _, late = await asyncio.wait(set(self._running), timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _finish(self, task: "asyncio.Task[Any]") -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("chat.errand_failed", exc_info=error)
