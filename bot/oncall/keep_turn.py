"""A rotation that gets other people, or turns of another length, goes on with whoever has the turn."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.catalog.drafts import Entry
from bot.catalog.edit_schedules import SCHEDULES
from bot.catalog.editing import read_names
from bot.flow.unit import Unit
from bot.oncall.plan import LENGTHS, Rotation, Slot
from bot.oncall.rosters import list_rosters, make_slots
from bot.oncall.wall import read_wall
from storage.models import Schedule


async def keep_turns(unit: Unit, schedule: Schedule, entry: Entry) -> Entry:
    """What a schedule is to be, where each rotation of which only the people or the length of turns change goes on with
    whoever has the turn now. One that is to begin at another time than before begins then. Raises EntryWrong."""
    from bot.catalog.rotations import name_rotations, participants_of  # pydantic takes long to load

    names = await read_names(unit)
    said = await SCHEDULES.read(unit, schedule, entry, names)
    known = {
        roster.rotations[one.id]: one
        for roster in await list_rosters(unit, unit.now, unit.now, [schedule.id])
        for one in roster.plan.rotations
    }
    rotations = []
    for name, shape, written in zip(name_rotations(said.parts), said.parts, entry["rotations"], strict=True):
        old, starts = known.get(name), datetime.fromisoformat(shape.starts)
        slots = await make_slots(unit, participants_of(shape, names.ids))
        if old is not None and (old.starts, old.kind) == (starts, shape.kind):
            starts = keep_turn(old, slots, shape.length, read_wall(schedule.zone, unit.now))
        rotations.append({**written, "starts": starts.isoformat(timespec="minutes")})
    return {**entry, "rotations": rotations}


def keep_turn(rotation: Rotation, slots: Sequence[Slot], length: int, wall: int) -> datetime:
    """When the rotation is to begin (by the clocks of its zone), so that with these slots whoever has the turn at this time
    on the wall keeps it from when it began, and the others follow in the new order. Whoever is no longer in it is followed
    by who would have been next. No rotation begins later than it did, so that the past has no gap from it; one that has not
    begun begins when it would have. Pure."""
    if wall < rotation.first or not rotation.slots or not slots:
        return rotation.starts
    number = (wall - rotation.first) // rotation.turn
    place = _find_place(rotation.slots, number % len(rotation.slots), slots)
    turn = LENGTHS[rotation.kind] * length
    later = number * rotation.turn - place * turn
    if later > 0:
        later %= -turn * len(slots)
    return rotation.starts + timedelta(microseconds=later)


def _find_place(old: Sequence[Slot], current: int, new: Sequence[Slot]) -> int:
    """Where in the new order the first of the old ones is, from the current one on, that is still there; of several places
    the nearest to the old one."""
    for step in range(len(old)):
        slot = old[(current + step) % len(old)]
        places = [place for place, other in enumerate(new) if _are_same(slot, other)]
        if places:
            return min(places, key=lambda place: abs(place - current))
    return 0


def _are_same(one: Slot, other: Slot) -> bool:
    """A team is the same with other people."""
    return one.team == other.team if one.team is not None else one == other
