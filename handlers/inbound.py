"""What platforms hand in goes to its handler here, each in one unit of work."""

from dataclasses import dataclass

from bot.access.accounts import meet
from bot.chat.card import Card
from bot.chat.form import Choice, Form
from bot.chat.invocation import Invocation, MessageAction, Moved, RoomChanged, Said, Visitor
from bot.chat.registry import Registry
from bot.chat.reply import Reply
from bot.errors import Problem
from bot.flow.unit import Actor, Work
from handlers.messages.actions import act
from handlers.messages.said import is_news, record_deleted, record_edited, record_said
from handlers.rooms.changed import record_change
from handlers.rooms.home import build_home
from handlers.rooms.moved import record_move
from handlers.rooms.preview import build_preview
from storage.questions import incidents as ask


@dataclass(frozen=True)
class Desk:
    """The `Inbound` of every platform."""

    work: Work
    registry: Registry

    async def meet(self, visitor: Visitor) -> Actor | None:
        known = await self.work.look(lambda unit: meet(unit, Visitor(visitor.platform, visitor.address)))
        if known is not None or not visitor.name:
            return known
        return await self.work.run(lambda unit: meet(unit, visitor))

    async def invoke(self, invocation: Invocation) -> Reply:
        return await self.registry.invoke(invocation)

    async def refresh_form(self, invocation: Invocation) -> Form | None:
        return await self.registry.refresh_form(invocation)

    async def suggest(self, invocation: Invocation, name: str, typed: str) -> list[Choice]:
        return await self.registry.suggest(invocation, name, typed)

    async def said(self, said: Said) -> None:
        if await self.work.look(lambda unit: is_news(unit, said)):
            await self.work.run(lambda unit: record_said(unit, said), said.actor)

    async def edited(self, said: Said) -> None:
        await self.work.run(lambda unit: record_edited(unit, said), said.actor)

    async def deleted(self, said: Said) -> None:
        await self.work.run(lambda unit: record_deleted(unit, said), said.actor)

    async def acted(self, action: MessageAction) -> Reply:
        try:
            reply = await self.work.run(lambda unit: act(unit, action), action.actor)
        except Problem as problem:
            if problem.status >= 500:
                raise
            return Reply(text=self.registry.templates.explain(problem), failed=True, problem=problem)
        return self.registry.render(reply)

    async def moved(self, moved: Moved) -> None:
        await self.work.run(lambda unit: record_move(unit, moved), moved.actor)

    async def room_changed(self, change: RoomChanged) -> None:
        await self.work.run(lambda unit: record_change(unit, change), change.actor)

    async def is_room(self, platform: str, channel: str) -> bool:
        found = await self.work.look(
            lambda unit: ask.find_incident_of_channel(unit.session, platform, channel)
        )
        return found is not None

    async def show_home(self, actor: Actor) -> tuple[Card, ...]:
        return await self.work.look(lambda unit: build_home(unit, self.registry.templates), actor)

    async def preview(self, url: str) -> Card | None:
        return await self.work.look(lambda unit: build_preview(unit, self.registry.templates, url))
