"""Questions about schedules, rotations and overrides."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Override, Rotation, Schedule

SCHEDULES = select(Schedule).where(Schedule.active.is_(True)).order_by(Schedule.id)
SCHEDULES_BY_ID = SCHEDULES.where(Schedule.id.in_(bindparam("ids", expanding=True)))
ROTATIONS = (
    select(Rotation)
    .where(Rotation.schedule_id.in_(bindparam("schedules", expanding=True)))
    .order_by(Rotation.id)
)
OVERRIDES = (
    select(Override)
    .where(
        Override.schedule_id.in_(bindparam("schedules", expanding=True)),
        Override.ends_at > bindparam("start"),
        Override.starts_at <= bindparam("end"),
    )
    .order_by(Override.id)
)
"""What paging asks is built once."""


async def list_schedules(session: AsyncSession, ids: Collection[int] | None = None) -> Sequence[Schedule]:
    if ids is None:
        return (await session.scalars(SCHEDULES)).all()
    return (await session.scalars(SCHEDULES_BY_ID, {"ids": list(set(ids))})).all()


async def list_schedules_of_teams(session: AsyncSession, team_ids: Collection[int]) -> Sequence[Schedule]:
    return (
        await session.scalars(
            select(Schedule)
            .where(Schedule.active.is_(True), Schedule.team_id.in_(set(team_ids)))
            .order_by(Schedule.id)
        )
    ).all()


async def list_rotations(session: AsyncSession, schedule_ids: Collection[int]) -> Sequence[Rotation]:
    return (await session.scalars(ROTATIONS, {"schedules": list(set(schedule_ids))})).all()


async def list_overrides(
    session: AsyncSession, schedule_ids: Collection[int], start: datetime, end: datetime
) -> Sequence[Override]:
    """Overrides that touch the time from `start` to `end`, in the order in which they were made."""
    values = {"schedules": list(set(schedule_ids)), "start": start, "end": end}
    return (await session.scalars(OVERRIDES, values)).all()
