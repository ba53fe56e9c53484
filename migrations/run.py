"""Brings a database to the schema of this release. Safe to run from several processes at once; does nothing, quickly,
when the schema is at its head already (Alembic is loaded only when there is something to do)."""

import re
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError

from bot.logs import get_logger

log = get_logger(__name__)
HERE = Path(__file__).parent
WORKS_FROM = "0016"
"""Releases whose newest migration is this one or a later one work on today's schema, unless a migration takes something away
and says another one by a `WORKS_FROM` of its own. It is kept in the database, where an older release finds it."""
FACT = "schema.works_from"
LOCK = 7_086_021_119
"""Key of the PostgreSQL advisory lock: any number that is ours."""


def find_head() -> str:
    """The newest revision: the leading number of the last file in `versions/`."""
    return max(path.name.split("_")[0] for path in (HERE / "versions").glob("[0-9]*.py"))


def find_current(connection: Connection) -> str | None:
    try:
        with connection.begin():
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except DBAPIError:
        return None


def find_works_from() -> str:
    """The oldest release that works on the newest schema, by its newest migration."""
    said = re.compile(r'^WORKS_FROM = "(\d+)"', re.MULTILINE)
    texts = [path.read_text(encoding="utf-8") for path in (HERE / "versions").glob("[0-9]*.py")]
    return max([WORKS_FROM, *(found[1] for text in texts if (found := said.search(text)))])


def migrate(url: str) -> tuple[str | None, str]:
    """Upgrade; returns the revision before and after. Runs in its own connection, to its end or not at all.

    A database that is newer than this release stays as it is. Raises ValueError when this release can't work on it.
    """
    parsed = make_url(url)
    driver = "sqlite" if parsed.get_backend_name() == "sqlite" else "postgresql+asyncpg"
    if driver == "sqlite":
        if parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed.set(drivername="sqlite"))
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        with engine.connect() as connection:
            result = _upgrade(connection)
        engine.dispose()
        return result
    import asyncio

    return asyncio.run(
        _migrate_postgresql(parsed.set(drivername=driver).render_as_string(hide_password=False))
    )


def _prepare_sqlite(connection: Any, _: Any) -> None:
    """Let a transaction hold the changes of the schema too, which the driver by itself would commit one by one."""
    connection.isolation_level = None
    connection.execute("PRAGMA busy_timeout=60000")
    connection.execute("PRAGMA journal_mode=WAL")


async def _migrate_postgresql(url: str) -> tuple[str | None, str]:
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            await connection.execute(text(f"SELECT pg_advisory_lock({LOCK})"))
            await connection.commit()
            result = await connection.run_sync(_upgrade)
            await connection.execute(text(f"SELECT pg_advisory_unlock({LOCK})"))
            await connection.commit()
            return result
    finally:
        await engine.dispose()


def _read_works_from(connection: Connection) -> str | None:
    with connection.begin():
        return connection.execute(
            text("SELECT value FROM fact WHERE name = :name"), {"name": FACT}
        ).scalar_one_or_none()


def _write_works_from(connection: Connection) -> None:
    values = {"name": FACT, "value": find_works_from()}
    connection.execute(text("DELETE FROM fact WHERE name = :name"), {"name": FACT})
    connection.execute(text("INSERT INTO fact (name, value) VALUES (:name, :value)"), values)


def _upgrade(connection: Connection) -> tuple[str | None, str]:
    current, head = find_current(connection), find_head()
    if current == head:
        return current, head
    if current is not None and current > head:
        needed = _read_works_from(connection)
        if needed is not None and needed <= head:
            log.warning("schema.newer", schema=current, known=head)
            return current, current
        raise ValueError(
            f"the database is at schema {current}, this release knows only up to {head}, and works on no newer one: "
            "install a newer release, or restore the backup that was made before the upgrade"
        )
    with connection.begin():  # another process may have been faster: what is there is read again inside
        upgrade_to(connection, "head")
        _write_works_from(connection)
    return current, head


def upgrade_to(connection: Connection, revision: str) -> None:
    """Run the migrations up to this one, in the transaction of the caller."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
