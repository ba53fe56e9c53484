"""How long it takes to say who is on call: over a year of a schedule with 50 rotations, and now in 1,000 schedules, from
plans that are read already and from the database.

Every round makes its plans anew, so nothing is known from the round before but when zones change their clocks. The CPU time
of the process is shown beside the time by the clock: what is measured waits for nothing but the database.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from app import collect_garbage_seldom
from bench import programs
from bench.report import Table, at_most, median
from bench.run import Options
from bot.flow.unit import BOT, Installation, Unit
from bot.oncall.plan import Forwarding, Override, Plan, Restriction, Rotation, Slot, TimeOff
from bot.oncall.resolve import resolve, who
from bot.oncall.rosters import list_rosters
from storage import models
from storage.engine import Database
from storage.words import RotationKind

Taken = tuple[float, float]
"""Milliseconds by the clock, and of the processor."""
YEAR = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
MONDAY = datetime(2025, 1, 6, 9, 0)  # noqa: DTZ001 (a wall-clock time)
ZONES = ("Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC")
MANY = 50
PEOPLE = 200
SCHEDULES = 1_000
DAY, WEEK = 1440, 7 * 1440
NIGHTS = tuple(Restriction(day * DAY + 1080, (day * DAY + 1980) % WEEK) for day in range(5))
KINDS: dict[str, Callable[[random.Random], Plan]] = {
    "weekly": lambda chance: _plan(chance, RotationKind.WEEKLY),
    "weekly, 100 overrides, 20 forwardings, 20 times off": lambda chance: _plan(
        chance, RotationKind.WEEKLY, exceptions=True
    ),
    "weekly, nights from Monday to Friday": lambda chance: _plan(chance, RotationKind.WEEKLY, NIGHTS),
    "the same in layers": lambda chance: _plan(chance, RotationKind.WEEKLY, NIGHTS, layered=True),
    "daily": lambda chance: _plan(chance, RotationKind.DAILY),
    "daily, each at a minute of its own": lambda chance: _plan(chance, RotationKind.DAILY, apart=True),
}


def measure(options: Options) -> list[Table]:
    collect_garbage_seldom()
    year = Table(
        f"A year of {MANY} rotations, medians of {options.rounds}", ("ms", "best", "CPU ms", "spans")
    )
    for what, build in KINDS.items():
        chance = random.Random(4)
        resolve(build(chance), *YEAR)
        times: list[Taken] = []
        spans = 0
        for _ in range(options.rounds):
            plan = build(chance)
            with _timed(times):
                spans = len(resolve(plan, *YEAR))
        _add(year, what, times, 50, f"{spans:,}")
    year.notes.append("Five people each, in Europe/Paris; handoffs at a full hour unless it says otherwise.")
    now = Table(
        f"Who is on call in {SCHEDULES:,} schedules, medians of {options.rounds}", ("ms", "best", "CPU ms")
    )
    times = []
    for number in range(options.rounds + 1):
        plans = [_small_plan(random.Random(place), ZONES[place % len(ZONES)]) for place in range(SCHEDULES)]
        with _timed(times):
            for plan in plans:
                who(plan, YEAR[0] + timedelta(hours=number))
    _add(now, "plans", times[1:], 100)
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name, ExitStack() as stack:
        urls = {"SQLite": f"sqlite:///{Path(name) / 'tocsin.db'}"}
        if options.postgresql:
            server = stack.enter_context(programs.postgresql())
            urls["PostgreSQL"] = stack.enter_context(programs.fresh_database(server))
        for database, url in urls.items():
            times = asyncio.run(_ask(url, options.rounds))
            _add(now, f"from {database}", times, 100)
    now.notes.append(
        "Two rotations each, every second one with hours; from the database with an override each, and with "
        "rotations that were read before, as they are in the program."
    )
    return [year, now]


@contextmanager
def _timed(times: list[Taken]) -> Iterator[None]:
    begun, before = time.perf_counter(), time.process_time()
    yield
    times.append(((time.perf_counter() - begun) * 1000, (time.process_time() - before) * 1000))


def _add(table: Table, what: str, times: list[Taken], bar: float, *cells: str) -> None:
    elapsed, busy = [one for one, _ in times], [one for _, one in times]
    shown = f"{median(elapsed):.1f}", f"{min(elapsed):.1f}", f"{median(busy):.1f}"
    table.add(what, *shown, *cells, bar=at_most(median(elapsed), bar, " ms"))


def _plan(
    chance: random.Random,
    kind: RotationKind,
    hours: tuple[Restriction, ...] = (),
    *,
    layered: bool = False,
    apart: bool = False,
    exceptions: bool = False,
) -> Plan:
    rotations = []
    for number in range(MANY):
        minutes = chance.randrange(WEEK) if apart else chance.randrange(7 * 24) * 60
        slots = tuple(Slot((chance.randrange(PEOPLE),)) for _ in range(5))
        rotations.append(
            Rotation(number, kind, 1, MONDAY + timedelta(minutes=minutes), slots, restrictions=hours)
        )

    def times() -> tuple[datetime, datetime]:
        start = YEAR[0] + timedelta(minutes=chance.randrange(365 * DAY))
        return start, start + timedelta(hours=chance.randrange(1, 200))

    def person() -> int:
        return chance.randrange(PEOPLE)

    count = 20 if exceptions else 0
    return Plan(
        ZONES[0],
        tuple(rotations),
        layered,
        tuple(
            Override(one, person(), *times(), rotation=one % MANY if one % 2 else None)
            for one in range(count * 5)
        ),
        tuple(Forwarding(person(), person(), *times()) for _ in range(count)),
        tuple(TimeOff(person(), *times()) for _ in range(count)),
    )


def _small_plan(chance: random.Random, zone: str) -> Plan:
    slots = tuple(Slot((chance.randrange(PEOPLE),)) for _ in range(4))
    return Plan(
        zone,
        (
            Rotation(1, RotationKind.WEEKLY, 1, MONDAY, slots),
            Rotation(2, RotationKind.DAILY, 1, MONDAY, slots, restrictions=NIGHTS),
        ),
    )


# From the database


async def _ask(url: str, rounds: int) -> list[Taken]:
    from migrations.run import migrate

    await asyncio.to_thread(migrate, url)
    database, now = Database(url), YEAR[0]
    times: list[Taken] = []
    await _fill(database, now)
    for number in range(rounds + 1):
        async with database.read() as session:
            unit = Unit(session, now + timedelta(hours=number), BOT, Installation(), writes=False)
            with _timed(times):
                for roster in await list_rosters(unit, unit.now, unit.now):
                    who(roster.plan, unit.now)
    await database.close()
    return times[1:]


async def _fill(database: Database, now: datetime) -> None:
    hours = [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "18:00", "until": "09:00"}]
    chance = random.Random(4)
    async with database.write() as session:
        await session.execute(
            insert(models.User),
            [
                {"id": one, "handle": f"u{one}", "name": f"Person {one}", "created_at": now}
                for one in range(1, PEOPLE + 1)
            ],
        )
        schedules = range(1, SCHEDULES + 1)
        await session.execute(
            insert(models.Schedule),
            [
                {"id": one, "slug": f"s{one}", "name": f"Schedule {one}", "zone": ZONES[one % len(ZONES)]}
                for one in schedules
            ],
        )
        rotation = {"length": 1, "starts": f"{MONDAY:%Y-%m-%dT%H:%M}", "kind": RotationKind.WEEKLY}
        await session.execute(
            insert(models.Rotation),
            [
                {
                    **rotation,
                    "schedule_id": one,
                    "name": name,
                    "participants": [chance.randrange(1, PEOPLE + 1) for _ in range(4)],
                    "hours": hours if name == "Nights" else [],
                }
                for one in schedules
                for name in ("Weekly", "Nights")
            ],
        )
        await session.execute(
            insert(models.Override),
            [
                {
                    "schedule_id": one,
                    "user_id": chance.randrange(1, PEOPLE + 1),
                    "starts_at": now + timedelta(hours=1),
                    "ends_at": now + timedelta(hours=3),
                    "created_at": now,
                }
                for one in schedules
            ],
        )
