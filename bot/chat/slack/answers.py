"""How people are answered: by a modal while Slack still lets one open, else by words that only they see. Never by silence.

What takes longer than a moment shows that it is under way in a modal, which is filled when it is done.
"""

import asyncio
import time
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
from slack_sdk.errors import SlackClientError
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.chat.arrivals import Sayings
from bot.chat.form import Form
from bot.chat.invocation import Said
from bot.chat.markup import render_text
from bot.chat.reply import Reply
from bot.chat.slack.blocks import Rendered, list_milder, render_reply
from bot.chat.slack.client import SlackClient
from bot.chat.slack.errors import FAULTS_OF_BLOCKS, code_of
from bot.chat.slack.modals import View, build_loading, build_modal, build_result
from bot.chat.slack.origins import Origin, Remembered
from bot.chat.slack.visitors import PLATFORM
from bot.chat.templates import Templates
from bot.errors import Problem, Rejected, Retry
from bot.logs import get_logger

log = get_logger(__name__)
PATIENCE = 1.2
"""After so many seconds a modal says that it is under way: a form could not be opened after three."""
TRIES = 3
LONGEST_WAIT = 5.0


@dataclass(frozen=True)
class Outcome:
    """What came of something that a person did. With `form` the reply stands at the questions of that form; `about` is the
    message that the form goes on to be about."""

    reply: Reply
    form: Form | None = None
    about: Said | None = None


class Answers(Sayings):
    """Answers the people of one workspace."""

    platform = PLATFORM

    def __init__(self, client: SlackClient, templates: Templates) -> None:
        super().__init__(templates)
        self.client = client

    async def run(self, work: Awaitable[Outcome]) -> Outcome:
        """Wait for what somebody asked for; what goes wrong becomes a sentence for them."""
        try:
            return await work
        except (Problem, Retry, Rejected) as failure:
            return Outcome(self.explain(failure))
        except Exception:
            log.exception("slack.arrival_failed")
            return Outcome(self.explain(Problem("server.failed")))

    async def answer(
        self, origin: Origin, title: str, work: Coroutine[Any, Any, Outcome], remembered: Remembered
    ) -> None:
        """Show what came of it; when that takes longer than a moment, meanwhile that it is under way."""
        task = asyncio.ensure_future(self.run(work))
        loading = ""
        try:
            left = PATIENCE - (time.monotonic() - origin.at)
            await asyncio.wait({task}, timeout=max(left, 0.0))
            if not task.done() and origin.trigger:
                loading = await self.open(origin, build_loading(title, self.templates))
            outcome = await task
        finally:
            task.cancel()
        await self.show(origin, title, outcome, remembered, loading)

    async def show(
        self, origin: Origin, title: str, outcome: Outcome, remembered: Remembered, loading: str = ""
    ) -> None:
        """Show an outcome: its form in a modal, its words where the person acted. `loading` is a view to fill, if any."""
        reply, form = outcome.reply, outcome.form or outcome.reply.form
        if reply.repeated and not loading:
            return
        if form is not None:
            view = self.build_form(form, reply, replace(remembered, about=outcome.about or remembered.about))
            is_shown = await (self.update(loading, view) if loading else self.open(origin, view))
            if not is_shown and not loading:
                await self.tell(origin, self.refuse("form_late"))
            return
        view = build_result(reply, title, self.templates) | {"private_metadata": remembered.pack()}
        if loading and await self.update(loading, view):
            return
        if not loading and origin.surface != "channel" and origin.trigger and await self.open(origin, view):
            return
        await self.tell(origin, reply)

    def build_form(self, form: Form, reply: Reply, remembered: Remembered) -> View:
        """A form as a modal that remembers what it needs; what belongs to no question stands above them."""
        shows_errors = any(field.error for field in form.fields)
        if reply.text and not shows_errors:
            form = replace(form, note=render_text(reply.text))
        remembered = replace(
            remembered, command=form.command, incident=form.target, shows_errors=shows_errors
        )
        return build_modal(form, remembered.pack(), self.templates)

    async def open(self, origin: Origin, view: View) -> str:
        """Open a modal and return its id; empty when Slack lets none open (any more)."""
        method = "views.push" if origin.surface == "modal" else "views.open"
        try:
            answer = await self.client.call(method, trigger_id=origin.trigger, view=view)
        except (Retry, Rejected) as failure:
            log.warning("slack.view_not_opened", reason=failure.reason)
            return ""
        return str(answer["view"]["id"])

    async def update(self, view_id: str, view: View, digest: str = "") -> bool:
        """Show this in an open modal; False when it is closed, or has changed since it had this digest."""
        try:
            await self._call("views.update", view_id=view_id, view=view, hash=digest or None)
        except (Retry, Rejected) as failure:
            if code_of(failure) not in ("not_found", "hash_conflict"):
                log.warning("slack.view_not_updated", reason=failure.reason)
            return False
        return True

    async def tell(self, origin: Origin, reply: Reply) -> None:
        """Say it to this person alone: in the channel where they acted, or else directly."""
        if reply.repeated:
            return
        shown = render_reply(reply, self.templates)
        if origin.response_url and await self._respond(origin, shown):
            return
        if origin.channel:
            try:
                await self._send(
                    "chat.postEphemeral",
                    shown,
                    channel=origin.channel,
                    user=origin.user,
                    thread_ts=origin.thread or None,
                )
            except (Retry, Rejected) as failure:
                log.info("slack.not_told_in_channel", reason=failure.reason)
            else:
                return
        try:
            direct = (await self._call("conversations.open", users=origin.user))["channel"]["id"]
            await self._send("chat.postMessage", shown, channel=direct)
        except (Retry, Rejected) as failure:
            log.warning("slack.not_told", reason=failure.reason)

    async def _respond(self, origin: Origin, shown: Rendered) -> bool:
        """By the address that Slack gave for it, which is good for five answers in half an hour."""
        more = {"thread_ts": origin.thread} if origin.thread else {}
        hook = AsyncWebhookClient(origin.response_url, session=self.client.open_session())
        body = {"response_type": "ephemeral", "replace_original": False, "text": shown.text, **more}
        try:
            answer = await hook.send_dict(body | {"blocks": shown.blocks})
            for blocks in list_milder(shown)[1:]:
                if answer.body in FAULTS_OF_BLOCKS:
                    answer = await hook.send_dict(body | ({"blocks": blocks} if blocks else {}))
        except (aiohttp.ClientError, SlackClientError, TimeoutError, OSError, ValueError) as failure:
            log.info("slack.not_responded", status=0, reason=type(failure).__name__)
            return False
        if answer.status_code != 200:
            log.info("slack.not_responded", status=answer.status_code, reason=answer.body[:80])
        return answer.status_code == 200

    async def _send(self, method: str, shown: Rendered, **arguments: Any) -> None:
        """With its blocks; with less, where Slack finds fault with them."""
        for blocks in list_milder(shown):
            try:
                await self._call(method, **arguments, text=shown.text, blocks=blocks or None)
                return
            except Rejected as failure:
                if code_of(failure) not in FAULTS_OF_BLOCKS or not blocks:
                    raise

    async def _call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Call, and wait a little where Slack wants it: somebody is waiting for the answer."""
        for _ in range(TRIES - 1):
            try:
                return await self.client.call(method, **arguments)
            except Retry as failure:
                if failure.lasting or (failure.after or 0) > LONGEST_WAIT:
                    raise
                await asyncio.sleep(failure.after or 1.0)
        return await self.client.call(method, **arguments)
