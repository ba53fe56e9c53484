"""Questions about schedules, rotations and the exceptions to them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Text, bindparam, cast, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import (
    AbsenceCalendar,
    CalendarFeed,
    EscalationPolicy,
    Forwarding,
    Member,
    Override,
    PolicyStep,
    Rotation,
    Schedule,
    TimeOff,
    User,
)
from storage.ready import Ready, is_among
from storage.types import Instant

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
ROTATION_ROWS = Ready(
    lambda database: (
        select(
            Rotation.schedule_id,
            Rotation.name,
            Rotation.id,
            Rotation.kind,
            Rotation.length,
            Rotation.starts,
            Rotation.ends,
            cast(Rotation.participants, Text).label("participants"),
            cast(Rotation.hours, Text).label("hours"),
        )
        .where(is_among(database, Rotation.schedule_id, "schedules"))
        .order_by(Rotation.schedule_id, Rotation.position, Rotation.id)
    )
)
START, END = bindparam("start", type_=Instant), bindparam("end", type_=Instant)
OVERRIDE_ROWS = Ready(
    lambda database: (
        select(
            Override.schedule_id,
            Override.id,
            Override.user_id,
            Override.starts_at,
            Override.ends_at,
            Override.rotation_id,
            Override.giver_id,
        )
        .where(
            is_among(database, Override.schedule_id, "schedules"),
            Override.ends_at > START,
            Override.starts_at <= END,
        )
        .order_by(Override.id)
    )
)
FORWARDINGS = select(Forwarding).where(Forwarding.ends_at > START, Forwarding.starts_at <= END)
TIMES_OFF = select(TimeOff).where(TimeOff.ends_at > START, TimeOff.starts_at <= END)
FORWARDING_ROWS = Ready(
    FORWARDINGS.with_only_columns(
        Forwarding.id, Forwarding.giver_id, Forwarding.taker_id, Forwarding.starts_at, Forwarding.ends_at
    )
)
TIME_OFF_ROWS = Ready(
    TIMES_OFF.with_only_columns(TimeOff.id, TimeOff.user_id, TimeOff.starts_at, TimeOff.ends_at)
)
MEMBERS = Ready(
    lambda database: (
        select(Member.team_id, Member.user_id)
        .where(is_among(database, Member.team_id, "teams"))
        .order_by(Member.user_id)
    )
)
GONE = Ready(
    lambda database: select(User.id).where(User.active.is_(False), is_among(database, User.id, "people"))
)


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
    return await ROTATION_ROWS.ask(session, schedules=list(set(schedule_ids)))


async def list_override_rows(
    session: AsyncSession, schedule_ids: Collection[int], start: datetime, end: datetime
) -> Sequence[Any]:
    """Overrides as plain rows (schedule, then what `bot.oncall.plan.Override` has), in the order in which they were made."""
    return await OVERRIDE_ROWS.ask(session, schedules=list(set(schedule_ids)), start=start, end=end)


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


async def list_forwarding_rows(session: AsyncSession, start: datetime, end: datetime) -> Sequence[Any]:
    """The same as plain rows."""
    return sorted(await FORWARDING_ROWS.ask(session, start=start, end=end))


async def list_time_off_rows(session: AsyncSession, start: datetime, end: datetime) -> Sequence[Any]:
    """Everybody's times off as plain rows: those that touch the time from `start` to `end`, as they were made."""
    return sorted(await TIME_OFF_ROWS.ask(session, start=start, end=end))


async def list_times_off(session: AsyncSession, start: datetime, end: datetime) -> Sequence[TimeOff]:
    """Everybody's that touch the time from `start` to `end`, in the order in which they were made."""
    rows = await session.scalars(TIMES_OFF, {"start": start, "end": end})
    return sorted(rows, key=lambda row: row.id)


async def list_member_ids(session: AsyncSession, team_ids: Collection[int]) -> dict[int, list[int]]:
    """The people of these teams, whether they are switched off or not, by team."""
    found: dict[int, list[int]] = {team_id: [] for team_id in team_ids}
    if found:
        for team_id, user_id in await MEMBERS.ask(session, teams=list(found)):
            found[team_id].append(user_id)
    return found


async def list_gone(session: AsyncSession, user_ids: Collection[int]) -> frozenset[int]:
    """Who of these people is switched off."""
    if not user_ids:
        return frozenset()
    return frozenset(row[0] for row in await GONE.ask(session, people=list(set(user_ids))))


async def list_feeds(session: AsyncSession, user_id: int) -> Sequence[CalendarFeed]:
    """The calendar links of a person."""
    return (
        await session.scalars(
            select(CalendarFeed).where(CalendarFeed.user_id == user_id).order_by(CalendarFeed.id)
        )
    ).all()


async def find_feed(session: AsyncSession, digest: str) -> CalendarFeed | None:
    """The calendar link with this token, unless its person was switched off."""
    found = await session.scalars(
        select(CalendarFeed).join(User).where(CalendarFeed.digest == digest, User.active.is_(True))
    )
    return found.one_or_none()


async def find_absence_calendar(session: AsyncSession, user_id: int) -> AbsenceCalendar | None:
    """The calendar of a person's absences."""
    return (
        await session.scalars(select(AbsenceCalendar).where(AbsenceCalendar.user_id == user_id))
    ).one_or_none()


async def list_failing_calendars(session: AsyncSession) -> Sequence[AbsenceCalendar]:
    """Calendars of absences that can't be read now, those that fail longest first."""
    return (
        await session.scalars(
            select(AbsenceCalendar)
            .where(AbsenceCalendar.failing_since.is_not(None))
            .order_by(AbsenceCalendar.failing_since, AbsenceCalendar.id)
        )
    ).all()


async def list_read_absences(session: AsyncSession, user_id: int, now: datetime) -> Sequence[TimeOff]:
    """A person's times off that were read in their calendar and are not over, in their order."""
    return (
        await session.scalars(
            select(TimeOff)
            .where(TimeOff.user_id == user_id, TimeOff.origin == "calendar", TimeOff.ends_at > now)
            .order_by(TimeOff.starts_at, TimeOff.id)
        )
    ).all()


async def list_recipients(session: AsyncSession) -> list[tuple[int, list[dict[str, Any]]]]:
    """(policy, recipients) of the steps of every policy, in the order in which each pages."""
    asked = (
        select(PolicyStep.policy_id, PolicyStep.recipients)
        .join(EscalationPolicy, EscalationPolicy.id == PolicyStep.policy_id)
        .where(EscalationPolicy.active.is_(True))
        .order_by(PolicyStep.policy_id, PolicyStep.delay, PolicyStep.position)
    )
    return [(row[0], row[1]) for row in await session.execute(asked)]
