"""Who is on call during their time off, on a public holiday of theirs, or twice in one escalation policy: told while there
is time to find somebody.

A holiday takes nobody off call, and nothing here does.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.flow.unit import Event, Unit
from bot.oncall.clashes import Clash, join_absences
from bot.oncall.holidays import find_places, list_holidays
from bot.oncall.overlaps import find_overlaps
from bot.oncall.resolve import resolve
from bot.oncall.rosters import Roster, list_rosters
from bot.oncall.shifts import list_stretches
from storage.models import Fact, Schedule, User
from storage.questions import access


@dataclass(frozen=True)
class PersonClash:
    """That a person is on call although something speaks against it."""

    user: User
    clash: Clash


@dataclass(frozen=True)
class ClashesFound(Event):
    """People will be on call although something speaks against it, of which nobody was told yet."""

    schedule_id: int
    clashes: tuple[PersonClash, ...]


async def list_clashes(
    unit: Unit, start: datetime, end: datetime, schedule_ids: Collection[int] | None = None
) -> list[tuple[Schedule, list[PersonClash]]]:
    """For each of these schedules or of all that has any, in order of time."""
    found = [
        (roster.schedule, await find_in_roster(unit, roster, start, end))
        for roster in await list_rosters(unit, start, end, schedule_ids)
    ]
    return [(schedule, clashes) for schedule, clashes in found if clashes]


async def find_in_roster(unit: Unit, roster: Roster, start: datetime, end: datetime) -> list[PersonClash]:
    stretches = list_stretches(resolve(roster.plan, start, end))
    people = await access.list_users_by_id(unit.session, stretches)
    places = await find_places(unit, people.values())
    overlaps = await find_overlaps(unit, roster, start, end)
    found = [PersonClash(people[person], clash) for person, clash in overlaps]
    for number, own in stretches.items():
        off = [one for one in roster.plan.times_off if one.person == number]
        for begin, finish in own:
            user = people[number]
            found += [
                PersonClash(user, clash) for clash in join_absences(user, places[number], off, begin, finish)
            ]
    return sorted(found, key=lambda one: (one.clash.starts_at, one.user.id, one.clash.kind))


async def list_in_roster(
    unit: Unit, roster: Roster, start: datetime, end: datetime
) -> dict[date, dict[str, list[str]]]:
    """The public holidays of everybody in the rotations, by day: the names of those who have each."""
    people = await access.list_users_by_id(
        unit.session, {one for rotation in roster.plan.rotations for one in rotation.people}
    )
    places = await find_places(unit, people.values())
    found: dict[date, dict[str, list[str]]] = {}
    for user in people.values():
        for one in list_holidays(places[user.id], user.zone, start, end):
            found.setdefault(one.day, {}).setdefault(one.name, []).append(user.name)
    return found


async def warn_of_clashes(unit: Unit, roster: Roster, until: datetime) -> None:
    """Tell those of which nobody was told; one that got longer or shorter is the same one."""
    clashes = await find_in_roster(unit, roster, unit.now, until)
    fresh = await _keep_told(unit, f"clashes:{roster.schedule.id}", clashes)
    if fresh:
        unit.emit(ClashesFound(roster.schedule.id, tuple(fresh)))


async def _keep_told(unit: Unit, name: str, clashes: Sequence[PersonClash]) -> list[PersonClash]:
    fact = await unit.session.get(Fact, name)
    told = {tuple(one) for one in json.loads(fact.value if fact is not None else "[]")}
    if fact is None:
        fact = Fact(name=name, value="")
        unit.session.add(fact)
    keys = {(one.user.id, one.clash.kind, one.clash.key) for one in clashes}
    fact.value = json.dumps(sorted(keys))
    return [one for one in clashes if (one.user.id, one.clash.kind, one.clash.key) not in told]
