"""The days of a calendar of who is on call, in the zone of whoever looks at it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from bot.oncall.resolve import Span
from bot.oncall.wall import get_zone

DAY = timedelta(days=1)
WEEK = timedelta(days=7)


class View(StrEnum):
    """How much a calendar shows."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True)
class Period:
    """The days from `first` on and before `last`. A month is shown in whole weeks; its own days are those from
    `own[0]` on and before `own[1]`."""

    view: View
    first: date
    last: date
    own: tuple[date, date]

    @property
    def previous(self) -> date:
        """A day of the period before this one."""
        return self.own[0] - DAY

    @property
    def following(self) -> date:
        """A day of the period after this one."""
        return self.own[1]

    def bounds(self, zone: str) -> tuple[datetime, datetime]:
        """The instants at which it begins and ends."""
        return begin_day(self.first, zone), begin_day(self.last, zone)


@dataclass(frozen=True)
class Part:
    """The part of a span that falls on one day. `begins` and `ends` say that the span does so in the course of that day, not
    at its midnights."""

    span: Span
    start: datetime
    end: datetime
    begins: bool
    ends: bool


@dataclass(frozen=True)
class Day:
    """One day and what falls on it; the day is `own` when it belongs to what is looked at."""

    date: date
    parts: tuple[Part, ...]
    own: bool


def choose_period(view: View, day: date) -> Period:
    """The day, the week from Monday on, or the month in which a day is."""
    if view is View.DAY:
        return Period(view, day, day + DAY, (day, day + DAY))
    monday = day - timedelta(days=day.weekday())
    if view is View.WEEK:
        return Period(view, monday, monday + WEEK, (monday, monday + WEEK))
    first = day.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    start = first - timedelta(days=first.weekday())
    return Period(view, start, following + timedelta(days=-following.weekday() % 7), (first, following))


def begin_day(day: date, zone: str) -> datetime:
    """The instant of a day's midnight; where clocks jump over it, the instant of the jump."""
    return datetime.combine(day, time(0), get_zone(zone)).astimezone(UTC)


def lay_out(spans: Sequence[Span], period: Period, zone: str) -> list[Day]:
    """Spans, which begin before a period and end after it, by its days."""
    days, place, day = [], 0, period.first
    while day < period.last:
        start, end = begin_day(day, zone), begin_day(day + DAY, zone)
        parts = []
        while place < len(spans) and spans[place].start < end:
            span = spans[place]
            first, last = max(span.start, start), min(span.end, end)
            if first < last:
                parts.append(Part(span, first, last, span.start > start, span.end < end))
            if span.end > end:
                break
            place += 1
        days.append(Day(day, tuple(parts), period.own[0] <= day < period.own[1]))
        day += DAY
    return days
