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
class Again:
    """How often the steps come again, how many seconds after the last one, and whether a new round takes back the
    acknowledgement that was given before it began."""

    times: int = 0
    wait: int = 300
    resets: bool = False


@dataclass(frozen=True)
class Decision:
    """Steps to run now (as (round, index)), where that leaves the escalation, and when to look again. `due_at` None means
    that nothing more will happen. `reset` says that the acknowledgement does not count any more."""

    run: tuple[tuple[int, int], ...]
    progress: Progress
    due_at: datetime | None
    reset: bool = False


def decide(
    steps: tuple[Step, ...],
    progress: Progress,
    now: datetime,
    acknowledged_at: datetime | None,
    again: Again,
) -> Decision:
    """Which steps are due, and when the next one is. After an acknowledgement only steps on `not closed` run, unless a new
    round takes it back. A round that ends late, after an outage, puts off the next one: nobody is paged for two at once."""
    run: list[tuple[int, int]] = []
    reset = False
    index, round_, started = progress.next_step, progress.round, progress.round_started_at
    insists = any(step.condition is StepCondition.NOT_CLOSED for step in steps)
    while steps:
        if index >= len(steps):
            if round_ >= again.times or not (acknowledged_at is None or again.resets or insists):
                break
            round_, index = round_ + 1, 0
            started += timedelta(seconds=steps[-1].delay)
            started = (max(started, now) if run else started) + timedelta(seconds=max(again.wait, 1))
        if acknowledged_at is not None and again.resets and round_ and acknowledged_at < started:
            if started > now:
                return Decision(tuple(run), Progress(index, round_, started), started, reset)
            acknowledged_at, reset = None, True
        step = steps[index]
        if acknowledged_at is not None and step.condition is StepCondition.NOT_ACKNOWLEDGED:
            index += 1
            continue
        due_at = started + timedelta(seconds=step.delay)
        if due_at > now:
            return Decision(tuple(run), Progress(index, round_, started), due_at, reset)
        run.append((round_, index))
        index += 1
    return Decision(tuple(run), Progress(index, round_, started), None, reset)
