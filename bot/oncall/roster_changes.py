"""Changes of what schedules are made of: their rotations, zones and layers, and the people of teams that take turns. Whoever
changes them sees whose shifts move, before it is saved too, and those people hear of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.flow.unit import Event, Unit
from bot.oncall.holidays import HolidaysChanged, Places, find_places
from bot.oncall.moves import AHEAD, Move, compare
from bot.oncall.plan import Plan
from bot.oncall.resolve import resolve
from bot.oncall.rosters import list_rosters
from storage.models import Schedule, User
from storage.questions import config

NOTHING = Plan("UTC"), ""


@dataclass(frozen=True)
class RosterChanged(Event):
    """A schedule is made of something else than before. The `moves` are those of the next 60 days."""

    schedule_id: int
    moves: tuple[Move, ...]


@dataclass
class Moved:
    """What a change moved, by schedule; filled in when it is done."""

    schedules: list[tuple[Schedule, tuple[Move, ...]]] = field(default_factory=list)

    def of(self, schedule: Schedule) -> tuple[Move, ...]:
        """What moved in this one."""
        return next((moves for row, moves in self.schedules if row.id == schedule.id), ())


@asynccontextmanager
async def watch_rosters(unit: Unit, tell_new: bool = True) -> AsyncIterator[Moved]:
    """Whatever changes schedules, or teams, is done inside. With `tell_new`, what a new schedule brings its people counts as
    moved. Who gets public holidays elsewhere, with their team or by coming into it, is looked at, too."""
    moved = Moved()
    before, places = await _read(unit), await _read_places(unit)
    yield moved
    await unit.session.flush()
    after, now = await _read(unit), await _read_places(unit)
    for number in {**before, **after}:
        old, new = before.get(number, NOTHING), after.get(number, NOTHING)
        if old == new:
            continue
        moves: tuple[Move, ...] = ()
        if old[0] != new[0] and (number in before or tell_new):
            start, end = unit.now, unit.now + AHEAD
            moves = tuple(compare(resolve(old[0], start, end), resolve(new[0], start, end)))
        moved.schedules.append((await unit.session.get_one(Schedule, number), moves))
        unit.emit(RosterChanged(number, moves))
    elsewhere = {number for number in {**places, **now} if places.get(number, ()) != now.get(number, ())}
    if elsewhere:
        unit.emit(HolidaysChanged(frozenset(elsewhere)))


async def _read(unit: Unit) -> dict[int, tuple[Plan, str]]:
    """What each schedule is made of, and the user group in chat that follows it."""
    rosters = await list_rosters(unit, unit.now, unit.now + AHEAD)
    return {one.schedule.id: (one.plan, one.schedule.chat_group) for one in rosters}


async def _read_places(unit: Unit) -> dict[int, Places]:
    """Where each person has public holidays."""
    return await find_places(
        unit, [user for user in await config.list_all(unit.session, User) if user.active]
    )
