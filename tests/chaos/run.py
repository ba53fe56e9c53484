"""One run: the processes, the faults as planned, the alerts; then everything is whole again, and it is judged."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import func, select

from storage.models import ContactMethod, Escalation, EscalationPolicy, OutboxRow, Timer
from storage.words import EscalationState, OutboxState
from tests.chaos.gateway import SECRET, Gateway
from tests.chaos.plan import Applied, Fault
from tests.chaos.postgres import Postgres, open_postgres
from tests.chaos.replica import Replica
from tests.chaos.senders import PATIENCE, Town
from tests.relay import Relay
from tests.served import Served, open_served

PEOPLE = ("Kate", "Ben", "Ada")
DELAYS = (0, 2, 4)
REPEAT, REPEAT_AFTER = 1, 2
PLAN = tuple((round_, step) for round_ in range(REPEAT + 1) for step in range(len(DELAYS)))
COMES_BACK_WITHIN = 180.0
"""So long after the last fault everything must be done: a lease, a growing pause, a step."""
EACH_WITHIN = 0.2
"""And so much longer for each delivery that has heaped up until then: three people, one page after the other."""


def due_after(round_: int, step: int) -> float:
    """Seconds from the alert to a step."""
    return round_ * (DELAYS[-1] + REPEAT_AFTER) + DELAYS[step]


@dataclass
class World:
    """What a run has: `served` prepares the database and reads it in the end, beside the processes."""

    database: str
    served: Served
    replicas: list[Replica]
    gateway: Gateway
    town: Town
    now: Callable[[], float]
    people: dict[str, int]
    """Ids of people by name."""
    postgres: Postgres | None = None
    relays: Sequence[Relay] = ()
    applied: list[Applied] = field(default_factory=list)
    offsets: dict[int, list[float]] = field(default_factory=dict)
    healed: float = 0.0
    late_work: str = ""
    """What was not done in time; empty when everything was."""


@asynccontextmanager
async def open_world(database: str, seed: int, folder: Path, replicas: int) -> AsyncIterator[World]:
    started = time.monotonic()

    def now() -> float:
        return time.monotonic() - started

    dice = random.Random(f"world {seed}")
    async with AsyncExitStack() as stack:
        postgres = await stack.enter_async_context(open_postgres()) if database == "postgresql" else None
        url = postgres.url if postgres else f"sqlite+aiosqlite:///{folder / 'tocsin.db'}"
        gateway = Gateway(now, random.Random(dice.random()))
        await gateway.start()
        stack.push_async_callback(gateway.stop)
        await asyncio.to_thread(_migrate, url)
        served = await stack.enter_async_context(open_served(url, folder))
        people = await _furnish(served, gateway)
        hook = await served.add_sender("generic")
        relays = (
            [await stack.enter_async_context(Relay.to_postgres(url)) for _ in range(replicas)]
            if postgres
            else []
        )
        running = [
            Replica(number, folder, _environment(relays[number].url if relays else url), now)
            for number in range(replicas)
        ]
        for replica in running:
            stack.push_async_callback(replica.stop)
            replica.start()
        http = await stack.enter_async_context(aiohttp.ClientSession(timeout=PATIENCE))
        for replica in running:
            await replica.wait_until_it_answers(http)
        urls = [replica.url for replica in running]
        hooks = [hook.replace(served.url, url) for url in urls]
        town = Town(http, hooks, urls, random.Random(dice.random()), now)
        stack.push_async_callback(town.stop)
        gateway.on_page = town.hear
        world = World(database, served, running, gateway, town, now, people, postgres, relays)
        started = time.monotonic()
        yield world


def _migrate(url: str) -> None:
    from migrations.run import migrate

    migrate(url)


def _environment(url: str) -> dict[str, str]:
    return {
        "TOCSIN_DATABASE_URL": url,
        "TOCSIN_WEBHOOK_SECRET": SECRET,
        "TOCSIN_REACH_INSIDE": "127.0.0.1/32",
        "TOCSIN_LOG_LEVEL": "info",
    }


async def _furnish(served: Served, gateway: Gateway) -> dict[str, int]:
    """One person to a step, each with a webhook; two rounds."""
    people = {name: await served.add_person(name) for name in PEOPLE}
    (policy,) = await served.rows(EscalationPolicy)
    steps = [
        (delay, [{"type": "user", "id": people[name], "name": name}])
        for name, delay in zip(PEOPLE, DELAYS, strict=True)
    ]
    await served.set_steps(policy.id, steps)

    async def add(unit: Any) -> None:
        found = await unit.session.get_one(EscalationPolicy, policy.id)
        found.repeat, found.repeat_after = REPEAT, REPEAT_AFTER
        for name, number in people.items():
            unit.session.add(
                ContactMethod(
                    user_id=number,
                    kind="webhook",
                    address=gateway.url_of(name),
                    label="webhook",
                    created_at=unit.now,
                    verified_at=unit.now,
                )
            )

    await served.run(add)
    return people


async def go_through(world: World, faults: Sequence[Fault], seconds: float, every: float) -> None:
    """Send alerts for so long, with these faults; then mend everything and wait until all is done."""
    from tests.chaos.faults import Injector

    injector = Injector(world)
    sending = asyncio.create_task(world.town.send_alerts(every))
    await injector.run(faults)
    await asyncio.sleep(max(0.0, seconds - world.now()))
    await injector.wait()
    world.healed = world.now()
    world.town.over.set()
    await sending
    heaped = len(await world.served.rows(OutboxRow))
    end = world.now() + COMES_BACK_WITHIN + EACH_WITHIN * heaped
    while (work := await find_work(world)) and world.now() < end:  # noqa: ASYNC110 (processes are watched)
        await asyncio.sleep(0.3)
    world.late_work = work


async def find_work(world: World) -> str:
    """What is to be done still: deliveries, and steps of escalations."""
    async with world.served.database.read() as session:
        waiting = await session.scalar(
            select(func.count()).where(OutboxRow.state.in_((OutboxState.PENDING, OutboxState.SENDING)))
        )
        running = await session.scalar(
            select(func.count()).where(
                Escalation.state == EscalationState.RUNNING,
                (Escalation.round < REPEAT) | (Escalation.next_step < len(DELAYS)),
            )
        )
        failing = await session.scalar(select(func.count()).where(Timer.attempts > 0))
    parts = {
        "senders": world.town.waits,
        "deliveries": waiting,
        "escalations": running,
        "timers that failed": failing,
    }
    return ", ".join(f"{count} {what}" for what, count in parts.items() if count)
