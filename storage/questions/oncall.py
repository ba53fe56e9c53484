"""Questions about schedules, rotations and overrides."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Override, Rotation, Schedule


async def list_schedules(session: AsyncSession, ids: Collection[int] | None = None) -> Sequence[Schedule]:
    query = select(Schedule).where(Schedule.active.is_(True)).order_by(Schedule.id)
    return (await session.scalars(query if ids is None else query.where(Schedule.id.in_(set(ids))))).all()


async def list_schedules_of_teams(session: AsyncSession, team_ids: Collection[int]) -> Sequence[Schedule]:
    return (
        await session.scalars(
            select(Schedule)
            .where(Schedule.active.is_(True), Schedule.team_id.in_(set(team_ids)))
            .order_by(Schedule.id)
        )
    ).all()


async def list_rotations(session: AsyncSession, schedule_ids: Collection[int]) -> Sequence[Rotation]:
    return (
        await session.scalars(
            select(Rotation).where(Rotation.schedule_id.in_(set(schedule_ids))).order_by(Rotation.id)
        )
    ).all()


async def list_overrides(
    session: AsyncSession, schedule_ids: Collection[int], start: datetime, end: datetime
) -> Sequence[Override]:
    """Overrides that touch the time from `start` to `end`, in the order in which they were made."""
    return (
        await session.scalars(
            select(Override)
            .where(
                Override.schedule_id.in_(set(schedule_ids)),
                Override.ends_at > start,
                Override.starts_at <= end,
            )
            .order_by(Override.id)
        )
    ).all()
