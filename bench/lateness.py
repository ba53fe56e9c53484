"""How late due escalation steps are: 10,000 within a minute (2,000 within 12 seconds without `--full`), each a real step:
the page is written, its sending is queued, the next step is planned, the alert's log is kept.

Side by side: the same steps as one APScheduler date job each.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import uuid
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from bench import programs
from bench.report import Table, at_most, milliseconds, percentile
from bench.run import Options
from storage.engine import Database
from storage.models import (
    Alert,
    Escalation,
    EscalationPolicy,
    Integration,
    Member,
    PolicyStep,
    Rotation,
    Schedule,
    Team,
    Timer,
    User,
)
from storage.words import RotationKind

TEAMS = 20
BY_TEAM = 3
DELAY = 300
LEAD = 4.0
"""Seconds from filling the database to the first due time, in which the processes start."""


def measure(options: Options) -> list[Table]:
    count, seconds = (10_000, 60.0) if options.full else (2_000, 12.0)
    columns = ("p50 ms", "p99 ms", "max ms", "done", "CPU s")
    table = Table(f"Lateness of {count:,} escalation steps due within {seconds:g} s", columns)
    sqlite = [("Tocsin, SQLite", "house", 1, 40.0), ("without delivery", "steps", 1, 40.0)]
    sqlite.append(("one APScheduler job each", "jobs", 1, 0.0))
    if options.full:
        sqlite.append(("APScheduler's job store", "store", 1, 0.0))
    with ExitStack() as stack:
        for what, mode, replicas, bar in sqlite:
            with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
                url = f"sqlite:///{Path(name) / 'tocsin.db'}"
                _add(table, what, _run(url, mode, count, seconds, replicas), bar, count)
        if options.postgresql:
            server = stack.enter_context(programs.postgresql())
            for what, mode, replicas, bar in (
                ("Tocsin, PostgreSQL, two replicas", "house", 2, 60.0),
                ("Tocsin, PostgreSQL, one", "house", 1, 0.0),
                ("one APScheduler job each", "jobs", 1, 0.0),
            ):
                with programs.fresh_database(server) as url:
                    _add(table, what, _run(url, mode, count, seconds, replicas), bar, count)
    table.notes.append(
        "From the due time to after the commit. Delivery posts each page to the Room meanwhile."
    )
    return [table]


def _add(table: Table, what: str, found: list[dict[str, Any]], bar: float, count: int) -> None:
    late = [one for replica in found for one in replica["late"]]
    p99 = percentile(sorted(late), 0.99) * 1000
    verdict = at_most(p99, bar, " ms at p99") if bar else ("", None)
    if bar and len(late) != count:
        verdict = (verdict[0], False)
    table.add(
        what, *milliseconds(late), f"{len(late):,}", f"{sum(one['cpu'] for one in found):.1f}", bar=verdict
    )


def _run(url: str, mode: str, count: int, seconds: float, replicas: int) -> list[dict[str, Any]]:
    """Fill a database and let this many processes do its steps; their findings."""
    from migrations.run import migrate

    migrate(url)
    asyncio.run(_fill(url, count, seconds))
    command = [sys.executable, "-m", "bench.steps", "--mode", mode, "--url", url, "--count", str(count)]
    command += ["--patience", str(LEAD + seconds * 2)]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(replicas)
    ]
    found = []
    for process in running:
        out, err = process.communicate(timeout=LEAD + seconds * 2 + 60)
        if process.returncode != 0:
            raise RuntimeError(f"the steps failed:\n{err.decode()[-2000:]}")
        found.append(json.loads(out))
    return found


async def _fill(url: str, count: int, seconds: float) -> None:
    """Teams with people and schedules, and alerts whose second step falls due evenly over the time."""
    database = Database(url)
    now = datetime.now(UTC)
    async with database.write() as session:
        sender = Integration(
            slug="s", name="Sender", source="generic", digest=uuid.uuid4().hex, created_at=now
        )
        session.add(sender)
        policies = []
        for number in range(TEAMS):
            policy = EscalationPolicy(slug=f"p{number}", name=f"Policy {number}", repeat=2)
            team = Team(slug=f"t{number}", name=f"Team {number}")
            schedule = Schedule(slug=f"s{number}", name=f"Schedule {number}", zone="Europe/Vienna")
            people = [
                User(handle=f"u{number}-{one}", name=f"Person {number}.{one}", created_at=now)
                for one in range(BY_TEAM)
            ]
            session.add_all([policy, team, schedule, *people])
            await session.flush()
            team.policy_id, schedule.team_id = policy.id, team.id
            session.add_all(Member(team_id=team.id, user_id=person.id) for person in people)
            rotation = Rotation(
                schedule_id=schedule.id,
                name="Weekly",
                kind=RotationKind.WEEKLY,
                starts="2026-01-05T09:00",
                participants=[person.id for person in people],
            )
            recipients = [{"type": "schedule", "id": schedule.id, "name": schedule.name}]
            steps = [
                PolicyStep(policy_id=policy.id, position=place, delay=place * DELAY, recipients=recipients)
                for place in range(3)
            ]
            session.add_all([rotation, *steps])
            await session.flush()
            copied = [
                {"condition": "not_acknowledged", "delay": one.delay, "recipients": recipients}
                for one in steps
            ]
            policies.append((policy.id, team.id, copied))
        alerts = [
            {
                "uid": str(uuid.uuid4()),
                "integration_id": sender.id,
                "alias": f"alert-{number}",
                "title": f"Error rate is high on host {number}",
                "team_id": policies[number % TEAMS][1],
                "first_at": now,
                "last_at": now,
            }
            for number in range(count)
        ]
        await session.execute(insert(Alert), alerts)
    async with database.write() as session:
        ids = list(await session.scalars(select(Alert.id).order_by(Alert.id)))
        begin = datetime.now(UTC) + timedelta(seconds=LEAD + count / 5_000)
        dues = [begin + timedelta(seconds=seconds * place / count) for place in range(count)]
        escalations = [
            {
                "id": alert_id,
                "subject": f"alert:{alert_id}",
                "policy_id": policies[place % TEAMS][0],
                "steps": policies[place % TEAMS][2],
                "started_at": dues[place] - timedelta(seconds=DELAY),
                "round_started_at": dues[place] - timedelta(seconds=DELAY),
                "next_step": 1,
            }
            for place, alert_id in enumerate(ids)
        ]
        await session.execute(insert(Escalation), escalations)
        timers = [
            {"kind": "escalate", "subject": f"escalation:{alert_id}", "due_at": due}
            for alert_id, due in zip(ids, dues, strict=True)
        ]
        await session.execute(insert(Timer), timers)
    await database.close()
