"""Ids for rows that are inserted many at once: to know them beforehand is cheaper than to ask what they became."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Table, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.ready import Ready

TAKE = Ready(
    text(
        "SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, CAST(:count AS integer))"
    )
)


async def reserve_ids(session: AsyncSession, table: Table, count: int) -> list[int]:
    """So many ids for new rows of this table. SQLite has one writer, so that those after its highest are free; PostgreSQL
    takes them from the sequence of the table."""
    if session.get_bind().dialect.name == "sqlite":
        last = (await _highest(table).ask(session))[0][0] or 0
        return list(range(last + 1, last + 1 + count))
    return sorted(row[0] for row in await TAKE.ask(session, name=table.name, count=count))


async def add_many(session: AsyncSession, rows: Sequence[Any]) -> None:
    """Insert new rows of one model, which have their ids then: in one statement, where SQLAlchemy alone would make one for
    each row on SQLite."""
    if len(rows) > 1:
        ids = await reserve_ids(session, rows[0].__table__, len(rows))
        for row, number in zip(rows, ids, strict=True):
            row.id = number
    session.add_all(rows)
    await session.flush()


@cache
def _highest(table: Table) -> Ready:
    return Ready(select(func.max(table.c.id)))
