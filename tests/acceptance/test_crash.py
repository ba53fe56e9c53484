"""Nothing that was acknowledged is lost, and nothing happens twice, when the process is killed in an alert storm.

`TOCSIN_CRASH_KILLS` is how often it is killed (default 4); `TOCSIN_CRASH_SEED` begins with the dice that a failure names.
PostgreSQL, where the leases of the killed are waited out, takes a minute more: it is tried where everything is
(`TOCSIN_TEST_ALL=1`), or when a number of kills is given.
"""

import asyncio
import os
import random
import resource
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import func, select

from storage.models import (
    Alert,
    BoardChannel,
    BoardMessage,
    Escalation,
    EscalationPolicy,
    Incident,
    IncidentRoom,
    OutboxRow,
    Page,
    Schedule,
    Team,
    Timer,
    User,
)
from storage.words import AlertStatus, EscalationState, PageState
from tests.served import Served, open_served, wait_until

KILLS = int(os.environ.get("TOCSIN_CRASH_KILLS", "4"))
SEED = int(os.environ.get("TOCSIN_CRASH_SEED", str(random.randrange(10**6))))
REPEAT, REPEAT_AFTER, DELAYS = 1, 1, (0, 1, 2)
SENDERS = 6
SERVICES = 4
LONE_ALERTS = 12
"""Alerts that escalate by themselves; the others join incidents."""


@dataclass
class Sender:
    """Sends like a good sender does: the same again until it is acknowledged. Keeps what was acknowledged."""

    hook: str
    dice: random.Random
    name: str
    lone: int
    opened: Counter[str] = field(default_factory=Counter)
    """How many alerts each alias must have become: one, and one more for each trigger after a resolve."""
    is_open: dict[str, bool] = field(default_factory=dict)
    ids: dict[str, set[str]] = field(default_factory=dict)
    """What the answers called them: the machine's ids of an alias."""
    acknowledged: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    async def run(self, over: asyncio.Event) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as http:
            while not over.is_set():
                await self._send_until_acknowledged(http, self._choose(), over)
                await asyncio.sleep(self.dice.uniform(0, 0.04))

    def _choose(self) -> list[dict[str, Any]]:
        roll = self.dice.random()
        known = [alias for alias, is_open in self.is_open.items() if is_open]
        if roll < 0.2 and known:
            alias = self.dice.choice(known)
            return [self._trigger(alias)]
        if roll < 0.3 and known:
            alias = self.dice.choice(known)
            return [{"alias": alias, "status": "resolved"}]
        if roll < 0.35 and len(known) < len(self.is_open):
            return [self._trigger(self.dice.choice([one for one in self.is_open if one not in known]))]
        size = self.dice.choice((1, 1, 1, 2, 5))
        return [self._trigger(f"{self.name}-{len(self.is_open) + place}") for place in range(size)]

    def _trigger(self, alias: str) -> dict[str, Any]:
        number = int(alias.rpartition("-")[2])
        if number % 7 == 0 and number // 7 < self.lone:
            return {"alias": alias, "title": f"Lone {alias}", "priority": "P5"}
        service = f"service-{number % SERVICES}"
        return {"alias": alias, "title": f"Trouble {alias}", "priority": "P2", "service": service}

    async def _send_until_acknowledged(
        self, http: aiohttp.ClientSession, signals: list[dict[str, Any]], over: asyncio.Event
    ) -> None:
        while True:
            try:
                async with http.post(self.hook, json=signals) as response:
                    if response.status == 202:
                        self._note(signals, (await response.json())["alerts"])
                        return
                    self.refused[str(response.status)] += 1
            except (aiohttp.ClientError, TimeoutError) as error:
                self.refused[type(error).__name__] += 1
            await asyncio.sleep(0.05)

    def _note(self, signals: list[dict[str, Any]], answers: list[dict[str, Any]]) -> None:
        assert [answer["alias"] for answer in answers] == [signal["alias"] for signal in signals]
        for signal, answer in zip(signals, answers, strict=True):
            alias = signal["alias"]
            self.acknowledged += 1
            if signal.get("status") == "resolved":
                self.is_open[alias] = False
                continue
            if not self.is_open.get(alias, False):
                self.opened[alias] += 1
            self.is_open[alias] = True
            self.ids.setdefault(alias, set()).add(answer["id"])


@dataclass
class Storm:
    served: Served
    senders: list[Sender]
    dice: random.Random
    over: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def begin(self) -> None:
        self.tasks = [asyncio.create_task(sender.run(self.over)) for sender in self.senders]

    async def end(self) -> None:
        """The senders have everything acknowledged that they sent, then they are silent."""
        self.over.set()
        await asyncio.wait_for(asyncio.gather(*self.tasks), 30)

    @property
    def acknowledged(self) -> int:
        return sum(sender.acknowledged for sender in self.senders)


@pytest.fixture
async def storm(database_url: str, tmp_path: Path) -> AsyncIterator[Storm]:
    """Two people on call for steps that follow each other within seconds, and senders that wait to begin."""
    if "postgresql" in database_url and not {"TOCSIN_TEST_ALL", "TOCSIN_CRASH_KILLS"} & set(os.environ):
        pytest.skip("TOCSIN_TEST_ALL=1 or TOCSIN_CRASH_KILLS=4 tries PostgreSQL, too.")
    dice = random.Random(SEED)
    async with open_served(database_url, tmp_path) as served:
        await served.add_person("Kate")
        hook = await served.add_sender("generic")
        (policy,), (schedule,), (team,) = [
            await served.rows(kind) for kind in (EscalationPolicy, Schedule, Team)
        ]
        to_schedule, to_team = [{"type": "schedule", "id": schedule.id}], [{"type": "team", "id": team.id}]
        await served.set_steps(
            policy.id, [(delay, to_team if place else to_schedule) for place, delay in enumerate(DELAYS)]
        )

        async def repeat_soon(unit: Any) -> None:
            found = await unit.session.get_one(EscalationPolicy, policy.id)
            found.repeat, found.repeat_after = REPEAT, REPEAT_AFTER

        await served.run(repeat_soon)
        yield Storm(
            served,
            [
                Sender(hook, random.Random(dice.random()), f"sender{number}", LONE_ALERTS // SENDERS)
                for number in range(SENDERS)
            ],
            dice,
        )


async def test_killed_at_random_points_it_loses_nothing_and_doubles_nothing(storm: Storm) -> None:
    print(f"TOCSIN_CRASH_SEED={SEED}")
    served, started = storm.served, time.monotonic()
    await served.start()
    storm.begin()
    for _ in range(KILLS):
        await asyncio.sleep(storm.dice.uniform(0.2, 2.5))
        served.kill()
        await served.start()
    await asyncio.sleep(0.5)
    await storm.end()
    await wait_until_all_is_done(served)
    print(f"{KILLS} kills, {storm.acknowledged} signals acknowledged, {time.monotonic() - started:.1f} s")
    await check_alerts(storm)
    await check_escalations(served)
    await check_rooms(served)
    assert "Traceback" not in served.read_log()


async def test_stopped_in_a_storm_it_ends_at_once_and_hands_everything_back(storm: Storm) -> None:
    served = storm.served
    await served.start()
    storm.begin()
    for _ in range(3):
        await asyncio.sleep(storm.dice.uniform(0.5, 1.5))
        code, seconds = await served.stop()
        assert code == 0, served.read_log()
        assert seconds < 5
        assert [row.kind for row in await served.rows(OutboxRow, OutboxRow.leased_by.is_not(None))] == []
        await served.start()
    await storm.end()
    await wait_until_all_is_done(served)
    await check_alerts(storm)
    await check_escalations(served)
    await check_rooms(served)
    assert "Traceback" not in served.read_log()


async def test_a_full_disk_is_503_and_when_there_is_room_again_it_goes_on(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with open_served(sqlite_url, tmp_path) as served, aiohttp.ClientSession() as http:

        async def post(alias: str) -> tuple[int, Any]:
            async with http.post(
                hook, json={"title": "Trouble", "alias": alias, "priority": "P5"}
            ) as response:
                return response.status, await response.json()

        hook = await served.add_sender("generic")
        await served.start()
        assert served.process is not None
        assert (await post("before"))[0] == 202
        await wait_until_all_is_sent(served)
        unlimited = resource.prlimit(served.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(served.process.pid, resource.RLIMIT_FSIZE, (1, unlimited[1]))
        for _ in range(3):
            status, answer = await post("during")
            assert (status, answer["title"]) == (503, "storage.unavailable")
        resource.prlimit(served.process.pid, resource.RLIMIT_FSIZE, unlimited)
        assert (await post("after"))[0] == 202
        await wait_until_all_is_sent(served)
        assert [alert.alias for alert in await served.rows(Alert)] == ["before", "after"]


async def test_it_starts_and_stops_though_what_it_prints_goes_to_a_full_disk(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with open_served(sqlite_url, tmp_path) as served:
        served.output = Path("/dev/full")
        await served.start()
        code, _ = await served.stop()
        assert code == 0, served.read_log()


async def wait_until_all_is_sent(served: Served) -> None:
    async def is_sent() -> bool:
        pages = await served.rows(Page)
        return bool(pages) and all(page.state is PageState.SENT for page in pages)

    await wait_until(is_sent, 60, "a page was not sent")


async def wait_until_all_is_done(served: Served) -> None:
    """Every step of every escalation has run, and the outbox is empty."""

    async def is_done() -> bool:
        async with served.database.read() as session:
            waiting = await session.scalar(select(func.count()).select_from(OutboxRow))
            running = await session.scalar(
                select(func.count()).where(
                    Escalation.state == EscalationState.RUNNING,
                    (Escalation.round < REPEAT) | (Escalation.next_step < len(DELAYS)),
                )
            )
        return not waiting and not running

    await wait_until(is_done, 60, "the outbox did not become empty, or an escalation stood still", every=0.2)
    now = time.time()
    stuck = [timer for timer in await served.rows(Timer) if timer.due_at.timestamp() < now or timer.attempts]
    assert stuck == []


async def check_alerts(storm: Storm) -> None:
    """Each acknowledged alert is there exactly once, in the state that its sender left it in."""
    rows: dict[str, list[Alert]] = {}
    for alert in await storm.served.rows(Alert):
        rows.setdefault(alert.alias, []).append(alert)
    for sender in storm.senders:
        for alias, times in sender.opened.items():
            found = rows.pop(alias, [])
            assert len(found) == times, f"{alias} was opened {times} times and is there {len(found)} times"
            is_open = [alert.status for alert in found].count(AlertStatus.OPEN)
            assert is_open == int(sender.is_open[alias]), alias
            assert sender.ids[alias] <= {alert.uid for alert in found}
    assert list(rows) == [], "there is an alert that nobody sent"


async def check_escalations(served: Served) -> None:
    """Each subject has one escalation at a time, and each step of it paged everybody once, in order. An incident whose
    alerts were all closed has another one when the next alert joins it."""
    owner, kate = await served.rows(User)
    escalations = await served.rows(Escalation)
    lone = [alert for alert in await served.rows(Alert) if alert.incident_id is None]
    incidents = await served.rows(Incident)
    expected = [f"alert:{alert.id}" for alert in lone] + [f"incident:{incident.id}" for incident in incidents]
    assert sorted({one.subject for one in escalations}) == sorted(expected)
    assert lone
    for before, after in pairwise(sorted(escalations, key=lambda one: (one.subject, one.id))):
        if before.subject == after.subject:
            assert before.subject.startswith("incident:")
            assert before.state is EscalationState.STOPPED
            assert before.ended_at <= after.started_at
    pages: dict[int, list[Page]] = {one.id: [] for one in escalations}
    for page in await served.rows(Page):
        pages[page.escalation_id].append(page)
    plan = [
        (round_, step, user.id)
        for round_ in range(REPEAT + 1)
        for step in range(len(DELAYS))
        for user in ((owner, kate) if step else (owner,))
    ]
    for escalation in escalations:
        sent = [(page.round, page.step, page.user_id) for page in pages[escalation.id]]
        if escalation.state is EscalationState.STOPPED:
            assert sent == plan[: len(sent)], f"{escalation.subject}: {sent}"
            continue
        assert sent == plan, f"{escalation.subject}: {sent}"
        assert all(page.state is PageState.SENT for page in pages[escalation.id])


async def check_rooms(served: Served) -> None:
    """Each incident has one room with one card and one announcement, and each page one message."""
    incidents = await served.rows(Incident)
    rooms = await served.rows(IncidentRoom)
    channels = {channel.key: channel for channel in await served.rows(BoardChannel)}
    messages = await served.rows(BoardMessage)
    assert 1 <= len(incidents) == len({incident.group_key for incident in incidents}) <= SERVICES
    assert sorted(room.incident_id for room in rooms) == [incident.id for incident in incidents]
    assert sum(channel.kind == "incident" for channel in channels.values()) == len(incidents)
    in_announcements = [one.id for one in messages if one.channel_id == channels["announcements"].id]
    assert sorted(in_announcements) == sorted(int(room.announcement) for room in rooms)
    for room in rooms:
        channel = channels[f"incident-{room.incident_id}"]
        cards = [
            one.id for one in messages if one.channel_id == channel.id and (one.key or "").startswith("card-")
        ]
        assert room.channel == str(channel.id)
        assert cards == [int(room.card)] == [channel.pinned_id]
    direct = {channel.id for channel in channels.values() if channel.kind == "direct"}
    posted = [f"{one.channel_id}/{one.id}" for one in messages if one.channel_id in direct]
    pages = await served.rows(Page)
    sent = [page.address for page in pages if page.address is not None]
    assert len(set(sent)) == len(sent)
    assert set(sent) <= set(posted)
    # A page that was posted by a process killed in that moment, and answered or over at the next start, is DROPPED.
    assert len(posted) - len(sent) <= sum(page.state is PageState.DROPPED for page in pages)
