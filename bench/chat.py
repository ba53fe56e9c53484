"""How soon people in a chat platform see it: from an alert's 202 to its page and its incident's card there, and from a
command to its acknowledgement, at a steady rate, sent whether or not earlier ones have been answered; and what a storm
costs.

The platform is the strict emulator of the tests, in this process; Tocsin runs in its own.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import aiohttp

from bench import programs
from bench.card import MARK, PATIENCE, RATE, pace
from bench.report import Table, milliseconds, percentile
from bench.run import Options

STORM = 1_000
EMAIL = "kate@example.org"
"""Of the one person who is known on both sides."""


@dataclass(frozen=True)
class Post:
    """A message that the platform took from Tocsin: what is in it, when that was (`time.monotonic()`), and whether it went
    to one person."""

    text: str
    at: float
    is_direct: bool


class Chat(Protocol):
    """An emulator with Kate in it."""

    def settings(self) -> Mapping[str, str]:
        """What Tocsin's environment has to say to speak to it."""

    async def wait_connected(self) -> None:
        """Wait until Tocsin hears what people do here."""

    async def link(self, served: programs.Served) -> None:
        """Make Kate here the person with her e-mail address in Tocsin, where that does not come by itself."""

    async def command(self, path: str, **options: str) -> float | None:
        """Kate types a command; seconds until Tocsin acknowledged it, None when it did not."""

    def count_answers(self) -> int:
        """How many answers Kate has been shown."""

    def count_calls(self) -> int: ...

    def count_edits(self) -> int: ...

    def list_posts(self, since: int) -> Iterator[Post]:
        """Those among the calls after the first `since`."""


Opener = Callable[[], AbstractAsyncContextManager[Chat]]


def measure_chat(name: str, open_chat: Opener, options: Options) -> list[Table]:
    seconds = 20 if options.full else 8
    cards = Table(f"From 202 to {name}, {seconds} s", ("p50 ms", "p99 ms", "max ms", "seen"))
    for what, priority, rate, has_bar in (
        ("page of an alert", "P5", RATE, True),
        ("page of an alert", "P5", 10, False),
        ("card of an incident", "P2", 5, False),
    ):
        late, count = asyncio.run(_alerts(open_chat, priority, rate, seconds))
        p50, p99 = percentile(sorted(late), 0.5) * 1000, percentile(sorted(late), 0.99) * 1000
        met = p50 <= 10 and p99 <= 60 and len(late) == count
        bar = ("p50 ≤ 10, p99 ≤ 60 ms", met) if has_bar else ("", None)
        cards.add(f"{what}, {rate}/s", *milliseconds(late), f"{len(late)} of {count}", bar=bar)
    acks = Table(
        f"From a command in {name}, {RATE}/s for {seconds} s", ("p50 ms", "p99 ms", "max ms", "answered")
    )
    for what, took, count, has_bar in asyncio.run(_commands(open_chat, seconds)):
        met = percentile(sorted(took), 0.99) * 1000 <= 25 and len(took) == count
        bar = ("p99 ≤ 25 ms", met) if has_bar else ("", None)
        acks.add(what, *milliseconds(took), f"{len(took)} of {count}", bar=bar)
    storm = Table(f"{STORM:,} alerts within a minute that join one incident", ("calls", "edits", "seconds"))
    calls, edits, took_all = asyncio.run(_storm(open_chat))
    storm.add(
        f"calls of {name}'s API", str(calls), str(edits), f"{took_all:.0f}", bar=("≤ 40 calls", calls <= 40)
    )
    return [cards, acks, storm]


@asynccontextmanager
async def _house(open_chat: Opener) -> AsyncIterator[tuple[Chat, programs.Served]]:
    """Tocsin with its connection open, and Kate, who has the pager."""
    async with open_chat() as chat:
        running = programs.tocsin(environment=chat.settings())
        served = await asyncio.to_thread(running.__enter__)
        try:
            async with asyncio.timeout(20):
                await chat.wait_connected()
            await asyncio.to_thread(
                served.cli, "user", "add", "Kate", "--email", EMAIL, "--team", "first-team"
            )
            await chat.link(served)
            await chat.command("oncall take", until="12h")
            await asyncio.sleep(1)
            yield chat, served
        finally:
            await asyncio.to_thread(running.__exit__, None, None, None)


async def _alerts(open_chat: Opener, priority: str, rate: int, seconds: int) -> tuple[list[float], int]:
    """Each alert is a trouble of its own, so that each has a page or, above P5, an incident of its own."""
    async with _house(open_chat) as (chat, served), aiohttp.ClientSession() as http:
        hook = (await asyncio.to_thread(served.cli, "integration", "create", "generic")).split()[0]
        accepted: dict[int, float] = {}

        async def send(number: int) -> None:
            mark = f"mark-{number:06d}"
            body = {"title": f"Disk {mark} is filling", "alias": mark, "priority": priority}
            async with http.post(hook, json=body) as response:
                await response.read()
                response.raise_for_status()
                accepted[number] = time.monotonic()

        count = await pace(send, rate, seconds)
        until = time.monotonic() + PATIENCE
        seen: dict[int, float] = {}
        read = 0
        while len(seen) < count and time.monotonic() < until:
            await asyncio.sleep(0.05)
            for post in chat.list_posts(read):
                if post.is_direct == (priority == "P5") and (found := MARK.search(post.text)):
                    seen.setdefault(int(found[1]), post.at)
            read = chat.count_calls()
        late = [max(seen[number] - at, 0.0) for number, at in accepted.items() if number in seen]
        return late, count


async def _commands(open_chat: Opener, seconds: int) -> list[tuple[str, list[float], int, bool]]:
    async with _house(open_chat) as (chat, _):
        await chat.command("incident declare", title="Checkout returns errors")
        await asyncio.sleep(2)
        acks: list[float] = []
        before = chat.count_answers()

        async def send(number: int) -> None:
            took = await chat.command("incident note", incident="INC-1", text=f"Restarted worker {number}")
            if took is not None:
                acks.append(took)

        begun = time.monotonic()
        count = await pace(send, RATE, seconds)
        until = time.monotonic() + PATIENCE
        while chat.count_answers() - before < count and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        answered = chat.count_answers() - before
        spare = time.monotonic() - begun - (count - 1) / RATE
        return [
            ("to the acknowledgement", acks, count, True),
            ("all answers, after the last command", [spare] * answered, count, False),
        ]


async def _storm(open_chat: Opener) -> tuple[int, int, float]:
    async with _house(open_chat) as (chat, served), aiohttp.ClientSession() as http:
        hook = (await asyncio.to_thread(served.cli, "integration", "create", "generic")).split()[0]
        calls, edits, begun = chat.count_calls(), chat.count_edits(), time.monotonic()

        async def send(number: int) -> None:
            body = {"title": "Disk full", "alias": f"disk-{number}", "priority": "P2", "service": "web"}
            async with http.post(hook, json=body) as response:
                response.raise_for_status()

        await pace(send, STORM // 50, 50)
        await asyncio.sleep(15)
        return chat.count_calls() - calls, chat.count_edits() - edits, time.monotonic() - begun
