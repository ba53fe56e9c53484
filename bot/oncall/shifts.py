"""What follows from who is on call when: shifts, gaps, and who comes next. Pure, by the one resolver."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.oncall.duty import Nobody, list_people
from bot.oncall.plan import Plan
from bot.oncall.resolve import Span, resolve, who

SOON = timedelta(days=4)
"""Most schedules have a handoff until then; only for the others is it looked further."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of time in which nobody is on call, and why."""

    start: datetime
    end: datetime
    cause: Nobody


@dataclass(frozen=True, slots=True)
class Handoff:
    """People who come on call at a moment, or leave."""

    at: datetime
    people: tuple[int, ...]


def find_gaps(plan: Plan, start: datetime, end: datetime) -> list[Gap]:
    """When nobody is on call, in order."""
    return [
        Gap(span.start, span.end, span.nobody)
        for span in resolve(plan, start, end)
        if span.nobody is not None
    ]


def find_shifts(plan: Plan, person: int, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """When this person is on call, for whatever reason, in order."""
    return list_stretches(resolve(plan, start, end)).get(person, [])


def list_stretches(spans: Iterable[Span]) -> dict[int, list[tuple[datetime, datetime]]]:
    """When each person is on call, for whatever reason, in order."""
    stretches: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for span in spans:
        for person in span.people:
            own = stretches[person]
            if own and own[-1][1] == span.start:
                own[-1] = own[-1][0], span.end
            else:
                own.append((span.start, span.end))
    return stretches


def find_change(plan: Plan, at: datetime, horizon: timedelta) -> Handoff | None:
    """The first moment after `at` at which other people are on call, and all who are then: nobody, where a gap begins."""
    now = set(list_people(who(plan, at)))
    for span in _list_ahead(plan, at, horizon):
        if set(span.people) != now:
            return Handoff(span.start, span.people)
    return None


def find_next(plan: Plan, at: datetime, horizon: timedelta) -> Handoff | None:
    """Who comes on call next after `at`, of those who are not on call then, and when."""
    now = list_people(who(plan, at))
    for span in _list_ahead(plan, at, horizon):
        if coming := tuple(person for person in span.people if person not in now):
            return Handoff(span.start, coming)
    return None


def find_previous(plan: Plan, at: datetime, horizon: timedelta) -> tuple[int, ...]:
    """Who was on call last before `at`, of those who are not on call then."""
    now = list_people(who(plan, at))
    for start, end in ((at - SOON, at), (at - horizon, at - SOON)):
        for span in reversed(resolve(plan, start, end)):
            if gone := tuple(person for person in span.people if person not in now):
                return gone
    return ()


def _list_ahead(plan: Plan, at: datetime, horizon: timedelta) -> Iterator[Span]:
    yield from resolve(plan, at, at + SOON)
    yield from resolve(plan, at + SOON, at + horizon)
