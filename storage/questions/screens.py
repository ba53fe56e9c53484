"""Questions that only the Room's pages ask: lists with filters, and what they show beside each row."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import (
    Alert,
    Incident,
    IncidentRoom,
    IncidentService,
    IncidentTeam,
    Integration,
    Page,
    RoleHolder,
    Service,
    Team,
    Update,
    User,
)
from storage.questions.alerts import take_urgent
from storage.questions.privacy import Looking, is_alert_visible, is_incident_visible
from storage.words import AlertStatus, IncidentStatus, PageState

OPEN = tuple(status for status in IncidentStatus if status.is_open)
WAITING = (PageState.QUEUED, PageState.SENT)
AT_ONCE = 1_000
"""Ids in one statement."""


async def list_incidents(
    session: AsyncSession,
    *,
    viewer: Looking,
    over: bool = False,
    text: str = "",
    team: str = "",
    service: str = "",
    before: int | None = None,
    limit: int = 100,
) -> Sequence[Incident]:
    """Open incidents by priority and then by age; or those that are over, the newest first."""
    if over:
        asked = select(Incident).where(Incident.status.not_in(OPEN)).order_by(Incident.id.desc())
        if before is not None:
            asked = asked.where(Incident.id < before)
    else:
        asked = (
            select(Incident)
            .where(Incident.status.in_(OPEN))
            .order_by(Incident.priority, Incident.declared_at)
        )
    asked = _containing(asked.where(is_incident_visible(viewer)), text)
    if team:
        asked = asked.where(
            Incident.id.in_(
                select(IncidentTeam.incident_id)
                .join(Team, Team.id == IncidentTeam.team_id)
                .where(Team.slug == team)
            )
        )
    if service:
        asked = asked.where(
            Incident.id.in_(
                select(IncidentService.incident_id)
                .join(Service, Service.id == IncidentService.service_id)
                .where(Service.slug == service)
            )
        )
    return (await session.scalars(asked.limit(limit))).all()


def _containing(asked: Select[Incident], text: str) -> Select[Incident]:
    number = text.upper().removeprefix("INC-")
    if number.isdigit() and len(number) < 10:
        return asked.where(Incident.id == int(number))
    if text:
        wanted = text.lower()
        asked = asked.where(
            or_(
                func.lower(Incident.title).contains(wanted, autoescape=True),
                func.lower(Incident.summary).contains(wanted, autoescape=True),
            )
        )
    return asked


async def list_commanders(session: AsyncSession, incident_ids: Collection[int]) -> dict[int, str]:
    """Names of the commanders, by incident."""
    rows = await session.execute(
        select(RoleHolder.incident_id, User.name)
        .join(User, User.id == RoleHolder.user_id)
        .where(RoleHolder.role == "commander", RoleHolder.incident_id.in_(incident_ids))
    )
    return {row[0]: row[1] for row in rows}


async def list_last_updates(session: AsyncSession, incident_ids: Collection[int]) -> dict[int, Update]:
    """The newest status update of each incident."""
    newest = (
        select(func.max(Update.id)).where(Update.incident_id.in_(incident_ids)).group_by(Update.incident_id)
    )
    found = await session.scalars(select(Update).where(Update.id.in_(newest)))
    return {row.incident_id: row for row in found}


async def list_service_names(session: AsyncSession, incident_ids: Collection[int]) -> dict[int, list[str]]:
    """Names of the impacted services, by incident."""
    rows = await session.execute(
        select(IncidentService.incident_id, Service.name)
        .join(Service, Service.id == IncidentService.service_id)
        .where(IncidentService.incident_id.in_(incident_ids))
        .order_by(Service.name)
    )
    names: dict[int, list[str]] = {}
    for incident_id, name in rows:
        names.setdefault(incident_id, []).append(name)
    return names


async def list_alerts(
    session: AsyncSession,
    *,
    viewer: Looking,
    closed: bool = False,
    text: str = "",
    incident_id: int | None = None,
    before: int | None = None,
    limit: int = 100,
) -> Sequence[Alert]:
    """Open alerts by priority, the newest first; or closed ones, the newest first; or all of one incident."""
    asked = select(Alert).where(is_alert_visible(viewer))
    if incident_id is not None:
        asked = asked.where(Alert.incident_id == incident_id).order_by(
            Alert.status.desc(), Alert.priority, Alert.id.desc()
        )
    elif closed:
        asked = asked.where(Alert.status == AlertStatus.CLOSED).order_by(Alert.id.desc())
        if before is not None:
            asked = asked.where(Alert.id < before)
    else:
        asked = asked.where(Alert.status == AlertStatus.OPEN)
    if text:
        wanted = text.lower()
        asked = asked.where(
            or_(
                func.lower(Alert.title).contains(wanted, autoescape=True),
                func.lower(Alert.alias).contains(wanted, autoescape=True),
                func.lower(Alert.source).contains(wanted, autoescape=True),
            )
        )
    is_by_urgency = incident_id is None and not closed
    return (await session.scalars(take_urgent(asked, limit) if is_by_urgency else asked.limit(limit))).all()


async def list_integrations(session: AsyncSession, ids: Collection[int]) -> dict[int, Integration]:
    found = await session.scalars(select(Integration).where(Integration.id.in_(ids)))
    return {row.id: row for row in found}


async def count_waiting_pages(session: AsyncSession, user_id: int, since: datetime) -> int:
    """How many things this person was paged for in the Room that nobody has answered yet. For an alert that is part of an
    incident now, the incident pages."""
    rows = await session.execute(
        select(Page.subject, func.max(Page.id))
        .where(
            Page.user_id == user_id, Page.state.in_(WAITING), Page.method == "room", Page.created_at >= since
        )
        .group_by(Page.subject, Page.why)
    )
    subjects = Counter(subject for subject, _ in rows)
    about: dict[str, list[int]] = {"alert": [], "incident": []}
    for subject in subjects:
        kind, _, number = subject.partition(":")
        if kind in about:
            about[kind].append(int(number))
    alerts = select(Alert.id).where(
        Alert.status == AlertStatus.OPEN, Alert.acknowledged_at.is_(None), Alert.incident_id.is_(None)
    )
    incidents = select(Incident.id).where(Incident.status.in_(OPEN), Incident.acknowledged_at.is_(None))
    open_ones = {f"alert:{one}" for one in await _list_those_of(session, alerts, Alert.id, about["alert"])}
    open_ones |= {
        f"incident:{one}" for one in await _list_those_of(session, incidents, Incident.id, about["incident"])
    }
    return sum(
        count
        for subject, count in subjects.items()
        if subject in open_ones or subject.partition(":")[0] not in about
    )


async def _list_those_of(
    session: AsyncSession, asked: Select[int], column: Any, ids: Sequence[int]
) -> list[int]:
    """Of these ids, those that are asked for: in a storm there are thousands."""
    found: list[int] = []
    for start in range(0, len(ids), AT_ONCE):
        found += await session.scalars(asked.where(column.in_(ids[start : start + AT_ONCE])))
    return found


async def list_open_incidents_by_service(session: AsyncSession, viewer: Looking) -> dict[int, list[Incident]]:
    """The open incidents of each service that this viewer may see."""
    rows = await session.execute(
        select(IncidentService.service_id, Incident)
        .join(Incident, Incident.id == IncidentService.incident_id)
        .where(Incident.status.in_(OPEN), is_incident_visible(viewer))
        .order_by(Incident.priority, Incident.id)
    )
    found: dict[int, list[Incident]] = {}
    for service_id, incident in rows:
        found.setdefault(service_id, []).append(incident)
    return found


async def list_declared_since(session: AsyncSession, since: datetime) -> Sequence[Incident]:
    """Incidents declared since then that were not merged into another one."""
    return (
        await session.scalars(
            select(Incident)
            .where(Incident.declared_at >= since, Incident.merged_into.is_(None))
            .order_by(Incident.id)
        )
    ).all()


async def find_incident_room(session: AsyncSession, channel: int) -> IncidentRoom | None:
    """The incident that is worked on in this channel of the Room."""
    found = await session.scalars(
        select(IncidentRoom).where(IncidentRoom.platform == "room", IncidentRoom.channel == str(channel))
    )
    return found.first()
