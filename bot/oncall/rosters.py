"""Rosters: schedules as plans, read from what is stored. The one place where rows become plans.

A handful of questions, however many schedules there are.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from bot.flow.unit import Unit
from bot.oncall.hours import read_hours
from bot.oncall.plan import Forwarding, Override, Plan, Rotation, Slot, TimeOff
from storage.models import Schedule
from storage.questions import oncall
from storage.words import Combine


@dataclass(frozen=True)
class Roster:
    """A schedule, what decides who is on call for it, and the names of its rotations by id."""

    schedule: Schedule
    plan: Plan
    rotations: Mapping[int, str]


async def list_rosters(
    unit: Unit, start: datetime, end: datetime, schedule_ids: Collection[int] | None = None
) -> list[Roster]:
    """These schedules, or all, with every exception that touches the time from `start` to `end`."""
    session = unit.session
    schedules = await oncall.list_schedules(session, schedule_ids)
    ids = [schedule.id for schedule in schedules]
    rows: dict[int, list[Any]] = defaultdict(list)
    overrides: dict[int, list[Override]] = defaultdict(list)
    for row in await oncall.list_rotation_rows(session, ids):
        rows[row.schedule_id].append(row)
    for number, *values in await oncall.list_override_rows(session, ids, start, end):
        overrides[number].append(Override(*values))
    rotations = await _read_rotations(unit, rows)
    away = await _read_away(unit, start, end)
    gone = await oncall.list_gone(
        session, away.takers | _list_people(chain(*rotations.values()), chain(*overrides.values()))
    )
    return [
        Roster(
            schedule,
            Plan(
                schedule.zone,
                rotations[schedule.id],
                schedule.combine is Combine.LAYERS,
                tuple(overrides[schedule.id]),
                *away.pick(rotations[schedule.id], overrides[schedule.id]),
                gone,
            ),
            {row.id: row.name for row in rows[schedule.id]},
        )
        for schedule in schedules
    ]


async def _read_rotations(unit: Unit, rows: Mapping[int, Sequence[Any]]) -> dict[int, tuple[Rotation, ...]]:
    """The rotations of each schedule, with the people of teams that take part."""
    parts = [part for some in rows.values() for row in some for part in row.participants]
    teams = {part["team"] for part in parts if isinstance(part, dict)}
    members = await oncall.list_member_ids(unit.session, teams)
    found = {number: tuple(read_rotation(row, members) for row in some) for number, some in rows.items()}
    return defaultdict(tuple, found)


def read_rotation(row: Any, members: Mapping[int, Sequence[int]]) -> Rotation:
    """A row of rotations as a plain value; `members` has the people of teams."""
    slots = []
    for part in row.participants:
        if isinstance(part, dict):
            slots.append(Slot(tuple(members[part["team"]]), part["team"]))
        else:
            slots.append(Slot(() if part is None else (part,)))
    return Rotation(
        row.id,
        row.kind,
        max(row.length, 1),
        datetime.fromisoformat(row.starts),
        tuple(slots),
        datetime.fromisoformat(row.ends) if row.ends else None,
        read_hours(row.hours) if row.hours else (),
    )


@dataclass(frozen=True)
class _Away:
    """Who forwards and who is off, in every schedule."""

    forwardings: Sequence[Forwarding]
    times_off: Sequence[TimeOff]

    @property
    def takers(self) -> set[int]:
        return {one.taker for one in self.forwardings}

    def pick(
        self, rotations: Iterable[Rotation], overrides: Iterable[Override]
    ) -> tuple[tuple[Forwarding, ...], tuple[TimeOff, ...]]:
        """What matters for the people of a schedule, and for those to whom their shifts may come."""
        if not self.forwardings and not self.times_off:
            return (), ()
        reached = _list_people(rotations, overrides)
        grown = True
        while grown:
            takers = {one.taker for one in self.forwardings if one.giver in reached}
            grown = not takers <= reached
            reached |= takers
        return (
            tuple(one for one in self.forwardings if one.giver in reached),
            tuple(one for one in self.times_off if one.person in reached),
        )


async def _read_away(unit: Unit, start: datetime, end: datetime) -> _Away:
    return _Away(
        [
            Forwarding(row.giver_id, row.taker_id, row.starts_at, row.ends_at)
            for row in await oncall.list_forwarding_rows(unit.session, start, end)
        ],
        [
            TimeOff(row.user_id, row.starts_at, row.ends_at)
            for row in await oncall.list_time_off_rows(unit.session, start, end)
        ],
    )


def _list_people(rotations: Iterable[Rotation], overrides: Iterable[Override]) -> set[int]:
    """Everybody whom schedules name."""
    people = {override.person for override in overrides if override.person is not None}
    for rotation in rotations:
        for slot in rotation.slots:
            people.update(slot.people)
    return people
