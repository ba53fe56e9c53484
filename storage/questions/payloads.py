"""Questions about raw payloads."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import RawPayload


async def insert_payloads(session: AsyncSession, rows: list[dict[str, Any]]) -> Sequence[int]:
    """Insert them; their ids in the order of the rows."""
    return (
        await session.scalars(insert(RawPayload).returning(RawPayload.id, sort_by_parameter_order=True), rows)
    ).all()


async def list_payloads(session: AsyncSession, integration_id: int, limit: int = 20) -> Sequence[RawPayload]:
    """The last payloads of an integration, the newest first."""
    return (
        await session.scalars(
            select(RawPayload)
            .where(RawPayload.integration_id == integration_id)
            .order_by(RawPayload.id.desc())
            .limit(limit)
        )
    ).all()
