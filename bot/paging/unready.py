"""Who will be on call and has nothing by which a page would wake them: told while there is time to add something."""

import json
from dataclasses import dataclass
from datetime import datetime

from bot.flow.unit import Event, Unit
from bot.oncall.watch import ScheduleWatched
from bot.paging.ways import list_ways
from bot.paging.wishes import ROOM
from storage.models import Fact, User
from storage.questions import access

WITHOUT_SETUP = {ROOM, "ntfy", "gotify", "webhook", "push"}
"""What every installation has. One that has nothing else pages in the Room on purpose, or is not set up yet."""


@dataclass(frozen=True)
class PeopleUnready(Event):
    """They will be on call from these times on and can be paged in the Room alone, which nobody was told of yet."""

    schedule_id: int
    people: tuple[tuple[User, datetime], ...]


async def find_unready(unit: Unit, event: ScheduleWatched) -> None:
    """Tell those of whom nobody was told; who was ready in between is told of again."""
    if WITHOUT_SETUP.issuperset(unit.installation.methods):
        return
    people = await access.list_users_by_id(unit.session, {number for number, _ in event.starts})
    unready = [
        (people[number], starts_at)
        for number, starts_at in event.starts
        if all(way.method == ROOM for way in await list_ways(unit, people[number]))
    ]
    name = f"unready:{event.schedule_id}"
    fact = await unit.session.get(Fact, name)
    told = json.loads(fact.value if fact is not None else "[]")
    if fact is None:
        fact = Fact(name=name, value="")
        unit.session.add(fact)
    fact.value = json.dumps(sorted(user.id for user, _ in unready))
    fresh = tuple(one for one in unready if one[0].id not in told)
    if fresh:
        unit.emit(PeopleUnready(event.schedule_id, fresh))
