"""What speaks against somebody being on call at a time: said before, never a reason to take anybody off call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.flow.unit import Unit
from bot.oncall.answers import read_shifts
from bot.oncall.rosters import Roster, list_rosters
from storage.questions import oncall


@dataclass(frozen=True)
class Clash:
    """`kind` is `on_call` (in the schedule `name`) or `off`, for the part of the time that it is about."""

    kind: str
    starts_at: datetime
    ends_at: datetime
    name: str = ""


async def find_clashes(unit: Unit, user_id: int, start: datetime, end: datetime) -> list[Clash]:
    """What this person is doing between `start` and `end` that speaks against being on call then, in order."""
    rosters = await list_rosters(unit, start, end)
    found = [
        *_find_duties(rosters, user_id, start, end),
        *(
            Clash("off", max(row.starts_at, start), min(row.ends_at, end))
            for row in await oncall.list_times_off(unit.session, start, end)
            if row.user_id == user_id and row.starts_at < end
        ),
    ]
    return sorted(found, key=lambda one: (one.starts_at, one.kind, one.name))


def _find_duties(rosters: Sequence[Roster], user_id: int, start: datetime, end: datetime) -> list[Clash]:
    return [
        Clash("on_call", shift.starts_at, shift.ends_at, shift.schedule.name)
        for shift in read_shifts(rosters, user_id, start, end)
    ]
