"""Windows of the week by the clocks of a zone: when a rule holds, when somebody is not to be rung. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.oncall.wall import get_wall_clock, get_zone, moments_of, wall_of

LONGEST = timedelta(days=7)
"""So far ahead the end of windows is looked for that follow each other, such as nights and a weekend between them."""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def is_within(hours: Mapping[str, Any], at: datetime) -> bool:
    """Whether `at` is in one of the windows; no windows are always. {"zone": "Europe/Paris", "windows": [{"days":
    ["mon", "tue"], "from": "18:00", "until": "09:00"}]}: a window that ends before it begins ends on the next day, and
    one that ends when it begins lasts a whole day. `days` are those on which it begins; without any, all."""
    windows = windows_of(hours)
    if not windows:
        return True
    local = at.astimezone(ZoneInfo(str(hours.get("zone", "UTC"))))
    return any(_is_in(window, local) for window in windows)


def _is_in(window: Mapping[str, Any], local: datetime) -> bool:
    start, end = read_time(window.get("from", "00:00")), read_time(window.get("until", "00:00"))
    now = local.time().replace(second=0, microsecond=0)
    days = window.get("days") or DAYS
    if start < end:
        return DAYS[local.weekday()] in days and start <= now < end
    began_today = DAYS[local.weekday()] in days and now >= start
    began_yesterday = DAYS[(local.weekday() - 1) % 7] in days and now < end
    return began_today or began_yesterday


def find_end(hours: Mapping[str, Any], at: datetime) -> datetime:
    """The first moment after `at` that is in none of the windows, or a week later when they have no end by then."""
    moment = at
    while moment - at < LONGEST and windows_of(hours) and is_within(hours, moment):
        ends = [
            next_time(moment, window.get("until", "00:00"), str(hours.get("zone", "UTC")))
            for window in windows_of(hours)
            if is_within({**hours, "windows": [window]}, moment)
        ]
        moment = min(ends)
    return min(moment, at + LONGEST)


def windows_of(hours: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(hours.get("windows") or [])


def read_time(text: str) -> time:
    """`09:30`; raises ValueError."""
    hour, _, minute = text.partition(":")
    return time(int(hour), int(minute or 0))


def next_time(at: datetime, clock: str, zone: str) -> datetime:
    """The next moment after `at` at which the clocks of the zone show this time, in UTC, also where they show it twice. One
    that does not exist on a day (the clock jumps over it) is the moment of the jump."""
    wanted, today = read_time(clock), at.astimezone(get_zone(zone)).date()
    wall = get_wall_clock(zone, at, at + timedelta(days=3))
    for days in range(3):
        shown = datetime.combine(today + timedelta(days=days), wanted)
        first = moments_of(wall.find_all([wall_of(shown)]))[0]
        again = shown.replace(tzinfo=get_zone(zone), fold=1).astimezone(UTC)
        for found in (first, again):
            if found > at:
                return found
    raise AssertionError("unreachable")
