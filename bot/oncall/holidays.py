"""Public holidays by country and subdivision, as people write them: `DE` or `DE-BE`. Days on the wall; pure.

The library behind it is large, so it is loaded when somebody has set where they are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.errors import Invalid
from bot.oncall.days import DAY, begin_day

LANGUAGE = "en_US"


@dataclass(frozen=True)
class Holiday:
    """A holiday in somebody's zone."""

    day: date
    name: str
    starts_at: datetime
    ends_at: datetime


def read_place(text: str) -> str:
    """A country, or a part of one that has holidays of its own; raises Invalid."""
    country, _, part = text.strip().partition("-")
    known = _list_places()
    parts = known.get(country.upper())
    if parts is None:
        raise Invalid("holidays.unknown", "where", text=text, known=[])
    found = next((one for one in parts if one.lower() == part.strip().lower()), None)
    if part and found is None:
        raise Invalid("holidays.unknown", "where", text=text, known=list(parts)[:20])
    return f"{country.upper()}-{found}" if found else country.upper()


def list_places(prefix: str, limit: int) -> list[str]:
    """Those that begin like that, countries before their parts."""
    wanted = prefix.upper()
    found = [place for place in _spell_places() if place.upper().startswith(wanted)]
    return found[:limit]


def list_holidays(place: str, zone: str, start: datetime, end: datetime) -> list[Holiday]:
    """Those that touch the time from `start` to `end`, in order; none where no place is set."""
    if not place:
        return []
    there = ZoneInfo(zone)
    first, last = start.astimezone(there).date(), (end - timedelta(microseconds=1)).astimezone(there).date()
    return [
        Holiday(day, name, begin_day(day, zone), begin_day(day + DAY, zone))
        for year in range(first.year, last.year + 1)
        for day, name in _list_year(place, year)
        if first <= day <= last
    ]


@lru_cache(maxsize=256)
def _list_year(place: str, year: int) -> tuple[tuple[date, str], ...]:
    import holidays  # large

    country, _, part = place.partition("-")
    found = holidays.country_holidays(
        country, subdiv=part or None, years=[year], expand=False, language=LANGUAGE
    )
    return tuple(sorted((day, str(found[day])) for day in found))


@lru_cache(maxsize=1)
def _list_places() -> dict[str, tuple[str, ...]]:
    import holidays  # large

    known = holidays.list_supported_countries(include_aliases=False)
    return {country: tuple(parts) for country, parts in sorted(known.items())}


def _spell_places() -> Iterator[str]:
    known = _list_places()
    yield from known
    for country, parts in known.items():
        yield from (f"{country}-{part}" for part in parts if " " not in part)
