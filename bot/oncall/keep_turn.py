"""A rotation that gets other people, or turns of another length, goes on with whoever has the turn. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.oncall.plan import LENGTHS, Rotation, Slot


def keep_turn(rotation: Rotation, slots: Sequence[Slot], length: int, wall: int) -> datetime:
    """When the rotation is to begin (by the clocks of its zone), so that with these slots whoever has the turn at this time
    on the wall keeps it from when it began, and the others follow in the new order. Whoever is no longer in it is followed
    by who would have been next. A rotation that has not begun begins when it would have."""
    if wall < rotation.first or not rotation.slots or not slots:
        return rotation.starts
    number = (wall - rotation.first) // rotation.turn
    place = _find_place(rotation.slots, number % len(rotation.slots), slots)
    turns = number * rotation.turn - place * LENGTHS[rotation.kind] * length
    return rotation.starts + timedelta(microseconds=turns)


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
