"""Two releases on one database: during a rolling upgrade, and when it is taken back.

Migrations after 0016 only add, so that the release before goes on; one that takes something away says from which release on
the schema can be worked on (`WORKS_FROM`). What a newer release has queued or planned, an older one leaves alone.
"""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.flow.outbox import Job, Outbox
from bot.flow.timers import Due, Timers
from bot.flow.unit import Unit
from bot.incidents.timeline import spell_entry
from migrations import run
from migrations.run import WORKS_FROM, find_head, migrate, upgrade_to
from storage.models import OutboxRow, TimelineEntry, Timer
from storage.words import OutboxState, PageState
from tests.databases import in_thread
from tests.house import House, open_house
from tests.served import Served
from tests.storage.schema import list_breaks, read_schema

T = TypeVar("T")
VERSIONS = Path(run.__file__).parent / "versions"
ALERT = {"title": "Checkout returns errors", "alias": "checkout", "priority": "P1", "service": "web"}
NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = "{head}"


def upgrade() -> None:
    op.add_column("page", sa.Column("song", sa.Text(), nullable=False, server_default=""))
    op.add_column("outbox", sa.Column("voice", sa.String(10), nullable=True))
    op.create_table("song", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("words", sa.Text()))
"""


def bring_up(url: str) -> None:
    """What a process does first when it starts, which has no event loop yet."""

    def work() -> None:
        migrate(url)

    in_thread(work)


def release_next(folder: Path, monkeypatch: pytest.MonkeyPatch, url: str, says: str = "") -> None:
    """Let the release after this one bring the database to its schema."""
    shutil.copytree(VERSIONS.parent, folder / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    file = folder / "migrations/versions/9001_the_next_release.py"
    file.write_text(says + NEXT.format(head=find_head()))
    with monkeypatch.context() as patched:
        patched.setattr(run, "HERE", folder / "migrations")
        bring_up(url)


# The schema


def list_revisions() -> list[str]:
    return sorted(path.name.split("_")[0] for path in VERSIONS.glob("[0-9]*.py"))


def find_breaks_by_revision(connection: Connection) -> dict[str, list[str]]:
    """What each migration after the first ones takes away from the release before it."""
    found = {}
    upgrade_to(connection, WORKS_FROM)
    before = read_schema(connection)
    for revision in list_revisions():
        if revision > WORKS_FROM:
            upgrade_to(connection, revision)
            after = read_schema(connection)
            found[revision] = list_breaks(before, after)
            before = after
    return found


async def in_transaction(url: str, work: Callable[[Connection], T]) -> T:
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


@pytest.mark.parametrize(
    "kind", ["empty_sqlite_url", pytest.param("empty_postgres_url", marks=pytest.mark.postgresql)]
)
async def test_a_migration_only_adds_unless_it_says_so(kind: str, request: pytest.FixtureRequest) -> None:
    url: str = request.getfixturevalue(kind)
    for revision, breaks in (await in_transaction(url, find_breaks_by_revision)).items():
        (file,) = VERSIONS.glob(f"{revision}_*.py")
        if not re.search(r"^WORKS_FROM = ", file.read_text(encoding="utf-8"), re.MULTILINE):
            assert breaks == [], f"{file.name} breaks the release before; see docs/decisions/0027"


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("DROP TABLE lease", "lease is gone"),
        ("ALTER TABLE page DROP COLUMN label", "page.label is gone"),
        ("ALTER TABLE page RENAME COLUMN label TO name", "page.label is gone"),
        ("ALTER TABLE page ALTER COLUMN label TYPE text", "page.label was VARCHAR(60) and is TEXT"),
        ("ALTER TABLE page ALTER COLUMN due_at SET NOT NULL", "page.due_at may not be NULL any more"),
        (
            "ALTER TABLE page ADD COLUMN song text NOT NULL",
            "page.song is new, may not be NULL and has no default in the database",
        ),
        ("CREATE UNIQUE INDEX one ON page (user_id, step)", "page must be unique by user_id, step now"),
        ("ALTER TABLE page ADD CONSTRAINT few CHECK (step < 9)", "page is checked anew: step < 9"),
        (
            "ALTER TABLE timer ADD COLUMN other bigint, ADD FOREIGN KEY (id) REFERENCES page (id)",
            "timer.id refers to another table now",
        ),
    ],
)
@pytest.mark.postgresql
async def test_what_an_older_release_would_trip_over_is_seen(
    postgres_url: str, statement: str, sentence: str
) -> None:
    def change(connection: Connection) -> list[str]:
        before = read_schema(connection)
        connection.execute(text(statement))
        return list_breaks(before, read_schema(connection))

    assert sentence in await in_transaction(postgres_url, change)


@pytest.mark.postgresql
async def test_what_only_adds_is_no_break(postgres_url: str) -> None:
    def change(connection: Connection) -> list[str]:
        before = read_schema(connection)
        for statement in (
            "CREATE TABLE song (id bigint PRIMARY KEY)",
            "ALTER TABLE page ADD COLUMN song bigint REFERENCES song (id), ADD COLUMN n int NOT NULL DEFAULT 0",
            "CREATE UNIQUE INDEX one ON page (song)",
            "CREATE INDEX two ON page (step)",
        ):
            connection.execute(text(statement))
        return list_breaks(before, read_schema(connection))

    assert await in_transaction(postgres_url, change) == []


# The older release on it


async def test_an_older_release_works_beside_a_newer_one(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release_next(tmp_path, monkeypatch, database_url)
    bring_up(database_url)
    async with open_house(database_url) as house:
        planned_at = house.clock.now()

        async def queue(unit: Unit) -> None:
            unit.plan("sing", "song:1", unit.now)
            unit.put(f"page:{house.owner.id}@room", "song.sing", "song:1")
            unit.put("song:1@room", "song.sing", "song:1", coalesce=True)

        await house.parts.work.run(queue)
        assert (await house.send(ALERT))[0] == 202
        await house.at("06:00")
        assert (await house.pages(house.owner))[0].state is PageState.SENT
        rows = await house.rows(OutboxRow)
        assert [(row.kind, row.state, row.attempts, row.error) for row in rows] == [
            ("song.sing", OutboxState.PENDING, 0, "")
        ] * 2
        (timer,) = await house.rows(Timer, Timer.kind == "sing")
        assert (timer.due_at, timer.attempts, timer.error) == (planned_at, 0, "")
        async with house.http.get(f"{house.url}/readyz") as response:
            assert response.status == 200, "what it leaves alone does not make it unready"
        await let_the_newer_one_work(house)
        assert await house.rows(OutboxRow) == await house.rows(Timer, Timer.kind == "sing") == []


async def let_the_newer_one_work(house: House) -> None:
    async def sing(unit: Unit, due: Due) -> None:
        return

    async def deliver(job: Job) -> None:
        return

    async def on_parked(unit: Unit, job: Job, reason: str) -> None:
        raise AssertionError(reason)

    assert await Timers(house.parts.work, {"sing": sing}).run_due() == 1
    assert await Outbox(house.parts.work, {"song.sing": deliver}, on_parked).drain() == 2


async def test_an_entry_of_a_kind_that_only_a_newer_release_has_words_for_is_shown(
    sqlite_house: House,
) -> None:
    await sqlite_house.command("/incident declare Checkout returns errors")

    async def add(unit: Unit) -> None:
        unit.session.add(
            TimelineEntry(
                incident_id=1, at=unit.now, recorded_at=unit.now, kind="song_sung", actor_name="Kate"
            )
        )

    await sqlite_house.parts.work.run(add)
    (entry,) = await sqlite_house.rows(TimelineEntry, TimelineEntry.kind == "song_sung")
    assert spell_entry(sqlite_house.parts.templates, entry) == "song sung"
    assert "song sung" in await sqlite_house.ask("/incident timeline INC-1")


async def test_an_older_release_starts_on_the_newer_schema_and_says_so(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release_next(tmp_path, monkeypatch, sqlite_url)
    served = Served(sqlite_url, tmp_path)
    await served.start()
    code, _ = await served.stop()
    await served.database.close()
    assert code == 0
    assert "schema.newer" in served.read_log()


def test_where_something_was_taken_away_it_does_not_start(
    empty_sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release_next(tmp_path, monkeypatch, empty_sqlite_url, 'WORKS_FROM = "9001"\n')
    with pytest.raises(ValueError, match="install a newer release, or restore the backup"):
        migrate(empty_sqlite_url)
    engine = create_engine(empty_sqlite_url.replace("+aiosqlite", ""))
    with engine.connect() as connection:
        assert (
            connection.execute(text("SELECT value FROM fact WHERE name = :n"), {"n": run.FACT}).scalar()
            == "9001"
        )
    engine.dispose()
