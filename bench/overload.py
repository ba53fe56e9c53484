"""What a storm beyond capacity does: one sender posts as much as 200 connections can carry, 100 alerts in each request,
while another sends an alert now and then, people give commands and look at the Room.

The noisy sender is refused with 503 and `Retry-After`; nothing that was accepted is lost, memory does not grow, and the
others hardly notice. 20 senders and 100 rules (`bench.setup`).
"""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import aiohttp
import asyncpg
import psutil  # type: ignore[import-untyped]
from sqlalchemy.engine import make_url

from bench import programs, setup
from bench.load import Findings, Task, run
from bench.payloads import alertmanager_webhook
from bench.report import Table, at_most, milliseconds, percentile, thousands
from bench.run import Options

CONNECTIONS = 200
ALERTS = 100
QUIET_SENDER = 19
EVERY = 0.2
"""Seconds between two alerts of the quiet sender, two commands, and two looks at the Room."""
PATIENCE = 60.0
PAGES = "SELECT count(*) FROM page"
ALERTS_OF_STORM = "SELECT count(*) FROM alert WHERE integration_id = {sender}"
SENDER = "SELECT id FROM integration WHERE name = '{name}'"


@dataclass
class Noticed:
    """What the others waited, in seconds."""

    quiet: list[float] = field(default_factory=list)
    commands: list[float] = field(default_factory=list)
    looks: list[float] = field(default_factory=list)
    refused: int = 0


class Answers:
    """Asks the database, beside Tocsin."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)

    async def number(self, asked: str) -> int:
        if self.url.get_backend_name() == "sqlite":
            with sqlite3.connect(f"file:{self.url.database}?mode=ro", uri=True) as connection:
                return int(connection.execute(asked).fetchone()[0])
        connection = await asyncpg.connect(
            self.url.set(drivername="postgresql").render_as_string(hide_password=False)
        )
        try:
            return int(await connection.fetchval(asked))
        finally:
            await connection.close()


def measure(options: Options) -> list[Table]:
    seconds = 60 if options.full else 20
    tables = []
    with ExitStack() as stack:
        urls: list[tuple[str, str | None]] = [("SQLite", None)]
        if options.postgresql:
            server = stack.enter_context(programs.postgresql())
            urls.append(("PostgreSQL", stack.enter_context(programs.fresh_database(server))))
        for name, url in urls:
            with programs.tocsin(url, world=setup.environment) as served:
                tables.append(asyncio.run(_storm(name, served, seconds)))
    return tables


async def _storm(name: str, served: programs.Served, seconds: int) -> Table:
    key = served.cli("key", "create", "--name", "bench", "--scope", "admin").strip()
    noticed, answers = Noticed(), Answers(served.database_url)
    body = alertmanager_webhook(["%09d"] * ALERTS)
    hook = setup.path_of(0)
    task = Task(served.port, [hook], [body], seconds, CONNECTIONS, body.count("%09d"), may_shed=True)
    with _watch_memory(served.pid) as memory:
        storm = asyncio.create_task(asyncio.to_thread(run, task))
        await _live_on(served, key, noticed, storm)
        found = await storm
    lateness = await _read_lateness(served)
    sender = await answers.number(SENDER.format(name="Sender 0"))
    accepted = found.statuses.get("202", 0) * ALERTS
    stored = await answers.number(ALERTS_OF_STORM.format(sender=sender))
    return _tell(f"{name}: a storm of {seconds} s", found, noticed, lateness, accepted, stored, memory)


def _tell(
    title: str,
    found: Findings,
    noticed: Noticed,
    lateness: float,
    accepted: int,
    stored: int,
    memory: list[float],
) -> Table:
    table = Table(title, ("found",))
    refused = found.statuses.get("503", 0)
    table.add("alerts accepted", thousands(accepted))
    table.add("alerts accepted in a second", thousands(accepted / found.seconds))
    table.add("accepted and not stored", thousands(max(accepted - stored, 0)), bar=("0", stored >= accepted))
    table.add("requests refused with 503", thousands(refused), bar=("> 0", refused > 0))
    table.add("refused without Retry-After", str(found.impolite), bar=("0", found.impolite == 0))
    table.add("refused of the quiet sender", str(noticed.refused), bar=("0", noticed.refused == 0))
    for what, took, bar in (
        ("alert of the quiet sender, p50 / p99 / max ms", noticed.quiet, 2.0),
        ("command, p50 / p99 / max ms", noticed.commands, 1.0),
        ("page of the Room, p50 / p99 / max ms", noticed.looks, 1.0),
    ):
        p99 = percentile(sorted(took), 0.99)
        table.add(what, " / ".join(milliseconds(took)), bar=at_most(p99, bar, " s at p99"))
    table.add("lateness of steps that page, p99 s", f"{lateness:.2f}", bar=at_most(lateness, 2, " s"))
    table.add("memory before / most / after, MB", " / ".join(f"{one:.0f}" for one in _shape(memory)))
    return table


async def _live_on(
    served: programs.Served, key: str, noticed: Noticed, storm: "asyncio.Task[Findings]"
) -> None:
    """What others do meanwhile, each as if the rest were not there."""
    url = f"http://127.0.0.1:{served.port}"
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as http:
        async with http.post(f"{url}/api/v1/incidents", json={"title": "Something else"}) as response:
            incident = (await response.json())["ref"]

        async def send(number: int) -> None:
            alert = alertmanager_webhook([f"8{number:08d}"], service="unknown").replace('"node"', '"other"')
            headers = {"Content-Type": "application/json"}
            async with http.post(url + setup.path_of(QUIET_SENDER), data=alert, headers=headers) as response:
                noticed.refused += response.status != 202

        async def command(number: int) -> None:
            body = {"text": f"/incident note Restarted worker {number}", "incident": incident}
            async with http.post(f"{url}/api/v1/commands", json=body) as response:
                response.raise_for_status()

        async def look(_: int) -> None:
            async with http.get(f"{url}/api/v1/incidents") as response:
                await response.read()
                response.raise_for_status()

        await asyncio.gather(
            _again_and_again(send, noticed.quiet, storm),
            _again_and_again(command, noticed.commands, storm),
            _again_and_again(look, noticed.looks, storm),
        )


async def _again_and_again(
    do: Callable[[int], Awaitable[None]], took: list[float], storm: "asyncio.Task[Findings]"
) -> None:
    number = 0
    while not storm.done():
        begun = time.perf_counter()
        await do(number)
        took.append(time.perf_counter() - begun)
        number += 1
        await asyncio.sleep(max(EVERY - took[-1], 0))


async def _read_lateness(served: programs.Served) -> float:
    """The p99 of how late timers were done, by the histogram that Tocsin keeps itself; the upper end of its bucket."""
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{served.port}/metrics") as response,
    ):
        lines = (await response.text()).splitlines()
    buckets = [
        (float(line.split('le="')[1].split('"')[0]), float(line.rpartition(" ")[2]))
        for line in lines
        if line.startswith("tocsin_timer_lateness_seconds_bucket")
    ]
    total = buckets[-1][1]
    return next((edge for edge, count in buckets if count >= 0.99 * total), float("inf"))


@contextmanager
def _watch_memory(pid: int) -> Iterator[list[float]]:
    """Resident megabytes, looked at four times a second."""
    found: list[float] = []
    process = psutil.Process(pid)

    async def watch() -> None:
        while True:
            found.append(process.memory_info().rss / 1e6)
            await asyncio.sleep(0.25)

    watching = asyncio.create_task(watch())
    try:
        yield found
    finally:
        watching.cancel()
        found.append(process.memory_info().rss / 1e6)


def _shape(memory: list[float]) -> tuple[float, float, float]:
    return memory[0], max(memory), memory[-1]
