"""`/api/v1/alerts`: the list, and one alert with its log and why each stage of the intake decided as it did."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from bot.alerts.lives import get_alert as find_alert
from bot.alerts.traces import unpack
from bot.flow.unit import Unit
from bot.incidents.privacy import find_viewer
from handlers.api.operation import (
    Call,
    Filter,
    Listing,
    NoBody,
    NoQuery,
    Operation,
    PageQuery,
    PathPart,
    build_listing,
)
from handlers.api.values import LinkItem, Named, Person, find_person, list_people, show_named
from storage.models import Alert, AlertNote, Integration, Service, Team
from storage.questions import alerts as ask
from storage.questions import catalog, lists
from storage.words import AlertStatus, Priority

NUMBER = PathPart("number", "^[1-9][0-9]{0,8}$", "The alert's number.", "1")
INCIDENT = r"^((INC-|inc-)?[1-9][0-9]{0,8})?$"


class AlertQuery(PageQuery, frozen=True, kw_only=True):
    """Filters of alerts; several values of one filter mean any of them."""

    status: Annotated[tuple[AlertStatus, ...], Meta(max_length=2)] = ()
    priority: Annotated[tuple[Priority, ...], Meta(max_length=5)] = ()
    incident: Annotated[str, Meta(pattern=INCIDENT, description="The incident it belongs to, `INC-7`.")] = ""
    source: Annotated[Filter, Meta(description="Exactly this source.")] = ""
    acknowledged: Annotated[Literal["", "true", "false"], Meta(description="Whether somebody is on it.")] = ""


class AlertItem(Struct, frozen=True, kw_only=True):
    """An alert. `number` is what people type, `id` is for machines; `count` is how many signals it stands for."""

    number: int
    id: str
    alias: str
    title: str
    description: str
    priority: Priority
    status: AlertStatus
    count: int
    source: str
    labels: dict[str, Any]
    links: list[LinkItem]
    integration: Named | None
    team: Named | None
    service: Named | None
    incident: str | None
    owner: Person | None
    first_at: datetime
    last_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: Person | None
    snoozed_until: datetime | None
    closed_at: datetime | None
    closed_by: Person | None
    url: str


class Note(Struct, frozen=True):
    """A line of an alert's log."""

    at: datetime
    kind: str
    by: str
    person: Person | None
    text: str
    data: dict[str, Any]


class AlertDetail(AlertItem, frozen=True, kw_only=True):
    """One alert with its log. `trace` says what each stage of the intake decided, in order."""

    notes: list[Note]
    trace: list[dict[str, Any]]


async def list_alerts(call: Call[AlertQuery, NoBody]) -> Listing[AlertItem]:
    query = call.query
    incident = int(query.incident.upper().removeprefix("INC-")) if query.incident else None

    async def look(unit: Unit) -> Listing[AlertItem]:
        found = await lists.list_alerts(
            unit.session,
            query.wanted(),
            viewer=await find_viewer(unit),
            statuses=query.status,
            priorities=query.priority,
            incident_id=incident,
            acknowledged=query.acknowledged == "true" if query.acknowledged else None,
            source=query.source,
        )
        return build_listing(await _show_items(unit, found.rows), found.next_after)

    return await call.look(look)


async def _show_items(unit: Unit, rows: Sequence[Alert]) -> list[AlertItem]:
    people = await list_people(
        unit, [one for row in rows for one in (row.owner_id, row.acknowledged_by, row.closed_by)]
    )
    integrations = await catalog.list_by_id(unit.session, Integration, {row.integration_id for row in rows})
    teams = await catalog.list_by_id(
        unit.session, Team, {row.team_id for row in rows if row.team_id is not None}
    )
    services = await catalog.list_by_id(
        unit.session, Service, {row.service_id for row in rows if row.service_id is not None}
    )
    return [
        AlertItem(
            number=row.id,
            id=row.uid,
            alias=row.alias,
            title=row.title,
            description=row.description,
            priority=row.priority,
            status=row.status,
            count=row.count,
            source=row.source,
            labels=row.labels,
            links=[LinkItem(str(link["title"]), str(link["url"])) for link in row.links],
            integration=show_named(integrations.get(row.integration_id)),
            team=show_named(teams.get(row.team_id or 0)),
            service=show_named(services.get(row.service_id or 0)),
            incident=f"INC-{row.incident_id}" if row.incident_id is not None else None,
            owner=find_person(people, row.owner_id),
            first_at=row.first_at,
            last_at=row.last_at,
            acknowledged_at=row.acknowledged_at,
            acknowledged_by=find_person(people, row.acknowledged_by),
            snoozed_until=row.snoozed_until,
            closed_at=row.closed_at,
            closed_by=find_person(people, row.closed_by),
            url=f"{unit.installation.public_url}/alerts/{row.id}",
        )
        for row in rows
    ]


async def get_alert(call: Call[NoQuery, NoBody]) -> AlertDetail:
    async def look(unit: Unit) -> AlertDetail:
        alert = await find_alert(unit, call.part("number"))
        item = (await _show_items(unit, [alert]))[0]
        notes = await ask.list_notes(unit.session, alert.id)
        people = await list_people(unit, [note.actor_id for note in notes])
        return AlertDetail(
            **msgspec.structs.asdict(item),
            notes=[_show_note(note, find_person(people, note.actor_id)) for note in notes],
            trace=await unpack(unit, alert.trace),
        )

    return await call.look(look)


def _show_note(note: AlertNote, person: Person | None) -> Note:
    return Note(note.at, note.kind, note.actor_name, person, note.text, note.data)


OPERATIONS = (
    Operation("GET", "/alerts", "listAlerts", "Alerts.", list_alerts, Listing[AlertItem], AlertQuery),
    Operation("GET", "/alerts/{number}", "getAlert", "One alert.", get_alert, AlertDetail, parts=(NUMBER,)),
)
