"""Questions about closed alerts that are old and belong to no incident: ix_alert_old."""

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Alert, AlertNote, Escalation, Page, Timer
from storage.words import AlertStatus

OLD = (Alert.status == AlertStatus.CLOSED, Alert.incident_id.is_(None))


async def delete_old_alerts(session: AsyncSession, before: datetime, limit: int) -> int:
    """Delete up to so many that were closed before, the oldest first, with what belongs to them; returns how many."""
    asked = select(Alert.id).where(*OLD, Alert.closed_at < before).order_by(Alert.closed_at).limit(limit)
    ids = list(await session.scalars(asked.with_for_update(skip_locked=True)))
    if not ids:
        return 0
    subjects = [f"alert:{number}" for number in ids]
    escalations = list(await session.scalars(select(Escalation.id).where(Escalation.subject.in_(subjects))))
    timers = [f"escalation:{number}" for number in escalations]
    for statement in (
        delete(Page).where(Page.subject.in_(subjects)),
        delete(Timer).where(Timer.kind == "escalate", Timer.subject.in_(timers)),
        delete(Escalation).where(Escalation.id.in_(escalations)),
        delete(AlertNote).where(AlertNote.alert_id.in_(ids)),
        delete(Alert).where(Alert.id.in_(ids)),
    ):
        await session.execute(statement.execution_options(synchronize_session=False))
    return len(ids)


async def find_oldest_closed(session: AsyncSession) -> datetime | None:
    """When the oldest of them was closed."""
    return await session.scalar(select(func.min(Alert.closed_at)).where(*OLD))
