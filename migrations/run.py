"""Brings a database to the schema of this release. Safe to run from several processes at once; does nothing, quickly,
when the schema is at its head already (Alembic is loaded only when there is something to do)."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError

HERE = Path(__file__).parent
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


def migrate(url: str) -> tuple[str | None, str]:
    """Upgrade; returns the revision before and after. Runs in its own connection, to its end or not at all.

    Raises ValueError when the database is newer than this release.
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


def _upgrade(connection: Connection) -> tuple[str | None, str]:
    current, head = find_current(connection), find_head()
    if current == head:
        return current, head
    if current is not None and current > head:
        raise ValueError(
            f"the database is at schema {current}, this release knows only up to {head}: install a newer one"
        )
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    with connection.begin():  # another process may have been faster: what is there is read again inside
        command.upgrade(config, "head")
    return current, head
