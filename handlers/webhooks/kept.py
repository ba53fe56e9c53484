"""Messages that were kept, read again as they were when they came."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.alerts.signal import Signal
from bot.alerts.trials import Trial, try_signals
from bot.errors import Problem, Unknown
from bot.flow.unit import Unit
from handlers.webhooks.receive import list_sources
from handlers.webhooks.source import Hook
from storage.models import Integration, RawPayload
from storage.questions.payloads import list_kept


def read_kept(integration: Integration, row: RawPayload) -> list[Signal]:
    """The signals of a kept message; raises Malformed or Invalid."""
    headers = {**row.headers, **({"Content-Type": row.content_type} if row.content_type else {})}
    return read_body(integration, row.body.encode(), headers, row.received_at, row.query)


def read_body(
    integration: Integration,
    body: bytes,
    headers: dict[str, str],
    at: datetime,
    query: dict[str, str] | None = None,
) -> list[Signal]:
    """The signals that this sender's parser reads in a body that came at that time; raises Malformed, Invalid or Unknown."""
    source = list_sources().get(integration.source)
    if source is None:
        raise Unknown("source.unknown", name=integration.source, known=sorted(list_sources()))
    hook = Hook(body, headers, query or {}, integration.settings)
    parsed: Sequence[object] = source.parse_at(hook, at) if source.parse_at else source.parse(hook)
    return [one for one in parsed if isinstance(one, Signal)]


@dataclass(frozen=True)
class Compared:
    """A signal of a kept message, and what rules make of it before and after a change; `changed` is empty when that is the
    same."""

    payload_id: int
    received_at: datetime
    before: Trial
    after: Trial
    changed: dict[str, tuple[Any, Any]]


@dataclass
class Replay:
    """`unreadable` is how many kept messages the parser refuses today."""

    count: int = 0
    unreadable: int = 0
    compared: list[Compared] = field(default_factory=list)

    @property
    def differences(self) -> list[Compared]:
        """What changed rules would treat otherwise."""
        return [one for one in self.compared if one.changed]


async def replay_kept(
    unit: Unit, integration: Integration, last: int, change: Callable[[], Awaitable[None]]
) -> Replay:
    """What `change`, made in this unit, would make otherwise of the last messages of a sender, the newest first."""
    replay = Replay()
    before: list[tuple[RawPayload, list[Signal], list[Trial]]] = []
    for row in await list_kept(unit.session, integration.id, last):
        try:
            signals = read_kept(integration, row)
        except Problem:
            replay.unreadable += 1
            continue
        before.append((row, signals, await try_signals(unit, integration, signals)))
    read = [(row.id, row.received_at, signals, trials) for row, signals, trials in before]
    await change()
    await unit.session.refresh(integration)
    for number, received_at, signals, trials in read:
        replay.count += 1
        for old, new in zip(trials, await try_signals(unit, integration, signals), strict=True):
            compared = Compared(number, received_at, old, new, old.list_differences(new))
            replay.compared.append(compared)
    return replay
