"""Questions about the files that the timeline keeps. Their content is read only where it is asked for."""

from collections.abc import Collection, Sequence

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from storage.models import Attachment, Incident, TimelineEntry


async def list_unfetched(session: AsyncSession, entry_id: int) -> Sequence[Attachment]:
    """The files of an entry that are neither here nor refused."""
    return (
        await session.scalars(
            select(Attachment)
            .where(Attachment.entry_id == entry_id, Attachment.content.is_(None), Attachment.error == "")
            .order_by(Attachment.id)
        )
    ).all()


async def find_file(session: AsyncSession, number: int) -> tuple[Attachment, Incident] | None:
    """A file that is here, with its content, and the incident in whose timeline it stands."""
    row = (
        await session.execute(
            select(Attachment, Incident)
            .join(TimelineEntry, TimelineEntry.id == Attachment.entry_id)
            .join(Incident, Incident.id == TimelineEntry.incident_id)
            .where(Attachment.id == number, Attachment.content.is_not(None))
            .options(undefer(Attachment.content))
        )
    ).one_or_none()
    return (row[0], row[1]) if row else None


async def delete_attachments(session: AsyncSession, entry_ids: Collection[int]) -> None:
    await session.execute(delete(Attachment).where(Attachment.entry_id.in_(entry_ids)))
