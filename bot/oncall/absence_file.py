"""The absences in somebody's calendar (iCalendar, RFC 5545): only when they are, never what they are called. Pure.

Every event of it counts, as it is a calendar of absences; only what is cancelled, or marked as free or as working elsewhere,
does not. The libraries behind it are large, so they are loaded when somebody has given a calendar.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bot.errors import Rejected
from bot.oncall.days import begin_day
from bot.oncall.wall import get_zone

MOST = 200
"""More than that in the time that is looked at are a calendar of everything."""
LONGEST = 15.0
"""So many seconds may be spent on working out what repeats."""
OFTEN = ("SECONDLY", "MINUTELY", "HOURLY")
FREE = ("FREE", "WORKINGELSEWHERE")
MARGIN = timedelta(days=2)
"""A day in some zone is wholly within a day and this in UTC."""


@dataclass(frozen=True)
class Absences:
    """From when until when, by their start; of those that start together the longest. `passed_over` do not count."""

    times: dict[datetime, datetime]
    passed_over: int


def read_absences(content: bytes, zone: str, start: datetime, end: datetime) -> Absences:
    """Those that touch the time from `start` to `end`; days, and times without a zone, are in `zone`. Raises Rejected."""
    try:
        return _collect(content, zone, start, end)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise Rejected("absences.not_calendar") from error


def _collect(content: bytes, zone: str, start: datetime, end: datetime) -> Absences:
    times: dict[datetime, datetime] = {}
    passed_over = count = 0
    for event in _list_occurrences(content, start - MARGIN, end + MARGIN):
        begin, finish = _place(event["DTSTART"].dt, zone), _place(event["DTEND"].dt, zone)
        if begin >= finish or finish <= start or begin >= end:
            continue
        if not counts(event):
            passed_over += 1
            continue
        count += 1
        times[begin] = max(finish, times.get(begin, finish))
    if count > MOST:
        raise Rejected(f"absences.too_many {count}")
    return Absences(dict(sorted(times.items())), passed_over)


def counts(event: Any) -> bool:
    """Whether its person is away in it."""
    busy = str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper()
    is_free = str(event.get("TRANSP", "")).upper() == "TRANSPARENT" or busy in FREE
    return not is_free and str(event.get("STATUS", "")).upper() != "CANCELLED"


def _list_occurrences(content: bytes, start: datetime, end: datetime) -> Iterator[Any]:
    import recurring_ical_events  # large
    from icalendar import Calendar

    calendar = Calendar.from_ical(content)
    if calendar.name != "VCALENDAR":
        raise Rejected("absences.not_calendar")
    for event in calendar.walk("VEVENT"):
        _check_rules(event.get("RRULE", ()))
    until = time.monotonic() + LONGEST
    for series in recurring_ical_events.of(calendar).series:
        for occurrence in series.between(start, end):
            yield occurrence.as_component(False)
        if time.monotonic() > until:
            raise Rejected("absences.too_slow")


def _check_rules(found: Any) -> None:
    for rule in found if isinstance(found, list) else [found] if found else []:
        often = [name for name in ("BYHOUR", "BYMINUTE", "BYSECOND") if len(rule.get(name, ())) > 1]
        if often or str(rule.get("FREQ", [""])[0]).upper() in OFTEN:
            raise Rejected("absences.too_often")


def _place(moment: date, zone: str) -> datetime:
    if not isinstance(moment, datetime):
        return begin_day(moment, zone)
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=get_zone(zone))).astimezone(UTC)
