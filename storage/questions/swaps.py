"""Questions about shifts that are offered."""

from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Swap, SwapCopy
from storage.words import SwapState


async def list_open(session: AsyncSession, schedule_ids: Collection[int]) -> Sequence[Swap]:
    """The open offers of these schedules, those that begin first at first."""
    return (
        await session.scalars(
            select(Swap)
            .where(Swap.schedule_id.in_(set(schedule_ids)), Swap.state == SwapState.OPEN)
            .order_by(Swap.starts_at, Swap.id)
        )
    ).all()


async def list_copies(session: AsyncSession, swap_id: int) -> Sequence[SwapCopy]:
    return (
        await session.scalars(select(SwapCopy).where(SwapCopy.swap_id == swap_id).order_by(SwapCopy.id))
    ).all()


async def find_last_round(session: AsyncSession, swap_id: int) -> int:
    """The number of the last reminder that there was; 0 for the offer itself."""
    return (await session.scalar(select(func.max(SwapCopy.round)).where(SwapCopy.swap_id == swap_id))) or 0
