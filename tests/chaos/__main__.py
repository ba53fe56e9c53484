"""`python -m tests.chaos [--minutes 10] [--seed 7] [--database sqlite|postgresql|both]`: the long run."""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from tests.chaos.judge import judge, read_kept
from tests.chaos.plan import Fault, plan_each_kind, plan_faults
from tests.chaos.run import go_through, open_world
from tests.chaos.story import tell_stories, tell_summary


@click.command()
@click.option("--minutes", default=10.0, show_default=True, help="How long faults come, for each database.")
@click.option("--seed", type=int, help="The same faults as in a run before.")
@click.option(
    "--database", type=click.Choice(["sqlite", "postgresql", "both"]), default="both", show_default=True
)
@click.option("--replicas", default=3, show_default=True, help="Processes on PostgreSQL.")
@click.option("--every", default=8.0, show_default=True, help="Seconds between two faults, on average.")
@click.option("--alerts", default=2.5, show_default=True, help="Seconds between two alerts, on average.")
@click.option("--short", is_flag=True, help="Each kind of fault once, as in the tests, within the minutes.")
@click.option("--keep", type=click.Path(path_type=Path), help="A folder to keep the logs in.")
def main(
    minutes: float,
    seed: int | None,
    database: str,
    replicas: int,
    every: float,
    alerts: float,
    short: bool,
    keep: Path | None,
) -> None:
    """Kill, freeze, cut, fill and restart at random, and judge what became of each alert."""
    seed = random.randrange(10**6) if seed is None else seed
    chosen = ["sqlite", "postgresql"] if database == "both" else [database]
    is_broken = False
    for name in chosen:
        click.echo(f"seed            {seed}")
        with tempfile.TemporaryDirectory(prefix="tocsin-chaos-") as folder:
            place = keep / name if keep is not None else Path(folder)
            place.mkdir(parents=True, exist_ok=True)
            count = 1 if name == "sqlite" else replicas
            seconds = minutes * 60
            faults = (
                plan_each_kind(seed, name, count, seconds)
                if short
                else plan_faults(seed, name, count, seconds, every)
            )
            is_broken |= asyncio.run(_run(name, seed, place, count, faults, seconds, alerts))
    sys.exit(is_broken)


async def _run(
    database: str,
    seed: int,
    folder: Path,
    replicas: int,
    faults: Sequence[Fault],
    seconds: float,
    alerts: float,
) -> bool:
    async with open_world(database, seed, folder, replicas) as world:
        await go_through(world, faults, seconds, alerts)
        kept = await read_kept(world)
        verdict = judge(world, kept)
        click.echo(tell_summary(world, verdict))
        click.echo("".join(f"\n{one}" for one in world.applied) if len(world.applied) < 20 else "")
        if verdict.faults:
            click.echo(f"\n{tell_stories(world, kept, verdict)}")
        return bool(verdict.faults)


if __name__ == "__main__":
    main(prog_name="python -m tests.chaos")
