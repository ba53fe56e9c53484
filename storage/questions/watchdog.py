"""What should have happened and did not, asked of the rows themselves."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import String, case, cast, exists, func, literal, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Alert, Escalation, Incident, Page, Timer
from storage.words import AlertStatus, EscalationState, IncidentStatus, PageState, Priority

KINDS = ("overdue", "stuck", "unanswered", "unpaged", "database")
PAGING = ("escalate", "page")
"""Timers that page."""
URGENT = (Priority.P1, Priority.P2)
OPEN = tuple(status for status in IncidentStatus if status.is_open)
MOST = 20


async def count_overdue(session: AsyncSession, before: datetime) -> tuple[int, datetime | None]:
    """Steps that were due before then and have not been done: how many, and since when the first. Those that failed and were
    put off count from when they are tried again: ix_timer_due."""
    asked = select(func.count(), func.min(Timer.due_at)).where(Timer.due_at < before, Timer.kind.in_(PAGING))
    row = (await session.execute(asked)).one()
    return int(row[0]), row[1]


async def count_stuck(session: AsyncSession, before: datetime) -> tuple[int, datetime | None]:
    """Pages that should have gone out before then, wait still, and for which no other way was taken: ix_page_state."""
    since = func.coalesce(Page.due_at, Page.created_at)
    asked = select(func.count(), func.min(since)).where(
        Page.state == PageState.QUEUED, Page.held_at.is_(None), since < before
    )
    row = (await session.execute(asked)).one()
    return int(row[0]), row[1]


def _subject(kind: str, number: object) -> object:
    return literal(f"{kind}:") + cast(number, String)


ALERT = (
    Alert.status == AlertStatus.OPEN,
    Alert.acknowledged_at.is_(None),
    Alert.snoozed_until.is_(None),
    Alert.held_by == "",
    Alert.incident_id.is_(None),
)
"""An alert that wants somebody and has no incident that calls them."""
INCIDENT = (Incident.status.in_(OPEN), Incident.acknowledged_at.is_(None))
TITLE = case((Incident.private.is_(True), ""), else_=Incident.title)
"""A private incident's is not for everybody who is told."""


async def list_unanswered(session: AsyncSession, before: datetime) -> Sequence[tuple[str, str]]:
    """Subjects whose policies all gave up before then, and that nobody has acknowledged: with their titles."""
    wanted = []
    for kind, model, where, title in (
        ("alert", Alert, ALERT, Alert.title),
        ("incident", Incident, INCIDENT, TITLE),
    ):
        subject = _subject(kind, model.id)
        of_it = exists().where(Escalation.subject == subject)
        wanted.append(
            select(subject, title).where(  # type: ignore[call-overload]
                *where,
                of_it.where(Escalation.state == EscalationState.EXHAUSTED, Escalation.ended_at < before),
                ~of_it.where(Escalation.state == EscalationState.RUNNING),
            )
        )
    rows = await session.execute(union_all(*wanted).limit(MOST))
    return [(row[0], row[1]) for row in rows]


async def list_unpaged(session: AsyncSession, before: datetime) -> Sequence[tuple[str, str]]:
    """What is urgent, has been open since before then, and has neither an escalation under way nor a page that went out."""
    wanted = []
    for kind, model, where, since, title in (
        ("alert", Alert, ALERT, Alert.first_at, Alert.title),
        ("incident", Incident, INCIDENT, Incident.declared_at, TITLE),
    ):
        subject = _subject(kind, model.id)
        reached = exists().where(
            Page.subject == subject,
            or_(Page.state == PageState.SENT, Page.state == PageState.ANSWERED),
        )
        under_way = exists().where(Escalation.subject == subject, Escalation.state == EscalationState.RUNNING)
        gave_up = exists().where(Escalation.subject == subject, Escalation.state == EscalationState.EXHAUSTED)
        wanted.append(
            select(subject, title).where(  # type: ignore[call-overload]
                *where, model.priority.in_(URGENT), since < before, ~reached, ~under_way, ~gave_up
            )
        )
    rows = await session.execute(union_all(*wanted).limit(MOST))
    return [(row[0], row[1]) for row in rows]
