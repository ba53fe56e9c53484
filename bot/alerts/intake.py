"""The way in. Gathers what is waiting into one unit of work (many requests, one flush to disk) and takes it through the
stages; the common case, a repeat of an open alert, is one set-based statement.

`accept` returns only after the commit: a sender that got 2xx has its signals stored. When more is waiting than can be
held, or the database is away, it raises Unavailable, and nothing of that request is kept.
"""

import asyncio
import time
from collections import Counter as PythonCounter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from prometheus_client import Counter, Gauge

from bot.alerts.actions import act
from bot.alerts.catalog import Catalog, remember_match
from bot.alerts.payloads import Payload, Payloads, Samples
from bot.alerts.queue import Delivery, FairQueue, Sender
from bot.alerts.signal import Signal
from bot.alerts.storing import Receipt, Turn
from bot.alerts.turns import Waiting, split_turns
from bot.errors import Unavailable
from bot.flow.unit import Unit, Work
from bot.logs import get_logger
from storage.questions.catalog import mark_heard

log = get_logger(__name__)
GROUP = 1_000
TARGET_SECONDS = 0.1
"""How long one group may take: those who acknowledge or look meanwhile wait for it."""
SMALLEST_GROUP = 20
FIRST_GROUP = 50
"""Nobody knows yet how fast this machine is, and all senders may come at once."""
STORM = 8
"""A group of so many deliveries is no accident."""
LINGER_SECONDS = 0.005
"""How long the next group waits at most for those of the last one."""
HEARD_EVERY = timedelta(seconds=5)
"""How exactly it is known when a sender was heard last."""
SAMPLE_EVERY = timedelta(minutes=10)
"""How often a message that opens no alert is kept of each sender, for each thing that may become of it."""
received = Counter("tocsin_signals_total", "Signals accepted", ["source", "outcome"])
waiting = Gauge("tocsin_intake_waiting", "Signals received and not yet committed")


class SenderChanged(Unavailable):
    """The key of a request no longer holds, or its integration is set up otherwise than it was read. It is read anew, or
    sent again: then it is let in, or refused, by what holds now."""

    def __init__(self) -> None:
        super().__init__("sender.changed")


@dataclass
class Intake:
    work: Work
    samples: Samples = field(default_factory=lambda: Samples(SAMPLE_EVERY))
    _queue: FairQueue = field(default_factory=FairQueue)
    _group: int = FIRST_GROUP
    _worker: asyncio.Task[None] | None = None
    _known: Catalog | None = None
    _heard: dict[int, datetime] = field(default_factory=dict)

    async def accept(
        self,
        integration_id: int,
        signals: Sequence[Signal],
        payload: Payload | None = None,
        sender: Sender | None = None,
    ) -> list[Receipt]:
        """Store the signals durably, and what they were read from when they open an alert; their receipts in order. Raises
        SenderChanged when the sender, as it was remembered, is no longer what it was."""
        if not signals:
            return []
        self.check_room(integration_id, len(signals))
        done: asyncio.Future[list[Receipt]] = asyncio.get_running_loop().create_future()
        self._queue.add(Delivery(integration_id, signals, done, payload, sender))
        waiting.set(self._queue.count)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await done

    def check_room(self, integration_id: int, signals: int = 1) -> None:
        """Raise Unavailable when more waits already than so many signals of this sender can wait behind: worth asking before
        a body is read, which costs more than to refuse it."""
        if not self._queue.has_room(integration_id, signals):
            raise Unavailable("intake.full")

    async def _work(self) -> None:
        last = 0
        while self._queue:
            await self._linger(last)
            group = self._queue.take(self._group)
            last = len(group)
            size = sum(len(delivery.signals) for delivery in group)
            started = time.monotonic()
            try:
                await self._commit(group)
            finally:
                self._queue.leave(group)
                waiting.set(self._queue.count)
                self._fail(group, Unavailable("storage.unavailable"))
            self._fit_group(size, time.monotonic() - started)

    async def _linger(self, last: int) -> None:
        """In a storm, let those of the last group send again before the next one is taken: otherwise half of all senders
        always wait for the other half, in groups of half the size, which cost as much each."""
        until, wanted = time.monotonic() + LINGER_SECONDS, self._queue.count + last
        while last >= STORM and self._queue.count < wanted and time.monotonic() < until:  # noqa: ASYNC110 (cheaper than an event)
            await asyncio.sleep(LINGER_SECONDS / 10)

    def _fit_group(self, size: int, seconds: float) -> None:
        """Keep a group short enough for others to write in between: people who acknowledge must not wait for a storm."""
        if seconds > TARGET_SECONDS:
            self._group = max(SMALLEST_GROUP, min(self._group, size) // 2)
        elif seconds < TARGET_SECONDS / 2:
            self._group = min(GROUP, self._group * 2)

    async def _commit(self, group: list[Delivery]) -> None:
        try:
            receipts = await self.work.run(lambda unit: self._store(unit, group))
        except Unavailable as gone:
            self._fail(group, gone)
        except Exception as error:
            log.exception("intake.group_failed", deliveries=len(group))
            if len(group) == 1:
                self._fail(group, error)
            else:
                for delivery in group:
                    await self._commit([delivery])
        else:
            if self._known is not None:
                self._known.keeps_lines = True
            for delivery, answers in zip(group, receipts, strict=True):
                if answers is None:
                    self._fail([delivery], SenderChanged())
                elif not delivery.done.done():
                    delivery.done.set_result(answers)

    @staticmethod
    def _fail(group: list[Delivery], error: Exception) -> None:
        for delivery in group:
            if not delivery.done.done():
                delivery.done.set_exception(error)

    async def _store(self, unit: Unit, group: list[Delivery]) -> list[list[Receipt] | None]:
        """The receipts of each delivery; None for one whose sender has changed."""
        known = await Catalog.read(unit, self._known)
        if known is not self._known:
            self._known = known.detach(unit)
        await known.keep_lines(unit)
        good = _list_still_true(group, known)
        await self._hear(unit, {one.integration_id for one in good})
        receipts: list[list[Receipt | None]] = [[None] * len(one.signals) for one in good]
        payloads = Payloads(unit, [(one.integration_id, one.payload) for one in good])
        waiting_signals = self._act(unit, known, good, receipts)
        for turn in split_turns(waiting_signals):
            answers = await Turn(unit, known, turn, payloads).store()
            for one, answer in zip(turn, answers, strict=True):
                receipts[one.place][one.index] = answer
        await self._keep_samples(unit, good, receipts, payloads)
        _count(known, good, receipts)
        found = {
            id(one): [answer for answer in answers if answer is not None]
            for one, answers in zip(good, receipts, strict=True)
        }
        return [found.get(id(one)) for one in group]

    async def _keep_samples(
        self, unit: Unit, good: Sequence[Delivery], receipts: list[list[Receipt | None]], payloads: Payloads
    ) -> None:
        """Of what opened no alert."""
        wanted: dict[int, str] = {}
        for place, (delivery, (first, *_)) in enumerate(zip(good, receipts, strict=True)):
            if first is None or place in payloads.kept:
                continue
            sender, outcome = delivery.integration_id, first.outcome
            if self.samples.wants(sender, outcome, unit.now):
                self.samples.note(sender, outcome, unit.now)
                wanted[place] = outcome
        await payloads.keep(wanted)

    async def _hear(self, unit: Unit, integrations: set[int]) -> None:
        """Note when these were heard, not more often than every few seconds."""
        soon = unit.now - HEARD_EVERY
        new = {number for number in integrations if self._heard.get(number, soon) <= soon}
        if new:
            await mark_heard(unit.session, sorted(new), unit.now)
            self._heard.update(dict.fromkeys(new, unit.now))

    @staticmethod
    def _act(
        unit: Unit,
        known: Catalog,
        deliveries: Sequence[Delivery],
        receipts: list[list[Receipt | None]],
    ) -> list[Waiting]:
        """What the integration's actions make of each signal; those that they ignore get their receipts at once."""
        found = []
        for place, delivery in enumerate(deliveries):
            integration = known.integrations[delivery.integration_id]
            rules = known.list_actions(integration.id)
            for index, signal in enumerate(delivery.signals):
                acted = act(signal, integration.name, rules, unit.now)
                if acted.rule is not None:
                    remember_match(unit, acted.rule)
                if acted.signal is None:
                    receipts[place][index] = Receipt(signal.alias, "ignored")
                else:
                    found.append(Waiting(place, index, integration.id, acted.signal, acted.trace))
        return found


def _list_still_true(group: Sequence[Delivery], known: Catalog) -> list[Delivery]:
    """Those whose integration is what they were let in and read by."""
    is_true: dict[tuple[int, int], bool] = {}
    good = []
    for one in group:
        key = (one.integration_id, id(one.sender))
        if key not in is_true:
            is_true[key] = _is_still(one, known)
        if is_true[key]:
            good.append(one)
    return good


def _is_still(delivery: Delivery, known: Catalog) -> bool:
    """Whether an integration is what its request was let in and read by."""
    integration, sender = known.integrations.get(delivery.integration_id), delivery.sender
    if integration is None:
        return False
    return sender is None or (
        integration.active and integration.digest == sender.digest and integration.settings == sender.settings
    )


def _count(known: Catalog, deliveries: Sequence[Delivery], receipts: list[list[Receipt | None]]) -> None:
    outcomes = PythonCounter(
        (known.integrations[one.integration_id].source, receipt.outcome)
        for one, answers in zip(deliveries, receipts, strict=True)
        for receipt in answers
        if receipt is not None
    )
    for labels, count in outcomes.items():
        received.labels(*labels).inc(count)
