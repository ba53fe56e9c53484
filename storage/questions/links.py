"""Questions about the links of pages."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Page


async def find_page_of_token(session: AsyncSession, token: str) -> Page | None:
    """ix_page_token."""
    if not token:
        return None
    return (await session.scalars(select(Page).where(Page.token == token, Page.token != ""))).first()
