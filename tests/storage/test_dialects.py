"""What SQLAlchemy compiled for one engine serves every other that speaks alike."""

from sqlalchemy import select

from storage.dialects import COMPILED
from storage.engine import Database
from storage.models import Fact


async def ask(url: str, sentinel: str) -> int:
    """Ask a question that nobody else asks, by the writer and by the readers; how many statements were compiled for it."""
    database, before = Database(url), set(COMPILED)
    question = select(Fact.value.label(sentinel)).where(Fact.name == "nobody")
    async with database.write() as session:
        assert await session.scalar(question) is None
    async with database.read() as session:
        assert await session.scalar(question) is None
    await database.close()
    return len(set(COMPILED) - before)


async def test_a_statement_is_compiled_once_for_every_engine_of_a_kind(
    sqlite_url: str, postgres_url: str
) -> None:
    assert await ask(sqlite_url, "asked_by_nobody_else") == 1
    assert await ask(sqlite_url, "asked_by_nobody_else") == 0
    assert await ask(postgres_url, "asked_by_nobody_else") == 1
    assert await ask(postgres_url, "asked_by_nobody_else") == 0
