"""How often what is set up has changed. Triggers count it (migration 0011)."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import CatalogVersion

VERSION = select(CatalogVersion.version)


async def find_version(session: AsyncSession) -> int:
    return (await (await session.connection()).execute(VERSION)).scalar_one()
