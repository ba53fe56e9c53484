"""Who is on call, as people, pages and paging ask it: the resolver's answers with people in place of ids."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.flow.unit import Unit
from bot.oncall.duty import Duty, list_people
from bot.oncall.resolve import Span, who
from bot.oncall.rosters import Roster, list_rosters
from bot.oncall.shifts import (
    Gap,
    Handoff,
    find_change,
    find_gaps,
    find_next,
    find_previous,
    find_shifts,
)
from storage.models import Schedule, User
from storage.questions import access

HORIZON = timedelta(days=60)
"""How far ahead it is looked for the next handoff."""


@dataclass(frozen=True)
class Reason:
    """That a person is on call, and why: see `bot.oncall.duty.Duty`, with names in place of ids."""

    user: User
    kind: str
    rotation: str
    passed_by: tuple[str, ...] = ()
    instead_of: tuple[str, ...] = ()
    is_off: bool = False
    swapped_with: str = ""

    @property
    def evidence(self) -> dict[str, str]:
        """What a page keeps of it, beside the schedule: `because` of what, and in whose place (`of`); nothing when it is
        simply their turn."""
        if self.kind == "rotation":
            return {}
        of = (self.swapped_with,) if self.swapped_with else self.passed_by[:1] or self.instead_of
        return {"because": self.kind, "of": ", ".join(of)}


@dataclass(frozen=True)
class OnCall:
    """Who is on call for a schedule at a moment and why, until when that stays so, and who follows."""

    schedule: Schedule
    reasons: tuple[Reason, ...]
    until: datetime | None
    next_people: tuple[User, ...]

    @property
    def people(self) -> tuple[User, ...]:
        """Each once."""
        return tuple({reason.user.id: reason.user for reason in self.reasons}.values())


@dataclass(frozen=True)
class Shift:
    """A stretch of time for which one person is on call in one schedule."""

    schedule: Schedule
    user_id: int
    starts_at: datetime
    ends_at: datetime


async def list_on_call(unit: Unit, at: datetime, schedule_ids: Collection[int] | None = None) -> list[OnCall]:
    """Who is on call at a moment, for these schedules or for all."""
    return await read_on_call(unit, at, await list_rosters(unit, at, at + HORIZON, schedule_ids))


async def list_schedules_with(unit: Unit, user_ids: Collection[int]) -> list[Schedule]:
    """Those in which one of these people takes part from now on, also by what others forward."""
    rosters = await list_rosters(unit, unit.now, unit.now + HORIZON)
    return [roster.schedule for roster in rosters if not roster.plan.people.isdisjoint(user_ids)]


async def read_on_call(unit: Unit, at: datetime, rosters: Sequence[Roster]) -> list[OnCall]:
    """Who is on call at a moment by rosters that are read already, up to HORIZON after it."""
    answers: list[tuple[Roster, tuple[Duty, ...], Handoff | None]] = [
        (roster, who(roster.plan, at), find_change(roster.plan, at, HORIZON)) for roster in rosters
    ]
    named = {number for _, duties, _ in answers for number in list_named(duties)}
    named.update(number for _, _, change in answers if change for number in change.people)
    people = await access.list_users_by_id(unit.session, named)
    return [
        OnCall(
            roster.schedule,
            tuple(tell(duty, roster, people) for duty in duties),
            change.at if change else None,
            tuple(people[number] for number in change.people) if change else (),
        )
        for roster, duties, change in answers
    ]


async def is_on_call(unit: Unit, user_id: int, at: datetime, schedule_ids: Collection[int]) -> bool:
    """Whether this person is on call in one of these schedules."""
    rosters = await list_rosters(unit, at, at, schedule_ids)
    return any(user_id in list_people(who(roster.plan, at)) for roster in rosters)


async def find_own_duty(unit: Unit, user_id: int, at: datetime) -> OnCall | None:
    """Where this person is on call, if anywhere; of several schedules the one in which that ends first."""
    mine = [
        roster
        for roster in await list_rosters(unit, at, at + HORIZON)
        if user_id in list_people(who(roster.plan, at))
    ]
    duties = await read_on_call(unit, at, mine)
    ending = sorted((one for one in duties if one.until is not None), key=lambda one: str(one.until))
    return next(iter(ending or duties), None)


# What paging asks


async def find_people_on_call(unit: Unit, schedule_id: int, at: datetime) -> tuple[str, tuple[Reason, ...]]:
    """The name of a schedule, and who is on call for it at a moment: each person once."""
    key = ("on call", schedule_id, at)
    if key not in unit.known:
        await read_people_on_call(unit, [schedule_id], at)
    found: tuple[str, tuple[Reason, ...]] = unit.known[key]
    return found


async def find_people_beside(
    unit: Unit, schedule_id: int, at: datetime, *, before: bool
) -> tuple[str, tuple[User, ...]]:
    """The name of a schedule, and who is on call next after a moment, or was last before it, of those who are not on call
    then."""
    start = at - HORIZON if before else at
    for roster in await list_rosters(unit, start, at + HORIZON, [schedule_id]):
        if before:
            found = find_previous(roster.plan, at, HORIZON)
        else:
            change = find_next(roster.plan, at, HORIZON)
            found = change.people if change else ()
        people = await access.list_users_by_id(unit.session, found)
        return roster.schedule.name, tuple(people[number] for number in found)
    return "", ()


async def read_people_on_call(unit: Unit, schedule_ids: Collection[int], at: datetime) -> None:
    """Read for many schedules at once what `find_people_on_call` then knows for the rest of the unit."""
    rosters = {roster.schedule.id: roster for roster in await list_rosters(unit, at, at, schedule_ids)}
    duties = {number: who(roster.plan, at) for number, roster in rosters.items()}
    named = {number for some in duties.values() for number in list_named(some)}
    people = await access.list_users_by_id(unit.session, named)
    for number in schedule_ids:
        unit.known["on call", number, at] = "", ()
        if number in rosters:
            roster, once = rosters[number], {duty.person: duty for duty in reversed(duties[number])}
            reasons = tuple(tell(once[person], roster, people) for person in list_people(duties[number]))
            unit.known["on call", number, at] = roster.schedule.name, reasons


def list_named(duties: Iterable[Duty]) -> set[int]:
    """Everybody whom duties are about."""
    named: set[int] = set()
    for duty in duties:
        named.update((duty.person, *duty.passed_by, *duty.instead_of))
        if duty.swapped_with is not None:
            named.add(duty.swapped_with)
    return named


def tell(duty: Duty, roster: Roster, people: Mapping[int, User]) -> Reason:
    """A duty with names."""
    return Reason(
        people[duty.person],
        duty.reason,
        roster.rotations[duty.rotation] if duty.rotation is not None else "",
        tuple(people[number].name for number in duty.passed_by),
        tuple(people[number].name for number in duty.instead_of),
        duty.is_off,
        people[duty.swapped_with].name if duty.swapped_with is not None else "",
    )


# Over some time


async def tell_spans(unit: Unit, roster: Roster, spans: Iterable[Span]) -> dict[Duty, Reason]:
    """Every duty of some spans, with names."""
    duties = {duty for span in spans for duty in span.duties}
    people = await access.list_users_by_id(unit.session, list_named(duties))
    return {duty: tell(duty, roster, people) for duty in duties}


async def list_shifts(
    unit: Unit, user_id: int, start: datetime, end: datetime, schedule_ids: Collection[int] | None = None
) -> list[Shift]:
    """When this person is on call between `start` and `end`, in order of time, in these schedules or in all."""
    return read_shifts(await list_rosters(unit, start, end, schedule_ids), user_id, start, end)


async def list_next_shifts(unit: Unit, user_id: int, within: timedelta) -> tuple[list[Shift], datetime]:
    """A person's shifts that run or begin within this time, each to its own end; and the instant up to which was looked:
    a shift that ends then has no end that is known."""
    soon = unit.now + within
    shifts = await list_shifts(unit, user_id, unit.now, soon + HORIZON)
    return [shift for shift in shifts if shift.starts_at < soon], soon + HORIZON


def read_shifts(rosters: Sequence[Roster], user_id: int, start: datetime, end: datetime) -> list[Shift]:
    """The same by rosters that are read already."""
    shifts = [
        Shift(roster.schedule, user_id, begin, finish)
        for roster in rosters
        for begin, finish in find_shifts(roster.plan, user_id, start, end)
    ]
    return sorted(shifts, key=lambda shift: shift.starts_at)


async def list_gaps(
    unit: Unit, start: datetime, end: datetime, schedule_ids: Collection[int] | None = None
) -> list[tuple[Schedule, list[Gap]]]:
    """When nobody is on call, for each of these schedules or of all that has such times."""
    found = [
        (roster.schedule, find_gaps(roster.plan, start, end))
        for roster in await list_rosters(unit, start, end, schedule_ids)
    ]
    return [(schedule, gaps) for schedule, gaps in found if gaps]
