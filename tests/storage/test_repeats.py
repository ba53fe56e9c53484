"""Counting the repeats of open alerts does not make PostgreSQL's table and its indexes grow."""

import pytest
from sqlalchemy import text

from tests.house import open_house

ROUNDS = 4
GROUP = {
    "version": "4",
    "status": "firing",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "DiskNearlyFull", "severity": "info", "instance": f"db-{number}"},
            "annotations": {"description": "Less than a tenth of it is free. " * 12},
        }
        for number in range(120)
    ],
}


@pytest.mark.postgresql
async def test_repeats_are_counted_in_place(postgres_url: str) -> None:
    async with open_house(postgres_url) as house:
        for _ in range(1 + ROUNDS):
            assert (await house.send(GROUP, "alertmanager"))[0] == 202
    async with open_house(postgres_url) as house, house.parts.work.database.read() as session:
        asked = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'alert'"
        changed, in_place = (await session.execute(text(asked))).one()
        counts = set((await session.execute(text("SELECT count FROM alert"))).scalars())
    assert counts == {1 + ROUNDS}
    assert changed >= len(GROUP["alerts"]) * ROUNDS
    assert (
        in_place > 0.2 * changed
    )  # next to none without room in the pages; a reader keeps old versions for a while
