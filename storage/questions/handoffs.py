"""What happened to a team in a stretch of time, and what is open, for whoever hands over."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Alert, Incident, IncidentTeam, Page
from storage.questions.privacy import Looking, is_alert_visible, is_incident_visible, is_page_visible
from storage.words import AlertStatus, IncidentStatus, Priority

OPEN = [status for status in IncidentStatus if status.is_open]


async def list_pages(
    session: AsyncSession, user_ids: Collection[int], since: datetime, until: datetime, viewer: Looking
) -> Sequence[Page]:
    """What these people were paged for."""
    return (
        await session.scalars(
            select(Page)
            .where(
                Page.user_id.in_(set(user_ids)),
                Page.created_at >= since,
                Page.created_at < until,
                is_page_visible(viewer),
            )
            .order_by(Page.id)
        )
    ).all()


async def count_alerts(
    session: AsyncSession, team_id: int | None, since: datetime, until: datetime, viewer: Looking
) -> dict[Priority, int]:
    """How many alerts of the team opened, by priority."""
    rows = await session.execute(
        select(Alert.priority, func.count())
        .where(
            _is_of_team(team_id),
            Alert.first_at >= since,
            Alert.first_at < until,
            is_alert_visible(viewer),
        )
        .group_by(Alert.priority)
        .order_by(Alert.priority)
    )
    return {priority: count for priority, count in rows}  # noqa: C416  # rows are no pairs to mypy


def _is_of_team(team_id: int | None) -> ColumnElement[bool]:
    """A schedule without a team has no alerts that are nobody's."""
    return false() if team_id is None else Alert.team_id == team_id


def _concerns(team_id: int | None, ids: Collection[int]) -> ColumnElement[bool]:
    of_team = select(IncidentTeam.incident_id).where(IncidentTeam.team_id == team_id)
    return or_(Incident.id.in_(of_team), Incident.id.in_(set(ids)))


async def list_declared(
    session: AsyncSession,
    team_id: int | None,
    ids: Collection[int],
    since: datetime,
    until: datetime,
    viewer: Looking,
) -> Sequence[Incident]:
    """The incidents of the team, and these, that were declared in that time."""
    return (
        await session.scalars(
            select(Incident)
            .where(
                _concerns(team_id, ids),
                Incident.declared_at >= since,
                Incident.declared_at < until,
                is_incident_visible(viewer),
            )
            .order_by(Incident.id)
        )
    ).all()


async def list_open_incidents(
    session: AsyncSession, team_id: int | None, ids: Collection[int], viewer: Looking
) -> Sequence[Incident]:
    """Those of the team, and these, that are open now."""
    return (
        await session.scalars(
            select(Incident)
            .where(Incident.status.in_(OPEN), _concerns(team_id, ids), is_incident_visible(viewer))
            .order_by(Incident.priority, Incident.id)
        )
    ).all()


async def list_open_alerts(
    session: AsyncSession, team_id: int | None, ids: Collection[int], viewer: Looking, limit: int
) -> Sequence[Alert]:
    """Those of the team, and these, that are open now and belong to no incident; the most urgent first."""
    return (
        await session.scalars(
            select(Alert)
            .where(
                Alert.status == AlertStatus.OPEN,
                Alert.incident_id.is_(None),
                or_(_is_of_team(team_id), Alert.id.in_(set(ids))),
                is_alert_visible(viewer),
            )
            .order_by(Alert.priority, Alert.id)
            .limit(limit)
        )
    ).all()
