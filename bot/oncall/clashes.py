"""What speaks against somebody being on call at a time: said before, never a reason to take anybody off call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.flow.unit import Unit
from bot.oncall.answers import read_shifts
from bot.oncall.holidays import Places, find_places, list_holidays
from bot.oncall.plan import TimeOff
from bot.oncall.rosters import Roster, list_rosters
from storage.models import User
from storage.questions import oncall


@dataclass(frozen=True)
class Clash:
    """`kind` is `on_call` (in the schedule `name`), `also` (the same, and a policy pages that one before), `off` or
    `holiday` (called `name`), for the part of the time that it is about. `key` stays the same when only that part
    changes."""

    kind: str
    starts_at: datetime
    ends_at: datetime
    name: str = ""
    key: str = ""


async def find_clashes(unit: Unit, user: User, start: datetime, end: datetime) -> list[Clash]:
    """What this person is doing between `start` and `end` that speaks against being on call then, in order."""
    rosters = await list_rosters(unit, start, end)
    off = [
        TimeOff(row.user_id, row.starts_at, row.ends_at)
        for row in await oncall.list_times_off(unit.session, start, end)
        if row.user_id == user.id
    ]
    places = (await find_places(unit, [user]))[user.id]
    return [*_find_duties(rosters, user.id, start, end), *join_absences(user, places, off, start, end)]


def _find_duties(rosters: Sequence[Roster], user_id: int, start: datetime, end: datetime) -> list[Clash]:
    return [
        Clash("on_call", shift.starts_at, shift.ends_at, shift.schedule.name)
        for shift in read_shifts(rosters, user_id, start, end)
    ]


def join_absences(
    user: User, places: Places, off: Sequence[TimeOff], start: datetime, end: datetime
) -> list[Clash]:
    """The part of a person's times off and holidays that is between `start` and `end`, in order. `places` are where they
    have holidays."""
    found = [
        Clash("off", max(one.start, start), min(one.end, end), key=one.start.isoformat())
        for one in off
        if one.start < end and start < one.end
    ]
    found += [
        Clash("holiday", max(one.starts_at, start), min(one.ends_at, end), one.name, str(one.day))
        for one in list_holidays(places, user.zone, start, end)
    ]
    return sorted(found, key=lambda one: (one.starts_at, one.kind, one.name))
