"""Whose public holidays are where: what a person said counts, or else what all of their teams say. The one answer to it,
for warnings, calendars, chat and the API. A holiday takes nobody off call.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.access.people import audit
from bot.catalog.holidays import list_year
from bot.errors import Refused
from bot.flow.unit import Event, Unit
from bot.oncall.days import DAY, begin_day
from storage.models import Team, User
from storage.questions.catalog import list_members
from storage.questions.lists import list_teams_of_users

FROM_FILE, HERE = "file", "room"
Places = tuple[str, ...]


@dataclass(frozen=True)
class Holiday:
    """A holiday in somebody's zone."""

    day: date
    name: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class HolidaysChanged(Event):
    """These people have public holidays somewhere else than before."""

    user_ids: frozenset[int]


def has_said(one: User | Team) -> bool:
    """Whether it is set where this person or team has public holidays, were it nowhere."""
    return bool(one.holidays or one.holidays_origin)


async def find_places(unit: Unit, people: Collection[User]) -> dict[int, Places]:
    """Where each of these people has public holidays, by person: in several places when their teams say so, or in none."""
    found = {user.id: _own(user) for user in people if has_said(user)}
    asked = {user.id for user in people} - found.keys()
    teams = await list_teams_of_users(unit.session, asked) if asked else {}
    for number in asked:
        said = [place for team in teams.get(number, ()) for place in _own(team)]
        found[number] = tuple(dict.fromkeys(said))
    return found


def _own(one: User | Team) -> Places:
    return (one.holidays,) if one.holidays else ()


def list_holidays(places: Places, zone: str, start: datetime, end: datetime) -> list[Holiday]:
    """Those that touch the time from `start` to `end`, in order. A day that is one in several places is told once, by the
    name that it has in the first."""
    there = ZoneInfo(zone)
    first, last = start.astimezone(there).date(), (end - timedelta(microseconds=1)).astimezone(there).date()
    named: dict[date, str] = {}
    for place in places:
        for year in range(first.year, last.year + 1):
            for day, name in list_year(place, year):
                if first <= day <= last:
                    named.setdefault(day, name)
    return [
        Holiday(day, name, begin_day(day, zone), begin_day(day + DAY, zone))
        for day, name in sorted(named.items())
    ]


async def set_holidays(unit: Unit, user: User, place: str | None) -> None:
    """Where this person has public holidays: empty for nowhere, None for where their teams have them. `place` is one that
    `read_place` has read. Raises Refused where the configuration file says it."""
    _keep(user, place)
    audit(unit, "user.holidays", f"user:{user.id}", user.name, place=place)
    unit.emit(HolidaysChanged(frozenset({user.id})))


async def set_team_holidays(unit: Unit, team: Team, place: str) -> None:
    """The same for all of a team who have not said their own."""
    _keep(team, place)
    audit(unit, "team.holidays", f"team:{team.id}", team.name, place=place)
    unit.emit(HolidaysChanged(frozenset(user.id for user in await list_followers(unit, team))))


async def list_followers(unit: Unit, team: Team) -> list[User]:
    """Those of a team who have not said where they have public holidays."""
    return [user for user in await list_members(unit.session, [team.id]) if not has_said(user)]


def _keep(one: User | Team, place: str | None) -> None:
    if one.holidays_origin == FROM_FILE:
        raise Refused("holidays.in_file", name=one.name)
    one.holidays, one.holidays_origin = place or "", HERE if place is not None else ""
