"""How quickly Tocsin answers and starts, and what it holds when idle: medians of real processes with compiled bytecode."""

import os
import subprocess
import tempfile
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from bench.programs import TOCSIN, build_environment, free_port, stop, wait_for
from bench.report import Table, at_most, median
from bench.run import Options

SETTLE = 2.0
"""Seconds after the first answer until the memory of an idle server is read."""


def measure(options: Options) -> list[Table]:
    table = Table(f"Start, medians of {options.rounds}", ("seconds", "best", "CPU seconds"))
    helps = [_time_help() for _ in range(options.rounds + 1)][1:]
    table.add("tocsin --help", *_cells(helps), bar=at_most(median([one[0] for one in helps]), 0.3, " s"))
    firsts, warms, held, shared = [], [], [], []
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
            url = f"sqlite:///{Path(name) / 'tocsin.db'}"
            firsts.append(_time_start(url)[0])
            warm, memory, private = _time_start(url, settle=True)
            warms.append(warm)
            held.append(memory)
            shared.append(memory - private)
    table.add(
        "first start to serving", *_cells(firsts), bar=at_most(median([one[0] for one in firsts]), 1.5, " s")
    )
    table.add(
        "later start to serving", *_cells(warms), bar=at_most(median([one[0] for one in warms]), 1.5, " s")
    )
    table.notes.append(
        "From starting the process to the first answer of /healthz. A first start creates the database."
    )
    memory_table = Table(f"Memory {SETTLE:g} s after the start", ("MB resident", "of it shared"))
    memory_table.add(
        "tocsin serve, idle",
        f"{median(held):.0f}",
        f"{median(shared):.0f}",
        bar=at_most(median(held), 150, " MB"),
    )
    return [table, memory_table]


def _cells(times: list[tuple[float, float]]) -> tuple[str, ...]:
    elapsed = [one[0] for one in times]
    return f"{median(elapsed):.2f}", f"{min(elapsed):.2f}", f"{median([one[1] for one in times]):.2f}"


def _time_help() -> tuple[float, float]:
    before, begun = os.times(), time.perf_counter()
    subprocess.run([TOCSIN, "--help"], stdout=subprocess.DEVNULL, check=True)
    elapsed, after = time.perf_counter() - begun, os.times()
    return (
        elapsed,
        after.children_user + after.children_system - before.children_user - before.children_system,
    )


def _time_start(url: str, settle: bool = False) -> tuple[tuple[float, float], float, float]:
    """Seconds to the first answer and CPU seconds until then; resident and private memory in MB, when asked for."""
    port = free_port()
    begun = time.perf_counter()
    process = subprocess.Popen(
        [TOCSIN, "serve"],
        env=build_environment(url, port),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port, "/healthz", process)
        elapsed = time.perf_counter() - begun
        watched = psutil.Process(process.pid)
        spent = watched.cpu_times()
        if not settle:
            return (elapsed, spent.user + spent.system), 0.0, 0.0
        time.sleep(SETTLE)
        memory = watched.memory_full_info()
        return (elapsed, spent.user + spent.system), memory.rss / 1e6, memory.uss / 1e6
    finally:
        stop(process)
