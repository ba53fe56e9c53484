"""Statements that go straight to the driver: their values, their rows and their failures are what SQLAlchemy's are."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import bindparam, event, literal_column, select, text
from sqlalchemy.exc import DBAPIError

from bot.flow.unit import BOT, Unit
from storage.engine import Conflict, Database, StorageUnavailable
from storage.models import AlertNote, OutboxRow, Team
from storage.questions.alerts import insert_notes
from storage.ready import Ready, insert_into
from storage.types import Instant
from storage.words import OutboxState
from tests.house import House
from tests.relay import Relay

AT = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
COLUMNS = ("slug", "name", "active", "platforms", "origin", "holidays", "holidays_origin")
TEAMS = insert_into(Team.__table__, COLUMNS)  # type: ignore[arg-type]
WAITING = Ready(
    select(OutboxRow.subject, OutboxRow.state, OutboxRow.created_at, OutboxRow.payload, OutboxRow.patient)
    .where(
        OutboxRow.state.in_((OutboxState.PENDING, OutboxState.SENDING)),
        OutboxRow.created_at <= bindparam("now", type_=Instant),
        OutboxRow.stream == bindparam("stream"),
    )
    .order_by(OutboxRow.id)
    .limit(bindparam("most"))
)


def note(alert_id: int, at: datetime, **data: Any) -> dict[str, Any]:
    return {
        "alert_id": alert_id,
        "at": at,
        "actor_id": None,
        "actor_name": "Zoë",
        "kind": "note",
        "text": "'; DROP TABLE alert; --",
        "data": data,
    }


NOWHERE = {"holidays": "", "holidays_origin": ""}


def team(slug: str) -> dict[str, Any]:
    return {"slug": slug, "name": slug.title(), "active": True, "platforms": [], **NOWHERE, "origin": ""}


async def test_rows_read_back_as_they_were_given(house: House) -> None:
    await house.send({"title": "Disk full"})
    local = AT.astimezone(timezone(timedelta(hours=2)))
    rows = [
        note(1, AT, n=[1, None, {"é": True}]),
        note(1, AT),
        note(1, local),
        note(1, AT + timedelta(seconds=1)),
    ]

    async def insert(unit: Unit) -> None:
        await insert_notes(unit.session, rows)

    await house.parts.work.run(insert)
    found = await house.rows(AlertNote, AlertNote.actor_name == "Zoë")
    assert [one.at for one in found] == [AT, AT, AT, AT + timedelta(seconds=1)]
    assert [one.data for one in found] == [{"n": [1, None, {"é": True}]}, {}, {}, {}]
    assert {one.text for one in found} == {"'; DROP TABLE alert; --"}


async def test_what_is_asked_has_the_types_of_its_columns(house: House) -> None:
    now = house.clock.now()
    async with house.parts.work.database.write() as session:
        unit = Unit(session, now, BOT, house.parts.work.installation)
        for place in range(3):
            unit.put("test", "test.kind", f"test:{place}", payload={"at": place}, patient=bool(place))
        await unit.write_queues()
        assert await WAITING.ask(session, now=now, stream="test", most=2) == [
            ("test:0", OutboxState.PENDING, now, {"at": 0}, False),
            ("test:1", OutboxState.PENDING, now, {"at": 1}, True),
        ]
        await session.rollback()


async def test_other_values_than_it_takes_are_refused(house: House) -> None:
    async def insert(unit: Unit) -> None:
        await insert_notes(unit.session, [{**note(1, AT), "id": 7}])

    with pytest.raises(ValueError, match=r"INSERT INTO alert_note .* and not .* id"):
        await house.parts.work.run(insert)


async def test_a_column_that_only_the_models_would_fill_is_missed(house: House) -> None:
    short = insert_into(Team.__table__, ("slug", "name"))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"leaves out .*origin"):
        await house.parts.work.run(lambda unit: short.run_many(unit.session, [{"slug": "a", "name": "A"}]))


@pytest.mark.parametrize("slugs", [["new", "web"], ["web"]], ids=["many", "one"])
async def test_a_row_that_is_there_already_is_a_conflict(house: House, slugs: list[str]) -> None:
    database = house.parts.work.database
    async with database.write() as session:
        await TEAMS.run_many(session, [team("web")])
    with pytest.raises(Conflict):
        async with database.write() as session:
            await TEAMS.run_many(session, [team(slug) for slug in slugs])
    assert [one.slug for one in await house.rows(Team, Team.slug.in_(("new", "web")))] == ["web"]


async def test_a_statement_that_is_wrong_says_so(house: House) -> None:
    with pytest.raises((DBAPIError, StorageUnavailable), match="no_such_column"):
        async with house.parts.work.database.write() as session:
            await Ready(select(literal_column("no_such_column"))).ask(session)


async def test_a_connection_that_is_cut_is_replaced(postgres_url: str) -> None:
    """A file has none."""
    database = Database(postgres_url)
    pid = Ready(text("SELECT pg_backend_pid()"))
    cut = []

    async def be_cut_off() -> None:
        async with database.write() as session:
            cut.append((await pid.ask(session))[0][0])
            async with database.read() as other:
                await other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": cut[0]})
            await TEAMS.run_many(session, [team("lost")])

    with pytest.raises(StorageUnavailable):
        await be_cut_off()
    async with database.write() as session:
        assert (await pid.ask(session))[0][0] != cut[0]
        await TEAMS.run_many(session, [team("kept")])
        kept = await session.scalars(select(Team.slug).where(Team.slug.in_(("lost", "kept"))))
        assert kept.all() == ["kept"]
    await database.close()


async def test_a_connection_that_is_cut_while_it_opens_is_a_database_that_does_not_answer(
    postgres_url: str,
) -> None:
    async with Relay.to_postgres(postgres_url) as relay:
        database = Database(relay.url)
        relay.cut_at = b"SET plan_cache_mode"
        with pytest.raises(StorageUnavailable):
            async with database.read() as session:
                await session.execute(text("SELECT 1"))
        relay.cut_at = b""
        async with database.read() as session:
            assert await session.scalar(text("SHOW plan_cache_mode")) == "force_custom_plan"
        await database.close()


async def test_a_unit_that_fails_keeps_nothing_of_them(house: House) -> None:
    async def fail(unit: Unit) -> None:
        await TEAMS.run_many(unit.session, [team("one"), team("two")])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await house.parts.work.run(fail)
    assert not await house.rows(Team, Team.slug.in_(("one", "two")))


async def test_whoever_listens_hears_of_them(house: House) -> None:
    heard: list[str] = []
    database = house.parts.work.database
    engine = database._writer.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *given: heard.append(given[2].split()[0]))
    async with database.write() as session:
        await WAITING.ask(session, now=AT, stream="", most=1)
        await TEAMS.run_many(session, [team("heard")])
    assert heard == ["SELECT", "INSERT"]
