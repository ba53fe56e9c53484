"""Ids for rows that are inserted many at once: to know them beforehand is cheaper than to ask what they became."""

from functools import cache
from typing import Any

from sqlalchemy import Table, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

TAKE = text(
    "SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, CAST(:count AS integer))"
)


async def reserve_ids(session: AsyncSession, table: Table, count: int) -> list[int]:
    """So many ids for new rows of this table. SQLite has one writer, so that those after its highest are free; PostgreSQL
    takes them from the sequence of the table."""
    connection = await session.connection()
    if connection.dialect.name == "sqlite":
        last = (await connection.execute(_highest(table))).scalar() or 0
        return list(range(last + 1, last + 1 + count))
    rows = await connection.execute(TAKE, {"name": table.name, "count": count})
    return sorted(row[0] for row in rows)


@cache
def _highest(table: Table) -> Any:
    return select(func.max(table.c.id))
