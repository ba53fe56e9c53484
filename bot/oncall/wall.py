"""The clock on the wall by which shifts change: it shows a zone's local time, but never runs backwards.

When clocks are put back, it stands still until they have caught up; when they are put forward, it jumps with them. So a time
that comes twice has come the first time, and one that is left out comes at the jump (docs/oncall.md). Pure: an instant is a
number of microseconds since 1970 in UTC, a time on the wall one since 1970 on that wall.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

TICK = timedelta(microseconds=1)
MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WALL_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 (a wall-clock time)
MONDAY = -3 * DAY
"""A Monday, 00:00, on the wall: 29 December 1969."""
BEGINNING = -(1 << 62)
STEP = timedelta(days=3)


def instant_of(moment: datetime) -> int:
    return (moment - EPOCH) // TICK


def moments_of(instants: Iterable[int]) -> list[datetime]:
    return [EPOCH + TICK * instant for instant in instants]


def wall_of(time: datetime) -> int:
    """A time without zone as a time on the wall."""
    return (time - WALL_EPOCH) // TICK


@cache
def get_zone(name: str) -> ZoneInfo:
    """zoneinfo keeps only the last few by itself."""
    return ZoneInfo(name)


def read_wall(zone: str, moment: datetime) -> int:
    """What the clock on the wall of this zone shows at a moment."""
    local = moment.astimezone(get_zone(zone))
    if local.fold:
        return get_wall_clock(zone, moment, moment).read(instant_of(moment))
    return wall_of(local.replace(tzinfo=None))


class WallClock:
    """The clock of one zone over some years, for many questions."""

    def __init__(self, zone: str, first_year: int, last_year: int) -> None:
        self._instants, self._walls = [BEGINNING], [BEGINNING]
        self._offsets = [_offset_at(get_zone(zone), _new_year(first_year))]
        for year in range(first_year, last_year + 1):
            for instant, offset in _list_changes(zone, year):
                self._walls.append(max(self._walls[-1], instant + self._offsets[-1]))
                self._instants.append(instant)
                self._offsets.append(offset)

    @property
    def changes(self) -> list[int]:
        """The instants at which the zone's offset changes."""
        return self._instants[1:]

    def read(self, instant: int) -> int:
        """What it shows at an instant."""
        place = bisect_right(self._instants, instant) - 1
        return max(self._walls[place] - 1, instant + self._offsets[place])

    def find_all(self, walls: list[int]) -> list[int]:
        """For each of these times in order, the first instant at which it shows that time, or a later one."""
        found: list[int] = []
        for place, offset in enumerate(self._offsets):
            start = len(found)
            if place + 1 < len(self._walls):
                end = bisect_left(walls, self._walls[place + 1], start)
            else:
                end = len(walls)
            jump, fresh = (
                self._instants[place],
                bisect_left(walls, self._instants[place] + offset, start, end),
            )
            found += [jump] * (fresh - start)
            found += [wall - offset for wall in walls[fresh:end]]
        return found


def get_wall_clock(zone: str, start: datetime, end: datetime) -> WallClock:
    """The clock of a zone that is right from `start` to `end`."""
    return _get_wall_clock(zone, max(start.year - 1, 1), min(end.year, 9998))


@lru_cache(maxsize=1024)
def _get_wall_clock(zone: str, first_year: int, last_year: int) -> WallClock:
    return WallClock(zone, first_year, last_year)


def _new_year(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=UTC)


def _offset_at(zone: ZoneInfo, moment: datetime) -> int:
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None
    return offset // TICK


@lru_cache(maxsize=4096)
def _list_changes(zone: str, year: int) -> tuple[tuple[int, int], ...]:
    """The instants of a year from which on a zone has another offset, with that offset. zoneinfo does not tell them, so it
    is asked every third day: since 1970 no zone has changed twice within six."""
    known, found = get_zone(zone), []
    low, end = _new_year(year), _new_year(year + 1)
    before = _offset_at(known, low)
    while low < end:
        high = min(low + STEP, end)
        after = _offset_at(known, high)
        if after != before:
            found.append((_find_change(known, low, high), after))
        low, before = high, after
    return tuple(found)


def _find_change(zone: ZoneInfo, low: datetime, high: datetime) -> int:
    """The second at which the offset changes, between two moments with different ones."""
    before = _offset_at(zone, low)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if _offset_at(zone, middle) == before:
            low = middle
        else:
            high = middle
    return instant_of(high)
