"""What a unit of work writes just before its commit: rows of the outbox, and timers. The statements are built once."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import and_, bindparam, case, delete, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import OutboxRow, Timer

DELETE_TIMER = delete(Timer.__table__).where(  # type: ignore[arg-type]
    Timer.kind == bindparam("of_kind"), Timer.subject == bindparam("of_subject")
)


async def put_rows(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Add rows to the outbox. One that can be a waiting row's (`coalesce_row`) only touches that: so it is locked, and no
    worker claims it before this change can be seen; unless the new one is `patient`, it may go at once."""
    connection = await session.connection()
    await connection.execute(_put(connection.dialect.name), list(rows))


async def plan_timers(session: AsyncSession, timers: Sequence[dict[str, Any]]) -> None:
    """Add timers, or move those of the same kind and subject."""
    connection = await session.connection()
    await connection.execute(_plan(connection.dialect.name), list(timers))


async def cancel_timers(session: AsyncSession, keys: Sequence[tuple[str, str]]) -> None:
    """Forget timers of these kinds and subjects, if there are any."""
    given = [{"of_kind": kind, "of_subject": subject} for kind, subject in keys]
    await (await session.connection()).execute(DELETE_TIMER, given)


@cache
def _put(dialect: str) -> Any:
    statement = _insert(dialect)(OutboxRow.__table__)
    known, new = OutboxRow.__table__.c, statement.excluded
    touched = {
        "not_before": case((new.patient, known.not_before), else_=new.not_before),
        "patient": and_(known.patient, new.patient),
    }
    return statement.on_conflict_do_update(
        index_elements=["stream", "kind", "subject"],
        index_where=text("state = 'pending' AND coalesce_row"),
        set_=touched,
    )


@cache
def _plan(dialect: str) -> Any:
    statement = _insert(dialect)(Timer.__table__)
    replaced = {name: statement.excluded[name] for name in ("due_at", "payload", "attempts", "error")}
    return statement.on_conflict_do_update(index_elements=["kind", "subject"], set_=replaced)


def _insert(dialect: str) -> Any:
    return sqlite.insert if dialect == "sqlite" else postgresql.insert
