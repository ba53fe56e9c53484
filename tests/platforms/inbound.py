"""A house that writes down what a platform hands in, and a real SlackPlatform that hands it in from the emulator."""

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.chat.card import Card
from bot.chat.form import Choice, Form
from bot.chat.invocation import Invocation, MessageAction, Moved, RoomChanged, Said, Visitor
from bot.chat.reply import Reply
from bot.chat.slack.platform import SlackPlatform
from bot.chat.templates import Templates
from bot.config import SlackSettings
from bot.flow.unit import Actor, Installation
from bot.secret import Secret
from handlers.chats import list_routes
from handlers.parts import Parts
from tests.platforms.slack import SlackServer


@dataclass
class Desk:
    """The `Inbound` of a test: it knows everybody it has met, and answers as the test says."""

    answer: Callable[[Invocation], Reply] = lambda invocation: Reply(text=f"done: {invocation.text}")
    form: Form | None = None
    choices: list[Choice] = field(default_factory=list)
    rooms: set[str] = field(default_factory=set)
    cards: tuple[Card, ...] = ()
    previews: dict[str, Card] = field(default_factory=dict)
    act: Callable[[MessageAction], Reply] = lambda action: Reply(text=f"kept: {action.said.text}")
    delay: float = 0.0
    trouble: Exception | None = None
    met: list[Visitor] = field(default_factory=list)
    known: dict[str, Actor] = field(default_factory=dict)
    invoked: list[Invocation] = field(default_factory=list)
    refreshed: list[Invocation] = field(default_factory=list)
    suggested: list[tuple[Invocation, str, str]] = field(default_factory=list)
    heard: list[tuple[str, Said]] = field(default_factory=list)
    actions: list[MessageAction] = field(default_factory=list)
    moves: list[Moved] = field(default_factory=list)
    changes: list[RoomChanged] = field(default_factory=list)
    looked: list[str] = field(default_factory=list)
    arrivals: set[str] = field(default_factory=set)

    async def meet(self, visitor: Visitor) -> Actor | None:
        await asyncio.sleep(self.delay)
        if self.trouble is not None:
            raise self.trouble
        if visitor.address not in self.known and visitor.name:
            self.met.append(visitor)
            self.known[visitor.address] = Actor(visitor.name, len(self.known) + 1, "slack")
        return self.known.get(visitor.address)

    async def invoke(self, invocation: Invocation) -> Reply:
        if invocation.arrival in self.arrivals:
            return Reply(repeated=True)
        reply = self.answer(invocation)
        self.invoked.append(invocation)
        if reply.form is None and not reply.failed:
            self.arrivals.add(invocation.arrival)
        return reply

    async def refresh_form(self, invocation: Invocation) -> Form | None:
        self.refreshed.append(invocation)
        return self.form

    async def suggest(self, invocation: Invocation, name: str, typed: str) -> list[Choice]:
        self.suggested.append((invocation, name, typed))
        return [choice for choice in self.choices if typed.lower() in choice.label.lower()]

    async def said(self, said: Said) -> None:
        self.heard.append(("said", said))

    async def edited(self, said: Said) -> None:
        self.heard.append(("edited", said))

    async def deleted(self, said: Said) -> None:
        self.heard.append(("deleted", said))

    async def find_original(self, said: Said) -> Said:
        return said

    async def acted(self, action: MessageAction) -> Reply:
        self.actions.append(action)
        return self.act(action)

    async def moved(self, moved: Moved) -> None:
        self.moves.append(moved)

    async def room_changed(self, change: RoomChanged) -> None:
        self.changes.append(change)

    async def is_room(self, platform: str, channel: str) -> bool:
        self.looked.append(channel)
        return channel in self.rooms

    async def show_home(self, actor: Actor) -> tuple[Card, ...]:
        return self.cards

    async def preview(self, url: str) -> Card | None:
        return self.previews.get(url)


@dataclass
class Bot:
    """A workspace with a bot in it, and what it hands in."""

    slack: SlackServer
    desk: Desk
    platform: SlackPlatform

    def told(self, user: Any) -> list[str]:
        """What only this person saw, or was told directly."""
        return [message.words for message in (*self.slack.ephemerals_of(user), *self.slack.direct(user))]


async def eventually(check: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Wait until something is so, and return it; what has to be awaited is. A loaded machine takes its time."""
    until = time.monotonic() + seconds
    while True:
        found = check()
        if inspect.isawaitable(found):
            found = await found
        if found:
            return found
        assert time.monotonic() < until, "it did not come to be"
        await asyncio.sleep(0.01)


@asynccontextmanager
async def open_bot(way: str, **settings: Any) -> AsyncIterator[Bot]:
    """A bot that hears by `http` or by `socket`. Nothing it shows may be refused by Slack."""
    async with SlackServer() as slack:
        by_http = {"signing_secret": Secret(slack.signing_secret)}
        values = by_http if way == "http" else {"app_token": Secret(slack.app_token)}
        chosen = SlackSettings(
            bot_token=Secret(slack.bot_token), api_url=slack.api_url, **cast("Any", values | settings)
        )
        platform = SlackPlatform(chosen, Templates(), "https://tocsin.example.org", lambda: datetime.now(UTC))
        desk = Desk()
        await platform.start(desk)
        work = SimpleNamespace(installation=Installation(platforms=("room", "slack")))
        app = web.Application()
        app.add_routes(list_routes(cast("Parts", SimpleNamespace(platforms={"slack": platform}, work=work))))
        async with TestServer(app) as server:
            if way == "http":
                slack.request_url = str(server.make_url("/slack/events"))
            else:
                await eventually(lambda: slack.sockets)
            yield Bot(slack, desk, platform)
            await platform.stop()
        assert slack.violations == []
