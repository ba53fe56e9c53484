"""Alerts that are held back: what holds one (a silence, a maintenance, a rule) ends, and it goes on as if it came now."""

from collections.abc import Collection
from datetime import datetime

from bot.alerts.events import AlertChanged, AlertOpened
from bot.alerts.lives import log_alert
from bot.flow.unit import Unit
from storage.models import Alert
from storage.questions import silences as ask


async def hold(unit: Unit, alerts: Collection[Alert], by: str, until: datetime | None) -> None:
    """Hold back alerts that are open already."""
    for alert in alerts:
        alert.held_by, alert.held_until = by, until
        log_alert(unit, alert.id, "held", by=by, until=until.isoformat() if until else "")
        unit.emit(AlertChanged(alert.id, alert.incident_id))


async def release_held_by(unit: Unit, by: str) -> None:
    """What held them (`silence:4`) has ended before its time: they are let go."""
    for alert in await ask.list_held(unit.session, by):
        alert.held_by, alert.held_until = "", None
        log_alert(unit, alert.id, "released")
        unit.emit(AlertOpened(alert.id, alert.incident_id, alert.team_id, alert.acknowledged_at is not None))
