"""What an exception or a change of a schedule moves: whose shifts, when, and to whom. By the one resolver; the decision
is pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.flow.unit import Unit
from bot.oncall.exceptions import ExceptionMade, check_times, name_of
from bot.oncall.plan import Forwarding, Override, Plan, TimeOff
from bot.oncall.resolve import Span, resolve
from bot.oncall.rosters import list_rosters
from storage.models import Rotation, Schedule, User
from storage.questions import access, oncall

FARTHEST = timedelta(days=366)
"""How much of a longer override is looked at."""
AHEAD = timedelta(days=60)
"""How far ahead it is looked what a change of the rotations moves."""
SHOWN = 5
"""How many moves people are told."""


@dataclass(frozen=True)
class Move:
    """A stretch of time in which other people are on call than would be: `leaving` no longer, `coming` instead. With nobody
    left, it becomes a gap; it may have been one."""

    start: datetime
    end: datetime
    leaving: tuple[int, ...]
    coming: tuple[int, ...]
    is_gap: bool
    was_gap: bool


@dataclass(frozen=True)
class Told:
    """A move with names."""

    start: datetime
    end: datetime
    leaving: tuple[str, ...]
    coming: tuple[str, ...]
    is_gap: bool
    was_gap: bool


def find_moves(plan: Plan, override: Override) -> list[Move]:
    """What this override, made now, changes in the plan, in order."""
    start, end = override.start, min(override.end, override.start + FARTHEST)
    changed = replace(plan, overrides=(*plan.overrides, override))
    return compare(resolve(plan, start, end), resolve(changed, start, end))


def compare(before: Sequence[Span], after: Sequence[Span]) -> list[Move]:
    """Where two accounts of the same stretch of time have other people."""
    moves: list[Move] = []
    old = new = 0
    while old < len(before) and new < len(after):
        was, becomes = before[old], after[new]
        start, end = max(was.start, becomes.start), min(was.end, becomes.end)
        leaving = tuple(one for one in was.people if one not in becomes.people)
        coming = tuple(one for one in becomes.people if one not in was.people)
        if leaving or coming:
            move = Move(start, end, leaving, coming, not becomes.people, not was.people)
            if moves and moves[-1].end == start and replace(moves[-1], start=start, end=end) == move:
                moves[-1] = replace(moves[-1], end=end)
            else:
                moves.append(move)
        old, new = old + (was.end == end), new + (becomes.end == end)
    return moves


async def list_moved(unit: Unit, event: ExceptionMade) -> list[tuple[Schedule, list[Move]]]:
    """What an exception that was just made or cancelled changes, later than now, in each schedule that it changes. What it
    changes at once is told by the notices of shifts."""
    value, now = event.value, unit.now
    start, end = max(value.start, now), min(value.end, max(value.start, now) + FARTHEST)
    if start >= end:
        return []
    found = []
    ids = None if event.schedule_id is None else [event.schedule_id]
    for roster in await list_rosters(unit, start, end, ids):
        without, with_it = _without(roster.plan, value), _with(roster.plan, value)
        before, after = (with_it, without) if event.gone else (without, with_it)
        moves = compare(resolve(before, start, end), resolve(after, start, end))
        if later := [move for move in moves if move.start > now]:
            found.append((roster.schedule, later))
    return found


def _with(plan: Plan, value: Override | Forwarding | TimeOff) -> Plan:
    plan = _without(plan, value)
    if isinstance(value, Override):
        overrides = sorted((*plan.overrides, value), key=lambda one: one.id)
        return replace(plan, overrides=tuple(overrides))
    if isinstance(value, Forwarding):
        return replace(plan, forwardings=(*plan.forwardings, value))
    return replace(plan, times_off=(*plan.times_off, value))


def _without(plan: Plan, value: Override | Forwarding | TimeOff) -> Plan:
    number = value.id if isinstance(value, Override) else None
    return replace(
        plan,
        overrides=tuple(one for one in plan.overrides if one.id != number),
        forwardings=tuple(one for one in plan.forwardings if one != value),
        times_off=tuple(one for one in plan.times_off if one != value),
    )


async def tell_moves(
    unit: Unit,
    schedule: Schedule,
    user: User | None,
    starts_at: datetime,
    ends_at: datetime,
    rotation: Rotation | None = None,
) -> list[Told]:
    """What `bot.oncall.exceptions.make_override` with the same values would change now, with names; raises
    Invalid as it does."""
    check_times(starts_at, ends_at)
    override = Override(
        0, user.id if user else None, starts_at, ends_at, rotation.id if rotation is not None else None
    )
    coming = [user.id] if user else []
    (roster,) = await list_rosters(unit, starts_at, ends_at, [schedule.id], coming)
    return await name_moves(unit, find_moves(roster.plan, override))


@dataclass(frozen=True)
class Passed:
    """A forwarding by which what would be somebody's is another's."""

    name: str
    taker: str
    starts_at: datetime
    ends_at: datetime


async def list_passed(unit: Unit, user: User | None, start: datetime, end: datetime) -> list[Passed]:
    """To whom this person forwards in this time, the newest first: an override for them goes there, too."""
    rows = await oncall.list_forwardings(unit.session, start, end)
    own = [row for row in reversed(rows) if user is not None and row.giver_id == user.id]
    people = await access.list_users_by_id(unit.session, {row.taker_id for row in own})
    return [Passed(name_of(row), people[row.taker_id].name, row.starts_at, row.ends_at) for row in own]


async def name_moves(unit: Unit, moves: Sequence[Move]) -> list[Told]:
    """With names in place of ids."""
    named = {one for move in moves for one in (*move.leaving, *move.coming)}
    people = await access.list_users_by_id(unit.session, named)
    return [
        Told(
            move.start,
            move.end,
            tuple(people[one].name for one in move.leaving),
            tuple(people[one].name for one in move.coming),
            move.is_gap,
            move.was_gap,
        )
        for move in moves
    ]
