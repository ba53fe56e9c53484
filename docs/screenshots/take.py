"""Takes the pictures in this folder: a real Tocsin over real HTTP, a realistic incident, headless Chromium.

Run it from a checkout with `make setup programs` done:  .venv/bin/python docs/screenshots/take.py
The clock is moved by hand, so the pictures show the same minute each time. Nobody in them exists.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

import aiohttp

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from bot.logs import start_logs  # noqa: E402
from migrations.run import migrate  # noqa: E402
from storage.models import BoardChannel, BoardMessage, User  # noqa: E402
from tests.house import House, open_house  # noqa: E402
from tests.programs import find_chromium  # noqa: E402

PICTURES = {"desktop": {"incident": "/INC-1"}, "phone": {"incident": "/INC-1", "oncall": "/oncall"}}
WORLD = """
users:
  kate: {name: Kate Moreau, email: kate@example.org, zone: Europe/London, role: owner}
  sam: {name: Sam Okafor, email: sam@example.org, zone: Europe/London}
  robert: {name: Robert Lind, email: robert@example.org, zone: Europe/London}
  amara: {name: Amara Nwosu, email: amara@example.org, zone: Europe/London}
  frances: {name: Frances Adeyemi, email: frances@example.org, zone: Europe/London}
  ines: {name: Inês Duarte, email: ines@example.org, zone: Europe/London, role: stakeholder}
teams:
  payments: {name: Payments, members: [kate, sam], policy: payments}
  platform: {name: Platform, members: [robert, amara], policy: platform}
services:
  payments: {name: Payment portal, team: payments, tier: 1, needs: [orders-db]}
  orders-db: {name: Orders database, team: payments, tier: 1}
  search: {name: Search, team: platform, tier: 3}
schedules:
  payments:
    name: Payments on-call
    team: payments
    zone: Europe/London
    rotations: [{starts: 2026-11-16T09:00, participants: [kate, sam]}]
  platform:
    name: Platform on-call
    team: platform
    zone: Europe/London
    rotations: [{kind: daily, starts: 2026-11-16T18:00, participants: [amara, robert]}]
policies:
  payments:
    name: Payments
    repeat: 2
    steps: [{page: [schedule:payments]}, {after: 5m, page: [team:payments]}]
  platform:
    name: Platform
    steps: [{page: [schedule:platform]}]
incident_rules:
  urgent:
    name: payments P1
    conditions: [{field: priority, operation: at_least, value: P2}]
    group_by: [labels.group]
"""


def fire(
    name: str, severity: str, instance: str, summary: str, group: str, service: str = ""
) -> dict[str, Any]:
    labels = {
        "alertname": name,
        "severity": severity,
        "instance": instance,
        "group": group,
        "service": service,
    }
    return {
        "status": "firing",
        "labels": labels,
        "annotations": {"summary": summary},
        "fingerprint": name + instance,
    }


class Story:
    """People who talk and type in the Room, each signed in as themselves."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.people: dict[str, User] = {}
        self.sessions: dict[str, aiohttp.ClientSession] = {}

    async def sign_in(self) -> None:
        for user in await self.house.rows(User):
            self.people[user.handle] = user
            session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
            await session.post(await self.house.sign_in_url(user))
            profile = {"name": user.name, "email": user.email, "zone": user.zone}
            await session.post(f"{self.house.url}/me", data=profile)
            self.sessions[user.handle] = session

    async def alert(self, *alerts: dict[str, Any]) -> None:
        body = {"version": "4", "status": "firing", "alerts": list(alerts)}
        status, answer = await self.house.send(body, "alertmanager")
        assert status == 202, answer

    async def say(self, who: str, text: str, pin: bool = False) -> None:
        (channel,) = await self.house.rows(BoardChannel, BoardChannel.key == "incident-1")
        answer = await self.sessions[who].post(
            f"{self.house.url}/board/{channel.id}/say", data={"text": text}
        )
        assert answer.ok, answer.status
        if pin:
            last = (await self.house.rows(BoardMessage, BoardMessage.channel_id == channel.id))[-1]
            await self.sessions["kate"].post(f"{self.house.url}/messages/{last.id}/react", data={})
        await self.house.settle()

    async def command(self, who: str, text: str) -> None:
        reply = await self.house.command(text, by=self.people[who], incident="INC-1")
        assert not reply.failed, reply.text

    async def close(self) -> None:
        for session in self.sessions.values():
            await session.close()


async def tell(story: Story) -> None:
    """Forty minutes of a bad night."""
    at, say, command = story.house.at, story.say, story.command
    await story.alert(
        fire("CheckoutErrors", "error", "pay-2:9090", "Payment portal slow to load", "portal", "payments")
    )
    await at("00:01:30")
    await command("kate", "/incident ack")
    await command("kate", "/incident role commander me")
    await at("00:02:10")
    await story.alert(
        fire("Http500", "critical", "id-gate:8080", "500s anomaly on id-gate", "portal", "payments"),
        fire(
            "PoolFull", "critical", "orders-db:5432", "Orders database: connection pool exhausted", "portal"
        ),
    )
    await say("kate", "Looking. Checkout p99 is at 11 s since 02:57, errors at 7 %.")
    await at("00:04:00")
    await command("kate", "/incident invite @robert The pool of orders-db is full")
    await say(
        "robert",
        "Here. 400 of 400 connections, all from payments-api. Deploy #29 went out at 02:51.",
        pin=True,
    )
    await at("00:07:20")
    await command("kate", "/incident services add:orders-db")
    await command("frances", "/incident role communications me")
    await command("kate", "/incident follow person:@ines")
    await at("00:09:00")
    await say("sam", "#29 opens a connection for each basket line. I can see it in the pool metrics.")
    await at("00:12:30")
    await command(
        "frances",
        "/incident update Paying with cards takes longer than usual and sometimes fails. "
        "We know the cause. status:identified next:30m",
    )
    await at("00:14:00")
    await say("kate", "@robert in case it was the change, please prepare the rollback of #29.")
    await at("00:15:10")
    await say("robert", "On it. Rollback is ready, needs four minutes.", pin=True)
    await command("kate", "/incident task Roll back deployment #29 owner:@robert")
    await at("00:21:00")
    await command("robert", "/incident task done:1")
    await say("robert", "Rolled back. Connections are at 90 and falling.", pin=True)
    await at("00:24:00")
    await command("kate", "/incident task Limit connections of payments-api owner:@sam follow_up:yes")
    await story.alert(
        fire("QueueLong", "warning", "search-1:9200", "Search index is 6 minutes behind", "", "search")
    )
    await at("00:29:40")
    await say("sam", "p99 is back under 400 ms. Watching for ten minutes before we call it.")
    await say("kate", "Good work. Next update at 03:42, then we resolve.")
    await at("00:31:00")


async def take() -> None:
    from playwright.async_api import async_playwright

    start_logs("error")
    program = find_chromium()
    assert program is not None, "make programs fetches Chromium"
    with tempfile.TemporaryDirectory() as folder:
        world = Path(folder) / "tocsin.yaml"
        world.write_text(WORLD, encoding="utf-8")
        database = f"sqlite:///{folder}/tocsin.db"
        migrate(database)
        async with open_house(database, {"TOCSIN_CONFIG": str(world)}) as house, async_playwright() as player:
            story = Story(house)
            await story.sign_in()
            await tell(story)
            browser = await player.chromium.launch(executable_path=str(program), args=["--no-sandbox"])
            for size, (width, height, scale) in {"desktop": (1440, 900, 1.5), "phone": (390, 844, 2)}.items():
                for scheme in ("light", "dark"):
                    context = await browser.new_context(
                        viewport={"width": width, "height": height},
                        device_scale_factor=scale,
                        color_scheme=scheme,
                        timezone_id="Europe/London",
                        locale="en-GB",
                        is_mobile=size == "phone",
                        has_touch=size == "phone",
                    )
                    page = await context.new_page()
                    await page.clock.set_fixed_time(house.clock.time)
                    await page.goto(await house.sign_in_url(story.people["kate"]))
                    await page.get_by_role("button", name="Sign in").click()
                    for name, address in PICTURES[size].items():
                        await page.goto(house.url + address)
                        await page.wait_for_timeout(700)
                        await page.screenshot(path=HERE / f"{name}-{size}-{scheme}.png")
                    await context.close()
            await browser.close()
            await story.close()


if __name__ == "__main__":
    asyncio.run(take())
