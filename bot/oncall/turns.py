"""Whose turn it is in one rotation, by the clock on the wall (`bot.oncall.wall`). Pure."""

from bisect import bisect_right
from itertools import cycle, islice

from bot.oncall.plan import Rotation
from bot.oncall.wall import MONDAY, WEEK

OFF_DUTY = -1
"""Instead of the place of a slot: the rotation has not begun, is over, has no slots, or is outside its hours."""
Turn = tuple[int, int]
"""Which rotation, by its place in the plan, and the place of the slot that has its turn."""


Change = tuple[int, Turn]
"""When a turn begins, on the wall."""


def find_slot(rotation: Rotation, wall: int) -> int:
    """The place of the slot that has its turn at this time on the wall, or OFF_DUTY."""
    if not rotation.slots or wall < rotation.first or (rotation.last is not None and wall >= rotation.last):
        return OFF_DUTY
    if rotation.hours and not _is_within(rotation.hours, wall):
        return OFF_DUTY
    return (wall - rotation.first) // rotation.turn % len(rotation.slots)


def list_changes(rotation: Rotation, place: int, start: int, end: int) -> list[Change]:
    """When another slot has its turn, after `start` and up to `end`, in no order; of two at the same time the later one in
    the list counts."""
    finish = end + 1 if rotation.last is None else min(rotation.last, end + 1)
    if not rotation.slots or max(start, rotation.first) >= finish:
        return []
    turns = [(place, slot) for slot in range(len(rotation.slots))]
    found = _list_handoffs(rotation, turns, start, finish)
    if rotation.hours:
        found = [*_list_hours(rotation, turns, start, finish), *_keep_within(rotation.hours, found)]
    if finish <= end:
        found.append((finish, (place, OFF_DUTY)))
    return found


def _list_handoffs(rotation: Rotation, turns: list[Turn], start: int, finish: int) -> list[Change]:
    """The turns that begin after `start` and before `finish`; that of a single slot begins once."""
    number = max((start - rotation.first) // rotation.turn + 1, 0)
    if len(turns) == 1:
        return [] if number else [(rotation.first, turns[0])]
    walls = range(rotation.first + number * rotation.turn, finish, rotation.turn)
    return list(zip(walls, islice(cycle(turns), number % len(turns), None), strict=False))


def _list_hours(rotation: Rotation, turns: list[Turn], start: int, finish: int) -> list[Change]:
    """When hours end and begin. Those that touch do so at the same time, so what ends comes first."""
    first, turn, count = rotation.first, rotation.turn, len(turns)
    after, off = max(start, first - 1), (turns[0][0], OFF_DUTY)
    found: list[Change] = []
    for closes in rotation.hours[1::2]:
        found += [(wall, off) for wall in _each_week(closes, after, finish)]
    for opens in rotation.hours[::2]:
        found += [(wall, turns[(wall - first) // turn % count]) for wall in _each_week(opens, after, finish)]
    return found


def _keep_within(hours: tuple[int, ...], changes: list[Change]) -> list[Change]:
    return [change for change in changes if _is_within(hours, change[0])]


def _each_week(time: int, after: int, finish: int) -> range:
    """When the wall shows this time of the week, after one time and before another."""
    return range(after + 1 + (MONDAY + time - after - 1) % WEEK, finish, WEEK)


def _is_within(hours: tuple[int, ...], wall: int) -> bool:
    """Of the times of the week at which hours begin and end by turns, as many as have passed: an odd number, within."""
    return bisect_right(hours, (wall - MONDAY) % WEEK) % 2 == 1
