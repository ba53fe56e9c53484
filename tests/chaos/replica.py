"""One `tocsin serve`, and the supervisor that starts it again whenever it ends, as systemd would."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import aiohttp

from tests.served import IN_A_TEST, find_free_port, wait_until

ROOT = Path(__file__).resolve().parents[2]
SERVE = (sys.executable, "-m", "tests.chaos.serve")
RESTART_AFTER = 0.3


class Replica:
    """Its clock can be stepped: `tests/chaos/serve.py` starts it."""

    def __init__(
        self,
        number: int,
        folder: Path,
        environment: dict[str, str],
        now: Callable[[], float],
    ) -> None:
        self.number, self.now = number, now
        self.folder = folder
        self.port = find_free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / f"replica-{number}.log"
        self.exits: list[tuple[float, int, str]] = []
        """Ends that nobody asked for: when, with which code, and its last words."""
        self.held: asyncio.Event = asyncio.Event()
        """Clear while a killed one stays down."""
        self.held.set()
        self._offset = folder / f"clock-{number}"
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")},
            **environment,
        }
        self.step_clock(0)
        self._process: subprocess.Popen[bytes] | None = None
        self._is_killed = False
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    # living

    def start(self) -> None:
        self._task = asyncio.create_task(self._supervise())

    async def wait_until_it_answers(
        self, http: aiohttp.ClientSession, seconds: float = 2 * IN_A_TEST
    ) -> None:
        async def answers() -> bool:
            try:
                async with http.get(
                    f"{self.url}/healthz", timeout=aiohttp.ClientTimeout(total=2)
                ) as response:
                    return response.status == 200
            except (aiohttp.ClientError, TimeoutError):
                return False

        await wait_until(answers, seconds, f"replica {self.number} did not start:\n{self.read_log()[-3000:]}")

    async def _supervise(self) -> None:
        while not self._stopping:
            await self.held.wait()
            self._is_killed = False
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(
                    [*SERVE, self._offset, "serve", "--port", str(self.port), "--data-dir", self.folder],
                    env=self._environment,
                    cwd=ROOT,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=log,
                )
            code = await asyncio.to_thread(self._process.wait)
            if not (self._is_killed or self._stopping):
                last = self.read_log().strip().splitlines()[-1:] or [""]
                self.exits.append((self.now(), code, last[0][-300:]))
            await asyncio.sleep(RESTART_AFTER)

    async def stop(self) -> None:
        """Ends with kill -9: what it tidies up in an orderly stop is other tests' concern."""
        self._stopping = True
        self.held.set()
        self.kill()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._process is not None:
            await asyncio.to_thread(self._process.wait)

    # faults

    def kill(self) -> None:
        self._is_killed = True
        self._signal(signal.SIGKILL)

    def freeze(self) -> int | None:
        """Stops it; returns whom to wake again."""
        self._signal(signal.SIGSTOP)
        return self._process.pid if self._process is not None else None

    def wake(self, pid: int | None) -> None:
        if self._process is not None and self._process.pid == pid:
            self._signal(signal.SIGCONT)

    def step_clock(self, seconds: float) -> None:
        beside = self._offset.with_suffix(".new")
        beside.write_text(f"{seconds:+g}")
        beside.replace(self._offset)

    def fill_disk(self) -> tuple[int, tuple[int, int]] | None:
        """Lets it write nothing more; returns what frees the disk again."""
        if self._process is None or self._process.poll() is not None:
            return None
        pid = self._process.pid
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, before[1]))
        return pid, before

    def free_disk(self, before: tuple[int, tuple[int, int]] | None) -> None:
        if before is not None and self._process is not None and self._process.pid == before[0]:
            try:
                resource.prlimit(before[0], resource.RLIMIT_FSIZE, before[1])
            except ProcessLookupError:
                return

    def _signal(self, number: int) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def read_log(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""
