"""Stores the signals of one turn, within which their order does not matter: opens new alerts by the stages, counts repeats
of open ones, acknowledges, closes and notes, each by statements for all of them at once."""

import asyncio
import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from bot.alerts.arrival import Arrival
from bot.alerts.catalog import Catalog
from bot.alerts.events import AlertAcknowledged, AlertClosed, AlertsRepeated
from bot.alerts.holds import plan_release, release_counted
from bot.alerts.payloads import Payloads
from bot.alerts.routing import route_responders
from bot.alerts.said import keep_said
from bot.alerts.signal import TITLE_LIMIT, Action, clip
from bot.alerts.stages import STAGES
from bot.alerts.telling import announce_joined, tell_incidents
from bot.alerts.traces import pack
from bot.alerts.turns import Waiting, fit
from bot.alerts.upkeep import plan_end
from bot.alerts.worse import find_worse, go_on_as_worse
from bot.flow.unit import Unit
from storage.questions import alerts as ask
from storage.words import AlertStatus

BREATHE_EVERY = 50
"""After so many new alerts the loop turns to others."""
NOTED = {Action.ACKNOWLEDGE: "acknowledged", Action.RESOLVE: "closed", Action.NOTE: "note"}
OUTCOMES = {
    Action.TRIGGER: "repeated",
    Action.ACKNOWLEDGE: "acknowledged",
    Action.RESOLVE: "closed",
    Action.NOTE: "noted",
}


class Receipt(NamedTuple):
    """What became of one signal: opened, repeated, acknowledged, closed, noted, ignored (by a rule), or nothing_open."""

    alias: str
    outcome: str
    alert_id: int | None = None
    uid: str = ""


class Turn:
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
        await self._write_notes(opened)
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
        known = self.open[one.key]
        return Receipt(alias, outcome, known.id, known.uid)

    async def _open_and_count(self, triggers: list[Waiting]) -> dict[tuple[int, str], tuple[int, str]]:
        """Count repeats of open alerts, and open the new ones; returns the new ones' ids by key."""
        counts: dict[int, int] = {}
        arrivals: dict[tuple[int, str], Arrival] = {}
        for one in triggers:
            if one.key in self.open:
                number = self.open[one.key].id
                counts[number] = counts.get(number, 0) + 1
            elif one.key in arrivals:
                arrivals[one.key].count_again(one.signal.priority)
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
            await ask.count_repeats(self.unit.session, counts, self.unit.now)
            if self.known.counts_repeats:
                await release_counted(self.unit, counts)
            again = [(self.open[one.key], one.signal.priority) for one in triggers if one.key in self.open]
            incidents = {known.incident_id for known, _ in again} - {None}
            self.unit.emit(
                AlertsRepeated(tuple(counts), tuple(number for number in incidents if number is not None))
            )
            if worse := find_worse(again):
                await go_on_as_worse(self.unit, self.known, worse)
        return await self._open(arrivals) if arrivals else {}

    async def _open(self, arrivals: dict[tuple[int, str], Arrival]) -> dict[tuple[int, str], tuple[int, str]]:
        for place, arrival in enumerate(arrivals.values(), 1):
            for stage in STAGES:
                await stage(self.unit, arrival, self.known)
            arrival.call_responders()
            await route_responders(self.unit, arrival, self.known)
            if place % BREATHE_EVERY == 0:
                await asyncio.sleep(0)
        await self.unit.session.flush()
        kept = await self.payloads.keep({arrival.place: "opened" for arrival in arrivals.values()})
        rows = [
            {
                **_row(arrival),
                "payload_id": kept.get(arrival.place),
                "said": keep_said(arrival.signal, arrival.said_priority, self.known.asked),
            }
            for arrival in arrivals.values()
        ]
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
        ids = [self.open[one.key].id for one in signals if one.key in self.open]
        for alert in await ask.list_alerts_by_id(self.unit.session, ids) if ids else ():
            if alert.acknowledged_at is None:
                alert.acknowledged_at = self.unit.now
                self.unit.emit(AlertAcknowledged(alert.id, alert.incident_id))

    async def _write_notes(self, opened: dict[tuple[int, str], tuple[int, str]]) -> None:
        """What senders want to have written on an alert, and who did it there. A note that comes with each repeat is
        written once."""
        numbers = {key: number for key, (number, _) in opened.items()}
        numbers |= {key: found.id for key, found in self.open.items()}
        told = [
            one
            for one in self.turn
            if one.key in numbers
            and (one.signal.note or (one.signal.user and one.signal.action is not Action.TRIGGER))
        ]
        again = {
            numbers[one.key] for one in told if one.signal.action is Action.TRIGGER and one.key in self.open
        }
        noted = await ask.find_noted(self.unit.session, sorted(again)) if again else set()
        rows = []
        for one in told:
            signal, number = one.signal, numbers[one.key]
            text = signal.note[:25_000]
            if signal.action is Action.TRIGGER and (number, text) in noted:
                continue
            noted.add((number, text))
            rows.append(
                {
                    "alert_id": number,
                    "at": self.unit.now,
                    "actor_id": None,
                    "actor_name": signal.user[:120] or self.known.integrations[one.integration_id].name,
                    "kind": NOTED[signal.action] if not signal.note else "note",
                    "text": text,
                    "data": {},
                }
            )
        if rows:
            await ask.insert_notes(self.unit.session, rows)
            self.unit.touch(*(f"alert:{row['alert_id']}" for row in rows[:100]))

    async def _close(self, signals: list[Waiting]) -> None:
        ending = {
            self.open[one.key].id: self.open[one.key].incident_id for one in signals if one.key in self.open
        }
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
        "trace": pack(arrival.trace),
    }
