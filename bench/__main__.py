"""`python -m bench [name ...] [--record] [--full]`: measure, print the tables, and keep them when asked to."""

import importlib
import os
import sys
import time
from pathlib import Path

import click

from bench.report import render_text
from bench.run import NAMES, Options


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(NAMES))
@click.option("--record", is_flag=True, help="Write the tables to bench/RESULTS.md.")
@click.option("--full", is_flag=True, help="The long form: 10,000 steps in a minute, more comparisons.")
@click.option("--rounds", default=5, show_default=True, help="Rounds, of which the median counts.")
@click.option("--seconds", default=2.0, show_default=True, help="Seconds of load in one round.")
@click.option("--postgresql/--no-postgresql", default=True, help="Measure on PostgreSQL, too.")
def main(
    names: tuple[str, ...], record: bool, full: bool, rounds: int, seconds: float, postgresql: bool
) -> None:
    """Measure Tocsin against its bars. Without names, everything."""
    options = Options(rounds, seconds, full, postgresql)
    for name in names or NAMES:
        before, begun = os.getloadavg()[0], time.monotonic()
        tables = importlib.import_module(f"bench.{name}").measure(options)
        for table in tables:
            click.echo(render_text(table))
            sys.stdout.flush()
        click.echo(
            f"{name} took {time.monotonic() - begun:.0f} s; the machine's load before it was {before:.1f}.\n"
        )
        if record:
            from bench import results

            results.record(name, tables, before)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    main(prog_name="python -m bench")
