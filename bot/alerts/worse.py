"""An open alert of which its sender says worse than ever before: WARNING becomes CRITICAL under one alias.

It is as urgent as that from then on: whoever was paged is paged as they wish for it, its incident is lifted, and rules that
hold it back are asked again. What a person or a rule made of the priority stays while the sender says nothing new.
"""

from collections.abc import Iterable, Mapping

from bot.alerts.catalog import Catalog
from bot.alerts.events import AlertChanged, AlertPriorityChanged
from bot.alerts.holds import let_go
from bot.alerts.lives import log_alert
from bot.flow.unit import Unit
from storage.models import Alert
from storage.questions import alerts as ask
from storage.questions.alerts import OpenAlert
from storage.words import Priority


def find_worse(repeats: Iterable[tuple[OpenAlert, Priority]]) -> dict[int, Priority]:
    """Of repeats of open alerts, those that are more urgent than the alert is and than its sender ever said."""
    worse: dict[int, Priority] = {}
    for alert, priority in repeats:
        if alert.said_priority and priority < min(alert.priority, alert.said_priority):
            worse[alert.id] = min(priority, worse.get(alert.id, priority))
    return worse


async def go_on_as_worse(unit: Unit, known: Catalog, worse: Mapping[int, Priority]) -> None:
    held = []
    for alert in await ask.list_alerts_by_id(unit.session, sorted(worse)):
        _lift(unit, alert, worse[alert.id], known.integrations[alert.integration_id].name)
        if alert.held_by and alert.incident_id is None:
            held.append(alert)
    if held:
        await let_go(unit, held, known, "worse")


def _lift(unit: Unit, alert: Alert, priority: Priority, sender: str) -> None:
    before, alert.priority = alert.priority, priority
    alert.said = {**(alert.said or {}), "priority": priority.value}
    data = {"before": before.value, "after": priority.value}
    log_alert(unit, alert.id, "alert_priority_changed", by_sender=sender, **data)
    unit.emit(AlertPriorityChanged(alert.id, alert.incident_id, alert.title, lifted=True))
    unit.emit(AlertChanged(alert.id, alert.incident_id))
