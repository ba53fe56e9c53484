"""An incident that is worked on in several rooms at once: two chat platforms in memory and the Room, and people in each."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from sqlalchemy import event

from bot.chat.invocation import Visitor
from bot.chat.markup import render_text
from bot.flow.outbox import Outbox
from bot.flow.unit import Actor
from storage.models import BoardMessage, User
from tests.house import House, open_house
from tests.platforms.memory import Channel, MemoryPlatform
from tests.platforms.test_room_pages import Browser, open_browser


@dataclass
class Talk:
    """The house, its platforms, a browser in the Room, and Kate, who is everywhere."""

    house: House
    slack: MemoryPlatform
    discord: MemoryPlatform
    browser: Browser
    kate: dict[str, Actor]

    async def declare(self, line: str = "Checkout is slow") -> tuple[Channel, Channel]:
        """Declare INC-1 from nowhere in particular; its rooms on both platforms."""
        await self.house.command(f"/incident declare {line}")
        return self.slack.rooms()[-1], self.discord.rooms()[-1]

    async def say(
        self, chat: MemoryPlatform, text: str, thread: str = "", room: Channel | None = None
    ) -> str:
        """Kate says something in the newest room there, and everything settles."""
        place = room or chat.rooms()[-1]
        address = await chat.say(place, self.kate[chat.name], text, thread)
        await self.house.settle()
        return address

    async def say_in_room(self, text: str, ref: str = "INC-1") -> int:
        """The owner says something on the incident's page; returns the message's number."""
        status, _ = await self.browser.post(f"/board/{await self.browser.channel(ref)}/say", text=text)
        assert status == 303
        return int(max(row.id for row in await self.house.rows(BoardMessage, BoardMessage.text == text)))

    async def room_talk(self, incident: int = 1) -> list[tuple[str, str]]:
        """What people said as it stands in the Room: who, and which words."""
        people = {user.id: user.name for user in await self.house.rows(User)}
        rows = [row for row in await self.house.messages(f"incident-{incident}") if row.deleted_at is None]
        return [
            (people[row.author_id], row.text) if row.author_id else (row.author, render_text(row.text))
            for row in rows
            if row.author_id or row.origin
        ]

    def restart(self) -> None:
        """As after `kill -9`: whoever held leases is gone, and a new loop begins. (Leases end by themselves in time.)"""
        old = self.house.parts.outbox
        new = Outbox(self.house.parts.work, old.deliverers, old.on_parked)
        self.house.parts = replace(self.house.parts, outbox=new)

    @asynccontextmanager
    async def statements(self) -> AsyncIterator[list[str]]:
        """The statements that the database is asked meanwhile."""
        asked: list[str] = []
        database = self.house.parts.work.database
        engines = {database._reader.sync_engine, database._writer.sync_engine}

        def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
            asked.append(statement)

        for engine in engines:
            event.listen(engine, "before_cursor_execute", note)
        yield asked
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


@asynccontextmanager
async def open_talk(database_url: str) -> AsyncIterator[Talk]:
    slack, discord = MemoryPlatform("slack"), MemoryPlatform("discord")
    async with open_house(database_url, platforms=[slack, discord]) as house:
        kate = await house.add_person("Kate", "kate@example.org")
        actors = {}
        for chat in (slack, discord):
            chat.now = house.clock.now
            address = chat.add_person(kate.email)
            actor = await house.parts.inbound.meet(Visitor(chat.name, address, "Kate", kate.email))
            assert actor is not None
            actors[chat.name] = actor
        browser = await open_browser(house)
        async with browser.http:
            yield Talk(house, slack, discord, browser, actors)
