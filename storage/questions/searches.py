"""Questions about saved searches."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import SavedSearch


async def list_searches(session: AsyncSession) -> Sequence[SavedSearch]:
    return (await session.scalars(select(SavedSearch).order_by(SavedSearch.name))).all()


async def find_search(session: AsyncSession, name: str, by_name: bool) -> SavedSearch | None:
    """The saved search with this uid, or this name."""
    wanted = SavedSearch.name == name if by_name else SavedSearch.uid == name.lower()
    return await session.scalar(select(SavedSearch).where(wanted).with_for_update())


async def count_searches(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(SavedSearch)) or 0
