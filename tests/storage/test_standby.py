"""A server of PostgreSQL that became a standby, while the address leads to the new one: who stays with it only reads."""

import pytest
from sqlalchemy.engine import make_url

from tests.away import connect_beside
from tests.house import open_house

ALERT = {"title": "Checkout returns errors", "alias": "checkout", "priority": "P1"}


@pytest.mark.postgresql
async def test_a_failover_ends_with_the_next_connection(postgres_url: str) -> None:
    """Sessions that began while the database was set to read-only stay so, as those with a standby do."""
    parsed = make_url(postgres_url)
    name = parsed.database
    async with open_house(postgres_url) as house:
        hook = await house.add_sender("generic")
        server = await connect_beside(parsed)
        await server.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        await server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name
        )
        async with house.http.post(hook, json=ALERT) as response:
            assert response.status == 503
        await server.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
        await server.close()
        statuses = []
        for _ in range(2):
            async with house.http.post(hook, json=ALERT) as response:
                statuses.append(response.status)
        assert statuses[-1] == 202
        await house.settle()
        assert len(await house.pages()) == 1
