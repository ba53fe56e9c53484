"""What is asked of a plan: shifts, gaps, who comes next and who was before; and the hours as people write them."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.oncall.duty import Nobody
from bot.oncall.hours import read_hours
from bot.oncall.plan import Forwarding, Override, Plan, Restriction, Rotation, Slot, TimeOff
from bot.oncall.resolve import who
from bot.oncall.shifts import find_change, find_gaps, find_next, find_shifts
from storage.words import RotationKind

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
YEAR = timedelta(days=365)


def make_plan(*people: int | None, **more) -> Plan:
    """People (None: a gap) who have a week each."""
    slots = tuple(Slot(() if one is None else (one,)) for one in people)
    return Plan("UTC", (Rotation(1, RotationKind.WEEKLY, 1, datetime(2026, 11, 2, 9), slots),), **more)


@pytest.mark.parametrize(
    ("window", "parts"),
    [
        ({"days": ["mon"], "from": "09:00", "until": "17:30"}, [(540, 1050)]),
        ({"days": ["sun"], "from": "18:00", "until": "09:00"}, [(9720, 540)]),
        ({"days": ["tue"], "from": "09:00", "until": "09:00"}, [(1980, 3420)]),
        ({"days": ["fri"], "from": "18:00", "until": "09:00", "until_day": "mon"}, [(6840, 540)]),
        ({"days": ["mon"], "from": "09:00", "until": "09:00", "until_day": "mon"}, [(540, 540)]),
        ({"from": "00:00", "until": "00:00"}, [(day * 1440, (day + 1) * 1440 % 10_080) for day in range(7)]),
    ],
)
def test_a_window_is_read_as_it_is_written(window: dict[str, object], parts: list[tuple[int, int]]) -> None:
    assert read_hours([window]) == tuple(Restriction(*part) for part in parts)


def test_windows_that_overlap_or_touch_are_one() -> None:
    def hours(*restrictions: tuple[int, int]) -> tuple[int, ...]:
        parts = tuple(Restriction(*one) for one in restrictions)
        found = Rotation(1, RotationKind.DAILY, 1, datetime(2026, 1, 1), (), restrictions=parts).hours
        return tuple(edge // 60_000_000 for edge in found)

    assert hours((60, 120), (100, 200), (200, 260)) == (60, 260)
    assert hours((9000, 60)) == (0, 60, 9000, 10_080)
    assert hours((0, 5000), (5000, 0)) == hours((300, 300)) == ()


def test_who_comes_next_whatever_gap_lies_between() -> None:
    plan = make_plan(1, None, 2)
    at = MONDAY - timedelta(weeks=2)
    change, following = find_change(plan, at - 6 * DAY, YEAR), find_next(plan, at - 6 * DAY, YEAR)
    assert change is not None
    assert following is not None
    assert (change.at, change.people) == (at, ())
    assert (following.at, following.people) == (MONDAY - timedelta(weeks=1), (2,))
    assert find_next(make_plan(1), MONDAY, YEAR) is None
    assert find_change(make_plan(1), MONDAY, YEAR) is None


def test_shifts_of_a_person_are_whole_whatever_the_reason() -> None:
    own = Override(1, 1, MONDAY - DAY, MONDAY + DAY)
    plan = make_plan(1, 2, overrides=(own,))
    start = MONDAY - timedelta(weeks=1)
    assert find_shifts(plan, 1, start, start + 20 * DAY) == [
        (start, MONDAY + DAY),
        (MONDAY + 7 * DAY, start + 20 * DAY),
    ]


def test_each_gap_says_why() -> None:
    plan = make_plan(
        1, None, 2, overrides=(Override(1, None, MONDAY + DAY, MONDAY + 2 * DAY),), gone=frozenset({1, 2})
    )
    causes = [(gap.start, gap.cause) for gap in find_gaps(plan, MONDAY - 22 * DAY, MONDAY + 7 * DAY)]
    assert causes == [
        (MONDAY - 22 * DAY, Nobody.UNCOVERED),
        (MONDAY - 21 * DAY, Nobody.EMPTY),
        (MONDAY - 14 * DAY, Nobody.GAP),
        (MONDAY - 7 * DAY, Nobody.EMPTY),
        (MONDAY + DAY, Nobody.OVERRIDE),
        (MONDAY + 2 * DAY, Nobody.EMPTY),
    ]


def test_forwarding_goes_on_and_a_circle_ends_where_it_closes() -> None:
    def told(*pairs: tuple[int, int]) -> list[tuple[int, tuple[int, ...]]]:
        forwardings = tuple(Forwarding(giver, taker, MONDAY, MONDAY + DAY) for giver, taker in pairs)
        return [(duty.person, duty.passed_by) for duty in who(make_plan(1, forwardings=forwardings), MONDAY)]

    assert told((1, 2)) == [(2, (1,))]
    assert told((1, 2), (2, 3)) == [(3, (1, 2))]
    assert told((1, 2), (2, 1)) == [(1, ())]
    assert told((1, 2), (2, 3), (3, 2)) == [(2, (1,))]
    assert told((1, 2), (1, 3)) == [(3, (1,))]
    assert told((1, 1)) == [(1, ())]


def test_whoever_is_off_is_on_call_only_where_nobody_else_would_be() -> None:
    off = tuple(TimeOff(person, MONDAY, MONDAY + DAY) for person in (1, 2))
    (duty,) = who(make_plan(1, 2, times_off=off), MONDAY)
    assert duty.is_off
    (duty,) = who(make_plan(1, 2, 3, times_off=off), MONDAY + timedelta(hours=1))
    assert (duty.person, duty.reason, duty.instead_of) == (3, "stand_in", (1,))
    both = make_plan(1, 2, times_off=off)
    second = Rotation(2, RotationKind.DAILY, 1, datetime(2026, 1, 1), (Slot((4,)),))
    assert [one.person for one in who(Plan("UTC", (*both.rotations, second), times_off=off), MONDAY)] == [4]


def test_whoever_forwards_to_somebody_who_is_gone_keeps_the_shifts() -> None:
    away = (Forwarding(1, 9, MONDAY, MONDAY + DAY),)
    (kept,) = who(make_plan(1, forwardings=away, gone=frozenset({9})), MONDAY)
    assert (kept.person, kept.passed_by) == (1, ())


def test_an_override_for_somebody_who_is_gone_leaves_no_gap() -> None:
    older, newer = (Override(number, person, MONDAY, MONDAY + DAY) for number, person in ((1, 2), (2, 9)))
    for overrides, on_call in (((newer,), 1), ((older, newer), 2)):
        plan = make_plan(1, overrides=overrides, gone=frozenset({9}))
        assert [duty.person for duty in who(plan, MONDAY)] == [on_call]
        assert find_gaps(plan, MONDAY, MONDAY + 2 * DAY) == []
    forwards = (Forwarding(9, 3, MONDAY, MONDAY + DAY),)
    plan = make_plan(1, overrides=(newer,), forwardings=forwards, gone=frozenset({9}))
    assert [duty.person for duty in who(plan, MONDAY)] == [3]


@pytest.mark.parametrize(
    ("slots", "cause"),
    [
        ((3, None), Nobody.EMPTY),
        ((3, 3), Nobody.EMPTY),
        ((None, 3), Nobody.EMPTY),
        ((None, None), Nobody.GAP),
    ],
)
def test_of_several_causes_the_one_that_nobody_meant_is_told(
    slots: tuple[int | None, int | None], cause: Nobody
) -> None:
    """One rotation for each; the first one's place is taken by nobody in the second half of the time."""
    begin = datetime(2026, 11, 2, 9)
    rotations = tuple(
        Rotation(number, RotationKind.WEEKLY, 1, begin, (Slot(() if one is None else (one,)),))
        for number, one in enumerate(slots, 1)
    )
    later = Override(1, None, MONDAY + DAY, MONDAY + 2 * DAY, rotation=1)
    plan = Plan("UTC", rotations, overrides=(later,), gone=frozenset({3}))
    rest = Nobody.OVERRIDE if slots[1] is None else Nobody.EMPTY
    found = [gap.cause for gap in find_gaps(plan, MONDAY, MONDAY + 2 * DAY)]
    assert found == ([cause] if cause is rest else [cause, rest])


def test_a_rotation_is_over_at_the_very_minute_of_its_end() -> None:
    ends = datetime(2026, 11, 23, 9)
    once = Rotation(1, RotationKind.WEEKLY, 1, datetime(2026, 11, 2, 9), (Slot((1,)),), ends=ends)
    assert [duty.person for duty in who(Plan("UTC", (once,)), MONDAY - timedelta(minutes=1))] == [1]
    assert who(Plan("UTC", (once,)), MONDAY) == ()
