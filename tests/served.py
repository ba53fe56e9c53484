"""Tocsin as a process of its own, for tests that kill it, fill its disk or wait for other programs to call it.

Everything is real: `tocsin serve`, its port, its data folder and the machine's clock. What it kept is read from its
database beside it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from sqlalchemy import select

from app import build_parts, prepare
from bot.access.people import add_user
from bot.catalog.integrations import create_integration
from bot.catalog.teams import get_team, join_team
from bot.config import read_settings
from bot.flow.clock import SystemClock
from bot.flow.unit import Unit, Work
from storage.engine import Database
from storage.models import Model, PolicyStep
from storage.words import StepCondition
from tests.patience import SLOWNESS

T = TypeVar("T")
TOCSIN = (sys.executable, "-m", "app")
"""As it is beside these tests, wherever the one that is installed comes from."""
ROOT = Path(__file__).resolve().parent.parent
IN_A_TEST = 20.0 * SLOWNESS
"""How long a start may take on a busy machine, in seconds."""


class Served:
    """A database that is prepared once, and the process that serves it now, if one does."""

    def __init__(self, database_url: str, folder: Path, environment: dict[str, str] | None = None) -> None:
        self.database_url = database_url
        self.folder = folder
        self.port = find_free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = environment or {}
        self.log = folder / "tocsin.log"
        self.output = Path(os.devnull)
        self.process: subprocess.Popen[bytes] | None = None
        self.database = Database(database_url)

    # the process

    async def start(self) -> None:
        """Start it, and wait until it answers."""
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")},
            "TOCSIN_DATABASE_URL": self.database_url,
            **self.environment,
        }
        with self.log.open("ab") as log, self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [*TOCSIN, "serve", "--port", str(self.port), "--data-dir", self.folder],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=log,
            )
        async with aiohttp.ClientSession() as http:
            await wait_until(
                lambda: self._answers(http), IN_A_TEST, f"Tocsin did not start:\n{self.read_log()}"
            )

    async def _answers(self, http: aiohttp.ClientSession) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"Tocsin ended by itself:\n{self.read_log()}"
        try:
            async with http.get(f"{self.url}/healthz") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    def kill(self) -> None:
        """kill -9: it gets no chance to tidy up."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    async def stop(self) -> tuple[int, float]:
        """SIGTERM; returns its exit code and how long it took, in seconds."""
        assert self.process is not None
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = await asyncio.to_thread(self.process.wait, 30)
        return code, time.monotonic() - started

    def read_log(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    # what it kept

    async def rows(self, model: type[Model], *where: Any) -> list[Any]:
        async with self.database.read() as session:
            return list(
                await session.scalars(select(model).where(*where).order_by(*model.__table__.primary_key))
            )

    async def run(self, change: Callable[[Unit], Awaitable[T]]) -> T:
        """One unit of work beside the process, without reactions."""
        return await Work(self.database, SystemClock(), {}).run(change)

    async def add_sender(self, source: str) -> str:
        """Make an integration; returns its webhook URL."""
        _, key = await self.run(lambda unit: create_integration(unit, source, source))
        return f"{self.url}/hooks/{source}/{key}"

    async def add_person(self, name: str, email: str = "") -> int:
        async def add(unit: Unit) -> int:
            user = await add_user(unit, name, email)
            await join_team(unit, await get_team(unit, "first-team"), user)
            return user.id

        return await self.run(add)

    async def set_steps(self, policy_id: int, steps: list[tuple[int, list[dict[str, Any]]]]) -> None:
        """Give a policy these steps: each a delay in seconds and whom to page."""

        async def change(unit: Unit) -> None:
            for step in await unit.session.scalars(
                select(PolicyStep).where(PolicyStep.policy_id == policy_id)
            ):
                await unit.session.delete(step)
            for position, (delay, recipients) in enumerate(steps, 1):
                unit.session.add(
                    PolicyStep(
                        policy_id=policy_id,
                        position=position,
                        condition=StepCondition.NOT_ACKNOWLEDGED,
                        delay=delay,
                        recipients=recipients,
                    )
                )

        await self.run(change)


@asynccontextmanager
async def open_served(
    database_url: str, folder: Path, environment: dict[str, str] | None = None
) -> AsyncIterator[Served]:
    """Make the small world of a first start; the process is not started yet. Whatever runs in the end is killed."""
    served = Served(database_url, folder, environment)
    settings = read_settings({"TOCSIN_DATABASE_URL": database_url})
    await prepare(build_parts(settings, SystemClock(), served.database))
    try:
        yield served
    finally:
        if served.process is not None and served.process.poll() is None:
            served.kill()
        await served.database.close()


async def wait_until(
    holds: Callable[[], Awaitable[object]], seconds: float, otherwise: str, every: float = 0.05
) -> None:
    """Ask again and again until it holds; fail with these words when it does not in time."""
    end = time.monotonic() + seconds
    while not await holds():
        if time.monotonic() > end:
            raise AssertionError(otherwise)
        await asyncio.sleep(every)


def find_free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
