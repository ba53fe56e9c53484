"""What an escalation does next: a pure decision over its steps, the time and the state of its subject."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.words import StepCondition


@dataclass(frozen=True)
class Step:
    """`delay` is in seconds from the start of the round."""

    condition: StepCondition
    delay: int
    recipients: tuple[dict[str, object], ...] = ()


@dataclass(frozen=True)
class Progress:
    """Where an escalation stands: the next step to look at, in which round, and when that round began."""

    next_step: int
    round: int
    round_started_at: datetime


@dataclass(frozen=True)
class Decision:
    """Steps to run now (as (round, index)), where that leaves the escalation, and when to look again. `due_at` None means
    that nothing more will happen."""

    run: tuple[tuple[int, int], ...]
    progress: Progress
    due_at: datetime | None


def decide(
    steps: tuple[Step, ...],
    progress: Progress,
    now: datetime,
    acknowledged: bool,
    repeat: int,
    repeat_after: int,
) -> Decision:
    """Which steps are due, and when the next one is. After an acknowledgement only steps on `not closed` run."""
    run: list[tuple[int, int]] = []
    index, round_, started = progress.next_step, progress.round, progress.round_started_at
    while steps:
        if index >= len(steps):
            if acknowledged or round_ >= repeat:
                break
            round_, index = round_ + 1, 0
            started += timedelta(seconds=steps[-1].delay + max(repeat_after, 1))
        step = steps[index]
        if acknowledged and step.condition is StepCondition.NOT_ACKNOWLEDGED:
            index += 1
            continue
        due_at = started + timedelta(seconds=step.delay)
        if due_at > now:
            return Decision(tuple(run), Progress(index, round_, started), due_at)
        run.append((round_, index))
        index += 1
    return Decision(tuple(run), Progress(index, round_, started), None)
