"""Questions about alerts that are held back."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, cast, func, select, type_coerce, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Alert
from storage.types import Json
from storage.words import AlertStatus


async def hold_open(
    session: AsyncSession, ids: Collection[int], by: str, until: datetime | None, reason: dict[str, Any]
) -> list[int]:
    """Of these alerts, hold those that still page by themselves (open, held by nothing, of no incident) and write the reason
    into their traces; returns their ids. Two statements, however many there are."""
    asked = (
        select(Alert.id)
        .where(
            Alert.id.in_(ids),
            Alert.status == AlertStatus.OPEN,
            Alert.held_by == "",
            Alert.incident_id.is_(None),
        )
        .order_by(Alert.id)
        .with_for_update()
    )
    held = list(await session.scalars(asked))
    if not held:
        return held
    await session.execute(
        update(Alert)
        .where(Alert.id.in_(held))
        .values(held_by=by, held_until=until, trace=_append_to_trace(session, reason))
        .execution_options(synchronize_session=False)
    )
    for row in [one for one in session if isinstance(one, Alert) and one.id in held]:
        await session.refresh(row)
    return held


def _append_to_trace(session: AsyncSession, reason: dict[str, Any]) -> Any:
    if session.get_bind().dialect.name == "sqlite":
        return func.json_insert(Alert.trace, "$[#]", func.json(bindparam("reason", reason, type_=Json)))
    return type_coerce(Alert.trace, JSONB).op("||")(cast([reason], JSONB))


async def move_holds(session: AsyncSession, by: str, until: datetime) -> None:
    """Whatever this holds back is held until then."""
    await session.execute(
        update(Alert)
        .where(Alert.held_by == by, Alert.status == AlertStatus.OPEN)
        .values(held_until=until)
        .execution_options(synchronize_session="evaluate")
    )


async def list_ended(session: AsyncSession, now: datetime, limit: int) -> Sequence[Alert]:
    """Open alerts whose hold is over and that nobody has let go yet, the oldest first; nobody else takes them meanwhile.
    Those that somebody else has taken are left out."""
    ended = select(Alert).where(*_has_ended(now)).order_by(Alert.id).limit(limit)
    return (await session.scalars(ended.with_for_update(skip_locked=True))).all()


async def is_any_ended(session: AsyncSession, now: datetime) -> bool:
    """Whether there are such alerts, taken or not: ix_alert_held."""
    return await session.scalar(select(Alert.id).where(*_has_ended(now)).limit(1)) is not None


def _has_ended(now: datetime) -> tuple[Any, ...]:
    return Alert.held_by != "", Alert.held_until <= now, Alert.status == AlertStatus.OPEN


async def end_counted(session: AsyncSession, ids: Collection[int], now: datetime) -> int:
    """Those of these alerts that have been sent often enough are held until now; returns how many."""
    found = await session.scalars(
        update(Alert)
        .where(Alert.id.in_(ids), Alert.held_count.is_not(None), Alert.held_count <= Alert.count)
        .values(held_until=now, held_count=None)
        .returning(Alert.id)
        .execution_options(synchronize_session=False)
    )
    return len(found.all())
