"""Status updates of an incident, and the promised time of the next one.

A promise has one timer (`update_due`). When it passes, the commander is reminded; a reminder can be snoozed, comes back
at most three times, and then stays quiet until there is a new promise.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.errors import Invalid, Refused
from bot.flow.timers import Due
from bot.flow.unit import Event, Unit
from bot.incidents.events import IncidentEvent
from bot.incidents.lives import change_status
from storage.models import Incident, Update
from storage.words import IncidentStatus

REMINDERS = 3
AGAIN_AFTER = timedelta(minutes=10)


@dataclass(frozen=True)
class UpdatePosted(IncidentEvent):
    update_id: int
    text: str


@dataclass(frozen=True)
class UpdateOverdue(Event):
    """The promised time has passed without an update."""

    incident_id: int
    time: int
    promised_at: str


async def post_update(
    unit: Unit,
    incident: Incident,
    text: str,
    status: IncidentStatus | None = None,
    next_at: datetime | None = None,
) -> Update:
    """Tell stakeholders, perhaps with a new status; `next_at` promises when they hear again."""
    if not text.strip():
        raise Invalid("update.empty", "text")
    if next_at is not None and next_at <= unit.now:
        raise Invalid("time.past", "next")
    if status is not None and status is not incident.status:
        await change_status(unit, incident, status)
    update = Update(
        incident_id=incident.id,
        at=unit.now,
        author_id=unit.actor.user_id,
        author_name=unit.actor.name,
        text=text.strip(),
        status=incident.status,
        priority=incident.priority,
        next_at=next_at if incident.status.is_open else None,
    )
    unit.session.add(update)
    await unit.session.flush()
    promise_update(unit, incident, update.next_at)
    unit.emit(UpdatePosted(incident.id, update.id, update.text))
    return update


def promise_update(unit: Unit, incident: Incident, at: datetime | None) -> None:
    """Set or forget the time of the next update."""
    incident.next_update_at = at
    if at is None:
        unit.cancel("update_due", f"incident:{incident.id}")
    else:
        unit.plan("update_due", f"incident:{incident.id}", at, {"time": 1})


def snooze_reminder(unit: Unit, incident: Incident, minutes: int) -> datetime:
    """Remind later; the promise itself stays as it was. Raises Refused when nothing is promised."""
    if incident.next_update_at is None:
        raise Refused("update.nothing_promised", ref=incident.ref)
    at = unit.now + timedelta(minutes=minutes)
    unit.plan("update_due", f"incident:{incident.id}", at, {"time": 1})
    return at


async def remind_of_update(unit: Unit, due: Due) -> None:
    """The handler of the `update_due` timer."""
    incident = await unit.session.get(Incident, due.number)
    if incident is None or not incident.status.is_open or incident.next_update_at is None:
        return
    time = int(due.payload.get("time", 1))
    unit.emit(UpdateOverdue(incident.id, time, incident.next_update_at.isoformat()))
    if time < REMINDERS:
        unit.plan("update_due", due.subject, unit.now + AGAIN_AFTER, {"time": time + 1})
