"""Alerts in Opsgenie's shapes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.flow.unit import Unit
from storage.models import Alert, AlertNote, Integration, User
from storage.questions import access, catalog
from storage.questions import opsgenie as ask
from storage.words import AlertStatus

Shape = dict[str, Any]
KINDS = {"policy": "escalation"}
ENDS = ("acknowledged", "closed", "acknowledged_with_incident", "closed_with_incident")


def spell_time(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, as Opsgenie writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def spell_person(user: User | None) -> str:
    """Opsgenie calls people by their e-mail address; who has none is called by the handle."""
    return "" if user is None else user.email or user.handle


@dataclass(frozen=True)
class Surroundings:
    """What is shown beside alerts, read for all of a list at once."""

    people: Mapping[int, User]
    integrations: Mapping[int, Integration]
    notes: Mapping[int, Sequence[AlertNote]]

    @staticmethod
    async def read(unit: Unit, alerts: Sequence[Alert]) -> "Surroundings":
        ids = {
            one
            for row in alerts
            for one in (row.owner_id, row.acknowledged_by, row.closed_by)
            if one is not None
        }
        notes: dict[int, list[AlertNote]] = {}
        for note in await ask.list_notes_of_kinds(unit.session, [row.id for row in alerts], ENDS):
            notes.setdefault(note.alert_id, []).append(note)
        return Surroundings(
            await access.list_users_by_id(unit.session, ids),
            await catalog.list_by_id(unit.session, Integration, {row.integration_id for row in alerts}),
            notes,
        )

    def spell(self, user_id: int | None) -> str:
        return spell_person(self.people.get(user_id)) if user_id is not None else ""

    def find_doer(self, alert: Alert, kind: str, user_id: int | None) -> str:
        """Who did it: the person, or by the log whatever a program called itself."""
        if user_id is not None:
            return self.spell(user_id)
        names = [note.actor_name for note in self.notes.get(alert.id, ()) if note.kind.startswith(kind)]
        return names[-1] if names else ""


async def show_alerts(unit: Unit, alerts: Sequence[Alert], whole: bool = False) -> list[Shape]:
    """Alerts as in a list; `whole` adds what only a single one shows."""
    around = await Surroundings.read(unit, alerts)
    return [{**_show_alert(around, row), **(_show_rest(row) if whole else {})} for row in alerts]


def _show_alert(around: Surroundings, row: Alert) -> Shape:
    responders = [show_responder(one) for one in row.responders]
    if row.team_id is not None and ("team", str(row.team_id)) not in [
        (one["type"], one["id"]) for one in responders
    ]:
        responders.insert(0, {"type": "team", "id": str(row.team_id)})
    shape: Shape = {
        "id": row.uid,
        "tinyId": str(row.id),
        "alias": row.alias,
        "message": row.title,
        "status": row.status.value,
        "acknowledged": row.acknowledged_at is not None,
        "isSeen": row.acknowledged_at is not None,
        "seen": row.acknowledged_at is not None,
        "tags": [str(tag) for tag in row.tags],
        "snoozed": row.snoozed_until is not None,
        "count": row.count,
        "lastOccurredAt": spell_time(row.last_at),
        "createdAt": spell_time(row.first_at),
        "updatedAt": spell_time(max(filter(None, (row.last_at, row.acknowledged_at, row.closed_at)))),
        "source": row.source,
        "owner": around.spell(row.owner_id),
        "ownerTeamId": "" if row.team_id is None else str(row.team_id),
        "priority": row.priority.value,
        "responders": responders,
        "teams": [{"id": one["id"]} for one in responders if one["type"] == "team"],
        "integration": show_integration(around.integrations.get(row.integration_id)),
        "report": _show_report(around, row),
    }
    if row.snoozed_until is not None:
        shape["snoozedUntil"] = spell_time(row.snoozed_until)
    return shape


def _show_rest(row: Alert) -> Shape:
    return {
        "actions": [str(one) for one in row.actions],
        "entity": row.entity,
        "description": row.description,
        "details": {name: str(value) for name, value in row.labels.items()},
    }


def _show_report(around: Surroundings, row: Alert) -> Shape:
    """Times are in milliseconds since the alert was opened."""
    report: Shape = {}
    if row.acknowledged_at is not None:
        report["ackTime"] = _since(row.first_at, row.acknowledged_at)
        report["acknowledgedBy"] = around.find_doer(row, "acknowledged", row.acknowledged_by)
    if row.status is AlertStatus.CLOSED and row.closed_at is not None:
        report["closeTime"] = _since(row.first_at, row.closed_at)
        report["closedBy"] = around.find_doer(row, "closed", row.closed_by)
    return report


def _since(start: datetime, end: datetime) -> int:
    return max(0, round((end - start).total_seconds() * 1000))


def show_responder(one: Mapping[str, Any]) -> Shape:
    kind = str(one.get("type", ""))
    return {"type": KINDS.get(kind, kind), "id": str(one.get("id", ""))}


def show_integration(row: Integration | None) -> Shape:
    if row is None:
        return {"id": "", "name": "", "type": ""}
    return {"id": str(row.id), "name": row.name, "type": "API" if row.source == "opsgenie" else row.source}
