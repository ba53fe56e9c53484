"""Looks ahead for times in which nobody is on call, or somebody who is off, has a holiday or can't be reached: people hear
of them while there is time to find somebody.

Each schedule is looked at once a week, and whenever its exceptions change. A gap is told once, at least two weeks ahead
unless it was made later; a deliberate one is not told.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.flow.timers import Due
from bot.flow.unit import Event, Unit
from bot.oncall.away import warn_of_clashes
from bot.oncall.duty import Nobody
from bot.oncall.resolve import resolve
from bot.oncall.rosters import list_rosters
from bot.oncall.shifts import Gap, find_gaps, list_stretches
from storage.models import Fact
from storage.questions import oncall

EVERY = timedelta(days=7)
AHEAD = timedelta(days=21)
"""What comes within a week from now is looked at again; so this leaves two."""


@dataclass(frozen=True)
class GapsFound(Event):
    """There will be times in which nobody is on call, which nobody was told of yet. It was looked until `until`."""

    schedule_id: int
    gaps: tuple[Gap, ...]
    until: datetime


@dataclass(frozen=True)
class ScheduleWatched(Event):
    """A schedule was looked at: from when on each person is on call in it, of those who will be before `AHEAD` is over."""

    schedule_id: int
    starts: tuple[tuple[int, datetime], ...]


async def watch_schedules(unit: Unit) -> None:
    """Look at every schedule now: at the start."""
    for schedule in await oncall.list_schedules(unit.session):
        watch_schedule(unit, schedule.id)


def watch_schedule(unit: Unit, schedule_id: int) -> None:
    unit.plan("watch_gaps", f"schedule:{schedule_id}", unit.now)


async def watch_gaps(unit: Unit, due: Due) -> None:
    """The handler of the `watch_gaps` timer. A schedule that was switched off is not looked at again."""
    for roster in await list_rosters(unit, unit.now, unit.now + AHEAD, [due.number]):
        gaps = find_gaps(roster.plan, unit.now, unit.now + AHEAD)
        unmeant = [gap for gap in gaps if gap.cause is not Nobody.GAP]
        fresh = await _keep_told(unit, f"gaps:{due.number}", unmeant)
        if fresh:
            unit.emit(GapsFound(due.number, tuple(fresh), unit.now + AHEAD))
        await warn_of_clashes(unit, roster, unit.now + AHEAD)
        stretches = list_stretches(resolve(roster.plan, unit.now, unit.now + AHEAD))
        unit.emit(
            ScheduleWatched(due.number, tuple((person, own[0][0]) for person, own in stretches.items()))
        )
        unit.plan("watch_gaps", due.subject, unit.now + EVERY)


async def _keep_told(unit: Unit, name: str, gaps: list[Gap]) -> list[Gap]:
    """Those of which nobody was told; all of them count as told from now on. One that got longer is the same one."""
    fact = await unit.session.get(Fact, name)
    told = [
        (datetime.fromisoformat(start), datetime.fromisoformat(end))
        for start, end in json.loads(fact.value if fact is not None else "[]")
    ]
    if fact is None:
        fact = Fact(name=name, value="")
        unit.session.add(fact)
    fact.value = json.dumps([(gap.start.isoformat(), gap.end.isoformat()) for gap in gaps])
    return [gap for gap in gaps if not any(start < gap.end and gap.start < end for start, end in told)]
