"""What a unit of work writes just before its commit: rows of the outbox, and timers. The statements are built once."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, and_, bindparam, case, delete, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import OutboxRow, Timer
from storage.ready import Ready, parameters_of

ROWS: Table = OutboxRow.__table__  # type: ignore[assignment]
TIMERS: Table = Timer.__table__  # type: ignore[assignment]


def _insert(database: str, table: Table, columns: Sequence[str]) -> Any:
    insert: Any = sqlite.insert if database == "sqlite" else postgresql.insert
    return insert(table).values(parameters_of(table, columns)).inline()


def _put(database: str) -> Any:
    statement = _insert(
        database,
        ROWS,
        (
            "stream",
            "kind",
            "subject",
            "payload",
            "patient",
            "coalesce_row",
            "state",
            "attempts",
            "created_at",
            "not_before",
            "maybe_sent",
            "error",
        ),
    )
    known, new = ROWS.c, statement.excluded
    touched = {
        "not_before": case((new.patient, known.not_before), else_=new.not_before),
        "patient": and_(known.patient, new.patient),
    }
    return statement.on_conflict_do_update(
        index_elements=["stream", "kind", "subject"],
        index_where=text("state = 'pending' AND coalesce_row"),
        set_=touched,
    )


def _plan(database: str) -> Any:
    statement = _insert(database, TIMERS, ("kind", "subject", "due_at", "payload", "attempts", "error"))
    replaced = {name: statement.excluded[name] for name in ("due_at", "payload", "attempts", "error")}
    return statement.on_conflict_do_update(index_elements=["kind", "subject"], set_=replaced)


PUT, PLAN = Ready(_put), Ready(_plan)
CANCEL = Ready(
    delete(TIMERS).where(TIMERS.c.kind == bindparam("of_kind"), TIMERS.c.subject == bindparam("of_subject"))
)


async def put_rows(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Add rows to the outbox. One that can be a waiting row's (`coalesce_row`) only touches that: so it is locked, and no
    worker claims it before this change can be seen; unless the new one is `patient`, it may go at once."""
    await PUT.run_many(session, rows)


async def plan_timers(session: AsyncSession, timers: Sequence[dict[str, Any]]) -> None:
    """Add timers, or move those of the same kind and subject."""
    await PLAN.run_many(session, timers)


async def cancel_timers(session: AsyncSession, keys: Sequence[tuple[str, str]]) -> None:
    """Forget timers of these kinds and subjects, if there are any."""
    await CANCEL.run_many(session, [{"of_kind": kind, "of_subject": subject} for kind, subject in keys])


async def is_planned(session: AsyncSession, kind: str, subject: str) -> bool:
    """Whether there is a timer of this kind and subject."""
    asked = select(Timer.id).where(Timer.kind == kind, Timer.subject == subject)
    return await session.scalar(asked) is not None
