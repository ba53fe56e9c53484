"""The hours of a rotation as people write them, and as the resolver counts them. Pure."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from bot.oncall.plan import Restriction

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60


def read_hours(windows: Iterable[Mapping[str, Any]]) -> tuple[Restriction, ...]:
    """[{"days": ["mon", "tue"], "from": "18:00", "until": "09:00"}, {"days": ["fri"], "from": "18:00", "until": "09:00",
    "until_day": "mon"}]: a window begins on each of the days (without any: on all), and ends on that day, on the next one if
    `until` is no later than `from`, or on the day that is named."""
    return tuple(
        part
        for window in windows
        for part in _read_window(
            window.get("from", "00:00"),
            window.get("until", "00:00"),
            window.get("until_day"),
            tuple(window.get("days") or DAYS),
        )
    )


@lru_cache(maxsize=1024)
def _read_window(
    begin: str, until: str, until_day: str | None, days: tuple[str, ...]
) -> tuple[Restriction, ...]:
    """Many rotations have the same."""
    start, end = _read_clock(begin), _read_clock(until)
    found = []
    for day, name in enumerate(DAYS):
        last = DAYS.index(until_day) if until_day else day + (end <= start)
        if name in days:
            found.append(Restriction(day * DAY + start, (last * DAY + end) % (7 * DAY)))
    return tuple(found)


def _read_clock(text: str) -> int:
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute or 0)
