"""What an escalation does next, as properties of the pure decision."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.paging.policy import Progress, Step, decide
from storage.words import StepCondition

START = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
STEPS = st.lists(
    st.builds(Step, st.sampled_from(list(StepCondition)), st.integers(0, 3600)), min_size=1, max_size=5
).map(lambda steps: tuple(sorted(steps, key=lambda step: step.delay)))
LOOKS = st.lists(st.integers(0, 20_000), min_size=1, max_size=15).map(sorted)


@given(STEPS, LOOKS, st.integers(0, 3), st.integers(1, 900))
def test_however_often_it_looks_each_step_runs_once_and_never_early(
    steps: tuple[Step, ...], looks: list[int], repeat: int, repeat_after: int
) -> None:
    progress = Progress(0, 0, START)
    ran: list[tuple[int, int]] = []
    for second in looks:
        now = START + timedelta(seconds=second)
        decision = decide(steps, progress, now, False, repeat, repeat_after)
        progress = decision.progress
        ran += decision.run
        for round_, index in decision.run:
            begun = round_ * (steps[-1].delay + max(repeat_after, 1))
            assert begun + steps[index].delay <= second
        assert decision.due_at is None or decision.due_at > now
    assert len(ran) == len(set(ran))
    assert ran == sorted(ran)


@given(STEPS, st.integers(0, 3), st.integers(1, 900))
def test_nothing_is_left_out_when_nobody_answers(
    steps: tuple[Step, ...], repeat: int, repeat_after: int
) -> None:
    decision = decide(steps, Progress(0, 0, START), START + timedelta(days=9), False, repeat, repeat_after)
    assert len(decision.run) == len(steps) * (repeat + 1)
    assert decision.due_at is None


@given(STEPS, st.integers(0, 20_000))
def test_after_an_acknowledgement_only_steps_on_not_closed_run(steps: tuple[Step, ...], second: int) -> None:
    decision = decide(steps, Progress(0, 0, START), START + timedelta(seconds=second), True, 2, 60)
    assert all(steps[index].condition is StepCondition.NOT_CLOSED for _, index in decision.run)
