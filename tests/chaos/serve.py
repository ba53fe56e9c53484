"""`python -m tests.chaos.serve OFFSET serve …`: Tocsin on a machine whose clock is stepped while it runs.

The file OFFSET says by how many seconds. All that Tocsin and APScheduler ask for the time of day is answered so; what
measures how long something takes (asyncio, timeouts) goes on evenly, as on a real machine.
"""

import ctypes
import datetime as module
import signal
import sys
import time
from pathlib import Path
from typing import Any

READ_EVERY = 0.05
TRUE_TIME = time.time


class Offset:
    """Seconds to add, read again every so often."""

    def __init__(self, path: Path) -> None:
        self.path, self.seconds, self._read_at = path, 0.0, float("-inf")

    def __call__(self) -> float:
        now = time.monotonic()
        if now - self._read_at > READ_EVERY:
            self._read_at = now
            self.seconds = float(self.path.read_text())
        return self.seconds


class _Kind(type):
    def __instancecheck__(cls, one: object) -> bool:
        return isinstance(one, module.datetime)


def step_clocks(offset: Offset) -> None:
    """Before anything of Tocsin is imported, so that a time which is taken by name is taken, too."""

    class Stepped(module.datetime, metaclass=_Kind):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return module.datetime.now(tz) + module.timedelta(seconds=offset())

    time.time = lambda: TRUE_TIME() + offset()
    import apscheduler.executors.base
    import apscheduler.schedulers.base
    import apscheduler.triggers.interval

    import bot.flow.clock

    asking: tuple[Any, ...] = (
        apscheduler.schedulers.base,
        apscheduler.executors.base,
        apscheduler.triggers.interval,
        bot.flow.clock,
    )
    for known in asking:
        known.datetime = Stepped


def end_with_parent() -> None:
    """Whoever kills the run leaves no process of it behind (Linux: PR_SET_PDEATHSIG)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


if __name__ == "__main__":
    end_with_parent()
    step_clocks(Offset(Path(sys.argv[1])))
    from app import main

    main(sys.argv[2:], prog_name="tocsin")
