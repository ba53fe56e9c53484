"""Changes to what an alert says: its tags, details, words and priority, and its custom actions. Each leaves a line in the
alert's own log; what is so already changes nothing and says so by False."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.alerts.events import AlertChanged, AlertPriorityChanged
from bot.alerts.lives import check_open, log_alert
from bot.errors import Unknown
from bot.flow.unit import Unit
from storage.models import Alert
from storage.words import Priority

TAGS_LIMIT = 100
DETAILS_LIMIT = 200


def add_tags(unit: Unit, alert: Alert, tags: Sequence[str]) -> bool:
    new = [tag for tag in dict.fromkeys(tags) if tag not in alert.tags][: TAGS_LIMIT - len(alert.tags)]
    if not new:
        return False
    alert.tags = [*alert.tags, *new]
    return _changed(unit, alert, "tags_added", names=new)


def remove_tags(unit: Unit, alert: Alert, tags: Sequence[str]) -> bool:
    gone = [tag for tag in alert.tags if tag in tags]
    if not gone:
        return False
    alert.tags = [tag for tag in alert.tags if tag not in tags]
    return _changed(unit, alert, "tags_removed", names=gone)


def add_details(unit: Unit, alert: Alert, details: Mapping[str, str]) -> bool:
    """Details are the alert's labels; one of the same name is replaced."""
    new = {name: value for name, value in details.items() if alert.labels.get(name) != value}
    if not new or len({**alert.labels, **new}) > DETAILS_LIMIT:
        return False
    alert.labels = {**alert.labels, **new}
    return _changed(unit, alert, "details_added", names=sorted(new))


def remove_details(unit: Unit, alert: Alert, names: Sequence[str]) -> bool:
    gone = sorted(set(names).intersection(alert.labels))
    if not gone:
        return False
    alert.labels = {name: value for name, value in alert.labels.items() if name not in names}
    return _changed(unit, alert, "details_removed", names=gone)


def change_title(unit: Unit, alert: Alert, title: str) -> bool:
    check_open(alert)
    if not title or alert.title == title:
        return False
    old, alert.title = alert.title, title
    return _changed(unit, alert, "title_changed", old=old, new=title)


def change_description(unit: Unit, alert: Alert, description: str) -> bool:
    check_open(alert)
    if alert.description == description:
        return False
    alert.description = description
    return _changed(unit, alert, "description_changed")


def change_priority(unit: Unit, alert: Alert, priority: Priority) -> bool:
    """A higher one raises its incident, too."""
    check_open(alert)
    if alert.priority == priority:
        return False
    before, alert.priority = alert.priority, priority
    unit.emit(AlertPriorityChanged(alert.id, alert.incident_id, alert.title, priority < before))
    return _changed(unit, alert, "alert_priority_changed", before=before.value, after=priority.value)


def run_custom_action(unit: Unit, alert: Alert, name: str) -> bool:
    """Write down that a custom action was asked for; raises Unknown for one that the alert does not offer."""
    if name not in alert.actions:
        raise Unknown("alert.action_unknown", name=name, known=list(alert.actions))
    return _changed(unit, alert, "custom_action", name=name)


def _changed(unit: Unit, alert: Alert, kind: str, **data: Any) -> bool:
    log_alert(unit, alert.id, kind, **data)
    unit.emit(AlertChanged(alert.id, alert.incident_id))
    return True
