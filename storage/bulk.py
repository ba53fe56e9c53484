"""Inserts many rows of one shape at once, without what SQLAlchemy does for each row beside it: about five times cheaper."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Dialect, Table, bindparam, insert
from sqlalchemy.ext.asyncio import AsyncSession

from storage.types import Instant

Process = Callable[[Any], Any]
Plan = tuple[str, list[tuple[str, Process | None]]]


class BulkInsert:
    """The INSERT of a table with these columns, built once for each database."""

    def __init__(self, table: Table, columns: Sequence[str]) -> None:
        self.table, self.columns = table, columns
        self._plans: dict[str, Plan] = {}

    async def run(self, session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
        """Insert rows that have all of the columns; raises ValueError for one that has others."""
        if any(len(row) != len(self.columns) for row in rows):
            raise ValueError(f"rows of {self.table.name} have {', '.join(self.columns)}, and no others")
        connection = await session.connection()
        plan = self._plans.get(connection.dialect.name)
        if plan is None:
            plan = self._plans[connection.dialect.name] = self._build(connection.dialect)
        statement, order = plan
        values = [
            tuple([row[name] if process is None else process(row[name]) for name, process in order])
            for row in rows
        ]
        await connection.exec_driver_sql(statement, values)

    def _build(self, dialect: Dialect) -> Plan:
        columns = {name: bindparam(name, type_=self.table.c[name].type) for name in self.columns}
        compiled: Any = insert(self.table).values(columns).compile(dialect=dialect)
        order = []
        for name in compiled.positiontup:
            kind: Any = self.table.c[name].type
            process = kind.dialect_impl(dialect).bind_processor(dialect)
            order.append((name, _once(process) if process and isinstance(kind, Instant) else process))
        return str(compiled), order


def _once(process: Process) -> Process:
    """Many rows in a row have the same moment: it is processed once."""
    last: Any = None
    answer: Any = None

    def remember(value: datetime | None) -> Any:
        nonlocal last, answer
        if value is not last:
            last, answer = value, process(value)
        return answer

    return remember
