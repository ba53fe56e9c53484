"""Whose turn it is in one rotation, by the clock on the wall (`bot.oncall.wall`). Pure."""

from bisect import bisect_right
from itertools import cycle, islice, repeat

from bot.oncall.plan import Rotation
from bot.oncall.wall import MONDAY, WEEK

OFF_DUTY = -1
"""Instead of the place of a slot: the rotation has not begun, is over, has no slots, or is outside its hours."""
Change = tuple[int, int, int]
"""When, on the wall; which rotation, by its place in the plan; and the place of the slot that has its turn from then on."""


def find_slot(rotation: Rotation, wall: int) -> int:
    """The place of the slot that has its turn at this time on the wall, or OFF_DUTY."""
    if not rotation.slots or wall < rotation.first or (rotation.last is not None and wall >= rotation.last):
        return OFF_DUTY
    if rotation.hours:
        time = (wall - MONDAY) % WEEK
        if not any(start <= time < end for start, end in rotation.hours):
            return OFF_DUTY
    return (wall - rotation.first) // rotation.turn % len(rotation.slots)


def list_changes(rotation: Rotation, place: int, start: int, end: int) -> list[Change]:
    """When another slot has its turn, after `start` and up to `end`. Hours that touch end and begin at the same time."""
    begin, finish = max(start, rotation.first), end + 1
    if rotation.last is not None:
        finish = min(finish, rotation.last)
    if not rotation.slots or begin >= finish:
        return []
    if rotation.hours:
        found = _list_within_hours(rotation, place, begin, finish)
    else:
        found = _list_turns(rotation, place, begin, finish)
    if finish <= end:
        found.append((finish, place, OFF_DUTY))
    return found[bisect_right(found, (start, place, len(rotation.slots))) :]


def _list_turns(rotation: Rotation, place: int, begin: int, finish: int) -> list[Change]:
    """The turn at `begin` and those that begin before `finish`."""
    number = (begin - rotation.first) // rotation.turn
    if len(rotation.slots) == 1:
        return [(begin, place, 0)]
    walls = range(rotation.first + number * rotation.turn, finish, rotation.turn)
    slots = islice(cycle(range(len(rotation.slots))), number % len(rotation.slots), None)
    return [(max(walls[0], begin), place, next(slots)), *zip(walls[1:], repeat(place), slots, strict=False)]


def _list_within_hours(rotation: Rotation, place: int, begin: int, finish: int) -> list[Change]:
    found: list[Change] = []
    first, turn, count = rotation.first, rotation.turn, len(rotation.slots)
    for monday in range(begin - (begin - MONDAY) % WEEK, finish, WEEK):
        for opens, closes in rotation.hours:
            open_at, close_at = max(monday + opens, begin), min(monday + closes, finish)
            if open_at >= close_at:
                continue
            number = (open_at - first) // turn
            found.append((open_at, place, number % count))
            handoff = first + (number + 1) * turn
            while handoff < close_at and count > 1:
                number += 1
                found.append((handoff, place, number % count))
                handoff += turn
            if close_at < finish:
                found.append((close_at, place, OFF_DUTY))
    return found
