"""Questions about raw payloads."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import RawPayload
from storage.questions.ids import reserve_ids
from storage.ready import insert_into

PAYLOADS: Table = RawPayload.__table__  # type: ignore[assignment]
INSERT = insert_into(
    PAYLOADS, ("id", "integration_id", "received_at", "outcome", "content_type", "headers", "query", "body")
)


async def insert_payloads(session: AsyncSession, rows: list[dict[str, Any]]) -> Sequence[int]:
    """Insert them; their ids in the order of the rows."""
    ids = await reserve_ids(session, PAYLOADS, len(rows))
    new = [{**row, "id": number} for row, number in zip(rows, ids, strict=True)]
    await INSERT.run_many(session, new)
    return ids


async def delete_payloads_before(session: AsyncSession, before: datetime, limit: int) -> int:
    """Delete up to so many that came before, the oldest first; returns how many."""
    old = (
        select(RawPayload.id)
        .where(RawPayload.received_at < before)
        .order_by(RawPayload.received_at)
        .limit(limit)
    )
    gone = await (await session.connection()).execute(delete(PAYLOADS).where(PAYLOADS.c.id.in_(old)))
    return gone.rowcount


async def list_kept(session: AsyncSession, integration_id: int, limit: int) -> Sequence[RawPayload]:
    """The messages of a sender that are kept, the newest first."""
    return (
        await session.scalars(
            select(RawPayload)
            .where(RawPayload.integration_id == integration_id)
            .order_by(RawPayload.id.desc())
            .limit(limit)
        )
    ).all()


async def find_kept(session: AsyncSession, integration_id: int, number: int) -> RawPayload | None:
    """The kept message of this sender with this id."""
    wanted = (RawPayload.id == number, RawPayload.integration_id == integration_id)
    return (await session.scalars(select(RawPayload).where(*wanted))).one_or_none()
