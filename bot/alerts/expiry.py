"""Alerts that are over when their sender does not send them again: Prometheus tells with each until when it fires. One timer
for each sender, at the time when its first alert ends.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.alerts.events import AlertClosed
from bot.alerts.lives import log_alert
from bot.alerts.telling import tell_incidents
from bot.flow.timers import Due
from bot.flow.unit import Unit
from storage.questions import alerts as ask_alerts
from storage.questions import expiry as ask

DEFAULT = timedelta(minutes=5)
"""How long an alert fires that does not say until when: Alertmanager's `resolve_timeout`."""
LONGEST = timedelta(days=366)
GROUP = 200


async def keep_expiries(unit: Unit, integration_id: int, expiries: Mapping[str, datetime]) -> None:
    """Note until when these aliases fire, before their alerts are stored: what is stored ends then in any case."""
    latest = unit.now + LONGEST
    await ask.keep_expiries(
        unit.session, integration_id, {alias: min(at, latest) for alias, at in expiries.items()}
    )
    await _plan(unit, integration_id)


async def expire_due(unit: Unit, due: Due) -> None:
    """The handler of the `expire_alerts` timer: what was not sent again is closed, in groups."""
    aliases = await ask.take_expired(unit.session, due.number, unit.now, GROUP)
    found = await ask_alerts.find_open(unit.session, {(due.number, alias) for alias in aliases})
    ending = {alert.id: alert.incident_id for alert in found.values()}
    if ending:
        titles = {alert.id: alert.title for alert in await ask_alerts.list_alerts_by_id(unit.session, ending)}
        await ask_alerts.close_alerts(unit.session, ending, unit.now, None)
        for number, incident_id in ending.items():
            log_alert(unit, number, "expired")
            unit.emit(AlertClosed(number, incident_id, titles[number]))
        await tell_incidents(unit, {number: (titles[number], ending[number]) for number in ending})
    await _plan(unit, due.number)


async def _plan(unit: Unit, integration_id: int) -> None:
    first = await ask.find_next_expiry(unit.session, integration_id)
    if first is not None:
        unit.plan("expire_alerts", f"integration:{integration_id}", max(first, unit.now))
