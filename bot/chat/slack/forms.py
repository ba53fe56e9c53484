"""Modals: forms that are sent, questions that change others, choices that are looked up; and buttons wherever they are."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.chat.arrivals import ABOUT, TIMELINE
from bot.chat.invocation import Invocation, MessageAction
from bot.chat.markup import render_text
from bot.chat.reply import Reply
from bot.chat.slack.answers import Outcome
from bot.chat.slack.commands import Commands, remember
from bot.chat.slack.elements import ASK
from bot.chat.slack.modals import (
    CONFIRM,
    FORM,
    VALUE,
    build_confirm,
    build_errors,
    build_loading,
    build_options,
    build_result,
    read_values,
)
from bot.chat.slack.origins import Origin, Remembered, of_interaction, of_submission, unpack
from bot.chat.slack.refill import refill
from bot.chat.slack.visitors import PLATFORM
from bot.flow.unit import Actor

SUBMIT_WITHIN = 2.0
"""Slack waits three seconds for the answer to a form; then it tells the person that the app is broken."""
SUGGEST_WITHIN = 2.5
SETTLE = 0.5
"""So long after an answer was sent it has surely arrived, and what follows can't be overtaken by it."""


class Forms:
    """The modals of one workspace."""

    def __init__(self, commands: Commands, refresh_home: Callable[[str], Awaitable[None]]) -> None:
        self.commands = commands
        self.inbound = commands.inbound
        self.visitors = commands.visitors
        self.answers = commands.answers
        self.questions = commands.questions
        self.errands = commands.errands
        self.templates = commands.templates
        self.refresh_home = refresh_home

    async def take_action(self, ack: AsyncAck, body: Mapping[str, Any]) -> None:
        """Somebody pressed a button, chose from a menu, or answered a question that others depend on."""
        await ack()
        origin, action = of_interaction(body), (body.get("actions") or [{}])[0]
        kind, view = str(action.get("action_id", "")), body.get("view") or {}
        if kind == VALUE and view:
            self.errands.start_once(origin.arrival, lambda: self._refresh(origin, view))
            return
        chosen = action.get("selected_option") or {}
        line = str(action.get("value") or chosen.get("value") or "")
        if line.startswith(ASK):
            label = str((chosen.get("text") or {}).get("text", ""))
            self.errands.start_once(origin.arrival, lambda: self._ask(origin, label, line.removeprefix(ASK)))
            return
        if kind.startswith(("run-", "menu-")) and line:
            self.errands.start_once(origin.arrival, lambda: self._press(origin, line))

    async def _ask(self, origin: Origin, label: str, line: str) -> None:
        """Ask once, before something is done that was chosen from a menu."""
        metadata = replace(remember(origin), command=line).pack()
        if not await self.answers.open(origin, build_confirm(label, line, metadata, self.templates)):
            await self.answers.tell(origin, self.answers.refuse("form_late"))

    async def _press(self, origin: Origin, line: str) -> None:
        await self.commands.run_line(origin, line)
        if origin.surface == "home":
            await self.refresh_home(origin.user)

    async def take_submission(self, ack: AsyncAck, body: Mapping[str, Any]) -> None:
        """Somebody sent a form."""
        view = body["view"]
        if view.get("callback_id") == CONFIRM:
            await ack(response_action="clear")
            agreed, line = of_submission(body), unpack(view).command
            self.errands.start_once(agreed.arrival, lambda: self._press(agreed, line))
            return
        if view.get("callback_id") != FORM:
            await ack()
            return
        origin, title = of_submission(body), str(view["title"]["text"])
        task = self.errands.start(self.answers.run(self._submit(origin, view)))
        await asyncio.wait({task}, timeout=SUBMIT_WITHIN)
        if not task.done():
            await ack(response_action="update", view=build_loading(title, self.templates))
            self.errands.start(self._finish(origin, view, task))
            return
        await self._acknowledge(ack, origin, view, task.result())

    async def _acknowledge(
        self, ack: AsyncAck, origin: Origin, view: Mapping[str, Any], outcome: Outcome
    ) -> None:
        """Close the form, or say at its questions what is wrong."""
        reply, form, remembered = outcome.reply, outcome.form, unpack(view)
        questions = [block["block_id"] for block in view["blocks"] if block["type"] == "input"]
        errors = build_errors(form) if form is not None else {}
        if form is None and not reply.failed:
            await ack(response_action="clear")
            self.errands.start(self.answers.tell(origin, reply))
        elif errors and set(errors) <= set(questions) and not remembered.shows_errors:
            await ack(response_action="errors", errors=errors)
        elif form is not None:
            shown = self.answers.build_form(form, reply, remembered)
            await ack(response_action="update", view=shown)
        elif questions:
            # What they typed stays, and can be sent again.
            await ack(response_action="errors", errors={questions[0]: render_text(reply.text)})
        else:
            shown = build_result(reply, str(view["title"]["text"]), self.templates)
            await ack(response_action="update", view=shown)

    async def _finish(self, origin: Origin, view: Mapping[str, Any], task: "asyncio.Task[Outcome]") -> None:
        """What took too long is done now: show it where it is said to be under way."""
        await asyncio.gather(asyncio.wait({task}), asyncio.sleep(SETTLE))
        outcome = task.result()
        if outcome.form is None and outcome.reply.failed:
            again = refill(view, outcome.reply, self.templates)
            if await self.answers.update(str(view["id"]), again):
                return
        await self.answers.show(origin, str(view["title"]["text"]), outcome, unpack(view), str(view["id"]))

    async def _submit(self, origin: Origin, view: Mapping[str, Any]) -> Outcome:
        actor = await self.visitors.meet(origin.user)
        if actor is None:
            return Outcome(self.answers.refuse("not_a_person"))
        remembered, values = unpack(view), read_values(view)
        asked = values.pop(ABOUT, None)
        if asked is not None:
            remembered = replace(remembered, incident=asked)
        about = remembered.about
        if about is not None and remembered.is_cut:
            about = await self.commands.messages.read_whole(about)
        if remembered.command == TIMELINE and about is not None:
            action = MessageAction("timeline", about, actor, remembered.incident, origin.arrival)
            reply = await self.inbound.acted(action)
            if not reply.failed:
                return Outcome(reply)
            error = render_text(reply.text)
            form = await self.questions.ask_incident(actor, origin.channel, asked or "", error)
            return Outcome(reply, form)
        invocation = replace(
            build_invocation(actor, remembered, values), submitted=True, about=about, arrival=origin.arrival
        )
        reply = await self.inbound.invoke(invocation)
        if not reply.failed and reply.form is None:
            return Outcome(reply)
        return Outcome(reply, await self.questions.build_again(invocation, reply, asked))

    async def _refresh(self, origin: Origin, view: Mapping[str, Any]) -> None:
        """An answer changed what can be chosen elsewhere; when the person is faster than we are, the next one counts."""
        actor = await self.visitors.meet(origin.user)
        if actor is None or actor.user_id is None:
            return
        remembered, values = unpack(view), read_values(view)
        asked = values.pop(ABOUT, None)
        form = await self.inbound.refresh_form(build_invocation(actor, remembered, values))
        if form is None:
            return
        if asked is not None and not form.target:
            form = await self.questions.add_incident_field(form, actor, origin.channel, asked)
        shown = self.answers.build_form(form, Reply(), remembered)
        await self.answers.update(str(view["id"]), shown, str(view.get("hash", "")))

    async def take_suggestion(self, ack: AsyncAck, body: Mapping[str, Any]) -> None:
        """Somebody types to find a choice; what is not found in time is not offered."""
        task = self.errands.start(self._suggest(body))
        await asyncio.wait({task}, timeout=SUGGEST_WITHIN)
        is_found = task.done() and task.exception() is None
        await ack(options=task.result() if is_found else [])

    async def _suggest(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        view, name = body.get("view") or {}, str(body.get("block_id", ""))
        actor = await self.visitors.meet(str(body["user"]["id"]))
        if actor is None:
            return []
        remembered = unpack(view)
        values = read_values(view) if "state" in view else {}
        values.pop(ABOUT, None)
        invocation = build_invocation(actor, remembered, values)
        if name == ABOUT:
            invocation, name = replace(invocation, text="/incident merge"), "into"
        return build_options(await self.inbound.suggest(invocation, name, str(body.get("value") or "")))


def build_invocation(actor: Actor, remembered: Remembered, values: dict[str, str]) -> Invocation:
    """The command of a form, with what is filled in."""
    return Invocation(
        f"/{remembered.command}",
        actor,
        PLATFORM,
        remembered.channel,
        remembered.incident,
        values,
        about=remembered.about,
    )
