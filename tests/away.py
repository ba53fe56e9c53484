"""Takes the database away from a running Tocsin, and gives it back.

PostgreSQL lets nobody in and ends every session, as in a failover or a restore. A SQLite file is locked by another
connection, as by a copy or a shell that was left open: it can still be read, and nothing can be written. Tocsin waits
less long for it than in earnest, where a writer of another process is soon done.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy.engine import URL, make_url

from storage import one_trip


@asynccontextmanager
async def database_away(url: str) -> AsyncIterator[None]:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        other = sqlite3.connect(parsed.database or "", isolation_level=None, check_same_thread=False)
        other.execute("PRAGMA busy_timeout=5000")
        await asyncio.to_thread(other.execute, "BEGIN EXCLUSIVE")
        patience, one_trip.PATIENCE = one_trip.PATIENCE, 500
        try:
            yield
        finally:
            one_trip.PATIENCE = patience
            other.execute("ROLLBACK")
            other.close()
        return
    server = await connect_beside(parsed)
    name = parsed.database
    try:
        await server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        await server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name
        )
        yield
    finally:
        await server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        await server.close()


async def connect_beside(url: URL) -> asyncpg.Connection:
    """A session in the server's own database, beside the one that is taken away."""
    beside = url.set(drivername="postgresql", database="postgres")
    return await asyncpg.connect(beside.render_as_string(hide_password=False), timeout=10)
