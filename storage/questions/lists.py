"""Lists that are read page by page, by key: the newest first, or the oldest.

Each asks for rows beyond a key, so a page costs the same wherever it is and no row is shown twice when new ones arrive.
A list walks the primary key unless its text names another index.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import (
    Alert,
    BoardMessage,
    EscalationPolicy,
    Incident,
    IncidentService,
    IncidentTeam,
    Maintenance,
    Member,
    Page,
    RawPayload,
    RoleHolder,
    Schedule,
    Service,
    Silence,
    Swap,
    Task,
    Team,
    TimelineEntry,
    Update,
    User,
)
from storage.questions.privacy import Looking, is_alert_visible, is_incident_visible, is_page_visible
from storage.words import AlertStatus, IncidentStatus, PageState, Priority, SwapState

Row = TypeVar(
    "Row",
    Alert,
    BoardMessage,
    EscalationPolicy,
    Incident,
    Maintenance,
    Page,
    RawPayload,
    Schedule,
    Service,
    Silence,
    Swap,
    Task,
    Team,
    TimelineEntry,
    Update,
    User,
)
Named = TypeVar("Named", EscalationPolicy, Schedule, Service, Team, User)


@dataclass(frozen=True)
class Wanted:
    """Which stretch of a list: at most `limit` rows that follow the row with id `after`, in the order asked for."""

    limit: int = 50
    after: int | None = None
    oldest_first: bool = False


@dataclass(frozen=True)
class Found(Generic[Row]):
    """The rows, and the id to go on after when there are more."""

    rows: Sequence[Row]
    next_after: int | None


async def list_incidents(
    session: AsyncSession,
    wanted: Wanted,
    *,
    viewer: Looking,
    statuses: Collection[IncidentStatus] = (),
    priorities: Collection[Priority] = (),
    team_id: int | None = None,
    service_id: int | None = None,
) -> Found[Incident]:
    """By status: ix_incident_status; by team or service: ix_incident_team_team, ix_incident_service_service."""
    query = select(Incident).where(is_incident_visible(viewer))
    if statuses:
        query = query.where(Incident.status.in_(statuses))
    if priorities:
        query = query.where(Incident.priority.in_(priorities))
    if team_id is not None:
        query = query.where(
            Incident.id.in_(select(IncidentTeam.incident_id).where(IncidentTeam.team_id == team_id))
        )
    if service_id is not None:
        query = query.where(
            Incident.id.in_(
                select(IncidentService.incident_id).where(IncidentService.service_id == service_id)
            )
        )
    return await _walk(session, query, Incident, wanted)


async def list_alerts(
    session: AsyncSession,
    wanted: Wanted,
    *,
    viewer: Looking,
    statuses: Collection[AlertStatus] = (),
    priorities: Collection[Priority] = (),
    incident_id: int | None = None,
    acknowledged: bool | None = None,
    source: str = "",
) -> Found[Alert]:
    """By incident: ix_alert_incident; by status: ix_alert_status."""
    query = select(Alert).where(is_alert_visible(viewer))
    if statuses and set(statuses) != set(AlertStatus):
        query = query.where(Alert.status.in_(statuses))
    if priorities:
        query = query.where(Alert.priority.in_(priorities))
    if incident_id is not None:
        query = query.where(Alert.incident_id == incident_id)
    if acknowledged is not None:
        known = Alert.acknowledged_at.is_not(None)
        query = query.where(known if acknowledged else ~known)
    if source:
        query = query.where(Alert.source == source)
    return await _walk(session, query, Alert, wanted)


async def list_pages(
    session: AsyncSession,
    wanted: Wanted,
    *,
    viewer: Looking,
    user_id: int | None = None,
    subject: str = "",
    states: Collection[PageState] = (),
) -> Found[Page]:
    """By person: ix_page_user; by subject: ix_page_subject; by state: ix_page_state."""
    query = select(Page).where(is_page_visible(viewer))
    if user_id is not None:
        query = query.where(Page.user_id == user_id)
    if subject:
        query = query.where(Page.subject == subject)
    if states:
        query = query.where(Page.state.in_(states))
    return await _walk(session, query, Page, wanted)


async def find_page(session: AsyncSession, number: int, *, viewer: Looking) -> Page | None:
    """The page with this id, if this viewer may see what it is about."""
    return (
        await session.scalars(select(Page).where(Page.id == number, is_page_visible(viewer)))
    ).one_or_none()


async def list_payloads(session: AsyncSession, integration_id: int, wanted: Wanted) -> Found[RawPayload]:
    """The messages of a sender that are kept: ix_raw_payload_integration."""
    query = select(RawPayload).where(RawPayload.integration_id == integration_id)
    return await _walk(session, query, RawPayload, wanted)


async def list_silences(
    session: AsyncSession, wanted: Wanted, *, now: datetime, states: Collection[str] = ()
) -> Found[Silence]:
    """Silences without windows of maintenance, in any of these states (pending, active, over): ix_silence_maintenance_id."""
    query = select(Silence).where(Silence.maintenance_id.is_(None))
    conditions = {
        "pending": Silence.starts_at > now,
        "active": and_(Silence.starts_at <= now, Silence.ends_at > now),
        "over": Silence.ends_at <= now,
    }
    if states:
        query = query.where(or_(*(conditions[state] for state in states)))
    return await _walk(session, query, Silence, wanted)


async def list_swaps(
    session: AsyncSession,
    wanted: Wanted,
    *,
    schedule_id: int | None = None,
    states: Collection[SwapState] = (),
) -> Found[Swap]:
    """Offers of shifts, in any of these states; of one schedule by ix_swap_schedule."""
    query = select(Swap)
    if schedule_id is not None:
        query = query.where(Swap.schedule_id == schedule_id)
    if states:
        query = query.where(Swap.state.in_(states))
    return await _walk(session, query, Swap, wanted)


async def list_maintenances(
    session: AsyncSession, wanted: Wanted, *, active: bool | None = True
) -> Found[Maintenance]:
    """Those that are on or planned, those that are over, or both."""
    query = select(Maintenance)
    if active is not None:
        ended = Maintenance.ended_at.is_not(None)
        query = query.where(~ended if active else ended)
    return await _walk(session, query, Maintenance, wanted)


async def list_named(
    session: AsyncSession,
    model: type[Named],
    wanted: Wanted,
    *,
    active: bool | None = True,
    team_id: int | None = None,
) -> Found[Named]:
    """Schedules, services, teams or people; `team_id` keeps those of one team."""
    query = select(model)
    if active is not None:
        query = query.where(model.active.is_(active))
    if team_id is not None:
        query = query.where(_belongs_to_team(model, team_id))
    return await _walk(session, query, model, wanted)


def _belongs_to_team(model: type[Any], team_id: int) -> ColumnElement[bool]:
    if model is User:
        return User.id.in_(select(Member.user_id).where(Member.team_id == team_id))
    column: ColumnElement[bool] = (Team.id if model is Team else model.team_id) == team_id
    return column


async def list_entries(
    session: AsyncSession, incident_id: int, wanted: Wanted, *, kinds: Collection[str] = (), text: str = ""
) -> Found[TimelineEntry]:
    """The timeline by the time at which things happened: ix_timeline_entry_incident."""
    query = select(TimelineEntry).where(TimelineEntry.incident_id == incident_id)
    if kinds:
        query = query.where(TimelineEntry.kind.in_(kinds))
    if text:
        query = query.where(func.lower(TimelineEntry.text).contains(text.lower(), autoescape=True))
    if wanted.after is not None:
        here = tuple_(TimelineEntry.at, TimelineEntry.id)
        mark = await session.get(TimelineEntry, wanted.after)
        if mark is None or mark.incident_id != incident_id:
            return Found([], None)
        query = query.where(here > (mark.at, mark.id) if wanted.oldest_first else here < (mark.at, mark.id))
    order = (
        (TimelineEntry.at, TimelineEntry.id)
        if wanted.oldest_first
        else (TimelineEntry.at.desc(), TimelineEntry.id.desc())
    )
    return _cut((await session.scalars(query.order_by(*order).limit(wanted.limit + 1))).all(), wanted)


async def list_updates(session: AsyncSession, incident_id: int, wanted: Wanted) -> Found[Update]:
    """By incident: ix_update_incident_id."""
    return await _walk(session, select(Update).where(Update.incident_id == incident_id), Update, wanted)


async def list_tasks(session: AsyncSession, incident_id: int, wanted: Wanted) -> Found[Task]:
    """By incident: ix_task_incident_id."""
    return await _walk(session, select(Task).where(Task.incident_id == incident_id), Task, wanted)


async def list_messages(session: AsyncSession, channel_id: int, wanted: Wanted) -> Found[BoardMessage]:
    """Messages of a channel of the Room: ix_board_message_channel."""
    query = select(BoardMessage).where(
        BoardMessage.channel_id == channel_id, BoardMessage.deleted_at.is_(None)
    )
    return await _walk(session, query, BoardMessage, wanted)


async def _walk(session: AsyncSession, query: Select[Row], model: type[Row], wanted: Wanted) -> Found[Row]:
    """One row more than asked for is read, to know whether there are more."""
    if wanted.after is not None:
        query = query.where(model.id > wanted.after if wanted.oldest_first else model.id < wanted.after)
    query = query.order_by(model.id if wanted.oldest_first else model.id.desc())
    return _cut((await session.scalars(query.limit(wanted.limit + 1))).all(), wanted)


def _cut(rows: Sequence[Row], wanted: Wanted) -> Found[Row]:
    kept = rows[: wanted.limit]
    return Found(kept, kept[-1].id if len(rows) > wanted.limit else None)


# What is shown beside the rows, for a whole page of them at once


async def list_teams_of_incidents(session: AsyncSession, ids: Collection[int]) -> dict[int, list[Team]]:
    """Teams by incident."""
    rows = await session.execute(
        select(IncidentTeam.incident_id, Team)
        .join(Team, Team.id == IncidentTeam.team_id)
        .where(IncidentTeam.incident_id.in_(ids))
        .order_by(Team.name)
    )
    found: dict[int, list[Team]] = {}
    for incident_id, team in rows:
        found.setdefault(incident_id, []).append(team)
    return found


async def list_services_of_incidents(session: AsyncSession, ids: Collection[int]) -> dict[int, list[Service]]:
    """Impacted services by incident."""
    rows = await session.execute(
        select(IncidentService.incident_id, Service)
        .join(Service, Service.id == IncidentService.service_id)
        .where(IncidentService.incident_id.in_(ids))
        .order_by(Service.name)
    )
    found: dict[int, list[Service]] = {}
    for incident_id, service in rows:
        found.setdefault(incident_id, []).append(service)
    return found


async def list_commanders(session: AsyncSession, ids: Collection[int]) -> dict[int, User]:
    """Commanders by incident."""
    rows = await session.execute(
        select(RoleHolder.incident_id, User)
        .join(User, User.id == RoleHolder.user_id)
        .where(RoleHolder.role == "commander", RoleHolder.incident_id.in_(ids))
    )
    return {row[0]: row[1] for row in rows}


async def count_alerts(session: AsyncSession, ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """All alerts and the open ones, by incident: ix_alert_incident."""
    rows = await session.execute(
        select(Alert.incident_id, Alert.status, func.count())
        .where(Alert.incident_id.in_(ids))
        .group_by(Alert.incident_id, Alert.status)
    )
    found: dict[int, tuple[int, int]] = {}
    for incident_id, status, count in rows:
        total, still_open = found.get(incident_id or 0, (0, 0))
        found[incident_id or 0] = (total + count, still_open + (count if status is AlertStatus.OPEN else 0))
    return found


async def list_members(session: AsyncSession, team_ids: Collection[int]) -> dict[int, list[User]]:
    """Active people by team."""
    rows = await session.execute(
        select(Member.team_id, User)
        .join(User, User.id == Member.user_id)
        .where(Member.team_id.in_(team_ids), User.active.is_(True))
        .order_by(User.name)
    )
    found: dict[int, list[User]] = {}
    for team_id, user in rows:
        found.setdefault(team_id, []).append(user)
    return found


async def list_teams_of_users(session: AsyncSession, user_ids: Collection[int]) -> dict[int, list[Team]]:
    """Active teams by person: ix_member_user_id."""
    rows = await session.execute(
        select(Member.user_id, Team)
        .join(Team, Team.id == Member.team_id)
        .where(Member.user_id.in_(user_ids), Team.active.is_(True))
        .order_by(Team.name)
    )
    found: dict[int, list[Team]] = {}
    for user_id, team in rows:
        found.setdefault(user_id, []).append(team)
    return found
