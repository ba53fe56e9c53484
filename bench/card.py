"""How soon people see it: from an alert's 202 to its page in the Room and to its incident's card, and from a command to its
reply, at a steady rate, sent whether or not earlier ones have been answered.

The Room's message table is watched from outside, through a connection of its own that reads every two milliseconds.
"""

import asyncio
import re
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp

from bench import programs
from bench.report import Table, milliseconds, percentile
from bench.run import Options

RATE = 50
LOOK_EVERY = 0.002
PATIENCE = 20.0
"""Seconds to wait for what is still missing after the last request."""
MARK = re.compile(r"mark-(\d{6})")
SEEN = """SELECT message.id, message.card FROM board_message AS message JOIN board_channel AS channel
ON channel.id = message.channel_id WHERE message.id > ? AND channel.kind = ? ORDER BY message.id"""


class Watcher(threading.Thread):
    """Notes when the first message with each mark can be read in channels of one kind."""

    def __init__(self, database: Path, kind: str) -> None:
        super().__init__(daemon=True)
        self.seen: dict[int, float] = {}
        self._database, self._kind = database, kind
        self._ended = threading.Event()

    def run(self) -> None:
        connection = sqlite3.connect(f"file:{self._database}?mode=ro", uri=True, isolation_level=None)
        last = 0
        while not self._ended.wait(LOOK_EVERY):
            rows = connection.execute(SEEN, (last, self._kind)).fetchall()
            now = time.perf_counter()
            for number, card in rows:
                last = number
                if found := MARK.search(card):
                    self.seen.setdefault(int(found[1]), now)
        connection.close()

    def end(self) -> None:
        self._ended.set()
        self.join()


def measure(options: Options) -> list[Table]:
    seconds = 20 if options.full else 8
    cards = Table(f"From 202 to the Room, {seconds} s", ("p50 ms", "p99 ms", "max ms", "seen"))
    replies = Table(f"From a command to its reply, {seconds} s", ("p50 ms", "p99 ms", "max ms", "answered"))
    for what, kind, priority, rate, has_bar in (
        ("page of an alert", "direct", "P5", RATE, True),
        ("card of an incident", "incident", "P2", RATE, True),
        ("card of an incident", "incident", "P2", 10, False),
    ):
        with programs.tocsin() as served:
            late, count = asyncio.run(_alerts(served, kind, priority, rate, seconds))
        p50, p99 = percentile(sorted(late), 0.5) * 1000, percentile(sorted(late), 0.99) * 1000
        met = p50 <= 10 and p99 <= 60 and len(late) == count
        bar = ("p50 ≤ 10, p99 ≤ 60 ms", met) if has_bar else ("", None)
        cards.add(f"{what}, {rate}/s", *milliseconds(late), f"{len(late)} of {count}", bar=bar)
    with programs.tocsin() as served:
        late, count = asyncio.run(_commands(served, seconds))
    p99 = percentile(sorted(late), 0.99) * 1000
    met = p99 <= 25 and len(late) == count
    replies.add(
        f"/incident note, {RATE}/s", *milliseconds(late), f"{len(late)} of {count}", bar=("p99 ≤ 25 ms", met)
    )
    return [cards, replies]


async def _alerts(
    served: programs.Served, kind: str, priority: str, rate: int, seconds: int
) -> tuple[list[float], int]:
    """Each alert is a trouble of its own, so that each has a page or an incident of its own."""
    hook = served.cli("integration", "create", "generic").split()[0]
    watcher = Watcher(served.folder / "tocsin.db", kind)
    accepted: dict[int, float] = {}
    watcher.start()
    async with aiohttp.ClientSession() as http:

        async def send(number: int) -> None:
            mark = f"mark-{number:06d}"
            body = {"title": f"Disk {mark} is filling", "alias": mark, "priority": priority}
            async with http.post(hook, json=body) as response:
                await response.read()
                response.raise_for_status()
                accepted[number] = time.perf_counter()

        count = await pace(send, rate, seconds)
        until = time.perf_counter() + PATIENCE
        while len(watcher.seen) < count and time.perf_counter() < until:  # noqa: ASYNC110 (a thread fills it)
            await asyncio.sleep(0.05)
    watcher.end()
    return [
        max(watcher.seen[number] - at, 0.0) for number, at in accepted.items() if number in watcher.seen
    ], count


async def _commands(served: programs.Served, seconds: int) -> tuple[list[float], int]:
    key = served.cli("key", "create", "--name", "bench", "--scope", "admin").strip()
    url = f"http://127.0.0.1:{served.port}/api/v1"
    took: list[float] = []
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as http:
        async with http.post(f"{url}/incidents", json={"title": "Checkout returns errors"}) as response:
            response.raise_for_status()

        async def send(number: int) -> None:
            begun = time.perf_counter()
            body = {"text": f"/incident note Restarted worker {number}", "incident": "INC-1"}
            async with http.post(f"{url}/commands", json=body) as response:
                await response.read()
                response.raise_for_status()
            took.append(time.perf_counter() - begun)

        await asyncio.sleep(1)
        count = await pace(send, RATE, seconds)
    return took, count


async def pace(send: Callable[[int], Awaitable[None]], rate: int, seconds: int) -> int:
    """Send at a steady rate; how many were sent. Raises what any of them raised."""
    begun, count = time.perf_counter(), rate * seconds
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            await asyncio.sleep(max(begun + number / rate - time.perf_counter(), 0))
            group.create_task(_one(send, number))
    return count


async def _one(send: Callable[[int], Awaitable[None]], number: int) -> None:
    await send(number)
