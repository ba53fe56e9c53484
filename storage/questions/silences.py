"""Questions about silences, maintenance, and the alerts that they hold."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Alert, Maintenance, Silence
from storage.ready import Ready
from storage.words import AlertStatus, Priority


async def list_not_over(session: AsyncSession, now: datetime) -> Sequence[Silence]:
    """What keeps alerts quiet now or later, by ix_silence_ends; the one that ends last comes first."""
    asked = select(Silence).where(Silence.ends_at > now).order_by(Silence.ends_at.desc(), Silence.id)
    return (await session.scalars(asked)).all()


async def list_silences(
    session: AsyncSession,
    *,
    ended: bool,
    now: datetime,
    limit: int = 100,
    integration_id: int | None = None,
    windows: bool = True,
) -> Sequence[Silence]:
    """Those that are over (the last to end first), or the others (the first to end first). With `integration_id` those of
    one sender; without `windows` no windows of maintenance."""
    query = select(Silence).where(Silence.ends_at <= now if ended else Silence.ends_at > now)
    if integration_id is not None:
        query = query.where(or_(Silence.integration_id.is_(None), Silence.integration_id == integration_id))
    if not windows:
        query = query.where(Silence.maintenance_id.is_(None))
    order = (Silence.ends_at.desc(), Silence.id.desc()) if ended else (Silence.ends_at, Silence.id)
    return (await session.scalars(query.order_by(*order).limit(limit))).all()


KEEP = Ready(
    select(Silence.updated_at, Silence.ends_at)
    .where(Silence.id == bindparam("silence"))
    .with_for_update(read=True)
)


async def keep_silence(session: AsyncSession, silence_id: int) -> tuple[datetime, datetime] | None:
    """When it was changed last, and when it ends; nobody changes it until the transaction is over. Several may ask for that
    at once."""
    rows = await KEEP.ask(session, silence=silence_id)
    return (rows[0][0], rows[0][1]) if rows else None


async def find_silence_by_uid(session: AsyncSession, uid: str) -> Silence | None:
    return (await session.scalars(select(Silence).where(Silence.uid == uid))).one_or_none()


async def find_window(session: AsyncSession, maintenance_id: int) -> Silence | None:
    """The latest window of a maintenance."""
    return (
        await session.scalars(
            select(Silence)
            .where(Silence.maintenance_id == maintenance_id)
            .order_by(Silence.id.desc())
            .limit(1)
        )
    ).first()


async def list_windows(
    session: AsyncSession, maintenance_ids: Collection[int], now: datetime
) -> dict[int, Silence]:
    """The window of each of these that is on, or comes next: ix_silence_maintenance_id."""
    rows = await session.scalars(
        select(Silence)
        .where(Silence.maintenance_id.in_(maintenance_ids), Silence.ends_at > now)
        .order_by(Silence.id)
    )
    return {row.maintenance_id: row for row in rows if row.maintenance_id is not None}


async def list_of_file(session: AsyncSession) -> Sequence[Maintenance]:
    """Those that the configuration file has or had: few."""
    return (
        await session.scalars(
            select(Maintenance).where(Maintenance.slug.is_not(None)).order_by(Maintenance.id)
        )
    ).all()


async def list_maintenances(session: AsyncSession, *, over: bool, limit: int = 100) -> Sequence[Maintenance]:
    """Those that are over (the newest first), or those that still have a window."""
    query = select(Maintenance).where(
        Maintenance.ended_at.is_not(None) if over else Maintenance.ended_at.is_(None)
    )
    return (await session.scalars(query.order_by(Maintenance.id.desc()).limit(limit))).all()


class Coverable(NamedTuple):
    """An open alert that nothing holds, as matchers see it. `description` is left out where none asks for it."""

    id: int
    integration_id: int
    service_id: int | None
    team_id: int | None
    incident_id: int | None
    labels: dict[str, Any]
    title: str
    description: str
    priority: Priority
    alias: str
    source: str
    entity: str


async def list_coverable(
    session: AsyncSession, below: int | None, limit: int, with_description: bool
) -> list[Coverable]:
    """Open alerts that nothing holds, also those of incidents, the newest first, below this id: ix_alert_status."""
    columns = [getattr(Alert, name) for name in Coverable._fields]
    if not with_description:
        columns[Coverable._fields.index("description")] = literal("")
    asked = select(*columns).where(Alert.status == AlertStatus.OPEN, Alert.held_by == "")
    if below is not None:
        asked = asked.where(Alert.id < below)
    rows = await session.execute(asked.order_by(Alert.id.desc()).limit(limit))
    return [Coverable(*row) for row in rows]


async def count_held(session: AsyncSession, by: Collection[str]) -> dict[str, int]:
    """How many open alerts each of these holds."""
    rows = await session.execute(
        select(Alert.held_by, func.count())
        .where(Alert.status == AlertStatus.OPEN, Alert.held_by.in_(by))
        .group_by(Alert.held_by)
    )
    return {row[0]: row[1] for row in rows}
