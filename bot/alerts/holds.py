"""Alerts that are held back: what holds one (a silence, a maintenance, a rule) ends, and it goes on as if it came now.

A held alert is stored, counted and shown, but pages nobody and opens no incident. One timer for each moment at which
holds end takes the alerts in small groups through the stages again; what else holds one then holds it on.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.alerts.arrival import Arrival
from bot.alerts.catalog import Catalog
from bot.alerts.lives import log_alert
from bot.alerts.routing import route_responders
from bot.alerts.signal import Action, LinkTo, Signal
from bot.alerts.stages import STAGES
from bot.alerts.telling import announce_joined
from bot.alerts.traces import pack
from bot.flow.timers import Due
from bot.flow.unit import Unit
from storage.models import Alert, Integration
from storage.questions import holds as ask

GROUP = 100
"""How many alerts one unit releases, however many timers are due in it."""
AGAIN_AFTER = timedelta(seconds=1)
"""So soon it is looked again for alerts that somebody else was changing."""


def plan_release(unit: Unit, until: datetime | None) -> None:
    """Let what is held until then go when the time has come."""
    if until is not None:
        unit.plan("release_alerts", f"held:{until.isoformat()}", until)


async def hold(
    unit: Unit, alerts: Collection[int], by: str, until: datetime, reason: dict[str, Any]
) -> list[int]:
    """Hold back those of these alerts that are open and page by themselves; returns their ids. `reason` is for their
    traces."""
    held = await ask.hold_open(unit.session, alerts, by, until, reason)
    if held:
        plan_release(unit, until)
        for number in held:
            log_alert(unit, number, "held", by=by, until=until.isoformat())
    return held


async def move_holds(unit: Unit, by: str, until: datetime) -> None:
    """What holds them (`silence:4`) ends at another time; they are let go then."""
    await ask.move_holds(unit.session, by, until)
    plan_release(unit, until)


async def release_counted(unit: Unit, alerts: Collection[int]) -> None:
    """Of these alerts, which were sent again, let go those that only waited for that."""
    if await ask.end_counted(unit.session, alerts, unit.now):
        plan_release(unit, unit.now)


async def release_alerts(unit: Unit, due: Due) -> None:
    """The handler of the `release_alerts` timer. What is being sent again or changed now is passed over, and comes next."""
    left = GROUP - unit.known.get("released", 0)
    alerts = await ask.list_ended(unit.session, unit.now, left) if left else ()
    unit.known["released"] = GROUP - left + len(alerts)
    if alerts:
        await let_go(unit, alerts, await Catalog.read(unit), "released")
    if len(alerts) == left:
        unit.plan(due.kind, due.subject, unit.now)
    elif await ask.is_any_ended(unit.session, unit.now):
        unit.plan(due.kind, due.subject, unit.now + AGAIN_AFTER)


async def let_go(unit: Unit, alerts: Sequence[Alert], known: Catalog, reason: str) -> None:
    """Take them through the stages again: what held them has ended (`released`), or their sender says worse (`worse`)."""
    await known.keep_lines(unit)
    for alert in alerts:
        arrival = await arrive_again(unit, alert, known)
        for stage in STAGES:
            await stage(unit, arrival, known)
        await route_responders(unit, arrival, known)
        alert.responders = arrival.responders
        alert.held_by, alert.held_until, alert.held_count = (
            arrival.held_by,
            arrival.held_until,
            arrival.held_count,
        )
        alert.trace = [*alert.trace, {"stage": "release", "reason": reason}, *pack(arrival.trace)]
        alert.team_id, alert.service_id = arrival.team_id, arrival.service_id
        alert.policy_id = arrival.policy_id
        if arrival.held_by:
            plan_release(unit, arrival.held_until)
            log_alert(unit, alert.id, "held", by=arrival.held_by, until=_spell(arrival.held_until))
            continue
        alert.incident_id = arrival.incident_id
        log_alert(unit, alert.id, "released")
        awake = alert.acknowledged_at is None and alert.snoozed_until is None
        unit.emit(arrival.opened(awake))
    await unit.session.flush()
    announce_joined(unit)


async def arrive_again(unit: Unit, alert: Alert, known: Catalog) -> Arrival:
    """As if it came now: as it is, and with what its sender said."""
    said = alert.said or {}
    service = next((row.slug for row in known.services if row.id == alert.service_id), "")
    signal = Signal(
        action=Action.TRIGGER,
        alias=alert.alias,
        title=alert.title,
        description=alert.description,
        priority=alert.priority,
        source=alert.source,
        service=said.get("service", service),
        team=said.get("team", ""),
        user=said.get("user", ""),
        raw=said.get("payload", {}),
        labels=dict(alert.labels),
        links=tuple(LinkTo(one["title"], one["url"]) for one in alert.links),
        tags=tuple(alert.tags),
        entity=alert.entity,
    )
    return Arrival(
        signal,
        await unit.session.get_one(Integration, alert.integration_id),
        alert.first_at,
        alert.uid,
        count=alert.count,
        alert_id=alert.id,
        team_id=alert.team_id,
        service_id=alert.service_id,
        responders=list(alert.responders),
        actions=list(alert.actions),
        released=True,
    )


def _spell(at: datetime | None) -> str:
    return at.isoformat() if at else ""
