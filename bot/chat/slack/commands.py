"""What people type after a slash, press or choose: each carries a command line. Acknowledged at once, answered after it."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.chat.arrivals import FORM_OF_MESSAGE, TIMELINE, Questions, prefill
from bot.chat.errands import Errands
from bot.chat.invocation import Invocation, MessageAction
from bot.chat.platform import Inbound
from bot.chat.reply import Reply
from bot.chat.slack.answers import Answers, Outcome
from bot.chat.slack.messages import Messages
from bot.chat.slack.mrkdwn import unescape_line
from bot.chat.slack.origins import Origin, Remembered, of_command, of_interaction
from bot.chat.slack.visitors import PLATFORM, Visitors
from bot.chat.templates import Templates
from bot.chat.words import say
from bot.errors import Problem, Rejected

MENTION = re.compile(r"<@([A-Z0-9]+)>")
ASKS_BARE = ("/page",)
"""Without anything behind them these ask by a form; the others show what can follow."""


class Commands:
    """Runs the command lines of one workspace."""

    def __init__(
        self,
        inbound: Inbound,
        visitors: Visitors,
        messages: Messages,
        answers: Answers,
        errands: Errands,
        templates: Templates,
    ) -> None:
        self.inbound = inbound
        self.visitors = visitors
        self.messages = messages
        self.answers = answers
        self.errands = errands
        self.templates = templates
        self.questions = Questions(inbound, answers)

    async def take_command(self, ack: AsyncAck, body: Mapping[str, Any]) -> None:
        """Somebody typed a command."""
        await ack()
        origin, line = of_command(body), read_line(str(body["command"]), str(body.get("text") or ""))
        self.errands.start_once(origin.arrival, lambda: self.run_line(origin, line))

    async def take_shortcut(self, ack: AsyncAck, body: Mapping[str, Any]) -> None:
        """Somebody used a shortcut, from anywhere or of a message."""
        await ack()
        origin, callback = of_interaction(body), str(body["callback_id"])
        if callback == "declare":
            self.errands.start_once(origin.arrival, lambda: self.run_line(origin, "/incident declare"))
        elif callback == TIMELINE:
            self.errands.start_once(origin.arrival, lambda: self._mark(origin, body["message"]))
        elif callback in FORM_OF_MESSAGE:
            line = FORM_OF_MESSAGE[callback]
            self.errands.start_once(origin.arrival, lambda: self._prefill(origin, line, body["message"]))

    async def run_line(self, origin: Origin, line: str) -> None:
        """Run a command line and answer it."""
        await self.answers.answer(origin, title_of(line), self._invoke(origin, line), remember(origin))

    async def _invoke(self, origin: Origin, line: str) -> Outcome:
        actor = await self.visitors.meet(origin.user)
        if actor is None:
            return Outcome(self.answers.refuse("not_a_person"))
        for address in dict.fromkeys(MENTION.findall(line)):
            await self._introduce(address)
        invocation = Invocation(line, actor, PLATFORM, origin.channel, arrival=origin.arrival)
        return Outcome(await self.inbound.invoke(invocation))

    async def _introduce(self, address: str) -> None:
        """Let the house know somebody who is named; what it can't know, the command says."""
        try:
            await self.visitors.meet(address)
        except Rejected:
            return

    async def _mark(self, origin: Origin, message: Mapping[str, Any]) -> None:
        """Put a message on the timeline: of this room's incident, or of one that is asked for."""

        async def work() -> Outcome:
            actor = await self.visitors.meet(origin.user)
            if actor is None:
                return Outcome(self.answers.refuse("not_a_person"))
            said = await self.messages.read(origin.channel, message)
            reply = await self.inbound.acted(MessageAction("timeline", said, actor, arrival=origin.arrival))
            if reply.problem is None or reply.problem.code != "incident.not_a_room":
                return Outcome(reply)
            return Outcome(
                replace(reply, text=""), await self.questions.ask_incident(actor, origin.channel), said
            )

        title = say(self.templates, "shortcut_message_timeline")
        await self.answers.answer(origin, title, work(), remember(origin))

    async def _prefill(self, origin: Origin, line: str, message: Mapping[str, Any]) -> None:
        """Open a command's form with what a message says. Nothing is done before it is sent: it may page people."""

        async def work() -> Outcome:
            actor = await self.visitors.meet(origin.user)
            if actor is None:
                return Outcome(self.answers.refuse("not_a_person"))
            said = await self.messages.read(origin.channel, message)
            values = prefill(await self.inbound.find_original(said))
            form = await self.inbound.refresh_form(
                Invocation(line, actor, PLATFORM, origin.channel, values=values, about=said)
            )
            if form is None:
                raise Problem("command.unknown", typed=line, near=[])
            if line == FORM_OF_MESSAGE["message-task"] and not form.target:
                form = await self.questions.add_incident_field(form, actor, origin.channel)
            return Outcome(Reply(), form, said)

        await self.answers.answer(origin, title_of(line), work(), remember(origin))


def read_line(command: str, text: str) -> str:
    """The command line that was typed; a bare `/incident` asks what can follow."""
    line = unescape_line(text)
    if line.lower() not in ("", "help"):
        return f"{command} {line}"
    return command if command in ASKS_BARE else f"{command} help"


def remember(origin: Origin) -> Remembered:
    """What a modal that is opened from here has to know."""
    return Remembered(channel=origin.channel, thread=origin.thread, response_url=origin.response_url)


def title_of(line: str) -> str:
    """What stands over a modal that answers a line: its command."""
    return " ".join(line.split()[:2])
