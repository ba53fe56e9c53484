"""Who sends alerts and who answers pages: like good senders, they try again until they are told that it was accepted."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

import aiohttp

from tests.chaos.gateway import Arrival

Fate = Literal["left", "answered", "resolved", "repeated"]
FATES: Sequence[Fate] = (
    "left",
    "left",
    "left",
    "left",
    "answered",
    "answered",
    "answered",
    "resolved",
    "repeated",
)
PATIENCE = aiohttp.ClientTimeout(total=6)


@dataclass
class Promise:
    """Something that was asked for, and when it was accepted, in seconds since the start. Until then nobody knows."""

    asked: float
    accepted: float | None = None
    tries: list[str] = field(default_factory=list)

    @property
    def unanswered(self) -> int:
        """How many tries nobody answered: each may have been accepted, and may be done at any time after."""
        return sum(not one.rpartition(" ")[2].isdigit() for one in self.tries)


@dataclass
class Sent:
    """An alert, as its sender and those who answered know it."""

    alias: str
    fate: Fate
    opened: Promise
    answered: Promise | None = None
    resolved: Promise | None = None
    ids: set[str] = field(default_factory=set)
    answer_at: int = 0
    """Which page that arrives is answered."""
    heard: int = 0

    @property
    def ended(self) -> Promise | None:
        """What ended it first: an answer or a resolve; None when nobody ended it."""
        both = [one for one in (self.answered, self.resolved) if one is not None]
        return min(both, key=lambda one: one.accepted or float("inf"), default=None)


class Town:
    """All senders and all people."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        hooks: Sequence[str],
        urls: Sequence[str],
        dice: random.Random,
        now: Callable[[], float],
    ) -> None:
        self.http, self.hooks, self.urls, self.dice, self.now = http, hooks, urls, dice, now
        self.sent: dict[str, Sent] = {}
        self.over = asyncio.Event()
        self.faults: list[str] = []
        """Answers that no good server gives."""
        self._tasks: set[asyncio.Task[None]] = set()

    async def send_alerts(self, every: float) -> None:
        """One alert after the other until it is over; each has its fate."""
        while not self.over.is_set():
            self._go(self._live(f"trouble-{len(self.sent)}"))
            await asyncio.sleep(self.dice.expovariate(1 / every))

    @property
    def waits(self) -> int:
        """How many wait for something to be accepted, or mean to ask for it."""
        return len(self._tasks)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _go(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _live(self, alias: str) -> None:
        fate = self.dice.choice(FATES)
        one = self.sent[alias] = Sent(alias, fate, Promise(self.now()), answer_at=self.dice.randint(1, 5))
        signal = {"alias": alias, "title": f"Trouble {alias}", "priority": "P5"}
        later = self.dice.uniform(0.2, 9)
        await self._send(one, one.opened, signal)
        if fate == "resolved":
            await asyncio.sleep(later)
            one.resolved = Promise(self.now())
            await self._send(one, one.resolved, {"alias": alias, "status": "resolved"})
        elif fate == "repeated":
            await asyncio.sleep(later)
            await self._send(one, Promise(self.now()), signal)

    async def _send(self, one: Sent, promise: Promise, signal: dict[str, Any]) -> None:
        while True:
            hook = self.dice.choice(self.hooks)
            try:
                async with self.http.post(hook, json=[signal]) as response:
                    promise.tries.append(f"{self.now():.2f} {response.status}")
                    if response.status == 202:
                        one.ids |= {answer["id"] for answer in (await response.json())["alerts"]} - {""}
                        promise.accepted = self.now()
                        return
                    if response.status < 500:
                        self.faults.append(f"{one.alias}: {response.status} {await response.text()}")
            except (aiohttp.ClientError, TimeoutError) as error:
                promise.tries.append(f"{self.now():.2f} {type(error).__name__}")
            await asyncio.sleep(0.2)

    # those who are paged

    def hear(self, arrival: Arrival) -> None:
        """A page has arrived: whoever means to answer this one does so soon."""
        one = self.sent.get(arrival.title.removeprefix("Trouble "))
        if one is None:
            return
        one.heard += 1
        if one.fate == "answered" and one.answered is None and one.heard >= one.answer_at:
            one.answered = Promise(float("inf"))
            self._go(self._answer(one, one.answered, urlsplit(arrival.body["answer_url"]).path))

    async def _answer(self, one: Sent, promise: Promise, path: str) -> None:
        await asyncio.sleep(self.dice.uniform(0.05, 1.5))
        promise.asked = self.now()
        while True:
            try:
                async with self.http.post(self.dice.choice(self.urls) + path) as response:
                    promise.tries.append(f"{self.now():.2f} {response.status}")
                    if response.status == 200:
                        promise.accepted = self.now()
                        return
                    if response.status < 500:
                        self.faults.append(f"answer of {one.alias}: {response.status}")
            except (aiohttp.ClientError, TimeoutError) as error:
                promise.tries.append(f"{self.now():.2f} {type(error).__name__}")
            await asyncio.sleep(0.2)
