"""What platforms hand in goes to its handler here, each in one unit of work."""

from dataclasses import dataclass, replace

from bot.access.accounts import is_new_here, meet, welcome
from bot.chat.card import Card
from bot.chat.form import Choice, Form
from bot.chat.invocation import Invocation, MessageAction, Moved, RoomChanged, Said, Visitor
from bot.chat.registry import Registry
from bot.chat.reply import Reply
from bot.errors import Forbidden, Problem, Unavailable, Unknown
from bot.flow.unit import Actor, Work
from bot.incidents.mirror import find_original
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
        if invocation.actor.user_id is None:
            return self._refuse(Forbidden("account.inactive", name=invocation.actor.name))
        if invocation.about is not None:
            invocation = replace(invocation, about=await self.find_original(invocation.about))
        reply = await self.registry.invoke(invocation)
        command, _ = self.registry.find(invocation.text)
        if command is None or command.reads:
            return reply
        return await self._ask_to_link(reply, invocation.actor)

    async def refresh_form(self, invocation: Invocation) -> Form | None:
        """None where there is no such command. Raises Forbidden for who has left: what could be chosen is not for them."""
        if invocation.actor.user_id is None:
            raise Forbidden("account.inactive", name=invocation.actor.name)
        return await self.registry.refresh_form(invocation)

    async def suggest(self, invocation: Invocation, name: str, typed: str) -> list[Choice]:
        if invocation.actor.user_id is None:
            return []
        return await self.registry.suggest(invocation, name, typed)

    async def said(self, said: Said) -> None:
        if await self.work.look(lambda unit: is_news(unit, said)):
            await self.work.run(lambda unit: record_said(unit, said), said.actor)

    async def edited(self, said: Said) -> None:
        await self.work.run(lambda unit: record_edited(unit, said), said.actor)

    async def deleted(self, said: Said) -> None:
        await self.work.run(lambda unit: record_deleted(unit, said), said.actor)

    async def find_original(self, said: Said) -> Said:
        if len(self.work.installation.platforms) == 1:
            return said
        try:
            return (await self.work.look(lambda unit: find_original(unit, said)))[0]
        except Unknown:  # taken back meanwhile; whoever acts on it is told so
            return said

    async def acted(self, action: MessageAction) -> Reply:
        if action.actor.user_id is None:
            return self._refuse(Forbidden("account.inactive", name=action.actor.name))
        try:
            reply = await self.work.run(lambda unit: act(unit, action), action.actor)
        except Problem as problem:
            if problem.status >= 500:
                raise
            return self._refuse(problem)
        return await self._ask_to_link(self.registry.render(reply), action.actor)

    def _refuse(self, problem: Problem) -> Reply:
        return Reply(text=self.registry.templates.explain(problem), failed=True, problem=problem)

    async def _ask_to_link(self, reply: Reply, actor: Actor) -> Reply:
        """Once, after the first thing that somebody did whom nobody knew: say by which name it is recorded."""
        if reply.failed or reply.repeated or reply.form is not None or actor.platform in ("", "room"):
            return reply
        try:
            is_new = await self.work.look(lambda unit: is_new_here(unit, actor))
            if not is_new or not await self.work.run(lambda unit: welcome(unit, actor), actor):
                return reply
        except Unavailable:  # what they did is kept; they can be asked another time
            return reply
        asked = self.registry.templates.render_markup(
            "replies/ask_to_link", name=actor.name, platform=actor.platform
        )
        return replace(reply, text=f"{reply.text}\n\n{asked}".strip())

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
