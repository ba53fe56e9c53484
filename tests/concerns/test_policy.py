"""What an escalation does next, as properties of the pure decision."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.paging.policy import Again, Progress, Step, decide
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
        decision = decide(steps, progress, now, None, Again(repeat, repeat_after))
        progress = decision.progress
        ran += decision.run
        for round_, index in decision.run:
            begun = round_ * (steps[-1].delay + max(repeat_after, 1))
            assert begun + steps[index].delay <= second
        assert decision.due_at is None or decision.due_at > now
    assert len(ran) == len(set(ran))
    assert ran == sorted(ran)


@given(STEPS, st.integers(0, 3), st.integers(1, 900))
def test_nothing_is_left_out_when_nobody_answers_and_no_round_comes_on_top_of_another(
    steps: tuple[Step, ...], repeat: int, repeat_after: int
) -> None:
    """Looked at after an outage of days first, and from then on when it is due."""
    progress, now, ran = Progress(0, 0, START), START + timedelta(days=9), 0
    while True:
        decision = decide(steps, progress, now, None, Again(repeat, repeat_after))
        assert len({round_ for round_, _ in decision.run}) <= 1
        progress, ran = decision.progress, ran + len(decision.run)
        if decision.due_at is None:
            break
        if decision.progress.next_step == 0:
            assert decision.due_at - now == timedelta(seconds=repeat_after + steps[0].delay)
        now = decision.due_at
    assert ran == len(steps) * (repeat + 1)


@given(STEPS, st.integers(0, 20_000))
def test_after_an_acknowledgement_only_steps_on_not_closed_run(steps: tuple[Step, ...], second: int) -> None:
    decision = decide(steps, Progress(0, 0, START), START + timedelta(seconds=second), START, Again(2, 60))
    assert all(steps[index].condition is StepCondition.NOT_CLOSED for _, index in decision.run)


@given(STEPS, LOOKS, st.integers(1, 3), st.integers(1, 900), st.lists(st.integers(0, 20_000), max_size=4))
def test_a_round_takes_back_what_was_acknowledged_before_it_and_nothing_else(
    steps: tuple[Step, ...], looks: list[int], repeat: int, repeat_after: int, acknowledged: list[int]
) -> None:
    """Looked at now and then, and at each acknowledgement, as an escalation is."""
    again = Again(repeat, repeat_after, resets=True)
    progress, acknowledged_at, begun = Progress(0, 0, START), None, START
    for second in sorted({*looks, *acknowledged}):
        now = START + timedelta(seconds=second)
        if second in acknowledged:
            acknowledged_at = now
        decision = decide(steps, progress, now, acknowledged_at, again)
        progress = decision.progress
        begun = progress.round_started_at if progress.round_started_at <= now else begun
        if decision.reset:
            acknowledged_at = None
        assert acknowledged_at is None or acknowledged_at >= begun, "nothing older than the round counts"
        assert decision.reset is False or second not in acknowledged or begun == now
        for _, index in decision.run:
            assert acknowledged_at is None or steps[index].condition is StepCondition.NOT_CLOSED
        assert decision.due_at is None or decision.due_at > now
