"""The one resolver of who is on call: display, commands, feeds, gap check, simulation and paging all ask it.

Pure: a plan in, spans of time out. `resolve` and `who` agree at every moment.
"""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from bot.oncall.duty import Desk, Duty, Nobody, Share, list_people
from bot.oncall.plan import Plan
from bot.oncall.turns import Change, find_slot, list_changes
from bot.oncall.wall import get_wall_clock, instant_of, moment_of, read_wall


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
    wall, desk = read_wall(plan.zone, at), Desk(plan, at)
    desk.sit([find_slot(rotation, wall) for rotation in plan.rotations])
    return desk.list_duties()


def resolve(plan: Plan, start: datetime, end: datetime) -> list[Span]:
    """Who is on call from `start` to `end`: spans in order that leave nothing out, each different from the one before."""
    spans: list[Span] = []
    begin, before = start, None
    for instant, state in _list_states(plan, start, end):
        if before is not None and state != before:
            moment = moment_of(instant)
            spans.append(Span(begin, moment, *before))
            begin = moment
        before = state
    if before is not None and begin < end:
        spans.append(Span(begin, end, *before))
    return spans


State = tuple[tuple[Duty, ...], Nobody | None]


def _list_states(plan: Plan, start: datetime, end: datetime) -> Iterator[tuple[int, State]]:
    """Each instant from `start` on, before `end`, at which something may change, and what holds from then on."""
    clock = get_wall_clock(plan.zone, start, end)
    first, last = clock.read(instant_of(start)), clock.read(instant_of(end))
    slots = [find_slot(rotation, first) for rotation in plan.rotations]
    changes: list[Change] = []
    for place, rotation in enumerate(plan.rotations):
        changes += list_changes(rotation, place, first, last)
    changes.sort()
    instants = [*clock.find_all([change[0] for change in changes]), instant_of(end)]
    number = 0
    plain: list[dict[int, Share]] = [{} for _ in plan.rotations]
    for begin, finish in pairwise([*_list_edges(plan, start, end), end]):
        now, until, desk = instant_of(begin), instant_of(finish), Desk(plan, begin, plain)
        desk.sit(slots)
        while now < until:
            if instants[number] <= now:
                following = bisect_right(instants, now, number, len(changes))
                desk.take(changes[number:following], slots)
                number = following
            duties = desk.list_duties()
            yield now, (duties, None if duties else desk.tell_nobody())
            now = instants[number]


def _list_edges(plan: Plan, start: datetime, end: datetime) -> list[datetime]:
    """`start`, and each moment before `end` at which an exception begins or ends."""
    edges = {start}
    for exceptions in (plan.overrides, plan.forwardings, plan.times_off):
        for one in exceptions:
            edges.update(edge for edge in (one.start, one.end) if start < edge < end)
    return sorted(edges)
