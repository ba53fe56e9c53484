"""What a silence covers when it begins: alerts that are open already are held, the newest first, in steps of bounded time.

The first step is done in the unit that begins it; a timer (`hold_alerts`) does the others and keeps how far they are, so
that a process that dies goes on where it was. Alerts that come meanwhile are held by the intake. An alert of an incident
is not held: its incident goes on paging, and its people are told.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bot.alerts.events import AlertsHeld
from bot.alerts.holds import hold
from bot.alerts.matchers import spell_matchers
from bot.alerts.quiet import Quiet, read_alert
from bot.flow.timers import Due
from bot.flow.unit import Unit
from bot.incidents.events import AlertsSilenced
from bot.incidents.privacy import find_visible
from storage.models import Incident, Integration, Service, Silence, Team
from storage.questions import catalog
from storage.questions import silences as ask

TIMER = "hold_alerts"
MOST_SEEN = 2_000
"""How many alerts one unit looks at."""
MOST_HELD = 250
"""How many of them it holds: writing takes longer than looking."""
PAGE = 500
Thing = TypeVar("Thing", Service, Team, Integration)


@dataclass(frozen=True)
class Covered:
    """What one step came to: how many alerts it holds, the open incidents that have such alerts and go on paging, and
    whether older alerts are looked at in the next one."""

    held: int = 0
    incidents: tuple[int, ...] = ()
    more: bool = False

    async def list_visible(self, unit: Unit) -> list[str]:
        """The incidents (`INC-7`), as far as who acts here may see them."""
        seen = [await find_visible(unit, number) for number in self.incidents]
        return [incident.ref for incident in seen if incident is not None]


async def cover_open(unit: Unit, silence: Silence) -> Covered:
    """Hold what is open already, or as much of it as one unit can; a timer holds the rest."""
    return await _step(unit, silence, None, ())


async def cover_due(unit: Unit, due: Due) -> None:
    """The handler of the `hold_alerts` timer."""
    silence = await unit.session.get(Silence, due.number)
    if silence is not None:
        await unit.lock(silence)
    if silence is not None and silence.starts_at <= unit.now < silence.ends_at:
        await _step(unit, silence, due.payload.get("below"), due.payload.get("incidents", ()))


def forget_covering(unit: Unit, silence: Silence) -> None:
    """It ends: nothing more is held."""
    unit.cancel(TIMER, _subject(silence))


async def _step(unit: Unit, silence: Silence, below: int | None, told: Collection[int]) -> Covered:
    quiet = Quiet.of(silence)
    seen = await _look(unit, quiet, below, told)
    held = await hold(unit, seen.alerts, quiet.by, silence.ends_at, quiet.reason) if seen.alerts else []
    if held:
        unit.emit(AlertsHeld(tuple(held)))
    if seen.more:
        payload: dict[str, Any] = {"below": seen.below, "incidents": [*told, *seen.incidents]}
        unit.plan(TIMER, _subject(silence), unit.now, payload)
    return Covered(len(held), tuple(await _tell_incidents(unit, quiet, seen.incidents)), seen.more)


@dataclass
class _Seen:
    """What it covers among the alerts that one step looks at."""

    below: int | None
    """The last alert that was looked at."""
    alerts: list[int] = field(default_factory=list)
    incidents: dict[int, None] = field(default_factory=dict)
    more: bool = True


async def _look(unit: Unit, quiet: Quiet, below: int | None, told: Collection[int]) -> _Seen:
    """Look on below this alert, for as long as the unit may."""
    budget: dict[str, int] = unit.known.setdefault("covering", {"seen": MOST_SEEN, "held": MOST_HELD})
    asks_description = any(matcher.name == "description" for matcher in quiet.matchers)
    seen = _Seen(below)
    while budget["seen"] > 0 and budget["held"] > 0:
        names = await _read_names(unit)
        rows = await ask.list_coverable(unit.session, seen.below, PAGE, asks_description)
        for alert in rows:
            seen.below = alert.id
            if not quiet.covers(alert.integration_id, read_alert(alert, *names)):
                continue
            if alert.incident_id is not None:
                seen.incidents.update({alert.incident_id: None} if alert.incident_id not in told else {})
                continue
            seen.alerts.append(alert.id)
            budget["held"] -= 1
            if not budget["held"]:
                return seen
        budget["seen"] -= len(rows)
        if len(rows) < PAGE:
            seen.more = False
            return seen
    return seen


async def _tell_incidents(unit: Unit, quiet: Quiet, numbers: Collection[int]) -> list[int]:
    """Tell the people of open incidents that such alerts are silenced; returns those that go on paging."""
    row, paging = quiet.row, []
    for number in numbers:
        incident = await unit.session.get_one(Incident, number)
        if not incident.status.is_open:
            continue
        is_paging = incident.acknowledged_at is None
        unit.emit(
            AlertsSilenced(
                number,
                quiet.stage,
                row.maintenance_id or row.id,
                spell_matchers(quiet.matchers),
                row.creator_name,
                row.ends_at.isoformat(),
                is_paging,
            )
        )
        if is_paging:
            paging.append(number)
    return paging


async def _read_names(
    unit: Unit,
) -> tuple[dict[int, Integration], dict[int, Service], dict[int, Team]]:
    if "covering.names" not in unit.known:
        unit.known["covering.names"] = (
            await _list_by_id(unit, Integration),
            await _list_by_id(unit, Service),
            await _list_by_id(unit, Team),
        )
    names: tuple[dict[int, Integration], dict[int, Service], dict[int, Team]] = unit.known["covering.names"]
    return names


async def _list_by_id(unit: Unit, kind: type[Thing]) -> dict[int, Thing]:
    return {row.id: row for row in await catalog.list_named(unit.session, kind, everything=True)}


def _subject(silence: Silence) -> str:
    return f"silence:{silence.id}"
