"""How often what is set up has changed. Triggers count it (migration 0011)."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import CatalogVersion
from storage.ready import Ready

VERSION = Ready(select(CatalogVersion.version))


async def find_version(session: AsyncSession) -> int:
    return int((await VERSION.ask(session))[0][0])
