"""Stops a transaction of Tocsin at a chosen row that it writes, so that a test decides what happens meanwhile.

PostgreSQL does it: a trigger waits for an advisory lock that the test holds. Nothing of Tocsin is changed.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

NUMBER = 20_261_123
WAITERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND state = 'active'
"""


@dataclass
class Gate:
    """Shut until it is opened."""

    connection: asyncpg.Connection

    async def wait_for(self, waiters: int, seconds: float = 10.0) -> None:
        """Until so many sessions wait for somebody: at the gate, or behind one that does."""
        until = time.monotonic() + seconds
        while (now := await self.connection.fetchval(WAITERS)) < waiters:
            assert time.monotonic() < until, f"{now} of {waiters} wait"
            await asyncio.sleep(0.02)

    async def open(self) -> None:
        await self.connection.execute("SELECT pg_advisory_unlock_all()")


@asynccontextmanager
async def shut(url: str, event: str, table: str, when: str = "true") -> AsyncIterator[Gate]:
    """A gate before each row for which an `event` (INSERT, UPDATE, DELETE) of a table is made, and `when` (in SQL, of NEW
    and OLD) holds. It is open when the block ends."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        await connection.execute(f"SELECT pg_advisory_lock({NUMBER})")
        await connection.execute(
            f"""
            CREATE OR REPLACE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                PERFORM pg_advisory_xact_lock_shared({NUMBER});
                RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
            END $$;
            CREATE TRIGGER gate BEFORE {event} ON {table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION wait_at_gate();
            """
        )
        gate = Gate(connection)
        yield gate
        await gate.open()
        await connection.execute(f"DROP TRIGGER gate ON {table}")
    finally:
        await connection.close()
