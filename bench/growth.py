"""What stays the same as alerts pile up: the time per alert with 1,000 and with 1,000,000 stored, side by side, and the
memory of the process after 100,000 were opened.

The 1,000,000 are written into the database directly: closed ones of other aliases, over a year. 20 senders and 100 rules
(`bench.setup`).
"""

import asyncio
import sqlite3
from contextlib import ExitStack

import asyncpg
import psutil  # type: ignore[import-untyped]
from sqlalchemy.engine import make_url

from bench import programs, setup
from bench.intake import Contender
from bench.load import Task, run
from bench.payloads import alertmanager_webhook
from bench.report import Table, at_most, median, thousands
from bench.run import Options

STORED = 1_000_000
STEP = 50_000
OPEN = 100_000
ALERTS = 20
FRESH = "%09d"
REPLACED = {
    "uid": "'fill-' || {n}",
    "alias": "'fill-' || {n}",
    "status": "'closed'",
    "incident_id": "NULL",
    "payload_id": "NULL",
    "trace": "'[]'",
    "closed_at": "one.first_at",
}
SERIES = {
    "sqlite": "WITH RECURSIVE series(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM series WHERE n < {last})",
    "postgresql": "WITH series AS (SELECT n FROM generate_series({first}, {last}) AS n)",
}


def measure(options: Options) -> list[Table]:
    body = alertmanager_webhook([FRESH] * ALERTS)
    hooks = [setup.path_of(number) for number in range(setup.SENDERS)]
    growth = Table(
        f"Time per alert, {ALERTS} per webhook", ("CPU µs/alert, 1,000 stored", "1,000,000 stored", "ratio")
    )
    memory = Table(f"Memory of {OPEN:,} open alerts", ("MB before", "after", "more"))
    with ExitStack() as stack:
        kinds: list[tuple[str, str | None, str | None]] = [("SQLite", None, None)]
        if options.postgresql:
            server = stack.enter_context(programs.postgresql())
            small_url, large_url = (stack.enter_context(programs.fresh_database(server)) for _ in range(2))
            kinds.append(("PostgreSQL", small_url, large_url))
        for name, first, second in kinds:
            with (
                programs.tocsin(first, world=setup.environment) as small,
                programs.tocsin(second, world=setup.environment) as large,
            ):
                sides = [
                    Contender(name, one.port, hooks, [body], ALERTS, body.count(FRESH), one.pid, first=10**7)
                    for one in (small, large)
                ]
                for side in sides:
                    side.round(0.5)
                    side.costs.clear()
                asyncio.run(_fill(large.database_url))
                for _ in range(options.rounds):
                    for side in sides:
                        side.round(options.seconds)
                cheap, dear = (median(side.costs) * 1e6 for side in sides)
                ratio = dear / cheap
                growth.add(name, f"{cheap:,.0f}", f"{dear:,.0f}", f"{ratio:.2f}", bar=at_most(ratio, 1.2))
            with programs.tocsin(second and first, world=setup.environment) as served:
                before, after = _open_many(served)
                more = after - before
                memory.add(
                    name,
                    f"{before:.0f}",
                    f"{after:.0f}",
                    thousands(more),
                    bar=at_most(more, 60, " MB"),
                )
    return [growth, memory]


def _open_many(served: programs.Served) -> tuple[float, float]:
    """Resident megabytes before and after."""
    process = psutil.Process(served.pid)
    body = alertmanager_webhook([FRESH] * 100)
    fresh = body.count(FRESH)
    task = Task(served.port, [setup.path_of(1)], [body], 1.0, 16, fresh, 10**8, warm_up=0.0)
    run(task)
    before, first = process.memory_info().rss / 1e6, run(task).next
    while first < 10**8 + OPEN * fresh // 100:
        first = run(Task(served.port, [setup.path_of(1)], [body], 5.0, 16, fresh, first, warm_up=0.0)).next
    return before, process.memory_info().rss / 1e6


async def _fill(url: str) -> None:
    """Copies of one alert, in steps."""
    parsed = make_url(url)
    kind = parsed.get_backend_name()
    if kind == "sqlite":
        with sqlite3.connect(str(parsed.database), isolation_level=None, timeout=60) as database:
            columns = [row[1] for row in database.execute("PRAGMA table_info(alert)") if row[1] != "id"]
            for first in range(1, STORED, STEP):
                database.execute(_copy(kind, columns, first))
            database.execute("ANALYZE")
        return
    connection = await asyncpg.connect(
        parsed.set(drivername="postgresql").render_as_string(hide_password=False)
    )
    try:
        found = await connection.fetch(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'alert'"
        )
        columns = [row[0] for row in found if row[0] != "id"]
        for first in range(1, STORED, STEP):
            await connection.execute(_copy(kind, columns, first))
        await connection.execute("ANALYZE alert")
    finally:
        await connection.close()


def _copy(kind: str, columns: list[str], first: int) -> str:
    series = SERIES[kind].format(first=first, last=first + STEP - 1)
    number = "CAST(series.n AS text)"
    values = [REPLACED.get(name, f'one."{name}"').format(n=number) for name in columns]
    names = ", ".join(f'"{name}"' for name in columns)
    pattern = "(SELECT * FROM alert ORDER BY id LIMIT 1) AS one"
    chosen = f"SELECT {', '.join(values)} FROM {pattern} CROSS JOIN series"
    return f"INSERT INTO alert ({names}) {series} {chosen}"
