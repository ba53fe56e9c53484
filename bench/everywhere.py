"""How soon an acknowledgement shows everywhere: Kate is paged, an incident opens in Slack, Discord and the Room, and it is
acknowledged by the API. Each message there that offered to acknowledge is edited; the last one counts.

Both platforms are the strict emulators of the tests, in this process; Tocsin runs in its own.
"""

import asyncio
import json
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bench import programs
from bench.card import MARK
from bench.chat import EMAIL
from bench.discord import open_discord
from bench.report import Table, milliseconds
from bench.run import Options

EVERY = 3.0
"""Seconds between two incidents."""
PATIENCE = 20.0
BAR = 2.0
OFFER = re.compile(r'"(label|text)": ?"Acknowledge"')
SLACK = {"chat.postMessage": False, "chat.update": True}
DISCORD = {"create_message": False, "update_message": True}


@dataclass
class Incident:
    """`offered` are the places that offered to acknowledge it, `shown` when each of them showed that somebody is on it."""

    acknowledged: float = 0.0
    offered: set[str] = field(default_factory=set)
    shown: dict[str, float] = field(default_factory=dict)


def measure(options: Options) -> list[Table]:
    from bench.slack import open_slack

    count = 30 if options.full else 12
    table = Table(
        f"From an acknowledgement to every place that shows it, {count} incidents",
        ("p50 ms", "p99 ms", "max ms", "places"),
    )
    late, places = asyncio.run(_measure(open_slack, count))
    met = len(late) == count and max(late) <= BAR
    table.add("Slack, Discord and the Room", *milliseconds(late), f"{places}", bar=("≤ 2 s", met))
    return [table]


async def _measure(open_slack: Any, count: int) -> tuple[list[float], int]:
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(open_slack())
        discord = await stack.enter_async_context(open_discord())
        running = programs.tocsin(environment={**slack.settings(), **discord.settings()})
        served = await asyncio.to_thread(running.__enter__)
        try:
            async with asyncio.timeout(30):
                await slack.wait_connected()
                await discord.wait_connected()
            words = ("user", "add", "Kate", "--email", EMAIL, "--team", "first-team")
            await asyncio.to_thread(served.cli, *words)
            await discord.link(served)
            await slack.command("oncall take", until="12h")
            await asyncio.sleep(1)
            return await _live(slack, discord, served, count)
        finally:
            await asyncio.to_thread(running.__exit__, None, None, None)


async def _live(slack: Any, discord: Any, served: programs.Served, count: int) -> tuple[list[float], int]:
    hook = (await asyncio.to_thread(served.cli, "integration", "create", "generic")).split()[0]
    key = (
        await asyncio.to_thread(served.cli, "key", "create", "--name", "bench", "--scope", "admin")
    ).strip()
    url, incidents = f"http://127.0.0.1:{served.port}/api/v1/commands", [Incident() for _ in range(count)]
    board = sqlite3.connect(f"file:{served.folder / 'tocsin.db'}?mode=ro", uri=True, isolation_level=None)
    headers = {"Authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        for number, incident in enumerate(incidents):
            body = {
                "title": f"Disk mark-{number:06d} is filling",
                "alias": f"mark-{number}",
                "priority": "P2",
            }
            async with http.post(hook, json=body) as response:
                response.raise_for_status()
            await asyncio.sleep(EVERY)
            _look(slack, discord, board, incidents)
            incident.acknowledged = time.monotonic()
            said = {"text": f"/incident ack INC-{number + 1}", "as": EMAIL}
            async with http.post(url, json=said) as response:
                response.raise_for_status()
            until = incident.acknowledged + PATIENCE
            while incident.offered - incident.shown.keys() and time.monotonic() < until:
                _look(slack, discord, board, incidents)
                await asyncio.sleep(0.005)
    board.close()
    done = [one for one in incidents if one.offered and not one.offered - one.shown.keys()]
    return [max(one.shown.values()) - one.acknowledged for one in done], sum(
        len(one.offered) for one in incidents
    )


def _look(slack: Any, discord: Any, board: sqlite3.Connection, incidents: list[Incident]) -> None:
    for place, text, at, is_edit in (*_list_calls(slack, discord), *_list_messages(board)):
        if (found := MARK.search(text)) is None or int(found[1]) >= len(incidents):
            continue
        incident = incidents[int(found[1])]
        if OFFER.search(text):
            incident.offered.add(place)
        elif is_edit and incident.acknowledged:
            incident.shown.setdefault(place, max(at, incident.acknowledged))


def _list_calls(slack: Any, discord: Any) -> Iterator[tuple[str, str, float, bool]]:
    """Each message that a platform took: its place, what is in it, when that was, and whether it is an edit."""
    for call in slack.slack.calls:
        if call.ok and call.method in SLACK:
            yield f"slack {call.args['channel']}", json.dumps(_open(call.args)), call.at, SLACK[call.method]
    for call in discord.discord.calls:
        if call.ok and call.route in DISCORD:
            yield f"discord {call.path['channel_id']}", json.dumps(call.body), call.at, DISCORD[call.route]


def _open(args: dict[str, Any]) -> dict[str, Any]:
    """What Slack gets as JSON inside of a form, as values."""
    return {
        name: json.loads(value) if name in ("blocks", "attachments") and isinstance(value, str) else value
        for name, value in args.items()
    }


def _list_messages(board: sqlite3.Connection) -> Iterator[tuple[str, str, float, bool]]:
    now = time.monotonic()
    for channel, card in board.execute("SELECT channel_id, card FROM board_message ORDER BY id"):
        yield f"room {channel}", card, now, True
