"""Lines that the traces of many alerts share, by key."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import TraceLine
from storage.ready import Ready, is_among, parameters_of

LINES: Table = TraceLine.__table__  # type: ignore[assignment]


def _insert(database: str) -> Any:
    insert: Any = sqlite.insert if database == "sqlite" else postgresql.insert
    return insert(LINES).values(parameters_of(LINES, ("key", "line"))).inline().on_conflict_do_nothing()


INSERT = Ready(_insert)
FIND = Ready(
    lambda database: select(LINES.c.key, LINES.c.line).where(is_among(database, LINES.c.key, "keys"))
)


async def insert_lines(session: AsyncSession, lines: Mapping[str, Any]) -> None:
    """Those that are not there yet; in one order, so that two processes wait for each other at most."""
    await INSERT.run_many(session, [{"key": key, "line": lines[key]} for key in sorted(lines)])


async def find_lines(session: AsyncSession, keys: Collection[str]) -> dict[str, Any]:
    """Those lines by key."""
    return {row[0]: row[1] for row in await FIND.ask(session, keys=sorted(keys))} if keys else {}
