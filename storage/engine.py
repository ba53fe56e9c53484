"""Opens the database, and tells its failures apart: gone (try later) from a conflict (run the unit again).

SQLite has one writing connection, so writers queue in order and never see "database is locked" from each other;
PostgreSQL has an ordinary pool. Everything above uses `read()` and `write()` only.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
from sqlalchemy import event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    DatabaseError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    NoResultFound,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm.exc import StaleDataError

from storage.dialects import COMPILED, speak_alike
from storage.one_trip import shorten_trips
from storage.types import write_json

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # there is none on Windows
    fcntl = None

__all__ = ["AsyncSession", "Conflict", "Database", "StorageUnavailable"]

SERIALIZATION_FAILURES = {"40001", "40P01"}
"""SQLSTATE of a serialization failure and of a deadlock (PostgreSQL, appendix A)."""
GONE = ("08", "25006", "28", "3D", "53", "55000", "57", "58")
"""How SQLSTATE begins when the server is going, coming, full, a standby, or lets nobody in (PostgreSQL, appendix A)."""
READ_ONLY = "25006"


CLAIM_SECONDS = 6.0
"""How long a server waits at its start for another one on the same file to stop."""


SHARED: dict[str, Any] = {
    "json_serializer": write_json,
    "json_deserializer": msgspec.json.decode,
    "execution_options": {"compiled_cache": COMPILED},
}
"""What every engine is made with. Columns of JSON are written and read several times faster than by the standard library."""


PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=0",
    # Pages that change with every alert are carried over from the log a quarter as often.
    "wal_autocheckpoint=4000",
    "journal_size_limit=67108864",
)


KEEPS_NOTHING: dict[str, Any] = {
    "statement_cache_size": 0,
    "prepared_statement_cache_size": 0,
    "prepared_statement_name_func": lambda: "",
}
"""Of asyncpg and of its dialect: no statement is prepared for later."""


class StorageUnavailable(Exception):
    """The database cannot be reached or cannot commit; nothing of the unit was kept."""


class Conflict(Exception):
    """Somebody else changed the same rows first; nothing of the unit was kept, and it can be run again."""


class Database:
    """One database, SQLite or PostgreSQL, behind `read()` and `write()`."""

    def __init__(self, url: str, readers: int = 4, *, pooled: bool = False) -> None:
        """`pooled` says that the address leads to a pooler of connections, where the next transaction may meet another
        session of PostgreSQL: nothing is kept in one."""
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.url = url
        self._file = parsed.database
        if self.is_sqlite:
            if parsed.database:
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            address = speak_alike(parsed)
            self._writer = create_async_engine(
                address, pool_size=1, max_overflow=0, pool_timeout=10, **SHARED
            )
            self._reader = create_async_engine(address, pool_size=readers, max_overflow=readers, **SHARED)
            _prepare_sqlite(self._writer, "BEGIN IMMEDIATE")
            _prepare_sqlite(self._reader, "BEGIN")
        else:
            address = speak_alike(parsed)
            self._writer = create_async_engine(
                address,
                pool_size=10,
                max_overflow=10,
                pool_pre_ping=True,
                connect_args={"command_timeout": 30, **(KEEPS_NOTHING if pooled else {})},
                **SHARED,
            )
            self._reader = self._writer
            _leave_standby(self._writer)
            if not pooled:
                _plan_anew(self._writer)
        self._write_session = async_sessionmaker(self._writer, expire_on_commit=False)
        self._read_session = async_sessionmaker(self._reader, expire_on_commit=False)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session to ask questions with; what it changes is thrown away."""
        with _ToldApart():
            async with self._read_session() as session:
                yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A session in one transaction: committed at the end, rolled back on any error."""
        with _ToldApart():
            async with self._write_session() as session, session.begin():
                yield session

    def claim(self) -> None:
        """Make sure that no other server works on this SQLite file (PostgreSQL is made for several): wait a little for one
        that is just stopping, then raise OSError. The claim ends with the process, however it ends."""
        if not self.is_sqlite or fcntl is None or not self._file:
            return
        self._claim = Path(f"{self._file}.lock").open("w")  # noqa: SIM115 - open as long as the process lives
        patience = time.monotonic() + CLAIM_SECONDS
        while True:
            try:
                fcntl.flock(self._claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if time.monotonic() > patience:
                    reason = f"another Tocsin works on {self._file} already; stop it, or use PostgreSQL"
                    raise OSError(reason) from error
                time.sleep(0.1)
            else:
                return

    async def ping(self) -> None:
        """Raise StorageUnavailable unless the database answers."""
        async with self.read() as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self._writer.dispose()
        await self._reader.dispose()


def _prepare_sqlite(engine: AsyncEngine, begin: str) -> None:
    """WAL with a flush on every commit; transactions begin as told, not when the driver feels like it."""
    shorten_trips(engine)

    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begun(connection: Any) -> None:
        connection.connection.dbapi_connection.begin = begin


def _plan_anew(engine: AsyncEngine) -> None:
    """A statement is planned each time for its values and for how large its tables are now. A plan that is kept is for the
    size of a quiet night; in a storm a table grows a thousandfold before PostgreSQL throws that plan away. Behind a pooler
    nothing is kept."""

    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        try:
            connection.autocommit = True
            cursor.execute("SET plan_cache_mode = force_custom_plan")
            connection.autocommit = False
        except BaseException:
            connection.terminate()
            raise
        finally:
            cursor.close()


def _leave_standby(engine: AsyncEngine) -> None:
    """Whoever stays connected to a server that became a standby would never write again, though the address leads to the new
    one: all of its connections are made anew."""

    @event.listens_for(engine.sync_engine, "handle_error")
    def failed(context: Any) -> None:
        if getattr(context.original_exception, "sqlstate", None) == READ_ONLY:
            context.is_disconnect = True


def is_of_database(error: Exception) -> bool:
    """Whether the session is of no use any more after this, told apart already or not; not so a row that is not there."""
    is_raw = isinstance(error, SQLAlchemyError) and not isinstance(error, NoResultFound)
    return is_raw or isinstance(error, (StorageUnavailable, Conflict, OSError))


class _ToldApart:
    """Turns the driver's errors into StorageUnavailable or Conflict."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (StaleDataError, IntegrityError)):
            raise Conflict(str(error)) from error
        state = str(getattr(error.orig, "sqlstate", None) or "") if isinstance(error, DBAPIError) else ""
        if state in SERIALIZATION_FAILURES:
            raise Conflict(str(error)) from error
        if isinstance(error, (OperationalError, InterfaceError, PoolTimeout, OSError)) or state.startswith(
            GONE
        ):
            raise StorageUnavailable(str(error)) from error
        if isinstance(error, DBAPIError) and (error.connection_invalidated or type(error) is DatabaseError):
            raise StorageUnavailable(
                str(error)
            ) from error  # cut off; or SQLite says that the file is damaged
