"""What people do with an alert: acknowledge, close, snooze, assign, note. Each leaves a note in the alert's own log."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.alerts.events import (
    AlertAcknowledged,
    AlertAssigned,
    AlertChanged,
    AlertClosed,
    AlertSnoozed,
    AlertUnacknowledged,
    AlertWoke,
)
from bot.alerts.telling import tell_incidents
from bot.errors import Invalid, Refused, Unknown
from bot.flow.timers import Due
from bot.flow.unit import Unit
from bot.incidents.privacy import find_visible
from storage.models import Alert, User
from storage.questions import alerts as ask
from storage.questions import paging
from storage.words import AlertStatus

LONGEST_SNOOZE = timedelta(days=7)
"""As in Opsgenie."""


async def get_alert(unit: Unit, name: str) -> Alert:
    """The alert called `12`, `#12` or, as in an SMS, `A12`; raises Unknown, alike for one that is not there and one of an
    incident that who acts here may not see."""
    number = name.lstrip("#aA")
    alert = await unit.session.get(Alert, int(number)) if number.isdecimal() and len(number) < 10 else None
    if alert is None or (
        alert.incident_id is not None and await find_visible(unit, alert.incident_id) is None
    ):
        raise Unknown("alert.unknown", name=number)
    return alert


def split_open(alerts: Sequence[Alert]) -> tuple[list[Alert], list[Alert]]:
    """Those that are open, and those that are closed; raises Refused when none is open."""
    alive = [alert for alert in alerts if alert.status is AlertStatus.OPEN]
    if not alive:
        check_open(alerts[0])
    return alive, [alert for alert in alerts if alert.status is not AlertStatus.OPEN]


def log_alert(unit: Unit, alert_id: int, kind: str, text: str = "", by_sender: str = "", **data: Any) -> None:
    """Write into the alert's own log; what one change tells of many alerts is written in one statement."""
    by = {"actor_id": unit.actor.user_id, "actor_name": by_sender or unit.actor.name}
    row = {"alert_id": alert_id, "at": unit.now, **by, "kind": kind, "text": text, "data": data}
    unit.gather(_write_notes, row)
    unit.touch(f"alert:{alert_id}", "alerts")


async def _write_notes(unit: Unit, rows: list[dict[str, Any]]) -> None:
    await ask.insert_notes(unit.session, rows)


def acknowledge(unit: Unit, alert: Alert) -> bool:
    """Somebody is on it; they become its owner. Returns False when somebody was already."""
    check_open(alert)
    if alert.acknowledged_at is not None:
        return False
    alert.acknowledged_at = unit.now
    alert.acknowledged_by = alert.owner_id = unit.actor.user_id
    wake_up(unit, alert)
    log_alert(unit, alert.id, "acknowledged")
    unit.emit(AlertAcknowledged(alert.id, alert.incident_id))
    return True


async def acknowledge_too(unit: Unit, alert: Alert) -> bool:
    """Somebody was on it already, and then more were called in: they answer for themselves. Returns False when none of them
    waits for an answer or gives it."""
    if alert.acknowledged_at is None or alert.incident_id is not None:
        return False
    subject, since = f"alert:{alert.id}", alert.acknowledged_at
    if not await paging.is_waiting(unit.session, subject, unit.actor.user_id, since):
        return False
    log_alert(unit, alert.id, "acknowledged")
    unit.emit(AlertAcknowledged(alert.id, None))
    return True


def unacknowledge(unit: Unit, alert: Alert) -> None:
    """Nobody is on it any more; paging starts again from the first step, snoozed or not."""
    check_open(alert)
    if alert.acknowledged_at is None:
        raise Refused("alert.not_acknowledged", number=alert.id)
    alert.acknowledged_at = alert.acknowledged_by = None
    wake_up(unit, alert)
    log_alert(unit, alert.id, "unacknowledged")
    unit.emit(AlertUnacknowledged(alert.id, alert.incident_id))


async def close(unit: Unit, alert: Alert) -> None:
    check_open(alert)
    alert.status = AlertStatus.CLOSED
    alert.closed_at = unit.now
    alert.closed_by = unit.actor.user_id
    wake_up(unit, alert)
    log_alert(unit, alert.id, "closed")
    await unit.session.flush()
    unit.emit(AlertClosed(alert.id, alert.incident_id, alert.title))
    await tell_incidents(unit, {alert.id: (alert.title, alert.incident_id)})


async def close_alerts_of_incident(unit: Unit, incident_id: int) -> None:
    """The incident is over: its alerts are closed with it. They have no escalation of their own (the incident has)."""
    await _change_all(
        unit,
        incident_id,
        "closed_with_incident",
        {"status": AlertStatus.CLOSED, "closed_at": unit.now, "closed_by": unit.actor.user_id},
    )


async def acknowledge_alerts_of_incident(unit: Unit, incident_id: int, by: int | None) -> None:
    """Somebody is on the incident, and so on each of its open alerts."""
    values = {"acknowledged_at": unit.now, "acknowledged_by": by, "owner_id": by}
    await _change_all(unit, incident_id, "acknowledged_with_incident", values, only_unacknowledged=True)


async def _change_all(
    unit: Unit, incident_id: int, kind: str, values: dict[str, Any], only_unacknowledged: bool = False
) -> None:
    """Change the open alerts of an incident at once, however many there are; a snooze of theirs is over."""
    await unit.session.flush()
    snoozed = [
        alert.id
        for alert in await ask.list_open_of_incident(unit.session, incident_id)
        if alert.snoozed_until
    ]
    changed = await ask.change_open_of_incident(
        unit.session, incident_id, {**values, "snoozed_until": None}, only_unacknowledged
    )
    for number in set(snoozed).intersection(changed):
        unit.cancel("wake_alert", f"alert:{number}")
    for number in changed:
        log_alert(unit, number, kind, ref=f"INC-{incident_id}")


def snooze(unit: Unit, alert: Alert, until: datetime) -> None:
    """Be quiet until then; after that it is open and unacknowledged again, for whoever is on call then."""
    check_open(alert)
    if until <= unit.now:
        raise Invalid("time.past", "until")
    if until - unit.now > LONGEST_SNOOZE:
        raise Invalid("snooze.too_long", "until", days=LONGEST_SNOOZE.days)
    alert.snoozed_until = until
    log_alert(unit, alert.id, "snoozed", until=until.isoformat())
    unit.plan("wake_alert", f"alert:{alert.id}", until)
    unit.emit(AlertSnoozed(alert.id, alert.incident_id, until))


async def end_snooze(unit: Unit, due: Due) -> None:
    """The handler of the `wake_alert` timer."""
    alert = await take_open(unit, due)
    if alert is None or alert.snoozed_until is None:
        return
    alert.snoozed_until = None
    alert.acknowledged_at = alert.acknowledged_by = None
    log_alert(unit, alert.id, "woke", held=bool(alert.held_by))
    unit.emit(AlertWoke(alert.id, alert.incident_id, alert.team_id))


async def take_open(unit: Unit, due: Due) -> Alert | None:
    """The alert of a timer, if it is open when nobody changes it any more."""
    alert = await unit.session.get(Alert, due.number)
    if alert is not None:
        await unit.lock(alert)
    return alert if alert is not None and alert.status is AlertStatus.OPEN else None


def assign(unit: Unit, alert: Alert, user: User) -> None:
    """Give it to a person, who owns it from now on; an alert that is given to somebody counts as acknowledged."""
    check_open(alert)
    alert.owner_id = user.id
    wake_up(unit, alert)
    log_alert(unit, alert.id, "assigned", name=user.name)
    if alert.acknowledged_at is None:
        alert.acknowledged_at = unit.now
        alert.acknowledged_by = user.id
        unit.emit(AlertAcknowledged(alert.id, alert.incident_id, user.id))
    if user.id != unit.actor.user_id:
        unit.emit(AlertAssigned(alert.id, alert.incident_id, user.id, alert.title))
    unit.emit(AlertChanged(alert.id, alert.incident_id))


def add_note(unit: Unit, alert: Alert, text: str) -> None:
    if not text.strip():
        raise Invalid("note.empty", "text")
    log_alert(unit, alert.id, "note", text.strip()[:25_000])
    unit.emit(AlertChanged(alert.id, alert.incident_id))


def check_open(alert: Alert) -> None:
    """Raise Refused for an alert that is closed."""
    if alert.status is not AlertStatus.OPEN:
        raise Refused("alert.closed", number=alert.id)


def wake_up(unit: Unit, alert: Alert) -> bool:
    """End its snooze; returns False when there is none."""
    if alert.snoozed_until is None:
        return False
    alert.snoozed_until = None
    unit.cancel("wake_alert", f"alert:{alert.id}")
    return True
