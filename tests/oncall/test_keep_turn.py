"""Whoever has the turn keeps it, whatever becomes of the others."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.oncall.keep_turn import keep_turn
from bot.oncall.plan import Rotation, Slot
from bot.oncall.turns import find_slot
from bot.oncall.wall import DAY, HOUR, wall_of
from storage.words import RotationKind

STARTS = datetime(2026, 11, 2, 9)
PEOPLE = st.lists(st.integers(1, 6), min_size=1, max_size=6).map(
    lambda numbers: tuple(Slot((number,) if number < 6 else ()) for number in numbers)
)


def rotate(*people: int, length: int = 1, starts: datetime = STARTS) -> Rotation:
    return Rotation(1, RotationKind.DAILY, length, starts, tuple(Slot((one,)) for one in people))


@given(PEOPLE, PEOPLE, st.integers(1, 3), st.integers(1, 3), st.integers(0, 90 * 24))
def test_whoever_has_the_turn_keeps_it(old, new, was, becomes, hours) -> None:
    rotation = Rotation(1, RotationKind.DAILY, was, STARTS, old)
    wall = wall_of(STARTS) + hours * HOUR
    starts = keep_turn(rotation, new, becomes, wall)
    changed = Rotation(1, RotationKind.DAILY, becomes, starts, new)
    before = old[find_slot(rotation, wall)]
    begun = wall - (wall - rotation.first) % rotation.turn
    if before in new:
        assert new[find_slot(changed, begun)] == before, "from when the turn began"
    assert starts.time() == STARTS.time(), "handed over at the same time of day"
    assert (wall_of(starts) - begun) % DAY == 0
    assert starts <= STARTS, "the past has no gap from it"


@pytest.mark.parametrize(
    ("day", "new", "order"),
    [
        (0, (1, 2, 3, 4), [1, 2, 3, 4, 1]),
        (1, (1, 4, 2, 3), [2, 3, 1, 4, 2]),
        (1, (1, 3), [3, 1, 3, 1, 3]),
        (2, (1, 2), [1, 2, 1, 2, 1]),
        (4, (5, 6), [5, 6, 5, 6, 5]),
        (3, (1, 1, 2), [1, 1, 2, 1, 1]),
    ],
)
def test_the_others_follow_in_the_new_order(day: int, new: tuple[int, ...], order: list[int]) -> None:
    rotation = rotate(1, 2, 3)
    wall = wall_of(STARTS) + day * DAY + HOUR
    slots = tuple(Slot((one,)) for one in new)
    changed = rotate(*new, starts=keep_turn(rotation, slots, 1, wall))
    assert [slots[find_slot(changed, wall + n * DAY)].people[0] for n in range(5)] == order


def test_what_has_not_begun_begins_when_it_would_have() -> None:
    early = wall_of(STARTS) - HOUR
    assert keep_turn(rotate(1, 2), (Slot((3,)),), 2, early) == STARTS


def test_a_team_is_the_same_with_other_people() -> None:
    rotation = Rotation(1, RotationKind.DAILY, 1, STARTS, (Slot((1,)), Slot((2, 3), team=7)))
    wall = wall_of(STARTS + timedelta(days=1, hours=2))
    slots = (Slot((5,)), Slot((1,)), Slot((2, 4), team=7))
    assert keep_turn(rotation, slots, 1, wall) == STARTS - timedelta(days=1)
