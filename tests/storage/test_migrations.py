"""The migrations make exactly the schema that the models describe, on both databases, and can be run again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url

from migrations.run import FACT, find_head, migrate
from storage.engine import Database
from storage.models import Model

ROOT = Path(__file__).resolve().parents[2]


async def test_migrations_make_the_schema_of_the_models(database_url: str) -> None:
    def compare(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Model.metadata))

    database = Database(database_url)
    async with database._writer.connect() as connection:
        assert await connection.run_sync(compare) == []
    await database.close()


def test_a_second_run_has_nothing_to_do(empty_sqlite_url: str, empty_postgres_url: str) -> None:
    for url in (empty_sqlite_url, empty_postgres_url):
        assert migrate(url) == (None, find_head())
        assert migrate(url) == (find_head(), find_head())


def test_a_newer_database_that_does_not_say_who_may_work_on_it_is_left_alone(empty_sqlite_url: str) -> None:
    migrate(empty_sqlite_url)
    engine = create_engine(empty_sqlite_url.replace("+aiosqlite", ""))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("DELETE FROM fact WHERE name = :name"), {"name": FACT})
    engine.dispose()
    with pytest.raises(ValueError, match="newer"):
        migrate(empty_sqlite_url)


@pytest.mark.postgresql
def test_a_database_that_is_not_there_stops_the_start_with_a_sentence(postgres_server: str) -> None:
    url = make_url(postgres_server).set(database="nowhere").render_as_string(hide_password=False)
    environment = {**os.environ, "TOCSIN_DATABASE_URL": url}
    command = [sys.executable, "-m", "app", "serve"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "Error: the database does not answer, or takes nothing" in done.stderr
    assert "Traceback" not in done.stderr
