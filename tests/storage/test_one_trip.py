"""SQLite without trips to another thread: what it is built on, and what it leaves to the thread."""

import asyncio
import subprocess
import sys
import time
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url

from storage.engine import Database
from storage.models import Fact
from storage.one_trip import WRITTEN_FOR

ROOT = Path(__file__).parents[2]
HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
connection.execute("INSERT INTO fact (name, value) VALUES ('theirs', '1')")
print("held", flush=True)
sys.stdin.readline()
connection.execute("COMMIT")
"""


@pytest.mark.parametrize("package", WRITTEN_FOR)
def test_it_is_written_for_the_versions_that_are_locked(package: str) -> None:
    locked = {
        one["name"]: one.get("version") for one in tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    }
    advice = (
        f"storage/one_trip.py was written for {package} {WRITTEN_FOR[package]} and works inside it. Read what changed in "
        "its connection, cursor and adapter classes, those of asyncpg for storage/ready.py, run the tests of storage "
        "and of crashes, then set WRITTEN_FOR."
    )
    assert locked[package] == WRITTEN_FOR[package], advice
    assert version(package) == WRITTEN_FOR[package], advice


async def test_a_unit_waits_for_another_process_that_writes_and_holds_up_nobody_else(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    file = make_url(sqlite_url).database
    assert file is not None
    async with database.read() as session:  # the connections are open before the other process comes
        await session.scalar(select(Fact.value))
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdin is not None
    assert other.stdout is not None
    assert await asyncio.to_thread(other.stdout.readline) == "held\n"

    async def write() -> float:
        async with database.write() as session:
            session.add(Fact(name="ours", value="2"))
        return time.monotonic()

    writing = asyncio.create_task(write())
    reads = 0
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        async with database.read() as session:
            assert await session.scalar(select(Fact.value).where(Fact.name == "theirs")) is None
        reads += 1
        await asyncio.sleep(0.01)
    assert not writing.done(), "it wrote while another process did"
    assert reads > 5, "others were held up meanwhile"
    released = time.monotonic()
    other.stdin.write("\n")
    other.stdin.flush()
    assert await asyncio.wait_for(writing, 10) > released
    assert await asyncio.to_thread(other.wait) == 0
    other.stdin.close()
    other.stdout.close()
    async with database.read() as session:
        names = set(await session.scalars(select(Fact.name)))
    assert {"ours", "theirs"} <= names
    await database.close()
