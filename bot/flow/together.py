"""Changes that come at the same time from many sides, each small, are made in one unit of work: one flush to disk for all.

Whoever asks waits for the commit. When a group fails, each of its changes is made alone, so that one which can't be made
harms no other. Nobody lingers: what comes while one group is written makes the next.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from bot.errors import Unavailable
from bot.flow.unit import Unit, Work

T = TypeVar("T")
GROUP = 50
"""How many changes one unit makes at most: others write in between."""


class Ahead(NamedTuple):
    """What a change will ask for: `read` reads it for all changes of a unit that name the same, each with its `of`."""

    read: Callable[[Unit, Sequence[Any]], Awaitable[None]]
    of: Any


@dataclass(frozen=True)
class Change:
    """A change that waits, and who waits for what comes of it."""

    make: Callable[[Unit], Awaitable[Any]]
    key: str
    ahead: Ahead | None
    done: asyncio.Future[Any]

    def fail(self, error: BaseException) -> None:
        if not self.done.done():
            self.done.set_exception(error)

    def succeed(self, result: Any) -> None:
        if not self.done.done():
            self.done.set_result(result)


class Together:
    """Runs changes as `Work.run` does, those that wait in one unit."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self._waiting: list[Change] = []
        self._worker: asyncio.Task[None] | None = None

    async def run(self, make: Callable[[Unit], Awaitable[T]], key: str = "", ahead: Ahead | None = None) -> T:
        """Make this change. The changes of a unit are made in the order of their keys, so that two processes which lock the
        same rows lock them in the same order. Raises what `make` raises, and Unavailable."""
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append(Change(make, key, ahead, done))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await done

    async def _work(self) -> None:
        while self._waiting:
            group = sorted(self._waiting[:GROUP], key=lambda change: change.key)
            del self._waiting[:GROUP]
            try:
                await self._make(group)
            finally:
                for change in group:
                    change.fail(Unavailable("storage.unavailable"))

    async def _make(self, group: list[Change]) -> None:
        async def make_all(unit: Unit) -> list[Any]:
            wanted: dict[Any, list[Any]] = {}
            for read, of in (change.ahead for change in group if change.ahead is not None):
                wanted.setdefault(read, []).append(of)
            for read, many in wanted.items():
                await read(unit, many)
            return [await change.make(unit) for change in group]

        try:
            results = await self.work.run(make_all)
        except Unavailable as gone:
            if gone.code == "storage.conflict" and len(group) > 1:
                for change in group:
                    await self._make([change])
                return
            for change in group:
                change.fail(gone)
        except Exception as error:  # noqa: BLE001 - whoever asked for it gets it
            if len(group) == 1:
                group[0].fail(error)
                return
            for change in group:
                await self._make([change])
        else:
            for change, result in zip(group, results, strict=True):
                change.succeed(result)
