"""Questions about the files that stand beside alerts. Their content is read only where it is asked for."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from storage.models import AlertFile


async def list_files(session: AsyncSession, alert_id: int) -> Sequence[AlertFile]:
    """ix_alert_file_alert_id."""
    return (
        await session.scalars(select(AlertFile).where(AlertFile.alert_id == alert_id).order_by(AlertFile.id))
    ).all()


async def find_file(
    session: AsyncSession, alert_id: int, number: int, with_content: bool = False
) -> AlertFile | None:
    asked = select(AlertFile).where(AlertFile.alert_id == alert_id, AlertFile.id == number)
    return await session.scalar(asked.options(undefer(AlertFile.content)) if with_content else asked)
