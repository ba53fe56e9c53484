"""Questions about shifts that are offered."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Override, Swap, SwapCopy
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


async def find_taken(
    session: AsyncSession, schedule_id: int, giver_id: int, taker_id: int, starts_at: datetime
) -> Swap | None:
    """The swap by which `taker_id` has the shift of `giver_id` that begins then: it was offered, or is had in return."""
    there = and_(Swap.user_id == giver_id, Swap.taker_id == taker_id, Swap.starts_at == starts_at)
    back = and_(Swap.user_id == taker_id, Swap.taker_id == giver_id, Swap.back_starts_at == starts_at)
    asked = (
        select(Swap)
        .where(Swap.schedule_id == schedule_id, Swap.state == SwapState.TAKEN, or_(there, back))
        .order_by(Swap.id.desc())
        .limit(1)
    )
    return (await session.scalars(asked)).first()


async def list_halves(session: AsyncSession, swap: Swap) -> Sequence[Override]:
    """The overrides that a taken swap has made and that are left."""
    there = and_(
        Override.giver_id == swap.user_id,
        Override.user_id == swap.taker_id,
        Override.starts_at == swap.starts_at,
    )
    back = and_(
        Override.giver_id == swap.taker_id,
        Override.user_id == swap.user_id,
        Override.starts_at == swap.back_starts_at,
    )
    asked = select(Override).where(Override.schedule_id == swap.schedule_id, or_(there, back))
    return (await session.scalars(asked.order_by(Override.id))).all()
