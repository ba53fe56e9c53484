"""Keeps `RESULTS.md`: one section per measurement, each with the day, machine, versions and commit it was taken on. Written
only when asked to (`--record`), so that a run on a busy machine changes nothing."""

import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.report import Table, render_markdown

RESULTS = Path(__file__).with_name("RESULTS.md")
PACKAGES = ("aiohttp", "uvloop", "sqlalchemy", "aiosqlite", "asyncpg", "msgspec", "apscheduler")
HEAD = """# Measured

What `make bench ARGS="<name> --record"` wrote; the newest run of each measurement. The bars are ratios where they can be,
because machines differ and are noisy: what is compared was measured side by side in the same run. "Not met" stays here
until it is met.
"""


def describe_machine() -> str:
    model = "unknown processor"
    info = Path("/proc/cpuinfo")
    if info.exists() and (found := re.search(r"model name\s*: (.+)", info.read_text())):
        model = found[1]
    return f"{_count_cores()} cores of {model}, {platform.system()} {platform.release()}"


def _count_cores() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def describe_versions() -> str:
    import sqlite3

    found = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {found}"


def find_commit() -> str:
    """The commit that was measured, marked when product files differ from it."""
    here = RESULTS.parent.parent

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=here, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    commit = git("rev-parse", "--short=12", "HEAD")
    changed = git(
        "status", "--porcelain", "--", "app.py", "bot", "commands", "handlers", "storage", "migrations"
    )
    return f"{commit or 'unknown'}{' with changes' if changed else ''}"


def record(name: str, tables: list[Table], load_before: float) -> None:
    """Write or replace this measurement's section."""
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else HEAD
    day = datetime.now(UTC).date().isoformat()
    about = f"{day}, commit {find_commit()}. {describe_machine()}; load before the run {load_before:.1f}."
    about += f" {describe_versions()}."
    section = "\n".join([f"## {name}", "", about, "", *(render_markdown(table) for table in tables)])
    sections = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    sections[name] = section.partition("\n")[2]
    body = "\n".join(f"## {key}\n{value.rstrip()}\n" for key, value in sections.items())
    RESULTS.write_text(f"{HEAD}\n{body}", encoding="utf-8")
