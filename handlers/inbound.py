"""What platforms hand in goes to its handler here, each in one unit of work."""

from dataclasses import dataclass

from bot.chat.invocation import Invocation, MessageAction, Moved, Said
from bot.chat.registry import Registry
from bot.chat.reply import Reply
from bot.errors import Problem
from bot.flow.unit import Work
from handlers.messages.actions import act
from handlers.messages.said import record_edited, record_said
from handlers.rooms.moved import record_move


@dataclass(frozen=True)
class Desk:
    """The `Inbound` of every platform."""

    work: Work
    registry: Registry

    async def invoke(self, invocation: Invocation) -> Reply:
        return await self.registry.invoke(invocation)

    async def said(self, said: Said) -> None:
        await self.work.run(lambda unit: record_said(unit, said), said.actor)

    async def edited(self, said: Said) -> None:
        await self.work.run(lambda unit: record_edited(unit, said), said.actor)

    async def acted(self, action: MessageAction) -> Reply:
        try:
            reply = await self.work.run(lambda unit: act(unit, action), action.actor)
        except Problem as problem:
            if problem.status >= 500:
                raise
            return Reply(text=self.registry.templates.explain(problem), failed=True)
        return self.registry.render(reply)

    async def moved(self, moved: Moved) -> None:
        await self.work.run(lambda unit: record_move(unit, moved), moved.actor)
