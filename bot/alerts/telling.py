"""What incidents hear of their alerts: one event for each incident, however many alerts there were."""

from bot.alerts.arrival import Group
from bot.flow.unit import Unit
from bot.incidents.events import AlertsJoined, AlertsOfIncidentClosed
from storage.models import Incident
from storage.questions import alerts as ask

SHOWN = 5
"""How many alerts of a group an event names; the rest is a number."""


def announce_joined(unit: Unit) -> None:
    """Tell each incident which alerts joined it."""
    joined = Group.of(unit).joined
    for incident_id, arrivals in joined.items():
        shown = tuple((arrival.alert_id, arrival.signal.title) for arrival in arrivals[:SHOWN])
        unit.emit(AlertsJoined(incident_id, len(arrivals), shown, arrivals[0].integration.name))
    joined.clear()


async def tell_incidents(unit: Unit, closed: dict[int, tuple[str, int | None]]) -> None:
    """Tell each incident which of its alerts were closed: (title, incident) by the id of the alert. One after the other, so
    that of two which are closed at the same moment one is the last."""
    by_incident: dict[int, list[tuple[int, str]]] = {}
    for number, (title, incident_id) in closed.items():
        if incident_id is not None:
            by_incident.setdefault(incident_id, []).append((number, title))
    await unit.read_many(Incident, by_incident.keys(), lock=True)
    left = await ask.count_open_in(unit.session, by_incident) if by_incident else {}
    for incident_id, alerts in by_incident.items():
        unit.emit(
            AlertsOfIncidentClosed(incident_id, len(alerts), tuple(alerts[:SHOWN]), left.get(incident_id, 0))
        )
