"""Questions about schedules, rotations and the exceptions to them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Forwarding, Member, Override, Rotation, Schedule, TimeOff, User

SCHEDULES = select(Schedule).where(Schedule.active.is_(True)).order_by(Schedule.id)
SCHEDULES_BY_ID = SCHEDULES.where(Schedule.id.in_(bindparam("ids", expanding=True)))
ROTATIONS = (
    select(Rotation)
    .where(Rotation.schedule_id.in_(bindparam("schedules", expanding=True)))
    .order_by(Rotation.schedule_id, Rotation.position, Rotation.id)
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
ROTATION_ROWS = ROTATIONS.with_only_columns(
    Rotation.id,
    Rotation.schedule_id,
    Rotation.name,
    Rotation.kind,
    Rotation.length,
    Rotation.starts,
    Rotation.ends,
    Rotation.participants,
    Rotation.hours,
)
OVERRIDE_ROWS = OVERRIDES.with_only_columns(
    Override.schedule_id,
    Override.id,
    Override.user_id,
    Override.starts_at,
    Override.ends_at,
    Override.rotation_id,
)
FORWARDINGS = select(Forwarding).where(
    Forwarding.ends_at > bindparam("start"), Forwarding.starts_at <= bindparam("end")
)
TIMES_OFF = select(TimeOff).where(TimeOff.ends_at > bindparam("start"), TimeOff.starts_at <= bindparam("end"))
MEMBERS = (
    select(Member.team_id, Member.user_id)
    .where(Member.team_id.in_(bindparam("teams", expanding=True)))
    .order_by(Member.user_id)
)
GONE = select(User.id).where(User.active.is_(False), User.id.in_(bindparam("people", expanding=True)))
"""What paging asks is built once. Of what there is much of, it asks for columns, which takes a third of the time."""


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
    """By schedule, in their order."""
    return (await session.scalars(ROTATIONS, {"schedules": list(set(schedule_ids))})).all()


async def list_rotation_rows(session: AsyncSession, schedule_ids: Collection[int]) -> Sequence[Any]:
    """Rotations as plain rows, by schedule, in their order."""
    return (await session.execute(ROTATION_ROWS, {"schedules": list(set(schedule_ids))})).all()


async def list_override_rows(
    session: AsyncSession, schedule_ids: Collection[int], start: datetime, end: datetime
) -> Sequence[Any]:
    """Overrides as plain rows (schedule, then what `bot.oncall.plan.Override` has), in the order in which they were made."""
    values = {"schedules": list(set(schedule_ids)), "start": start, "end": end}
    return (await session.execute(OVERRIDE_ROWS, values)).all()


async def list_overrides(
    session: AsyncSession, schedule_ids: Collection[int], start: datetime, end: datetime
) -> Sequence[Override]:
    """Overrides that touch the time from `start` to `end`, in the order in which they were made."""
    values = {"schedules": list(set(schedule_ids)), "start": start, "end": end}
    return (await session.scalars(OVERRIDES, values)).all()


async def list_forwardings(session: AsyncSession, start: datetime, end: datetime) -> Sequence[Forwarding]:
    """Everybody's that touch the time from `start` to `end`, in the order in which they were made."""
    rows = await session.scalars(FORWARDINGS, {"start": start, "end": end})
    return sorted(rows, key=lambda row: row.id)


async def list_times_off(session: AsyncSession, start: datetime, end: datetime) -> Sequence[TimeOff]:
    """Everybody's that touch the time from `start` to `end`, in the order in which they were made."""
    rows = await session.scalars(TIMES_OFF, {"start": start, "end": end})
    return sorted(rows, key=lambda row: row.id)


async def list_member_ids(session: AsyncSession, team_ids: Collection[int]) -> dict[int, list[int]]:
    """The people of these teams, whether they are switched off or not, by team."""
    found: dict[int, list[int]] = {team_id: [] for team_id in team_ids}
    if found:
        for team_id, user_id in await session.execute(MEMBERS, {"teams": list(found)}):
            found[team_id].append(user_id)
    return found


async def list_gone(session: AsyncSession, user_ids: Collection[int]) -> frozenset[int]:
    """Who of these people is switched off."""
    return frozenset(await session.scalars(GONE, {"people": list(set(user_ids))}))
