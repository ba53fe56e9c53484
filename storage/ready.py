"""Statements that are asked all the time, ready for the driver.

SQLAlchemy works a tenth of a millisecond and more for each execution, and the session as much again; a row that an index
finds takes SQLite a fiftieth of that. What every alert, delivery and timer asks is therefore compiled once for each
database, and goes straight to the driver of the session's connection, within its transaction. What fails there is handed
to SQLAlchemy, so that it comes out as it does everywhere else.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    Dialect,
    Executable,
    Table,
    any_,
    bindparam,
    func,
    insert,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from storage.types import Instant, read_instant, write_json

Process = Callable[[Any], Any]
Row = tuple[Any, ...]


class Plan(NamedTuple):
    """A statement as one database takes it: where each of its values comes from (a name, or a constant), and what becomes
    of those columns of its rows that do not stay as they are."""

    text: str
    values: Sequence[tuple[str | None, Any, Process | None]]
    columns: Sequence[tuple[int, Process]]
    make: Callable[[Sequence[Any]], Row]
    names: frozenset[str]

    def fill(self, given: Mapping[str, Any]) -> Row:
        if len(given) != len(self.names):
            raise ValueError(
                f"{self.text[:60]} takes {', '.join(sorted(self.names))}, and not {', '.join(given)}"
            )
        return tuple(
            [
                constant if name is None else given[name] if process is None else process(given[name])
                for name, constant, process in self.values
            ]
        )

    def read(self, rows: Sequence[Any]) -> list[Row]:
        if not self.columns:
            return list(map(self.make, rows))
        found = []
        for row in rows:
            values = list(row)
            for place, process in self.columns:
                values[place] = process(values[place])
            found.append(self.make(values))
        return found


class Ready:
    """A statement with named parameters (`bindparam`), or what makes it by the name of the database."""

    def __init__(self, statement: Executable | Callable[[str], Executable]) -> None:
        self._make = statement if callable(statement) else lambda _: statement
        self._plans: dict[str, Plan] = {}

    async def ask(self, session: AsyncSession, **values: Any) -> list[Row]:
        """Execute it; its rows, whose values have the names of their columns."""
        driver = await _Driver.of(session)
        plan = self._plan(driver.dialect)
        return plan.read(await driver.execute(plan.text, plan.fill(values)))

    async def run_many(self, session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute it with one row of values after the other."""
        if not rows:
            return
        driver = await _Driver.of(session)
        plan = self._plan(driver.dialect)
        await driver.execute_many(plan.text, [plan.fill(row) for row in rows])

    def _plan(self, dialect: Dialect) -> Plan:
        plan = self._plans.get(dialect.name)
        if plan is None:
            plan = self._plans[dialect.name] = _build(self._make(dialect.name), dialect)
        return plan


def insert_into(table: Table, columns: Sequence[str]) -> Ready:
    """The INSERT of rows that have these columns."""
    return Ready(insert(table).values(parameters_of(table, columns)).inline())


def parameters_of(table: Table, columns: Sequence[str]) -> dict[str, Any]:
    """A parameter for each of these columns, of its name and type."""
    return {name: bindparam(name, type_=table.c[name].type) for name in columns}


def _build(statement: Any, dialect: Dialect) -> Plan:
    compiled = statement.compile(dialect=dialect)
    left_out = [column.name for column in getattr(compiled, "insert_prefetch", ())]
    if left_out:
        raise ValueError(
            f"{str(compiled)[:60]} leaves out {', '.join(left_out)}, which only the models would fill"
        )
    asked = {name for name, bind in compiled.binds.items() if bind.required}
    state = compiled.construct_expanded_state(dict.fromkeys(asked))
    values: list[tuple[str | None, Any, Process | None]] = []
    for name in state.positiontup:
        process = state.processors.get(name)
        if name in compiled.binds:
            process = _processor(compiled.binds[name].type, dialect)
        constant = state.parameters[name]
        if name in asked:
            values.append((name, None, process))
        else:
            values.append((None, constant if process is None else process(constant), None))
    told = list(getattr(statement, "exported_columns", ()))
    processes = [_reader(column.type, dialect) for column in told]
    columns = [(place, process) for place, process in enumerate(processes) if process is not None]
    named: Any = namedtuple("Row", [column.key for column in told], rename=True) if told else tuple
    return Plan(state.statement, values, columns, partial(tuple.__new__, named), frozenset(asked))


def _processor(kind: Any, dialect: Dialect) -> Process | None:
    """What makes a value of this type what the driver takes."""
    known = kind.dialect_impl(dialect)
    if isinstance(known, JSON):
        return write_json
    process: Process | None = known.bind_processor(dialect)
    return _once(process) if process and isinstance(kind, Instant) else process


def _reader(kind: Any, dialect: Dialect) -> Process | None:
    """What makes a value of this type of what the driver gives."""
    if isinstance(kind, Instant) and dialect.name == "sqlite":
        return read_instant
    process: Process | None = kind.dialect_impl(dialect).result_processor(dialect, None)
    return process


def _once(process: Process) -> Process:
    """Many values in a row are the same moment: it is processed once."""
    last: Any = None
    answer: Any = None

    def remember(value: Any) -> Any:
        nonlocal last, answer
        if value is not last:
            last, answer = value, process(value)
        return answer

    return remember


def is_among(database: str, column: Any, name: str) -> ColumnElement[bool]:
    """Whether a column has one of the values of a list, which is one parameter however long it is."""
    if database == "sqlite":
        values = func.json_each(bindparam(name, type_=JSON)).table_valued("value")
        return column.in_(select(values.c.value))  # type: ignore[no-any-return]
    return column == any_(bindparam(name, type_=ARRAY(column.type)))  # type: ignore[no-any-return]


def is_nearly_always(database: str, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """A condition that hardly leaves anything out. SQLite, which counts nothing, would look the rows up by it: all of them,
    and then sort them."""
    return func.likely(condition) if database == "sqlite" else condition


class _Driver:
    """The connection of a session as its driver sees it."""

    KEY = "tocsin.driver"

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.adapted = connection.sync_connection.connection.dbapi_connection
        self.dialect: Dialect = connection.dialect
        self.is_sqlite = self.dialect.name == "sqlite"

    @classmethod
    async def of(cls, session: AsyncSession) -> "_Driver":
        """What the session has not written yet is written first."""
        if not session.sync_session._is_clean():
            await session.flush()
        known: _Driver | None = session.sync_session.info.get(cls.KEY)
        if known is None or known.connection.closed or known.connection.invalidated:
            known = session.sync_session.info[cls.KEY] = cls(await session.connection())
        return known

    async def execute(self, text: str, values: Row) -> Sequence[Any]:
        self._announce(text, values, False)
        try:
            if self.is_sqlite:
                rows: Sequence[Any] = (await self.adapted.run(text, values))[1]
                return rows
            return await (await self._begun()).fetch(text, *values)  # type: ignore[no-any-return]
        except Exception as error:
            await self._explain(error, text, values)
            raise

    async def execute_many(self, text: str, rows: Sequence[Row]) -> None:
        self._announce(text, rows, len(rows) > 1)
        try:
            if self.is_sqlite:
                await self.adapted.run_many(text, rows)
            elif len(rows) == 1:
                await (await self._begun()).execute(text, *rows[0])
            else:
                await (await self._begun()).executemany(text, rows)
        except Exception as error:
            await self._explain(error, text, rows[0])
            raise

    def _announce(self, text: str, values: Any, is_many: bool) -> None:
        """Whoever listens to what SQLAlchemy executes hears of this, too."""
        connection = self.connection.sync_connection
        for listen in connection.dispatch.before_cursor_execute:
            listen(connection, None, text, values, None, is_many)

    async def _begun(self) -> Any:
        """asyncpg's own connection, in the transaction that SQLAlchemy ends."""
        if self.adapted._transaction is None:
            await self.adapted._start_transaction()
        return self.adapted._connection

    async def _explain(self, error: Exception, text: str, values: Row) -> None:
        """Raise what SQLAlchemy makes of the driver's error; a connection that is gone leaves the pool."""

        def explain(connection: Any) -> None:
            try:
                self.adapted._handle_exception(error)
            except connection.dialect.loaded_dbapi.Error as told:
                connection._handle_dbapi_exception(told, text, values, None, None)

        await self.connection.run_sync(explain)
