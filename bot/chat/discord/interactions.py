"""What people type after a slash, press, choose, or do with a message or a person: each carries a command line."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.chat.arrivals import FORM_OF_MESSAGE, TIMELINE, prefill
from bot.chat.discord.answers import Answers, Outcome
from bot.chat.discord.commands import (
    CHAT_INPUT,
    INCIDENT,
    MENUS,
    CommandTree,
    build_choices,
    find_focus,
    read_line,
)
from bot.chat.discord.components import read_press
from bot.chat.discord.forms import Forms, find_reference
from bot.chat.discord.messages import Messages
from bot.chat.discord.modals import read_token
from bot.chat.discord.origins import COMMAND, COMPONENT, FORM, TYPING, Origin, read_origin
from bot.chat.discord.places import PLATFORM, Places
from bot.chat.discord.visitors import Visitors
from bot.chat.errands import Errands
from bot.chat.invocation import Invocation, MessageAction
from bot.chat.platform import Inbound
from bot.chat.reply import Reply
from bot.errors import Problem, Rejected
from bot.flow.unit import Actor
from bot.logs import get_logger

log = get_logger(__name__)
Json = dict[str, Any]
MENTION = re.compile(r"<@!?(\d+)>")
SUGGEST_WITHIN = 2.0


class Interactions:
    """The interactions of one server."""

    def __init__(
        self,
        inbound: Inbound,
        visitors: Visitors,
        places: Places,
        messages: Messages,
        answers: Answers,
        errands: Errands,
        tree: CommandTree,
    ) -> None:
        self.inbound = inbound
        self.visitors = visitors
        self.places = places
        self.messages = messages
        self.answers = answers
        self.errands = errands
        self.tree = tree
        self.forms = Forms(inbound, messages, answers)

    def take(self, body: Mapping[str, Any]) -> None:
        """Somebody did something; what is delivered twice is done once."""
        takers = {
            COMMAND: self._take_command,
            COMPONENT: self._take_press,
            TYPING: self._take_typing,
            FORM: self._take_form,
        }
        origin = read_origin(body)
        taker = takers.get(origin.kind)
        if taker is not None:
            self.errands.start_once(f"discord:{origin.number}", lambda: taker(origin))

    async def meet(self, origin: Origin) -> Actor | None:
        """Who did it; None when they are nobody who can act here."""
        if origin.guild and origin.guild != await self.visitors.guild.get_id():
            return None
        if origin.member is not None:
            return await self.visitors.meet(origin.user, origin.member)
        return await self.visitors.meet_apart(origin.user)

    async def find_channel(self, origin: Origin) -> str:
        """Where it was done; what is done in a thread of a room is done in the room."""
        return await self.places.find_room(origin.channel, origin.parent) or origin.channel

    # commands

    async def _take_command(self, origin: Origin) -> None:
        if origin.data.get("type", CHAT_INPUT) == CHAT_INPUT:
            await self.answers.answer(origin, self._run_command(origin))
            return
        meaning = self.tree.menus.get(str(origin.data.get("name", "")), "")
        if meaning in MENUS:
            await self.answers.answer(origin, self._use_menu(origin, meaning))

    async def _run_command(self, origin: Origin) -> Outcome:
        line, values = read_line(origin.data, self.tree)
        return await self.run_line(origin, line, values)

    async def run_line(self, origin: Origin, line: str, values: dict[str, str] | None = None) -> Outcome:
        """Run a command line; who is named in it becomes known."""
        actor = await self.meet(origin)
        if actor is None:
            return Outcome(self.answers.refuse("not_a_member"))
        named = MENTION.findall(" ".join((line, *(values or {}).values())))
        for address in dict.fromkeys(named):
            await self._introduce(address)
        channel = await self.find_channel(origin)
        invocation = Invocation(line, actor, PLATFORM, channel, values=values or {}, arrival=origin.arrival)
        return Outcome(await self.inbound.invoke(invocation))

    async def _introduce(self, address: str) -> Actor | None:
        """Let the house know somebody who is named; what it can't know, the command says."""
        try:
            return await self.visitors.meet(address)
        except Rejected:
            return None

    # what is done with a message or a person

    async def _use_menu(self, origin: Origin, meaning: str) -> Outcome:
        actor = await self.meet(origin)
        if actor is None:
            return Outcome(self.answers.refuse("not_a_member"))
        target, resolved = str(origin.data.get("target_id", "")), origin.data.get("resolved") or {}
        channel = await self.find_channel(origin)
        if meaning == "user-page":
            return await self._page(actor, channel, target, resolved)
        message = (resolved.get("messages") or {}).get(target)
        if message is None:
            return Outcome(self.answers.refuse("message_gone"))
        said = await self.messages.read({"channel_id": origin.channel, **message})
        if meaning == TIMELINE:
            reply = await self.inbound.acted(MessageAction("timeline", said, actor, arrival=origin.arrival))
            if reply.problem is None or reply.problem.code != "incident.not_a_room":
                return Outcome(reply)
            form = await self.forms.questions.ask_incident(actor, channel)
            return Outcome(replace(reply, text=""), form, f"{target}")
        line = FORM_OF_MESSAGE[meaning]
        form_of = await self.inbound.refresh_form(
            Invocation(
                line,
                actor,
                PLATFORM,
                channel,
                values=prefill(await self.inbound.find_original(said)),
                about=said,
            )
        )
        if form_of is None:
            raise Problem("command.unknown", typed=line, near=[])
        if meaning == "message-task" and not form_of.target:
            form_of = await self.forms.questions.add_incident_field(form_of, actor, channel)
        return Outcome(Reply(), form_of, target)

    async def _page(self, actor: Actor, channel: str, target: str, resolved: Mapping[str, Any]) -> Outcome:
        """The form of `/page`, with the person filled in."""
        user = (resolved.get("users") or {}).get(target) or {}
        member = (resolved.get("members") or {}).get(target)
        if user.get("bot"):
            return Outcome(self.answers.refuse("not_a_member"))
        person = await self.visitors.meet(target, {**member, "user": user} if member else None)
        if person is None:
            return Outcome(self.answers.refuse("not_a_member"))
        values = {"who": f"<@{target}>"}
        form = await self.inbound.refresh_form(Invocation("/page", actor, PLATFORM, channel, values=values))
        if form is None:
            raise Problem("command.unknown", typed="/page", near=[])
        return Outcome(Reply(), self.forms.name_person(form, values["who"], person.name))

    # buttons and menus

    async def _take_press(self, origin: Origin) -> None:
        press = read_press(origin.data, (origin.source or {}).get("components") or ())
        if press is None:
            await self.answers.show(origin, Outcome(Reply(repeated=True)))
        elif press.token:
            await self.answers.answer(origin, self._open_form(origin, press.token))
        elif press.asks:
            await self.answers.show(origin, Outcome(Reply(), question=press))
        else:
            await self.answers.answer(origin, self.run_line(origin, press.line))

    async def _open_form(self, origin: Origin, token: str) -> Outcome:
        """A form again, with what was typed; after a restart without it."""
        kept = self.answers.find_form(token)
        if kept is not None:
            return Outcome(Reply(), kept[0], kept[1])
        actor = await self.meet(origin)
        if actor is None:
            return Outcome(self.answers.refuse("not_a_member"))
        line, about = read_token(token)
        form = await self.forms.build(actor, await self.find_channel(origin), line)
        if form is None:
            return Outcome(self.answers.refuse("form_gone"))
        return Outcome(Reply(), form, about)

    # forms, and what is typed in an option

    async def _take_form(self, origin: Origin) -> None:
        async def work() -> Outcome:
            actor = await self.meet(origin)
            if actor is None:
                return Outcome(self.answers.refuse("not_a_member"))
            return await self.forms.submit(origin, actor, await self.find_channel(origin))

        await self.answers.answer(origin, work())

    async def _take_typing(self, origin: Origin) -> None:
        """Somebody types to find a choice; what is not found in time is not offered."""
        task = self.errands.start(self._suggest(origin))
        await asyncio.wait({task}, timeout=SUGGEST_WITHIN)
        is_found = task.done() and not task.cancelled() and task.exception() is None
        await self.answers.offer(origin, task.result() if is_found else [])

    async def _suggest(self, origin: Origin) -> list[Json]:
        actor = await self.meet(origin)
        if actor is None:
            return []
        line, values = read_line(origin.data, self.tree)
        name, typed = find_focus(origin.data)
        if name == INCIDENT:
            line, name, values = "/incident merge", "into", {}
        values.pop(name, None)
        channel = await self.find_channel(origin)
        invocation = Invocation(line, actor, PLATFORM, channel, find_reference(line), values)
        return build_choices(await self.inbound.suggest(invocation, name, typed))
