"""Tells people of their shifts: some time before one, when it begins, and when it is over.

Only changes of people count: whoever stays on call over a handoff hears nothing. A fact of each schedule keeps up to when
it was told, and is written together with what is told: each change is told once, also when Tocsin was down in between.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from bot.flow.timers import Due
from bot.flow.unit import Event, Unit
from bot.oncall.answers import HORIZON
from bot.oncall.duty import list_people
from bot.oncall.plan import Plan
from bot.oncall.resolve import Span, resolve, who
from bot.oncall.rosters import list_rosters
from bot.oncall.shifts import list_stretches
from storage.models import Fact
from storage.questions import oncall

MOMENT = timedelta(microseconds=1)
FORGET = timedelta(days=1)
"""What changed before that is not told any more."""
STALE = timedelta(hours=1)
"""So late it is not told any more that a shift is over."""


@dataclass(frozen=True)
class ShiftTold(Event):
    """There is something to tell a person of their shift: `shift_comes`, `shift_began` (both with its end, if that is known)
    or `shift_ended`. The `others` were on call before it, or are after it."""

    what: str
    schedule_id: int
    user_id: int
    starts_at: datetime | None
    ends_at: datetime | None
    others: tuple[int, ...]


async def notice_schedules(unit: Unit) -> None:
    """Look at every schedule now: at the start."""
    for schedule in await oncall.list_schedules(unit.session):
        notice_schedule(unit, schedule.id)


def notice_schedule(unit: Unit, schedule_id: int) -> None:
    if unit.installation.shift_notice is not None:
        unit.plan("tell_shifts", f"schedule:{schedule_id}", unit.now)


async def tell_shifts(unit: Unit, due: Due) -> None:
    """The handler of the `tell_shifts` timer. A schedule that was switched off is not looked at again."""
    ahead, now = unit.installation.shift_notice, unit.now
    if ahead is None:
        return
    since = await _keep_told(unit, f"shifts:{due.number}")
    for roster in await list_rosters(unit, since, now + ahead + HORIZON, [due.number]):
        for told in list_told(roster.plan, due.number, since, now, ahead):
            unit.emit(told)
        unit.plan("tell_shifts", due.subject, find_next_notice(roster.plan, now, ahead))


async def _keep_told(unit: Unit, name: str) -> datetime:
    """Up to when it was told before; from now on, up to now."""
    fact = await unit.session.get(Fact, name)
    if fact is None:
        unit.session.add(Fact(name=name, value=unit.now.isoformat()))
        return unit.now
    since = datetime.fromisoformat(fact.value)
    fact.value = unit.now.isoformat()
    return max(since, unit.now - FORGET)


def list_told(
    plan: Plan, schedule_id: int, since: datetime, now: datetime, ahead: timedelta
) -> Iterator[ShiftTold]:
    """What there is to tell now, when it was told up to `since`. Pure."""
    present = list_people(who(plan, now))
    for before, after in _list_handoffs(plan, since, now):
        for person in set(after.people).difference(before.people).intersection(present):
            end = _find_end(plan, person, after.start)
            yield ShiftTold("shift_began", schedule_id, person, after.start, end, before.people)
        if now - after.start < STALE:
            for person in set(before.people).difference(after.people, present):
                yield ShiftTold("shift_ended", schedule_id, person, None, after.start, after.people)
    for before, after in _list_handoffs(plan, max(since + ahead, now), now + ahead):
        for person in set(after.people).difference(before.people):
            end = _find_end(plan, person, after.start)
            yield ShiftTold("shift_comes", schedule_id, person, after.start, end, before.people)


def _list_handoffs(plan: Plan, since: datetime, until: datetime) -> Iterator[tuple[Span, Span]]:
    """What was and what is from then on, where people change after `since` and up to `until`."""
    for before, after in pairwise(resolve(plan, since, until + MOMENT)):
        if set(before.people) != set(after.people):
            yield before, after


def _find_end(plan: Plan, person: int, start: datetime) -> datetime | None:
    """When the shift of this person ends that begins then; None when it is too far to be known."""
    horizon = start + HORIZON / 2
    ((_, end), *_) = list_stretches(resolve(plan, start, horizon))[person]
    return end if end < horizon else None


def find_next_notice(plan: Plan, now: datetime, ahead: timedelta) -> datetime:
    """When there is something to tell next, or to look again. Pure."""
    found = [now + HORIZON / 2]
    for after, first in ((now, timedelta()), (now + ahead, ahead)):
        handoff = next(_list_handoffs(plan, after, after + HORIZON / 2), None)
        if handoff is not None:
            found.append(handoff[1].start - first)
    return min(found)
