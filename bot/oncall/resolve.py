"""The one resolver of who is on call: display, commands, feeds, gap check, simulation and paging all ask it.

Pure: a plan in, spans of time out. `resolve` and `who` agree at every moment.
"""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise, repeat
from operator import itemgetter
from typing import NamedTuple

from bot.oncall.duty import Desk, Duty, Nobody, State, list_people
from bot.oncall.plan import Plan
from bot.oncall.turns import Change, Turn, find_slot, list_changes
from bot.oncall.wall import get_wall_clock, instant_of, moments_of, read_wall


class Span(NamedTuple):
    """A stretch of time with the same people on call for the same reasons; with none, `nobody` says why."""

    start: datetime
    end: datetime
    duties: tuple[Duty, ...]
    nobody: Nobody | None

    @property
    def people(self) -> tuple[int, ...]:
        """Those on call, each once."""
        return list_people(self.duties)


def who(plan: Plan, at: datetime) -> tuple[Duty, ...]:
    """Who is on call at a moment, and why."""
    wall = read_wall(plan.zone, at)
    return Desk(plan, at).tell([find_slot(rotation, wall) for rotation in plan.rotations])


def resolve(plan: Plan, start: datetime, end: datetime) -> list[Span]:
    """Who is on call from `start` to `end`: spans in order that leave nothing out, each different from the one before."""
    if start >= end:
        return []
    instants: list[int] = []
    people: list[tuple[Duty, ...]] = []
    causes: list[Nobody | None] = []
    before = why = None
    for stretch in _list_stretches(plan, start, end):
        for instant, duties, nobody in stretch:
            if duties != before or nobody is not why:
                instants.append(instant)
                people.append(duties)
                causes.append(nobody)
                before, why = duties, nobody
    moments = [start, *moments_of(instants[1:]), end]
    rows = zip(moments[:-1], moments[1:], people, causes, strict=True)
    return list(map(tuple.__new__, repeat(Span), rows))  # a third of the time that calling Span takes


def _list_stretches(plan: Plan, start: datetime, end: datetime) -> Iterator[Iterator[State]]:
    """For each stretch of time in which the same exceptions are in force, each instant at which something may change, and
    what holds from then on."""
    clock = get_wall_clock(plan.zone, start, end)
    first, last = clock.read(instant_of(start)), clock.read(instant_of(end))
    walls, turns = _list_changes(plan, first, last)
    instants = clock.find_all(walls)
    slots = [find_slot(rotation, first) for rotation in plan.rotations]
    number = 0
    for begin, finish in pairwise([*_list_edges(plan, start, end), end]):
        following = bisect_left(instants, instant_of(finish), number)
        coming = zip(instants[number:following], turns[number:following], strict=True)
        yield Desk(plan, begin).serve(slots, instant_of(begin), coming)
        number = following


def _list_changes(plan: Plan, first: int, last: int) -> tuple[list[int], list[Turn]]:
    """The changes of all rotations in the order of time, in two columns, as there may be very many."""
    changes: list[Change] = []
    for place, rotation in enumerate(plan.rotations):
        changes += list_changes(rotation, place, first, last)
    changes.sort(key=itemgetter(0))
    return [wall for wall, _ in changes], [turn for _, turn in changes]


def _list_edges(plan: Plan, start: datetime, end: datetime) -> list[datetime]:
    """`start`, and each moment before `end` at which an exception begins or ends."""
    edges = {start}
    for exceptions in (plan.overrides, plan.forwardings, plan.times_off):
        for one in exceptions:
            edges.update(edge for edge in (one.start, one.end) if start < edge < end)
    return sorted(edges)
