"""`/api/v1/incidents`: the list, one incident with everything about it, and declaring one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from bot.catalog.teams import get_service, get_team
from bot.flow.unit import Unit
from bot.incidents.privacy import find_viewer
from bot.incidents.privacy import get_incident as find_incident
from bot.incidents.view import IncidentView, PersonView, build_incident_view
from handlers.api.door import named_by
from handlers.api.operation import (
    REF,
    Call,
    Filter,
    Listing,
    NoBody,
    NoQuery,
    Operation,
    PageQuery,
    build_listing,
)
from handlers.api.values import LinkItem, Named, Person, find_person, list_people, show_named, show_person
from storage.models import Incident
from storage.questions import access, lists
from storage.questions import incidents as ask
from storage.words import IncidentStatus, Priority

Status = Literal["open", "over", "investigating", "identified", "monitoring", "resolved", "closed"]


class IncidentQuery(PageQuery, frozen=True, kw_only=True):
    """Filters of incidents; several values of one filter mean any of them."""

    status: Annotated[
        tuple[Status, ...],
        Meta(max_length=7, description="`open` and `over` stand for the statuses that are."),
    ] = ()
    priority: Annotated[tuple[Priority, ...], Meta(max_length=5)] = ()
    team: Annotated[Filter, Meta(description="Slug or name of a team that is part of it.")] = ""
    service: Annotated[Filter, Meta(description="Slug or name of an impacted service.")] = ""


class IncidentItem(Struct, frozen=True, kw_only=True):
    """An incident in a list. `alerts` and `open_alerts` count them. A `private` one exists only for keys with scope
    admin."""

    ref: str
    number: int
    title: str
    summary: str
    priority: Priority
    status: IncidentStatus
    is_open: bool
    declared_at: datetime
    declared_by: Person | None
    impact_started_at: datetime
    impact_ended_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: Person | None
    resolved_at: datetime | None
    closed_at: datetime | None
    next_update_at: datetime | None
    commander: Person | None
    teams: list[Named]
    services: list[Named]
    alerts: int
    open_alerts: int
    merged_into: str | None
    private: bool
    url: str


class Role(Struct, frozen=True):
    """A role of the incident and who holds it."""

    role: str
    person: Person | None
    since: datetime | None


class Participant(Struct, frozen=True):
    """A person who works, or worked, on the incident. `how` is invited, paged, joined, spoke or acted."""

    person: Person
    roles: list[str]
    how: str
    since: datetime
    left_at: datetime | None


class RoomItem(Struct, frozen=True):
    """A place where the incident is worked on."""

    platform: str
    name: str
    url: str


class IncidentDetail(IncidentItem, frozen=True, kw_only=True):
    """One incident with everything that hangs on it, except what has its own list."""

    roles: list[Role]
    participants: list[Participant]
    followers: list[Person]
    related_services: list[str]
    links: list[LinkItem]
    rooms: list[RoomItem]
    call_url: str
    updates: int
    open_tasks: int


async def list_incidents(call: Call[IncidentQuery, NoBody]) -> Listing[IncidentItem]:
    query = call.query
    statuses = {status for status in IncidentStatus if _is_wanted(status, query.status)}

    async def look(unit: Unit) -> Listing[IncidentItem]:
        team = await named_by("team", get_team(unit, query.team)) if query.team else None
        service = await named_by("service", get_service(unit, query.service)) if query.service else None
        found = await lists.list_incidents(
            unit.session,
            query.wanted(),
            viewer=await find_viewer(unit),
            statuses=statuses if query.status else (),
            priorities=query.priority,
            team_id=team.id if team else None,
            service_id=service.id if service else None,
        )
        return build_listing(await _show_items(unit, found.rows), found.next_after)

    return await call.look(look)


def _is_wanted(status: IncidentStatus, wanted: Sequence[str]) -> bool:
    return status.value in wanted or ("open" if status.is_open else "over") in wanted


async def _show_items(unit: Unit, rows: Sequence[Incident]) -> list[IncidentItem]:
    ids = [row.id for row in rows]
    teams = await lists.list_teams_of_incidents(unit.session, ids)
    services = await lists.list_services_of_incidents(unit.session, ids)
    commanders = await lists.list_commanders(unit.session, ids)
    counts = await lists.count_alerts(unit.session, ids)
    people = await list_people(unit, [one for row in rows for one in (row.declared_by, row.acknowledged_by)])
    return [
        IncidentItem(
            ref=row.ref,
            number=row.id,
            title=row.title,
            summary=row.summary,
            priority=row.priority,
            status=row.status,
            is_open=row.status.is_open,
            declared_at=row.declared_at,
            declared_by=find_person(people, row.declared_by),
            impact_started_at=row.impact_started_at,
            impact_ended_at=row.impact_ended_at,
            acknowledged_at=row.acknowledged_at,
            acknowledged_by=find_person(people, row.acknowledged_by),
            resolved_at=row.resolved_at,
            closed_at=row.closed_at,
            next_update_at=row.next_update_at,
            commander=show_person(commanders[row.id]) if row.id in commanders else None,
            teams=[show_named(team) for team in teams.get(row.id, [])],
            services=[show_named(service) for service in services.get(row.id, [])],
            alerts=counts.get(row.id, (0, 0))[0],
            open_alerts=counts.get(row.id, (0, 0))[1],
            merged_into=f"INC-{row.merged_into}" if row.merged_into else None,
            private=row.private,
            url=f"{unit.installation.public_url}/{row.ref}",
        )
        for row in rows
    ]


async def get_incident(call: Call[NoQuery, NoBody]) -> IncidentDetail:
    async def look(unit: Unit) -> IncidentDetail:
        return await show_incident(unit, (await find_incident(unit, call.part("ref"))).id)

    return await call.look(look)


async def show_incident(unit: Unit, number: int) -> IncidentDetail:
    """Everything about one incident; raises Unknown."""
    view = await build_incident_view(unit.session, number)
    item = (await _show_items(unit, [await unit.session.get_one(Incident, number)]))[0]
    followers = await access.list_users_by_id(unit.session, view.follower_ids)
    rooms = await ask.list_rooms(unit.session, number)
    return IncidentDetail(
        **msgspec.structs.asdict(item),
        roles=[Role(one.key, _show_view(one.person), one.since) for one in view.roles],
        participants=_show_participants(view),
        followers=[show_person(user) for user in followers.values()],
        related_services=list(view.related_services),
        links=[LinkItem(link.title, link.url) for link in view.links],
        rooms=[RoomItem(room.platform, room.name, room.url) for room in rooms if room.channel],
        call_url=view.call_url,
        updates=len(view.updates),
        open_tasks=view.open_task_count,
    )


def _show_participants(view: IncidentView) -> list[Participant]:
    return [
        Participant(
            Person(one.person.id, one.person.handle, one.person.name),
            list(one.roles),
            one.how,
            one.since,
            one.left_at,
        )
        for one in view.participants
    ]


def _show_view(person: PersonView | None) -> Person | None:
    return Person(person.id, person.handle, person.name) if person else None


OPERATIONS = (
    Operation(
        "GET",
        "/incidents",
        "listIncidents",
        "Incidents.",
        list_incidents,
        Listing[IncidentItem],
        IncidentQuery,
        problems=(404,),
    ),
    Operation(
        "GET", "/incidents/{ref}", "getIncident", "One incident.", get_incident, IncidentDetail, parts=(REF,)
    ),
)
