"""Looks that are wanted at the same time are one: what all of them need is read at once.

Whoever asks sees everything that was committed before. Nobody lingers: what comes while one look is made makes the next.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from bot.flow.unit import Unit, Work
from storage.engine import is_of_database

K = TypeVar("K")
T = TypeVar("T")
GROUP = 50
"""How many are answered by one look at most."""


class Looks(Generic[K, T]):
    """Answers `ask` for each key, those that wait in one unit that only looks, after `prepare` for all of them. A key that
    is wanted twice at the same time is asked for once."""

    def __init__(
        self,
        work: Work,
        prepare: Callable[[Unit, Sequence[K]], Awaitable[None]],
        ask: Callable[[Unit, K], Awaitable[T]],
    ) -> None:
        self.work, self.prepare, self.ask = work, prepare, ask
        self._waiting: list[tuple[K, asyncio.Future[T]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def look(self, key: K) -> T:
        """Raises what `ask` raises for this key, or what kept all of them from being answered."""
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, done))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await done

    async def _work(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
            try:
                await self.work.look(lambda unit, group=group: self._answer(unit, group))  # type: ignore[misc]
            except Exception as error:  # noqa: BLE001 - whoever asked gets it
                for _, done in group:
                    if not done.done():
                        done.set_exception(error)
            finally:
                for _, done in group:
                    done.cancel()

    async def _answer(self, unit: Unit, group: Sequence[tuple[K, asyncio.Future[T]]]) -> None:
        keys = list(dict.fromkeys(key for key, _ in group))
        await self.prepare(unit, keys)
        for key in keys:
            waiting = [done for one, done in group if one == key]
            try:
                result = await self.ask(unit, key)
            except Exception as error:
                if is_of_database(error):
                    raise
                for done in waiting:
                    if not done.done():
                        done.set_exception(error)
            else:
                for done in waiting:
                    if not done.done():
                        done.set_result(result)


async def nothing_ahead(_unit: Unit, _keys: Sequence[object]) -> None:
    """Where `ask` needs nothing read before."""
