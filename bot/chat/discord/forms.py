"""Forms that were sent: what came of them, or what is wrong with them; and the questions that only chat asks."""

from dataclasses import replace

from bot.chat.arrivals import ABOUT, TIMELINE, Questions
from bot.chat.discord.answers import Answers, Outcome
from bot.chat.discord.messages import Messages
from bot.chat.discord.modals import read_form, read_values
from bot.chat.discord.origins import Origin
from bot.chat.discord.places import PLATFORM
from bot.chat.form import Choice, Form
from bot.chat.invocation import Invocation, MessageAction, Said
from bot.chat.markup import render_text
from bot.chat.platform import Inbound
from bot.flow.unit import Actor


class Forms:
    """The forms of one server."""

    def __init__(self, inbound: Inbound, messages: Messages, answers: Answers) -> None:
        self.inbound = inbound
        self.messages = messages
        self.answers = answers
        self.questions = Questions(inbound, answers)

    async def submit(self, origin: Origin, actor: Actor, channel: str) -> Outcome:
        """Run what a form says; where something is wrong, the form again with what was typed."""
        line, number = read_form(origin.data)
        if not line:
            return Outcome(self.answers.refuse("form_gone"))
        values = read_values(origin.data)
        asked = values.pop(ABOUT, None)
        about = await self._find_message(origin, number) if number else None
        if line == f"/{TIMELINE}":
            return await self._add_to_timeline(origin, actor, channel, about, asked or "")
        invocation = Invocation(
            line,
            actor,
            PLATFORM,
            channel,
            asked or "",
            values,
            submitted=True,
            about=about,
            arrival=origin.arrival,
        )
        reply = await self.inbound.invoke(invocation)
        if not reply.failed and reply.form is None:
            return Outcome(reply)
        return Outcome(reply, await self.questions.build_again(invocation, reply, asked), number)

    async def _find_message(self, origin: Origin, number: str) -> Said | None:
        """The message that a form is about, as it is now; None when it was deleted meanwhile."""
        message = await self.messages.find(origin.channel, number)
        return await self.messages.read(message) if message is not None else None

    async def _add_to_timeline(
        self, origin: Origin, actor: Actor, channel: str, about: Said | None, incident: str
    ) -> Outcome:
        if about is None:
            return Outcome(self.answers.refuse("message_gone"))
        reply = await self.inbound.acted(MessageAction("timeline", about, actor, incident, origin.arrival))
        if not reply.failed:
            return Outcome(reply)
        form = await self.questions.ask_incident(actor, channel, incident, render_text(reply.text))
        return Outcome(reply, form, about.message)

    async def build(self, actor: Actor, channel: str, line: str) -> Form | None:
        """The form of a command line, with nothing filled in; None when there is none."""
        words = line.removeprefix("/").split(" ")
        if words[0] == TIMELINE:
            return await self.questions.ask_incident(actor, channel)
        return await self.inbound.refresh_form(
            Invocation(line, actor, PLATFORM, channel, find_reference(line))
        )

    @staticmethod
    def name_person(form: Form, value: str, name: str) -> Form:
        """The form in which a person is chosen already, by their name."""
        fields = [
            replace(one, kind="suggest", choices=(Choice(value, name),)) if one.value == value else one
            for one in form.fields
        ]
        return replace(form, fields=tuple(fields))


def find_reference(line: str) -> str:
    """The incident that a command line names (`INC-7`), or empty."""
    return next((word for word in line.split() if word.upper().startswith("INC-")), "")
