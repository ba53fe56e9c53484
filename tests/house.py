"""The whole of Tocsin for a test: real HTTP, a real database, and a clock that is moved by hand.

A test reads as a timetable: `await house.at("05:00")` moves to five minutes after the start, doing in order everything
that falls due on the way.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from aiohttp.test_utils import TestServer
from sqlalchemy import event, select

from app import build_parts, prepare
from bot.access.keys import create_key
from bot.access.people import add_user
from bot.access.signin import make_sign_in_link
from bot.catalog.integrations import create_integration
from bot.catalog.teams import get_team, join_team
from bot.chat.invocation import Invocation
from bot.chat.markup import render_text
from bot.chat.platform import Platform
from bot.chat.reply import Reply
from bot.config import read_settings
from bot.flow.unit import Actor, Unit
from handlers.parts import Parts
from handlers.web import build_web
from storage.engine import Database
from storage.models import (
    BoardChannel,
    BoardMessage,
    EscalationPolicy,
    Member,
    Model,
    Page,
    PolicyStep,
    Service,
    Team,
    TimelineEntry,
    User,
)
from storage.words import Scope, UserRole

START = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self, start: datetime = START) -> None:
        self.time = start

    def now(self) -> datetime:
        return self.time


@dataclass
class House:
    parts: Parts
    clock: HandClock
    url: str
    http: aiohttp.ClientSession
    owner: User
    hooks: dict[str, str] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)

    # time

    async def at(self, moment: str) -> None:
        """Move to `mm:ss` or `hh:mm:ss` after the start; what is due on the way is done at its time."""
        numbers = [int(part) for part in moment.split(":")]
        hours, minutes, seconds = [0] * (3 - len(numbers)) + numbers
        await self.move_to(START + timedelta(hours=hours, minutes=minutes, seconds=seconds))

    async def move_to(self, target: datetime) -> None:
        assert target >= self.clock.time, "time does not run backwards"
        while True:
            await self.settle()
            due = [
                moment
                for moment in (await self.parts.timers.find_next(), await self.parts.outbox.find_next())
                if moment
            ]
            if not due or min(due) > target:
                break
            self.clock.time = max(self.clock.time, min(due))
        self.clock.time = target
        await self.settle()

    async def settle(self) -> None:
        """Do what is due now, and deliver what may go."""
        while await self.parts.timers.run_due() + await self.parts.outbox.drain():
            continue

    # people and senders

    async def add_person(
        self, name: str, email: str = "", team: str = "first-team", role: str = "responder"
    ) -> User:
        async def add(unit: Any) -> User:
            user = await add_user(unit, name, email, UserRole(role))
            if team:
                await join_team(unit, await get_team(unit, team), user)
            return user

        self.people[name] = await self.parts.work.run(add)
        return self.people[name]

    async def add_second_team(self, name: str, person: str, service: str) -> User:
        """Another team with one person, a policy that pages that person at once, and a service."""
        user = await self.add_person(person, team="")

        async def add(unit: Unit) -> None:
            policy = EscalationPolicy(slug=f"{service}-policy", name=f"{name} policy")
            unit.session.add(policy)
            await unit.session.flush()
            team = Team(slug=name.lower(), name=name, policy_id=policy.id)
            unit.session.add(team)
            await unit.session.flush()
            recipients = [{"type": "user", "id": user.id, "name": user.name}]
            unit.session.add_all(
                [
                    Member(team_id=team.id, user_id=user.id),
                    Service(slug=service, name=service, team_id=team.id),
                    PolicyStep(policy_id=policy.id, position=1, delay=0, recipients=recipients),
                ]
            )

        await self.parts.work.run(add)
        return user

    async def add_sender(self, source: str, name: str = "", settings: dict[str, Any] | None = None) -> str:
        """Make an integration; returns its webhook URL."""
        _, key = await self.parts.work.run(
            lambda unit: create_integration(unit, source, name or source, None, settings or {})
        )
        self.hooks[source] = f"{self.url}/hooks/{source}/{key}"
        return self.hooks[source]

    async def send(self, body: Any, source: str = "generic") -> tuple[int, Any]:
        """Post a webhook body (JSON, or raw bytes); returns status and answer, after everything has settled."""
        if source not in self.hooks:
            await self.add_sender(source)
        content = {"data": body} if isinstance(body, bytes) else {"json": body}
        async with self.http.post(self.hooks[source], **content) as response:
            answer = await response.json()
            status = response.status
        await self.settle()
        return status, answer

    async def key(self, scope: str = "admin") -> str:
        return await self.parts.work.run(lambda unit: create_key(unit, f"test {scope}", Scope(scope)))

    async def sign_in_url(self, user: User | None = None) -> str:
        token = await self.parts.work.run(lambda unit: make_sign_in_link(unit, user or self.owner))
        return f"{self.url}/login/{token}"

    # commands

    async def command(self, text: str, by: User | None = None, incident: str = "", **values: str) -> Reply:
        """Give a command as a person, and let everything settle."""
        user = by or self.owner
        invocation = Invocation(
            text, Actor(user.name, user.id, "room"), "room", "", incident, values, submitted=bool(values)
        )
        reply = await self.parts.inbound.invoke(invocation)
        await self.settle()
        return reply

    async def ask(self, text: str, by: User | None = None, incident: str = "") -> str:
        """Give a command and read its answer as plain text."""
        return render_text((await self.command(text, by, incident)).text)

    # what can be seen

    async def rows(self, model: type[Model], *where: Any) -> list[Any]:
        async with self.parts.work.database.read() as session:
            return list(
                await session.scalars(select(model).where(*where).order_by(*model.__table__.primary_key))
            )

    async def messages(self, channel: str) -> list[BoardMessage]:
        """The messages of a channel of the Room, by its key: `incident-1`, `announcements`, `ops`, `direct-1`."""
        channels = await self.rows(BoardChannel, BoardChannel.key == channel)
        if not channels:
            return []
        return await self.rows(BoardMessage, BoardMessage.channel_id == channels[0].id)

    async def pages(self, user: User | None = None) -> list[Page]:
        return await self.rows(Page, *([Page.user_id == user.id] if user else []))

    async def timeline(self, incident_id: int = 1) -> list[str]:
        entries = await self.rows(TimelineEntry, TimelineEntry.incident_id == incident_id)
        return [entry.kind for entry in entries]

    async def metric(self, name: str) -> float:
        async with self.http.get(f"{self.url}/metrics") as response:
            lines = (await response.text()).splitlines()
        return sum(
            float(line.rpartition(" ")[2]) for line in lines if line.startswith(name) and "#" not in line
        )


@asynccontextmanager
async def open_house(
    database_url: str, environment: dict[str, str] | None = None, platforms: Sequence[Platform] = ()
) -> AsyncIterator[House]:
    """Build and serve; the small world of a first start is in it. `platforms` are on besides those that the environment
    names."""
    clock = HandClock()
    settings = read_settings({"TOCSIN_DATABASE_URL": database_url, **(environment or {})})
    database = Database(database_url, pooled=bool(settings.listen_url))
    _trust_the_machine(database)
    parts = build_parts(settings, clock, database)
    _add_platforms(parts, platforms)
    await prepare(parts)
    for platform in platforms:
        await platform.start(parts.inbound)
    async with TestServer(build_web(parts)) as server, aiohttp.ClientSession() as http:
        url = str(server.make_url("")).rstrip("/")
        async with database.read() as session:
            owner = (await session.scalars(select(User).order_by(User.id))).first()
        assert owner is not None
        yield House(parts, clock, url, http, owner)
        parts.work.live.close()
        await parts.key_uses.finish()
    await database.close()


def _trust_the_machine(database: Database) -> None:
    """Let SQLite not wait for the disk: the file needs to outlive neither a power cut nor the test. Tests that kill Tocsin
    serve it in a process of its own (tests/served.py), where nothing is changed."""

    def connected(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous=OFF")
        cursor.close()

    if database.is_sqlite:
        for engine in (database._writer, database._reader):
            event.listen(engine.sync_engine, "connect", connected)


def _add_platforms(parts: Parts, platforms: Sequence[Platform]) -> None:
    names = tuple(platform.name for platform in platforms)
    parts.platforms.update({platform.name: platform for platform in platforms})
    known = parts.work.installation
    parts.work.installation = replace(
        known, platforms=(*known.platforms, *names), methods=(*known.methods, *names)
    )
