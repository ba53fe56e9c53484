"""The short form: every kind of fault once, on each database, with seeds that stay the same.

`TOCSIN_CHAOS_SEED` tries another one. The long run is `make chaos`.
"""

import os
from pathlib import Path

import pytest

from tests.chaos.judge import judge, read_kept
from tests.chaos.plan import list_kinds, plan_each_kind, plan_faults
from tests.chaos.run import go_through, open_world
from tests.chaos.story import tell_stories, tell_summary

SECONDS = {"sqlite": 14.0, "postgresql": 16.0}
SEED = int(os.environ.get("TOCSIN_CHAOS_SEED", "7"))


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
async def test_no_fault_loses_or_doubles_a_step(database: str, tmp_path: Path) -> None:
    replicas = 1 if database == "sqlite" else 2
    faults = plan_each_kind(SEED, database, replicas, SECONDS[database])
    async with open_world(database, SEED, tmp_path, replicas) as world:
        await go_through(world, faults, SECONDS[database], every=0.6)
        kept = await read_kept(world)
        verdict = judge(world, kept)
        print(f"seed            {SEED}\n{tell_summary(world, verdict)}")
        assert not verdict.faults, tell_stories(world, kept, verdict)
        assert {one.fault.kind for one in world.applied} == {fault.kind for fault in faults}
        assert verdict.steps > 50


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_seed_brings_the_same_faults(database: str) -> None:
    once, again = [plan_faults(7, database, 3, 600, 5) for _ in range(2)]
    assert once == again
    assert once != plan_faults(8, database, 3, 600, 5)
    assert {fault.kind for fault in once} == set(list_kinds(database))
    assert all(fault.at + fault.seconds <= 600 for fault in once)
