"""Questions about postmortems."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Postmortem


async def find_postmortem(session: AsyncSession, incident_id: int) -> Postmortem | None:
    return (
        await session.scalars(select(Postmortem).where(Postmortem.incident_id == incident_id))
    ).one_or_none()
