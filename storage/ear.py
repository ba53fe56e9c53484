"""What several processes on one PostgreSQL tell each other: NOTIFY and LISTEN on a connection of their own.

It carries nothing that must not be lost: the database has everything, and who missed a word looks by itself a little later.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import make_url

from storage.engine import Conflict, Database, StorageUnavailable
from storage.ready import Ready

CHANNEL = "tocsin"
LONGEST = 7_900
"""Bytes of one word; PostgreSQL takes less than 8,000."""
CONNECT_WITHIN = 10.0


class EarGone(Exception):
    """The connection can't be made, or is gone."""


class Ear:
    """Connects when it is asked to. Through PgBouncer in transaction mode nothing is ever heard: give it the address of the
    server itself."""

    def __init__(self, url: str) -> None:
        self.url = url

    @asynccontextmanager
    async def listen(self, hear: Callable[[str], None]) -> AsyncIterator["Voice"]:
        """Hear every word that is said from now on, our own too; raises EarGone."""
        import asyncpg

        address = make_url(self.url).set(drivername="postgresql")
        try:
            connection = await asyncpg.connect(
                address.render_as_string(hide_password=False),
                timeout=CONNECT_WITHIN,
                command_timeout=CONNECT_WITHIN,
                statement_cache_size=0,
            )
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
            raise EarGone(f"{type(error).__name__}: {error}") from error
        try:
            await connection.add_listener(CHANNEL, lambda _connection, _pid, _channel, word: hear(word))
            yield Voice(connection)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
            raise EarGone(f"{type(error).__name__}: {error}") from error
        finally:
            connection.terminate()


SAY = Ready(text(f"SELECT pg_notify('{CHANNEL}', :word)"))


async def say_beside(database: Database, word: str) -> None:
    """Say a word on a connection of the pool: who hears that is told by others, too. Raises EarGone."""
    try:
        async with database.write() as session:
            await SAY.ask(session, word=word)
    except (StorageUnavailable, Conflict) as error:
        raise EarGone(f"{type(error).__name__}: {error}"[:300]) from error


class Voice:
    """Says words on the same connection."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def say(self, word: str) -> None:
        await self._connection.execute(f"SELECT pg_notify('{CHANNEL}', $1)", word)
