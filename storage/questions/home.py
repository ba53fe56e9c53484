"""Questions that a person's home in chat asks: what waits for them, what is going on, and what they have to do."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from storage.models import Alert, Incident, Page, RoleHolder, Task, User
from storage.questions.privacy import is_alert_visible, is_incident_visible
from storage.questions.screens import OPEN, WAITING
from storage.words import AlertStatus


async def list_unanswered_pages(session: AsyncSession, user: User, since: datetime) -> Sequence[Page]:
    """The pages of this person that nobody has answered, the newest first, each subject once: ix_page_user."""
    rows = await session.scalars(
        select(Page)
        .where(Page.user_id == user.id, Page.state.in_(WAITING), Page.created_at >= since)
        .order_by(Page.id.desc())
        .limit(50)
    )
    return list({(page.subject, page.why): page for page in reversed(rows.all())}.values())[::-1]


async def list_alerts_waiting(session: AsyncSession, user: User, numbers: list[int]) -> dict[int, Alert]:
    """Those of these alerts that still wait for somebody, and not as part of an incident."""
    rows = await session.scalars(
        select(Alert).where(
            Alert.id.in_(numbers),
            Alert.status == AlertStatus.OPEN,
            Alert.acknowledged_at.is_(None),
            Alert.snoozed_until.is_(None),
            Alert.incident_id.is_(None),
            is_alert_visible(user),
        )
    )
    return {row.id: row for row in rows}


async def list_incidents_waiting(
    session: AsyncSession, user: User, numbers: list[int]
) -> dict[int, Incident]:
    """Those of these incidents that still wait for somebody."""
    rows = await session.scalars(
        select(Incident).where(
            Incident.id.in_(numbers),
            Incident.status.in_(OPEN),
            Incident.acknowledged_at.is_(None),
            is_incident_visible(user),
        )
    )
    return {row.id: row for row in rows}


async def list_open_incidents(
    session: AsyncSession, user: User, limit: int
) -> Sequence[tuple[Incident, str | None]]:
    """Open incidents that this person may see with the names of their commanders, the most urgent first."""
    holder = aliased(RoleHolder)  # the condition of who may see an incident asks for roles, too
    rows = await session.execute(
        select(Incident, User.name)
        .outerjoin(holder, and_(holder.incident_id == Incident.id, holder.role == "commander"))
        .outerjoin(User, User.id == holder.user_id)
        .where(Incident.status.in_(OPEN), is_incident_visible(user))
        .order_by(Incident.priority, Incident.declared_at)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]


async def list_open_tasks(session: AsyncSession, user: User, limit: int) -> Sequence[tuple[Task, Incident]]:
    """What this person has to do, what is due first at the top."""
    rows = await session.execute(
        select(Task, Incident)
        .join(Incident, Incident.id == Task.incident_id)
        .where(Task.owner_id == user.id, Task.done_at.is_(None), is_incident_visible(user))
        .order_by(Task.due_at.is_(None), Task.due_at, Task.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]
