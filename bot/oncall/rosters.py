"""Rosters: schedules as plans, read from what is stored. The one place where rows become plans.

A handful of questions, however many schedules there are.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Any

from bot.flow.unit import Unit
from bot.oncall.hours import read_hours
from bot.oncall.plan import Forwarding, Override, Plan, Rotation, Slot, TimeOff
from storage.models import Schedule
from storage.questions import oncall
from storage.types import read_json
from storage.words import Combine, RotationKind


@dataclass(frozen=True)
class Roster:
    """A schedule, what decides who is on call for it, and the names of its rotations by id."""

    schedule: Schedule
    plan: Plan
    rotations: Mapping[int, str]


async def list_rosters(
    unit: Unit,
    start: datetime,
    end: datetime,
    schedule_ids: Collection[int] | None = None,
    coming: Collection[int] = (),
) -> list[Roster]:
    """These schedules, or all, with every exception that touches the time from `start` to `end`; also with those of people
    who may be `coming` into them."""
    session = unit.session
    schedules = await oncall.list_schedules(session, schedule_ids)
    ids = [schedule.id for schedule in schedules]
    rotations, names = await _read_rotations(unit, ids)
    overrides: dict[int, list[Override]] = defaultdict(list)
    for number, *values in await oncall.list_override_rows(session, ids, start, end):
        overrides[number].append(Override(*values))
    away = await _read_away(unit, start, end)
    gone = await oncall.list_gone(
        session, away.takers | _list_people(chain(*rotations.values()), chain(*overrides.values()))
    )
    return [
        Roster(
            schedule,
            Plan(
                schedule.zone,
                tuple(rotations[schedule.id]),
                schedule.combine is Combine.LAYERS,
                tuple(overrides[schedule.id]),
                *away.pick(rotations[schedule.id], overrides[schedule.id], coming),
                gone,
            ),
            names[schedule.id],
        )
        for schedule in schedules
    ]


async def _read_rotations(
    unit: Unit, schedule_ids: Collection[int]
) -> tuple[Mapping[int, list[Rotation]], Mapping[int, dict[int, str]]]:
    """The rotations of each schedule, with the people of teams that take part, and their names by id."""
    rows = await oncall.list_rotation_rows(unit.session, schedule_ids)
    teams = {team for row in rows for team in _list_teams(row.participants)}
    members = await oncall.list_member_ids(unit.session, teams)
    rotations: dict[int, list[Rotation]] = defaultdict(list)
    names: dict[int, dict[int, str]] = defaultdict(dict)
    for row in rows:
        schedule, name, *values = row
        own = tuple([(team, tuple(members[team])) for team in _list_teams(row.participants)])
        rotations[schedule].append(_make_rotation(*values, own))
        names[schedule][row.id] = name
    return rotations, names


KNOWN = 8192
"""How many rotations are remembered as they were read: most are as they were the last time."""


@lru_cache(maxsize=KNOWN)
def _list_teams(participants: str) -> tuple[int, ...]:
    """The teams that take turns by what is stored."""
    return tuple(part["team"] for part in read_json(participants) if isinstance(part, dict))


@lru_cache(maxsize=KNOWN)
def _make_rotation(
    number: int,
    kind: RotationKind,
    length: int,
    starts: str,
    ends: str | None,
    participants: str,
    hours: str,
    teams: tuple[tuple[int, tuple[int, ...]], ...],
) -> Rotation:
    """What is stored of it, and the people of each team that takes part."""
    members = dict(teams)
    return Rotation(
        number,
        kind,
        max(length, 1),
        datetime.fromisoformat(starts),
        tuple(_read_slot(part, members) for part in read_json(participants)),
        datetime.fromisoformat(ends) if ends else None,
        read_hours(read_json(hours)),
    )


def _read_slot(part: Any, members: Mapping[int, tuple[int, ...]]) -> Slot:
    if isinstance(part, dict):
        return Slot(members[part["team"]], part["team"])
    return Slot(() if part is None else (part,))


async def make_slots(unit: Unit, participants: Sequence[Any]) -> tuple[Slot, ...]:
    """Who has turns, of participants as they are stored."""
    teams = {part["team"] for part in participants if isinstance(part, dict)}
    members = await oncall.list_member_ids(unit.session, teams)
    return tuple(_read_slot(part, {team: tuple(members[team]) for team in teams}) for part in participants)


@dataclass(frozen=True)
class _Away:
    """Who forwards and who is off, in every schedule."""

    forwardings: Sequence[Forwarding]
    times_off: Sequence[TimeOff]

    @property
    def takers(self) -> set[int]:
        return {one.taker for one in self.forwardings}

    def pick(
        self, rotations: Iterable[Rotation], overrides: Iterable[Override], coming: Collection[int]
    ) -> tuple[tuple[Forwarding, ...], tuple[TimeOff, ...]]:
        """What matters for the people of a schedule and who is coming, and for those to whom their shifts may come."""
        if not self.forwardings and not self.times_off:
            return (), ()
        reached = _list_people(rotations, overrides).union(coming)
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
    return people.union(*[rotation.people for rotation in rotations])
