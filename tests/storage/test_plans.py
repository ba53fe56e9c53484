"""What runs per alert, per tick or per page finds its rows by an index, never by reading a whole table."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event, insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.flow.outbox import Job, Outbox
from bot.flow.timers import Due, Timers
from bot.flow.unit import Unit, Work
from bot.reactions.paging import job_parked
from storage.engine import Database
from storage.models import Alert, Integration, Page
from storage.questions import (
    access,
    alert_files,
    alert_search,
    alerts,
    board,
    flow,
    holds,
    incident_view,
    incidents,
    oncall,
    opsgenie,
    paging,
    pruning,
    sayings,
    screens,
    searches,
    silences,
    swaps,
)
from storage.questions.privacy import Viewer
from storage.search import Term
from tests.house import HandClock

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SMALL = (
    "team",
    "service",
    "incident_rule",
    "schedule",
    "rotation",
    "escalation_policy",
    "integration",
    "user",
)
"""Tables that hold what people have written down; they are read whole on purpose."""

PAGE = Page(id=1, user_id=1, escalation_id=1, round=0, step=0, method="slack")
Ask = Callable[[AsyncSession], Awaitable[Any]]
QUESTIONS: dict[str, Ask] = {
    "open alerts of a batch": lambda session: alerts.find_open(session, [(1, "a"), (1, "b")]),
    "most urgent alerts": lambda session: alerts.list_open_alerts(session, viewer=Viewer(1)),
    "most urgent alerts with a word": lambda session: screens.list_alerts(
        session, viewer=Viewer(1), text="disk"
    ),
    "open alerts of an incident": lambda session: alerts.list_open_of_incident(session, 1),
    "open alerts per incident": lambda session: alerts.count_open_in(session, [1, 2]),
    "close alerts": lambda session: alerts.close_alerts(session, [1, 2], NOW, None),
    "old alerts": lambda session: pruning.delete_old_alerts(session, NOW, 10),
    "the oldest closed alert": pruning.find_oldest_closed,
    "escalations of many": lambda session: paging.list_under_way(session, ["alert:1", "alert:2"]),
    "log of an alert": lambda session: alerts.list_notes(session, 1),
    "open alerts by a query": lambda session: alert_search.count_found(
        session, Term("status", ":", "open"), viewer=Viewer(), reach=alert_search.Reach()
    ),
    "alert by alias": lambda session: opsgenie.find_by_alias(session, "a", 1, None),
    "alert by uid": lambda session: opsgenie.find_by_uid(session, "a"),
    "who acknowledged alerts": lambda session: opsgenie.list_notes_of_kinds(session, [1, 2], ["closed"]),
    "files of an alert": lambda session: alert_files.list_files(session, 1),
    "a saved search": lambda session: searches.find_search(session, "a", True),
    "open incident of a group": lambda session: incidents.find_open_in_group(session, 1, "web"),
    "timeline": lambda session: incidents.list_entries(session, 1),
    "entry of a message": lambda session: incidents.find_entry_of_message(session, 1, "room", "1", "1"),
    "incident of a channel": lambda session: incidents.find_incident_of_channel(session, "room", "1"),
    "alerts of an incident": lambda session: incidents.list_alerts(session, 1),
    "the runbook of an incident": lambda session: incidents.find_runbook(session, 1),
    "participants": lambda session: incidents.list_participants(session, 1),
    "roles of a view": lambda session: incident_view.list_roles(session, 1),
    "participants of a view": lambda session: incident_view.list_participants(session, 1),
    "followers of a view": lambda session: incident_view.list_followers(session, 1),
    "teams of a view": lambda session: incident_view.list_teams(session, 1),
    "services of a view": lambda session: incident_view.list_services(session, 1),
    "tasks of a view": lambda session: incident_view.list_tasks(session, 1),
    "updates of a view": lambda session: incident_view.list_updates(session, 1),
    "links of a view": lambda session: incident_view.list_links(session, 1),
    "alerts of a view": lambda session: incident_view.count_alerts(session, 1),
    "people of a view": lambda session: incident_view.list_people(session, [1, 2]),
    "escalations under way": lambda session: paging.list_escalations(session, "incident:1"),
    "pages of a subject": lambda session: paging.list_pages(session, ["incident:1"]),
    "pages of a step": lambda session: paging.list_pages_of_step(session, 1, 0, 0),
    "pages of a person": lambda session: paging.list_pages_of_user(session, 1),
    "pages beside a page": lambda session: paging.list_pages_beside(session, PAGE),
    "a newer page": lambda session: paging.list_with_newer(session, [PAGE]),
    "pages that are not held": lambda session: paging.list_not_held(session, "slack", 50),
    "pages beside those that are held": paging.list_beside_held,
    "a person held before": lambda session: paging.has_held_before(session, 1, 1),
    "platforms that are away": flow.list_away,
    "what waits, by platform": flow.list_waiting,
    "messages behind a message": lambda session: flow.list_behind(session, 1, "INC-1@slack", "room.say"),
    "a queued announcement": lambda session: flow.is_queued(session, "INC-1@slack", "announce.card"),
    "wrong codes": lambda session: access.count_audited(session, "link.wrong_code", "user:1", NOW),
    "integration key": lambda session: access.find_key(session, "x"),
    "web session": lambda session: access.find_web_session(session, "x", NOW),
    "open offers of shifts": lambda session: swaps.list_open(session, [1, 2]),
    "cards of an offer": lambda session: swaps.list_copies(session, 1),
    "the last reminder of an offer": lambda session: swaps.find_last_round(session, 1),
    "overrides": lambda session: oncall.list_overrides(session, [1], NOW, NOW),
    "overrides as plain rows": lambda session: oncall.list_override_rows(session, [1], NOW, NOW),
    "rotations as plain rows": lambda session: oncall.list_rotation_rows(session, [1]),
    "forwarding": lambda session: oncall.list_forwardings(session, NOW, NOW),
    "time off": lambda session: oncall.list_times_off(session, NOW, NOW),
    "people of teams": lambda session: oncall.list_member_ids(session, [1, 2]),
    "who is switched off": lambda session: oncall.list_gone(session, [1, 2]),
    "rooms of an incident": lambda session: incidents.list_platforms(session, 1),
    "talk in a channel": lambda session: sayings.find_talk(session, "slack", "C1", ("room", "slack")),
    "what was said": lambda session: sayings.find_saying(session, "slack", "C1", "1"),
    "what a copy shows": lambda session: sayings.find_saying_of_copy(session, "slack", "C1", "1"),
    "a saying and its copy": lambda session: sayings.find_saying_with_copy(session, 1, "slack"),
    "a room and its incident": lambda session: sayings.find_room_with_incident(session, 1, "slack"),
    "the Room's copy": lambda session: sayings.find_copy_in_room(session, "slack", "C1", "1"),
    "entries of copies": lambda session: board.list_entries_of_copies(session, 1, [1, 2]),
    "what keeps alerts quiet": lambda session: silences.list_not_over(session, NOW),
    "alerts that could be held": lambda session: silences.list_coverable(session, 9, 100, False),
    "alerts that are held by one": lambda session: holds.hold_open(session, [1], "silence:1", NOW, {}),
    "alerts whose hold moves": lambda session: holds.move_holds(session, "silence:1", NOW),
    "a silence of a program": lambda session: silences.find_silence_by_uid(session, "x"),
    "the window of a maintenance": lambda session: silences.find_window(session, 1),
    "escalations that are stopped": lambda session: paging.stop(session, ["alert:1", "alert:2"], NOW),
    "copies of pages": lambda session: paging.list_copies(session, ["alert:1", "alert:2"]),
    "messages of a channel": lambda session: board.list_changed_messages(session, 1, 0),
}


IN_ORDER = ("open incident of a group", "entry of a message")
"""What finds one of very many by the order of an index, and never sorts them all."""


@pytest.mark.parametrize("name", QUESTIONS)
async def test_question_uses_an_index(sqlite_url: str, name: str) -> None:
    database = Database(sqlite_url)
    asked: list[tuple[str, Any]] = []
    event.listen(
        database._writer.sync_engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, values, _x, _many: asked.append((statement, values)),
    )
    async with database.write() as session:
        await QUESTIONS[name](session)
        statements = [one for one in asked if one[0].split()[0] in ("SELECT", "UPDATE", "DELETE")]
        assert statements
        connection = await session.connection()
        for statement, values in statements:
            rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            for row in rows:
                detail = str(tuple(row)[-1])
                assert not reads_whole(detail), f"{detail} for {statement}"
                assert name not in IN_ORDER or "TEMP B-TREE" not in detail, f"{detail} for {statement}"
    await database.close()


@pytest.mark.parametrize("lock", [True, False])
@pytest.mark.postgresql
async def test_open_alerts_are_found_by_their_alias_in_a_storm_that_postgresql_has_not_counted(
    postgres_url: str, lock: bool
) -> None:
    """What it knows of the table, and what it has planned, is of the quiet night before."""
    database = Database(postgres_url)
    async with database.write() as session:
        sender = Integration(slug="s", name="S", source="generic", digest="x", created_at=NOW)
        session.add(sender)
        await session.flush()
        sender_id = sender.id

    async def open_alerts(first: int, count: int) -> None:
        async with database.write() as session:
            rows = [
                {
                    "uid": str(one),
                    "integration_id": sender_id,
                    "alias": f"a{one}",
                    "title": "Disk",
                    "first_at": NOW,
                }
                for one in range(first, first + count)
            ]
            await session.execute(insert(Alert), [{**row, "last_at": NOW} for row in rows])

    async def find_some() -> None:
        async with database.write() as session:
            pairs = [(sender_id, f"a{one}") for one in range(20)]
            assert len(await alerts.find_open(session, pairs, lock)) == 20

    await open_alerts(0, 30)
    async with database.write() as session:
        await session.execute(text("ANALYZE alert"))
    for _ in range(10):
        await find_some()
    await open_alerts(30, 5_000)
    before = await count_rows_read(database)
    await find_some()
    assert await count_rows_read(database) - before < 200
    await database.close()


async def count_rows_read(database: Database) -> int:
    """How many rows or entries of indexes have been read to find alerts."""
    asked = text(
        "SELECT (SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'alert') "
        "+ (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname = 'alert')"
    )
    async with database.read() as session:
        await session.execute(text("SELECT pg_stat_force_next_flush()"))
    async with database.read() as session:
        return int(await session.scalar(asked) or 0)


def reads_whole(detail: str) -> bool:
    """Whether this step of a plan reads a whole table: not one that is small, nor the list that the question was given, nor
    what a question within it found."""
    if not detail.startswith("SCAN") or "USING" in detail or "CONSTANT ROW" in detail:
        return False
    read = detail.split()[1]
    return "VIRTUAL TABLE" not in detail and not read.startswith("anon_") and read not in SMALL


async def deliver_nothing(_: Job) -> None:
    return


async def do_nothing(_unit: Unit, _due: Due) -> None:
    return


@pytest.mark.parametrize(
    ("what", "index"),
    [
        ("due timers", "ix_timer_due"),
        ("the next timer", "ix_timer_due"),
        ("what may go", "ix_outbox_alive"),
        ("what is next", "ix_outbox_later"),
    ],
)
async def test_a_queue_is_read_in_its_order_and_never_sorted(sqlite_url: str, what: str, index: str) -> None:
    work = Work(Database(sqlite_url), HandClock(), {})
    timers = Timers(work, {"thing": do_nothing, "other": do_nothing})
    outbox = Outbox(work, {"thing": deliver_nothing, "other": deliver_nothing}, job_parked)
    ask: dict[str, Callable[[], Awaitable[Any]]] = {
        "due timers": timers.run_due,
        "the next timer": timers.find_next,
        "what may go": lambda: outbox.claim(5),
        "what is next": outbox.find_next,
    }
    asked: list[tuple[str, Any]] = []
    for engine in (work.database._writer, work.database._reader):
        event.listen(
            engine.sync_engine,
            "before_cursor_execute",
            lambda _c, _cursor, statement, values, _x, _many: asked.append((statement, values)),
        )
    await ask[what]()
    statement, values = next(one for one in asked if one[0].startswith("SELECT") and "max(" not in one[0])
    async with work.database.read() as session:
        connection = await session.connection()
        rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        plan = [str(tuple(row)[-1]) for row in rows]
    assert index in plan[0]
    assert not [step for step in plan if "TEMP B-TREE" in step]
    await work.database.close()


async def test_a_claim_looks_at_each_row_by_index_however_many_wait(sqlite_url: str) -> None:
    work = Work(Database(sqlite_url), HandClock(), {})

    async def fill(unit: Unit) -> None:
        for number in range(5_000):
            unit.put(f"s{number % 50}@x", "thing", f"thing:{number}")

    await work.run(fill)
    asked: list[tuple[str, Any]] = []
    for engine in (work.database._writer, work.database._reader):
        event.listen(
            engine.sync_engine,
            "before_cursor_execute",
            lambda _c, _cursor, statement, values, _x, _many: asked.append((statement, values)),
        )
    outbox = Outbox(work, {"thing": deliver_nothing}, job_parked)
    assert len(await outbox.claim(5)) == 5
    listed = [one for one in asked if "outbox.attempts, outbox.id" in one[0]]
    assert len(await outbox.claim(3)) == 3
    assert len([one for one in asked if "outbox.attempts, outbox.id" in one[0]]) == len(listed) == 1
    async with work.database.read() as session:
        connection = await session.connection()
        for statement, values in tuple(asked):
            rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            details = [str(tuple(row)[-1]) for row in rows]
            assert not [one for one in details if reads_whole(one)], statement
    await work.database.close()
