"""Runs due escalation steps in a process of its own (`python -m bench.steps`) and says how late each was committed.

    house   the whole of Tocsin as `tocsin serve` runs it: clock, timers, and delivery of the pages to the Room
    steps   clock and timers only, nothing is delivered
    jobs    one APScheduler date job for each step, in memory; each runs the same step in a unit of its own
    store   the same with APScheduler's own persistent job store on this database

Lateness is the time from the due time to after the commit. Findings are JSON on stdout.
"""

import argparse
import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import uvloop
from aiohttp import web
from sqlalchemy import delete, func, select

from app import build_parts, collect_garbage_seldom, serve_until
from bot.config import read_settings
from bot.flow.clock import Alarm, SystemClock
from bot.flow.timers import Due
from bot.flow.unit import BOT, Actor, Unit, Work
from bot.logs import start_logs
from bot.paging.escalations import run_due_escalation
from handlers.parts import Parts
from storage.engine import Database
from storage.models import Timer

T = TypeVar("T")
KIND = "escalate"


class Watch:
    """Notes when units that ran steps were committed."""

    def __init__(self) -> None:
        self.late: list[float] = []
        self._in_hand: dict[int, list[datetime]] = {}

    async def handle(self, unit: Unit, due: Due) -> None:
        """The product's own handler of the timer, noted."""
        self._in_hand.setdefault(id(unit), []).append(due.due_at)
        await run_due_escalation(unit, due)

    def watch(self, work: Work) -> None:
        """Note the moment after each commit of this work."""
        run = work.run

        async def noted(change: Callable[[Unit], Awaitable[T]], actor: Actor = BOT) -> T:
            units: list[Unit] = []

            async def kept(unit: Unit) -> T:
                units.append(unit)
                return await change(unit)

            try:
                result = await run(kept, actor)
            except BaseException:
                for unit in units:
                    self._in_hand.pop(id(unit), None)
                raise
            now = datetime.now(UTC)
            for unit in units[:-1]:
                self._in_hand.pop(id(unit), None)
            for due_at in self._in_hand.pop(id(units[-1]), ()):
                self.late.append((now - due_at).total_seconds())
            return result

        work.run = noted  # type: ignore[method-assign]


async def run_all(mode: str, url: str, count: int, patience: float) -> dict[str, Any]:
    settings = read_settings({"TOCSIN_DATABASE_URL": url, "TOCSIN_PORT": "0"})
    start_logs("error")
    parts = build_parts(settings, SystemClock(), Database(url))
    watch = Watch()
    parts.timers.handlers[KIND] = watch.handle
    watch.watch(parts.work)
    until = time.monotonic() + patience
    ended = asyncio.Event()

    async with parts.work.database.read() as session:
        cutoff = await session.scalar(select(func.max(Timer.due_at)).where(Timer.kind == KIND))
    assert cutoff is not None

    async def is_done() -> bool:
        """Whether every step has been done, here or by a sibling."""
        if len(watch.late) >= count:
            return True
        async with parts.work.database.read() as session:
            left = select(Timer.id).where(Timer.kind == KIND, Timer.due_at <= cutoff).limit(1)
            return await session.scalar(left) is None

    async def wait() -> None:
        await asyncio.sleep(max((cutoff - datetime.now(UTC)).total_seconds(), 0))
        while time.monotonic() < until and not await is_done():  # noqa: ASYNC110 (a sibling may do it)
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.2)
        ended.set()

    collect_garbage_seldom()
    cpu, waiting = time.process_time(), asyncio.create_task(wait())
    if mode == "house":
        await serve_until(parts, ended, _nothing)
    elif mode == "steps":
        alarm = Alarm(parts.timers, _idle)
        parts.work.on_planned = alarm.arm
        alarm.start()
        await ended.wait()
        await alarm.stop()
    else:
        scheduler = await add_jobs(parts, watch, url if mode == "store" else "")
        await ended.wait()
        scheduler.shutdown(wait=False)
    await waiting
    return {"late": watch.late, "cpu": time.process_time() - cpu}


def _nothing(_: web.TCPSite) -> None:
    return None


async def _idle() -> None:
    return None


CURRENT: list[tuple[Parts, Watch]] = []
"""What jobs work on: a persistent job store names a function and can't keep these."""


async def do_step(timer_id: int) -> None:
    """A job: the same step, and the timer row gone, in one unit."""
    parts, watch = CURRENT[0]

    async def step(unit: Unit) -> None:
        row = await unit.session.get(Timer, timer_id)
        if row is not None:
            due = Due(row.id, row.kind, row.subject, row.due_at, row.payload, row.attempts)
            unit.session.expunge(row)
            await unit.session.execute(delete(Timer).where(Timer.id == timer_id))
            await watch.handle(unit, due)

    await parts.work.run(step)


async def add_jobs(parts: Parts, watch: Watch, store_url: str) -> Any:
    from apscheduler.jobstores.memory import MemoryJobStore
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

    CURRENT[:] = [(parts, watch)]
    store: Any = SQLAlchemyJobStore(store_url) if store_url else MemoryJobStore()
    defaults = {"misfire_grace_time": None, "coalesce": True}
    scheduler = AsyncIOScheduler(timezone=UTC, jobstores={"default": store}, job_defaults=defaults)
    async with parts.work.database.read() as session:
        rows = (await session.execute(select(Timer.id, Timer.due_at).where(Timer.kind == KIND))).all()
    scheduler.start(paused=True)
    for number, due_at in rows:
        scheduler.add_job(do_step, "date", run_date=due_at, args=[number])
    scheduler.resume()
    return scheduler


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--mode", choices=["house", "steps", "jobs", "store"], required=True)
    arguments.add_argument("--url", required=True)
    arguments.add_argument("--count", type=int, required=True)
    arguments.add_argument("--patience", type=float, required=True)
    given = arguments.parse_args()
    found = uvloop.run(run_all(given.mode, given.url, given.count, given.patience))
    with contextlib.suppress(BrokenPipeError):
        json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
