"""The way in. Gathers what is waiting into one unit of work (many requests, one flush to disk) and takes it through the
stages; the common case, a repeat of an open alert, is one set-based statement.

`accept` returns only after the commit: a sender that got 2xx has its signals stored. When more is waiting than can be
held, or the database is away, it raises Unavailable, and nothing of that request is kept.
"""

import asyncio
import time
import uuid
from collections import Counter as PythonCounter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from prometheus_client import Counter, Gauge

from bot.alerts.actions import act
from bot.alerts.arrival import Arrival
from bot.alerts.catalog import Catalog, remember_match
from bot.alerts.events import AlertAcknowledged, AlertClosed, AlertsRepeated
from bot.alerts.holds import plan_release, release_counted
from bot.alerts.payloads import Payload, Payloads
from bot.alerts.queue import Delivery, FairQueue, Sender
from bot.alerts.signal import TITLE_LIMIT, Action, Signal, clip
from bot.alerts.stages import STAGES
from bot.alerts.telling import announce_joined, tell_incidents
from bot.alerts.turns import Waiting, fit, split_turns
from bot.alerts.upkeep import plan_end
from bot.errors import Unavailable
from bot.flow.unit import Unit, Work
from bot.logs import get_logger
from storage.questions import alerts as ask
from storage.questions.catalog import mark_heard
from storage.words import AlertStatus

log = get_logger(__name__)
GROUP = 1_000
TARGET_SECONDS = 0.3
SMALLEST_GROUP = 20
FIRST_GROUP = 50
"""Nobody knows yet how fast this machine is, and all senders may come at once."""
HEARD_EVERY = timedelta(seconds=5)
"""How exactly it is known when a sender was heard last."""
received = Counter("tocsin_signals_total", "Signals accepted", ["source", "outcome"])
waiting = Gauge("tocsin_intake_waiting", "Signals received and not yet committed")


NOTED = {Action.ACKNOWLEDGE: "acknowledged", Action.RESOLVE: "closed", Action.NOTE: "note"}
OUTCOMES = {
    Action.TRIGGER: "repeated",
    Action.ACKNOWLEDGE: "acknowledged",
    Action.RESOLVE: "closed",
    Action.NOTE: "noted",
}


@dataclass(frozen=True)
class Receipt:
    """What became of one signal: opened, repeated, acknowledged, closed, noted, ignored (by a rule), or nothing_open."""

    alias: str
    outcome: str
    alert_id: int | None = None
    uid: str = ""


class SenderChanged(Exception):
    """The key of a request no longer holds, or its integration is set up otherwise than it was read; nothing was kept."""


@dataclass
class Intake:
    work: Work
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
        if not self._queue.has_room(integration_id, len(signals)):
            raise Unavailable("intake.full")
        done: asyncio.Future[list[Receipt]] = asyncio.get_running_loop().create_future()
        self._queue.add(Delivery(integration_id, signals, done, payload, sender))
        waiting.set(self._queue.count)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await done

    async def _work(self) -> None:
        while self._queue:
            group = self._queue.take(self._group)
            size = sum(len(delivery.signals) for delivery in group)
            started = time.monotonic()
            try:
                await self._commit(group)
            finally:
                self._queue.leave(group)
                waiting.set(self._queue.count)
                self._fail(group, Unavailable("storage.unavailable"))
            self._fit_group(size, time.monotonic() - started)

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
        good = [one for one in group if _is_still(one, known)]
        await self._hear(unit, {one.integration_id for one in good})
        receipts: list[list[Receipt | None]] = [[None] * len(one.signals) for one in good]
        payloads = Payloads(unit, [(one.integration_id, one.payload) for one in good])
        waiting_signals = self._act(unit, known, good, receipts)
        for turn in split_turns(waiting_signals):
            answers = await _Turn(unit, known, turn, payloads).store()
            for one, answer in zip(turn, answers, strict=True):
                receipts[one.place][one.index] = answer
        _count(known, good, receipts)
        found = {
            id(one): [answer for answer in answers if answer is not None]
            for one, answers in zip(good, receipts, strict=True)
        }
        return [found.get(id(one)) for one in group]

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


class _Turn:
    """Stores the signals of one turn."""

    def __init__(
        self,
        unit: Unit,
        known: Catalog,
        turn: Sequence[Waiting],
        payloads: Payloads,
    ) -> None:
        self.unit, self.known, self.turn, self.payloads = unit, known, turn, payloads

    async def store(self) -> list[Receipt]:
        self.open = await ask.find_open(self.unit.session, {one.key for one in self.turn})
        opened = await self._open_and_count([one for one in self.turn if one.signal.action is Action.TRIGGER])
        await self._acknowledge([one for one in self.turn if one.signal.action is Action.ACKNOWLEDGE])
        await self._close([one for one in self.turn if one.signal.action is Action.RESOLVE])
        await self._write_notes()
        told: set[tuple[int, str]] = set()
        return [self._receipt(one, opened, told) for one in self.turn]

    def _receipt(
        self, one: Waiting, opened: dict[tuple[int, str], tuple[int, str]], told: set[tuple[int, str]]
    ) -> Receipt:
        """What became of it, as if the signals of the turn had come one after the other."""
        alias, action = one.key[1], one.signal.action
        is_first = one.key not in told
        told.add(one.key)
        if one.key in opened:
            number, uid = opened[one.key]
            return Receipt(alias, "opened" if is_first else "repeated", number, uid)
        if one.key not in self.open or (action is Action.RESOLVE and not is_first):
            return Receipt(alias, "nothing_open")
        outcome = OUTCOMES[action]
        number, uid, _ = self.open[one.key]
        return Receipt(alias, outcome, number, uid)

    async def _open_and_count(self, triggers: list[Waiting]) -> dict[tuple[int, str], tuple[int, str]]:
        """Count repeats of open alerts, and open the new ones; returns the new ones' ids by key."""
        counts: dict[int, int] = {}
        arrivals: dict[tuple[int, str], Arrival] = {}
        for one in triggers:
            if one.key in self.open:
                number = self.open[one.key][0]
                counts[number] = counts.get(number, 0) + 1
            elif one.key in arrivals:
                arrivals[one.key].count += 1
            else:
                integration = self.known.integrations[one.integration_id]
                arrivals[one.key] = Arrival(
                    fit(one.signal),
                    integration,
                    self.unit.now,
                    str(uuid.uuid4()),
                    place=one.place,
                    actions=list(one.signal.actions),
                    trace=list(one.trace),
                )
        if counts:
            rows = [{"alert": number, "by": by, "at": self.unit.now} for number, by in counts.items()]
            await ask.count_repeats(self.unit.session, rows)
            if self.known.counts_repeats:
                await release_counted(self.unit, counts)
            incidents = {self.open[one.key][2] for one in triggers if one.key in self.open} - {None}
            self.unit.emit(
                AlertsRepeated(tuple(counts), tuple(number for number in incidents if number is not None))
            )
        return await self._open(arrivals) if arrivals else {}

    async def _open(self, arrivals: dict[tuple[int, str], Arrival]) -> dict[tuple[int, str], tuple[int, str]]:
        for arrival in arrivals.values():
            for stage in STAGES:
                await stage(self.unit, arrival, self.known)
            arrival.call_responders()
        await self.unit.session.flush()
        kept = await self.payloads.keep({arrival.place for arrival in arrivals.values()})
        rows = [{**_row(arrival), "payload_id": kept.get(arrival.place)} for arrival in arrivals.values()]
        ids = await ask.insert_alerts(self.unit.session, rows)
        for arrival, number in zip(arrivals.values(), ids, strict=True):
            arrival.alert_id = number
            self.unit.emit(arrival.opened())
            if arrival.held_by:
                plan_release(self.unit, arrival.held_until)
            plan_end(self.unit, arrival)
        announce_joined(self.unit)
        return {key: (arrival.alert_id, arrival.uid) for key, arrival in arrivals.items()}

    async def _acknowledge(self, signals: list[Waiting]) -> None:
        ids = [self.open[one.key][0] for one in signals if one.key in self.open]
        for alert in await ask.list_alerts_by_id(self.unit.session, ids) if ids else ():
            if alert.acknowledged_at is None:
                alert.acknowledged_at = self.unit.now
                self.unit.emit(AlertAcknowledged(alert.id, alert.incident_id))

    async def _write_notes(self) -> None:
        """What senders want to have written on an alert, and who did it there."""
        rows = []
        for one in self.turn:
            signal = one.signal
            if one.key in self.open and (
                signal.note or (signal.user and signal.action is not Action.TRIGGER)
            ):
                rows.append(
                    {
                        "alert_id": self.open[one.key][0],
                        "at": self.unit.now,
                        "actor_name": signal.user[:120] or self.known.integrations[one.integration_id].name,
                        "kind": NOTED[signal.action] if not signal.note else "note",
                        "text": signal.note[:25_000],
                        "data": {},
                    }
                )
        if rows:
            await ask.insert_notes(self.unit.session, rows)
            self.unit.touch(*(f"alert:{row['alert_id']}" for row in rows[:100]))

    async def _close(self, signals: list[Waiting]) -> None:
        ending = {self.open[one.key][0]: self.open[one.key][2] for one in signals if one.key in self.open}
        if not ending:
            return
        titles = {alert.id: alert.title for alert in await ask.list_alerts_by_id(self.unit.session, ending)}
        await ask.close_alerts(self.unit.session, ending, self.unit.now, None)
        for number, incident_id in ending.items():
            self.unit.emit(AlertClosed(number, incident_id, titles.get(number, "")))
        await tell_incidents(
            self.unit, {number: (titles.get(number, ""), ending[number]) for number in ending}
        )


def _row(arrival: Arrival) -> dict[str, Any]:
    signal = arrival.signal
    return {
        "uid": arrival.uid,
        "integration_id": arrival.integration.id,
        "alias": signal.alias,
        "title": signal.title or clip(signal.alias, TITLE_LIMIT),
        "description": signal.description,
        "priority": signal.priority,
        "status": AlertStatus.OPEN,
        "count": arrival.count,
        "source": signal.source,
        "labels": signal.labels,
        "links": [{"title": link.title, "url": link.url} for link in signal.links],
        "images": [{"title": image.title, "url": image.url} for image in signal.images],
        "tags": list(signal.tags),
        "entity": signal.entity,
        "responders": arrival.responders,
        "actions": arrival.actions,
        "held_by": arrival.held_by,
        "held_until": arrival.held_until,
        "held_count": arrival.held_count,
        "policy_id": arrival.policy_id,
        "team_id": arrival.team_id,
        "service_id": arrival.service_id,
        "incident_id": arrival.incident_id,
        "first_at": arrival.at,
        "last_at": arrival.at,
        "trace": arrival.trace,
    }
