"""Whose turn it is in one rotation, by the clock on the wall (`bot.oncall.wall`). Pure."""

from bisect import bisect_right
from collections.abc import Iterable
from itertools import compress, cycle, islice

from bot.oncall.plan import Rotation
from bot.oncall.wall import MONDAY, WEEK

OFF_DUTY = -1
"""Instead of the place of a slot: the rotation has not begun, is over, has no slots, or is outside its hours."""
Turn = tuple[int, int]
"""Which rotation, by its place in the plan, and the place of the slot that has its turn."""


class Changes:
    """When turns begin, as times on the wall, and which: two columns, as there may be very many of them. They are in no
    order, but of two at the same time the later one in the columns counts."""

    def __init__(self) -> None:
        self.walls: list[int] = []
        self.turns: list[Turn] = []

    def add(self, walls: Iterable[int], turns: Iterable[Turn]) -> None:
        self.walls += walls
        self.turns += turns

    def sort(self) -> None:
        """By time."""
        order = sorted(range(len(self.walls)), key=self.walls.__getitem__)
        self.walls = [self.walls[number] for number in order]
        self.turns = [self.turns[number] for number in order]


def find_slot(rotation: Rotation, wall: int) -> int:
    """The place of the slot that has its turn at this time on the wall, or OFF_DUTY."""
    if not rotation.slots or wall < rotation.first or (rotation.last is not None and wall >= rotation.last):
        return OFF_DUTY
    if rotation.hours and not _is_within(rotation.hours, wall):
        return OFF_DUTY
    return (wall - rotation.first) // rotation.turn % len(rotation.slots)


def add_changes(changes: Changes, rotation: Rotation, place: int, start: int, end: int) -> None:
    """When another slot has its turn, after `start` and up to `end`. What begins at that time is known already."""
    first, turn, count, hours = rotation.first, rotation.turn, len(rotation.slots), rotation.hours
    finish = end + 1 if rotation.last is None else min(rotation.last, end + 1)
    if not rotation.slots or max(start, first) >= finish:
        return
    turns, off = [(place, slot) for slot in range(count)], (place, OFF_DUTY)
    number = max((start - first) // turn + 1, 0)
    handoffs = range(first + number * turn, finish, turn)
    if count == 1:
        handoffs = handoffs[: 0 if number else 1]
    following = islice(cycle(turns), number % count, number % count + len(handoffs))
    if not hours:
        changes.add(handoffs, following)
    else:
        # Hours that touch end and begin at the same time, so what ends comes first.
        after = max(start, first - 1)
        for closes in hours[1::2]:
            walls = _each_week(closes, after, finish)
            changes.add(walls, [off] * len(walls))
        for opens in hours[::2]:
            walls = _each_week(opens, after, finish)
            changes.add(walls, [turns[(wall - first) // turn % count] for wall in walls])
        inside = [_is_within(hours, wall) for wall in handoffs]
        changes.add(compress(handoffs, inside), compress(following, inside))
    if finish <= end:
        changes.add((finish,), (off,))


def _each_week(time: int, after: int, finish: int) -> range:
    """When the wall shows this time of the week, after one time and before another."""
    return range(after + 1 + (MONDAY + time - after - 1) % WEEK, finish, WEEK)


def _is_within(hours: tuple[int, ...], wall: int) -> bool:
    """Of the times of the week at which hours begin and end by turns, as many as have passed: an odd number, within."""
    return bisect_right(hours, (wall - MONDAY) % WEEK) % 2 == 1
