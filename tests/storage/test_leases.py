"""What only one of several replicas may do, on PostgreSQL."""

from sqlalchemy import text

from storage.engine import Database
from storage.questions import leases


async def test_a_lease_is_one_replicas_until_it_ends_and_what_ended_long_ago_is_forgotten(
    postgres_url: str,
) -> None:
    database = Database(postgres_url)
    async with database.write() as session:
        assert await leases.take(session, "listen", "one", 30)
        assert await leases.take(session, "listen", "one", 30), "renewed"
        assert not await leases.take(session, "listen", "two", 30)
        assert await leases.take(session, "stuck:7", "one", 30)
    async with database.write() as session:
        ended = "UPDATE lease SET until = now() - interval '25 hours' WHERE name = 'stuck:7'"
        await session.execute(text(ended))
        await leases.forget_ended(session)
        left = list(await session.scalars(text("SELECT name FROM lease")))
        assert left == ["listen"]
        await leases.give_back(session, "listen", "one")
        assert await leases.take(session, "listen", "two", 30)
    await database.close()


async def test_on_sqlite_there_is_one_process_whose_everything_is(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    async with database.write() as session:
        assert await leases.take(session, "listen", "one", 30)
        assert await leases.take(session, "listen", "two", 30)
        await leases.forget_ended(session)
    await database.close()
