"""What an override would change is what it changes: the two accounts of the resolver, compared."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.oncall.duty import list_people
from bot.oncall.moves import find_moves
from bot.oncall.plan import Override, Plan, Rotation, Slot
from bot.oncall.resolve import who
from storage.words import RotationKind
from tests.oncall.plans import cases

HOUR = timedelta(hours=1)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@settings(max_examples=60)
@given(cases(hours=16), st.sampled_from([1, 2, 3, None]))
def test_a_move_is_where_the_resolver_says_something_else(
    case: tuple[Plan, datetime, datetime], person: int | None
) -> None:
    plan, start, end = case
    override = Override(10_000, person, start, end)
    changed = Plan(
        plan.zone,
        plan.rotations,
        plan.layered,
        (*plan.overrides, override),
        plan.forwardings,
        plan.times_off,
        plan.gone,
    )
    moves = find_moves(plan, override)
    moment = start
    while moment < end:
        before, after = list_people(who(plan, moment)), list_people(who(changed, moment))
        found = [move for move in moves if move.start <= moment < move.end]
        if set(before) == set(after):
            assert not found
        else:
            (move,) = found
            assert set(move.leaving) == set(before) - set(after)
            assert set(move.coming) == set(after) - set(before)
            assert move.is_gap == (not after)
        moment += timedelta(minutes=20)


def test_moves_are_whole_and_cut_where_somebody_else_leaves() -> None:
    rotation = Rotation(1, RotationKind.DAILY, 1, datetime(2026, 11, 1, 18), (Slot((1,)), Slot((2,))))
    plan = Plan("UTC", (rotation,))
    moves = find_moves(plan, Override(1, 1, NOON, NOON + 30 * HOUR))
    assert [(move.start, move.end, move.leaving, move.coming) for move in moves] == [
        (NOON + 6 * HOUR, NOON + 30 * HOUR, (2,), (1,))
    ]
    (gap,) = find_moves(plan, Override(1, None, NOON, NOON + HOUR))
    assert (gap.leaving, gap.coming, gap.is_gap) == ((1,), (), True)
