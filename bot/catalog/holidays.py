"""Public holidays by country and subdivision, as people write them: `DE` or `DE-BE`. Days on the wall; pure.

The library behind it is large, so it is loaded when somebody has set where they are.
"""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from bot.errors import Invalid

NONE = "none"
LANGUAGE = "en_US"


def read_place(text: str) -> str:
    """A country, or a part of one that has holidays of its own; empty for `none`. Raises Invalid."""
    if text.strip().lower() == NONE:
        return ""
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


@lru_cache(maxsize=256)
def list_year(place: str, year: int) -> tuple[tuple[date, str], ...]:
    """The holidays of a place in a year, with their names, in order."""
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
