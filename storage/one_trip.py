"""SQLite without a trip to another thread for what takes microseconds.

aiosqlite has a thread for each connection, and SQLAlchemy's adapter makes four trips to it for each statement (open a
cursor, execute, fetch, close). A statement that finds its rows by an index takes microseconds and a trip a hundred, so
it is executed where it is asked for. The thread keeps what may take long: flushing a commit to the disk, waiting for another
process that writes, statements with very many values, and a question that turns out to take more than a few milliseconds.
Beginning a transaction travels with its first statement.
"""

import sqlite3
import time
from asyncio import CancelledError
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection, AsyncAdapt_aiosqlite_cursor
from sqlalchemy.ext.asyncio import AsyncEngine

WRITTEN_FOR = {"sqlalchemy": "2.1.9", "aiosqlite": "0.22.1"}
"""What is below uses parts of these that they may change at will: a test fails when uv.lock names others."""
LONGEST_HERE = 0.004
"""Seconds after which a question that is executed here is given up, and asked again in the thread."""
LOOK_EVERY = 4_000
"""Steps of SQLite's machine between two looks at the time."""
MANY_VALUES = 600
PATIENCE = 5_000
"""How long the thread waits for another process that writes, in milliseconds; here nobody waits."""
TO_THE_THREAD = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_INTERRUPT)


@dataclass
class Done:
    """What is left of a cursor whose rows were fetched."""

    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None
    arraysize: int = 1

    def close(self) -> None:
        """It is closed already."""


Found = tuple[Done, Sequence[Any]]
"""What came of a statement, and its rows."""
Execute = Callable[[sqlite3.Connection, str, Any], Found]


class OneTripCursor(AsyncAdapt_aiosqlite_cursor):
    """A cursor that opens, executes, fetches and closes at once: here, or in one trip to the connection's thread."""

    __slots__ = ("_trips",)
    _awaitable_cursor_close = False

    def __init__(self, adapt_connection: Any) -> None:
        self._adapt_connection = self._trips = adapt_connection
        self._connection = adapt_connection._connection
        self._cursor: Any = Done()
        self._soft_closed_memoized: Any = {}
        self._rows = deque()

    async def _execute_async(self, operation: Any, parameters: Any) -> None:
        self._keep(await self._trips.run(operation, () if parameters is None else parameters))

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> None:
        self._keep(await self._trips.run_many(operation, list(seq_of_parameters)))

    def _keep(self, found: Found) -> None:
        self._cursor, rows = found
        self._rows = deque(rows)


def _execute(connection: sqlite3.Connection, operation: str, values: Any) -> Found:
    cursor = connection.execute(operation, values)
    rows = cursor.fetchall() if cursor.description else ()
    done = Done(cursor.description, cursor.rowcount, cursor.lastrowid)
    cursor.close()
    return done, rows


def _execute_many(connection: sqlite3.Connection, operation: str, rows: Sequence[Any]) -> Found:
    cursor = connection.executemany(operation, rows)
    done = Done(None, cursor.rowcount, cursor.lastrowid)
    cursor.close()
    return done, ()


class OneTripConnection(AsyncAdapt_aiosqlite_connection):
    """A connection with such cursors. `begin` is how a transaction begins that has no statement yet; while its thread may
    be at work for somebody who no longer waits, `_is_free` is False and everything goes there, in order."""

    __slots__ = ("_deadline", "_is_free", "begin")
    _cursor_cls = OneTripCursor

    def __init__(self, dbapi: Any, connection: Any) -> None:
        super().__init__(dbapi, connection)
        self.begin = ""
        self._is_free = True
        self._deadline = 0.0
        connection._connection.set_progress_handler(self._is_too_long, LOOK_EVERY)

    def _is_too_long(self) -> bool:
        return bool(self._deadline) and time.monotonic() > self._deadline

    async def run(self, operation: str, values: Any) -> Found:
        """Execute a statement, here or in the thread; what came of it, and its rows."""
        return await self._do(_execute, operation, values, len(values))

    async def run_many(self, operation: str, rows: Sequence[Any]) -> Found:
        """Execute a statement that has no rows of its own with one row of values after the other."""
        if len(rows) == 1:
            return await self.run(operation, rows[0])

        return await self._do(_execute_many, operation, rows, sum(map(len, rows)))

    async def _do(self, execute: Execute, operation: str, values: Any, count: int) -> Found:
        found = self._do_here(execute, operation, values) if count <= MANY_VALUES else None
        if found is None:
            found = await self._make_trip(lambda connection: execute(connection, operation, values))
        return found

    def _do_here(self, execute: Execute, operation: str, values: Any) -> Found | None:
        """What came of it; None when it has to go to the thread."""
        if not self._is_free or self._connection._connection is None:
            return None
        try:
            with self._limited(operation.startswith("SELECT")) as connection:
                return execute(connection, operation, values)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode in TO_THE_THREAD:
                return None
            raise

    @contextmanager
    def _limited(self, is_question: bool) -> Iterator[sqlite3.Connection]:
        """The connection, to execute a statement here; only a question can be given up without harm to its transaction."""
        connection: sqlite3.Connection = self._connection._connection
        if self.begin:
            connection.execute(self.begin)
            self.begin = ""
        self._deadline = time.monotonic() + LONGEST_HERE if is_question else 0.0
        try:
            yield connection
        finally:
            self._deadline = 0.0

    async def _make_trip(self, execute: Callable[[sqlite3.Connection], Any]) -> Any:
        """Do something in the thread of the connection, however long it takes."""
        begin = self.take_begin()

        def travel() -> Any:
            connection: sqlite3.Connection = self._connection._connection
            connection.set_progress_handler(None, LOOK_EVERY)
            connection.execute(f"PRAGMA busy_timeout={PATIENCE}")
            try:
                if begin:
                    connection.execute(begin)
                return execute(connection)
            finally:
                connection.execute("PRAGMA busy_timeout=0")
                connection.set_progress_handler(self._is_too_long, LOOK_EVERY)

        async with self._execute_mutex:
            try:
                return await self._connection._execute(travel)
            except CancelledError:
                self._is_free = False
                raise

    def take_begin(self) -> str:
        begin, self.begin = self.begin, ""
        return begin

    def commit(self) -> None:
        if not self.take_begin():
            try:
                super().commit()
            except CancelledError:
                self._is_free = False
                raise

    def rollback(self) -> None:
        """Nobody waits for it. A thread does one thing after the other, so that after this one it is free."""
        connection: Any = self._connection
        if self.take_begin() or connection._connection is None:
            return
        if self._is_free:
            connection._connection.rollback()
        else:
            connection._tx.put_nowait((None, self._roll_back_later))

    def _roll_back_later(self) -> None:
        self._connection._connection.rollback()
        self._is_free = True


def shorten_trips(engine: AsyncEngine) -> None:
    """Let the connections of an engine work so."""
    dbapi: Any = engine.sync_engine.dialect.dbapi
    connect = dbapi.connect

    def connect_shorter(*given: Any, **named: Any) -> OneTripConnection:
        return OneTripConnection(dbapi, connect(*given, **named)._connection)

    dbapi.connect = connect_shorter
