"""How soon people in Slack see it: from an alert's 202 to its page and its incident's card there, and from a command
to its acknowledgement, at a steady rate, sent whether or not earlier ones have been answered; and what a storm costs.

Slack is the strict emulator of the tests, in this process; Tocsin runs in its own, connected by Socket Mode.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from bench import programs
from bench.card import PATIENCE, RATE, pace
from bench.report import Table, milliseconds, percentile
from bench.run import Options
from tests.platforms.slack import SlackServer

MARK = re.compile(r"mark-(\d{6})")
STORM = 1_000


def measure(options: Options) -> list[Table]:
    seconds = 20 if options.full else 8
    cards = Table(f"From 202 to Slack, {seconds} s", ("p50 ms", "p99 ms", "max ms", "seen"))
    for what, priority, rate, has_bar in (
        ("page of an alert", "P5", RATE, True),
        ("page of an alert", "P5", 10, False),
        ("card of an incident", "P2", 5, False),
    ):
        late, count = asyncio.run(_alerts(priority, rate, seconds))
        p50, p99 = percentile(sorted(late), 0.5) * 1000, percentile(sorted(late), 0.99) * 1000
        bar = (
            ("p50 ≤ 10, p99 ≤ 60 ms", p50 <= 10 and p99 <= 60 and len(late) == count)
            if has_bar
            else ("", None)
        )
        cards.add(f"{what}, {rate}/s", *milliseconds(late), f"{len(late)} of {count}", bar=bar)
    acks = Table(
        f"From a command in Slack, {RATE}/s for {seconds} s", ("p50 ms", "p99 ms", "max ms", "answered")
    )
    for what, took, count, has_bar in asyncio.run(_commands(seconds)):
        met = percentile(sorted(took), 0.99) * 1000 <= 25 and len(took) == count
        bar = ("p99 ≤ 25 ms", met) if has_bar else ("", None)
        acks.add(what, *milliseconds(took), f"{len(took)} of {count}", bar=bar)
    storm = Table(f"{STORM:,} alerts within a minute that join one incident", ("calls", "edits", "seconds"))
    calls, edits, took_all = asyncio.run(_storm())
    storm.add(
        "calls of Slack's API", str(calls), str(edits), f"{took_all:.0f}", bar=("≤ 40 calls", calls <= 40)
    )
    return [cards, acks, storm]


@asynccontextmanager
async def _house() -> AsyncIterator[tuple[SlackServer, programs.Served]]:
    """Tocsin with its socket open, and a person who is known on both sides."""
    async with SlackServer() as slack:
        slack.add_user("owner", email="owner@example.org")
        environment = {
            "TOCSIN_SLACK_BOT_TOKEN": slack.bot_token,
            "TOCSIN_SLACK_APP_TOKEN": slack.app_token,
            "TOCSIN_SLACK_API_URL": slack.api_url,
        }
        running = programs.tocsin(environment=environment)
        served = await asyncio.to_thread(running.__enter__)
        try:
            async with asyncio.timeout(20):
                while not slack.sockets:  # noqa: ASYNC110 (nothing tells of it)
                    await asyncio.sleep(0.02)
            yield slack, served
        finally:
            await asyncio.to_thread(running.__exit__, None, None, None)


async def _alerts(priority: str, rate: int, seconds: int) -> tuple[list[float], int]:
    """Each alert is a trouble of its own, so that each has a page or an incident of its own."""
    async with _house() as (slack, served), aiohttp.ClientSession() as http:
        hook = (await asyncio.to_thread(served.cli, "integration", "create", "generic")).split()[0]
        await _give_address(slack, served)
        accepted: dict[int, float] = {}

        async def send(number: int) -> None:
            mark = f"mark-{number:06d}"
            body = {"title": f"Disk {mark} is filling", "alias": mark, "priority": priority}
            async with http.post(hook, json=body) as response:
                await response.read()
                response.raise_for_status()
                accepted[number] = time.monotonic()

        count = await pace(send, rate, seconds)
        until = time.monotonic() + PATIENCE
        seen: dict[int, float] = {}
        read = 0
        while len(seen) < count and time.monotonic() < until:
            await asyncio.sleep(0.05)
            for call in slack.calls[read:]:
                if call.method == "chat.postMessage" and (
                    found := MARK.search(str(call.args.get("text", "")))
                ):
                    seen.setdefault(int(found[1]), call.at)
            read = len(slack.calls)
        late = [max(seen[number] - at, 0.0) for number, at in accepted.items() if number in seen]
        return late, count


async def _give_address(slack: SlackServer, served: programs.Served) -> None:
    """The first person of the small world has the e-mail address of a person in Slack: whoever acts there is that person."""
    kate = slack.add_user("kate", email="kate@example.org")
    general = slack.add_channel("general", members=[kate], with_bot=True)
    await asyncio.to_thread(
        served.cli, "user", "add", "Kate", "--email", "kate@example.org", "--team", "first-team"
    )
    await slack.command(kate, general, "/oncall", "take 12h")
    await asyncio.sleep(1)


async def _commands(seconds: int) -> list[tuple[str, list[float], int, bool]]:
    async with _house() as (slack, served):
        await _give_address(slack, served)
        kate = next(user for user in slack.workspace.users.values() if user.name == "kate")
        general = slack.channel_named("general")
        assert general is not None
        await slack.command(kate, general, "/incident", "declare Checkout returns errors")
        await asyncio.sleep(2)
        acks: list[float] = []
        before = len(slack.ephemerals_of(kate))

        async def send(number: int) -> None:
            delivery = await slack.command(
                kate, general, "/incident", f"note INC-1 Restarted worker {number}"
            )
            if delivery.ok:
                acks.append(delivery.ack_seconds)

        begun = time.monotonic()
        count = await pace(send, RATE, seconds)
        until = time.monotonic() + PATIENCE
        while len(slack.ephemerals_of(kate)) - before < count and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        answered = len(slack.ephemerals_of(kate)) - before
        spare = time.monotonic() - begun - seconds
        return [
            ("to the acknowledgement", acks, count, True),
            ("all answers, after the last command", [spare] * answered, count, False),
        ]


async def _storm() -> tuple[int, int, float]:
    async with _house() as (slack, served), aiohttp.ClientSession() as http:
        hook = (await asyncio.to_thread(served.cli, "integration", "create", "generic")).split()[0]
        await _give_address(slack, served)
        before, edits, begun = len(slack.calls), slack.count("chat.update"), time.monotonic()

        async def send(number: int) -> None:
            body = {"title": "Disk full", "alias": f"disk-{number}", "priority": "P2", "service": "web"}
            async with http.post(hook, json=body) as response:
                response.raise_for_status()

        await pace(send, STORM // 50, 50)
        await asyncio.sleep(15)
        return len(slack.calls) - before, slack.count("chat.update") - edits, time.monotonic() - begun
