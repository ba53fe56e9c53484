"""The one resolver of who is on call: used by display, commands, paging and explanation alike."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from bot.flow.unit import Unit
from bot.oncall.rotation import Turns, find_turn, list_turns
from storage.models import Override, Rotation, Schedule, User
from storage.questions import access, oncall

HORIZON = timedelta(days=60)


@dataclass(frozen=True)
class OnCall:
    """Who is on call for a schedule at a moment, until when that stays so, and who follows."""

    schedule: Schedule
    people: tuple[User, ...]
    until: datetime | None
    next_people: tuple[User, ...]


@dataclass(frozen=True)
class Shift:
    """A stretch of time for which one person is on call in one schedule."""

    schedule: Schedule
    user_id: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Roster:
    """A schedule with its rotations and the overrides that matter, as plain values."""

    schedule: Schedule
    turns: tuple[Turns, ...]
    overrides: tuple[Override, ...]

    def who(self, at: datetime) -> tuple[int, ...]:
        """User ids on call at a moment. The newest override that covers it replaces all rotations; rotations add up."""
        for override in reversed(self.overrides):
            if override.starts_at <= at < override.ends_at:
                return (override.user_id,)
        found = [turn.user_id for turns in self.turns if (turn := find_turn(turns, at)) is not None]
        return tuple(dict.fromkeys(user_id for user_id in found if user_id is not None))

    def changes(self, start: datetime, end: datetime) -> list[datetime]:
        """The moments after `start` and up to `end` at which who is on call may change, in order."""
        moments = {turn.ends_at for turns in self.turns for turn in list_turns(turns, start, end)}
        moments |= {turn.starts_at for turns in self.turns for turn in list_turns(turns, start, end)}
        moments |= {moment for row in self.overrides for moment in (row.starts_at, row.ends_at)}
        return sorted(moment for moment in moments if start < moment <= end)


def read_turns(rotation: Rotation, zone: str) -> Turns:
    return Turns(
        rotation.kind,
        max(rotation.length, 1),
        datetime.fromisoformat(rotation.starts),
        zone,
        tuple(rotation.participants),
    )


async def list_rosters(
    unit: Unit, start: datetime, end: datetime, schedule_ids: Collection[int] | None = None
) -> list[Roster]:
    schedules = await oncall.list_schedules(unit.session, schedule_ids)
    ids = [schedule.id for schedule in schedules]
    rotations = await oncall.list_rotations(unit.session, ids)
    overrides = await oncall.list_overrides(unit.session, ids, start, end)
    return [
        Roster(
            schedule,
            tuple(read_turns(row, schedule.zone) for row in rotations if row.schedule_id == schedule.id),
            tuple(row for row in overrides if row.schedule_id == schedule.id),
        )
        for schedule in schedules
    ]


async def list_on_call(unit: Unit, at: datetime, schedule_ids: Collection[int] | None = None) -> list[OnCall]:
    """Who is on call at a moment, for these schedules or for all."""
    return await read_on_call(unit, at, await list_rosters(unit, at, at + HORIZON, schedule_ids))


async def read_on_call(unit: Unit, at: datetime, rosters: Sequence[Roster]) -> list[OnCall]:
    """Who is on call at a moment by rosters that are read already, up to HORIZON after it."""
    answers = []
    for roster in rosters:
        now = roster.who(at)
        until, following = _next_handoff(roster, at, now)
        answers.append((roster.schedule, now, until, following))
    people = await access.list_users_by_id(
        unit.session, {user_id for _, now, _, after in answers for user_id in (*now, *after)}
    )
    return [
        OnCall(schedule, _active(people, now), until, _active(people, after))
        for schedule, now, until, after in answers
    ]


async def find_people_on_call(unit: Unit, schedule_id: int, at: datetime) -> tuple[str, tuple[User, ...]]:
    """The name of a schedule and who is on call for it at a moment, without looking ahead: what paging asks."""
    key = ("on call", schedule_id, at)
    if key not in unit.known:
        await read_people_on_call(unit, [schedule_id], at)
    found: tuple[str, tuple[User, ...]] = unit.known[key]
    return found


async def read_people_on_call(unit: Unit, schedule_ids: Collection[int], at: datetime) -> None:
    """Read for many schedules at once what `find_people_on_call` then knows for the rest of the unit."""
    rosters = {roster.schedule.id: roster for roster in await list_rosters(unit, at, at, schedule_ids)}
    ids = {number: rosters[number].who(at) if number in rosters else () for number in schedule_ids}
    people = await access.list_users_by_id(unit.session, {one for who in ids.values() for one in who})
    for number, who in ids.items():
        name = rosters[number].schedule.name if number in rosters else ""
        unit.known["on call", number, at] = name, _active(people, who)


def _next_handoff(
    roster: Roster, at: datetime, now: tuple[int, ...]
) -> tuple[datetime | None, tuple[int, ...]]:
    for moment in roster.changes(at, at + HORIZON):
        following = roster.who(moment)
        if following != now:
            return moment, following
    return None, ()


def _active(people: dict[int, User], ids: Sequence[int]) -> tuple[User, ...]:
    return tuple(people[user_id] for user_id in ids if user_id in people and people[user_id].active)


async def list_shifts(unit: Unit, user_id: int, start: datetime, end: datetime) -> list[Shift]:
    """When this person is on call between `start` and `end`, merged, in order of time."""
    return find_shifts(await list_rosters(unit, start, end), user_id, start, end)


def find_shifts(rosters: Sequence[Roster], user_id: int, start: datetime, end: datetime) -> list[Shift]:
    """Like list_shifts, by rosters that are read already."""
    shifts: list[Shift] = []
    for roster in rosters:
        edges = [start, *roster.changes(start, end), end]
        for begin, finish in pairwise(edges):
            if begin == finish or user_id not in roster.who(begin):
                continue
            if shifts and shifts[-1].schedule is roster.schedule and shifts[-1].ends_at == begin:
                shifts[-1] = Shift(roster.schedule, user_id, shifts[-1].starts_at, finish)
            else:
                shifts.append(Shift(roster.schedule, user_id, begin, finish))
    return sorted(shifts, key=lambda shift: shift.starts_at)
