"""Questions that only Opsgenie's API asks."""

from collections.abc import Collection, Sequence

from sqlalchemy import case, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Alert, AlertNote
from storage.words import AlertStatus


async def find_by_uid(session: AsyncSession, uid: str) -> Alert | None:
    """uq_alert_uid."""
    return await session.scalar(select(Alert).where(Alert.uid == uid.lower()))


async def find_by_alias(
    session: AsyncSession, alias: str, integration_id: int | None, team_id: int | None
) -> Alert | None:
    """The open alert with this alias, that of this sender first, then the newest; when none is open, the newest of all. With
    a team only its alerts count, and the sender's own. By alias: ix_alert_alias."""
    asked = select(Alert).where(Alert.alias == alias)
    if team_id is not None:
        asked = asked.where(or_(Alert.team_id == team_id, Alert.integration_id == integration_id))
    is_open = case((Alert.status == AlertStatus.OPEN, 0), else_=1)
    is_own = case((Alert.integration_id == integration_id, 0), else_=1)
    return await session.scalar(asked.order_by(is_open, is_own, Alert.id.desc()).limit(1))


async def list_notes_of_kinds(
    session: AsyncSession, alert_ids: Collection[int], kinds: Collection[str]
) -> Sequence[AlertNote]:
    """Lines of the logs of several alerts, the oldest first."""
    if not alert_ids:
        return []
    return (
        await session.scalars(
            select(AlertNote)
            .where(AlertNote.alert_id.in_(alert_ids), AlertNote.kind.in_(kinds))
            .order_by(AlertNote.id)
        )
    ).all()
