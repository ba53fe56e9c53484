"""How people are answered: within three seconds, by words that only they see or by a form; never by silence.

A form has to be the first answer. What takes longer than a moment shows that it is under way, and is filled in when it is
done; a form that comes too late for that is opened by a button.
"""

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

from bot.chat.arrivals import Sayings
from bot.chat.discord.client import DiscordClient
from bot.chat.discord.components import Press
from bot.chat.discord.embeds import Rendered, render_question, render_reply
from bot.chat.discord.errors import code_of
from bot.chat.discord.modals import build_modal, build_token, render_form_again
from bot.chat.discord.origins import COMMAND, COMPONENT, EPHEMERAL, Origin
from bot.chat.discord.places import PLATFORM
from bot.chat.discord.posts import list_milder
from bot.chat.form import Form
from bot.chat.markup import render_text
from bot.chat.reply import Reply
from bot.chat.templates import Templates
from bot.errors import Problem, Rejected, Retry
from bot.logs import get_logger

log = get_logger(__name__)
Json = dict[str, Any]
PATIENCE = 1.5
"""After so many seconds it is said that it is under way; Discord waits three."""
SHOW, LOADING, QUIET, REPLACE, OFFER, MODAL = 4, 5, 6, 7, 8, 9
"""Kinds of first answers, by Discord's numbers."""
TRIES = 3
LONGEST_WAIT = 5.0
KEPT_FORMS = 500
ANSWER_WITHIN = 3.0
SOON = 0.3


@dataclass(frozen=True)
class Outcome:
    """What came of something that a person did. With `form` the reply stands at the questions of that form; `about` is the
    number of the message that the form goes on to be about; with `question` it is asked before it is done."""

    reply: Reply
    form: Form | None = None
    about: str = ""
    question: Press | None = None


class Answers(Sayings):
    """Answers the people of one server."""

    platform = PLATFORM

    def __init__(self, client: DiscordClient, templates: Templates) -> None:
        super().__init__(templates)
        self.client = client
        self._forms: OrderedDict[str, tuple[Form, str]] = OrderedDict()

    async def run(self, work: Awaitable[Outcome]) -> Outcome:
        """Wait for what somebody asked for; what goes wrong becomes a sentence for them."""
        try:
            return await work
        except (Problem, Retry, Rejected) as failure:
            return Outcome(self.explain(failure))
        except Exception:
            log.exception("discord.arrival_failed")
            return Outcome(self.explain(Problem("server.failed")))

    async def answer(self, origin: Origin, work: Coroutine[Any, Any, Outcome]) -> Outcome:
        """Show what came of it; when that takes longer than a moment, meanwhile that it is under way."""
        task = asyncio.ensure_future(self.run(work))
        try:
            left = PATIENCE - (time.monotonic() - origin.at)
            await asyncio.wait({task}, timeout=max(left, 0.0))
            if not task.done():
                loading = {"type": QUIET} if origin.is_question else _loading()
                await self.respond(origin, loading)
            outcome = await task
        finally:
            task.cancel()
        await self.show(origin, outcome)
        return outcome

    async def show(self, origin: Origin, outcome: Outcome) -> None:
        """Show an outcome: its form, its question, or its words."""
        reply, form = outcome.reply, outcome.form or outcome.reply.form
        if reply.repeated:
            await self._dismiss(origin)
        elif outcome.question is not None:
            await self._tell(origin, render_question(outcome.question, self.templates))
        elif form is not None:
            await self._show_form(origin, form, reply, outcome.about)
        else:
            await self._tell(origin, render_reply(reply, self.templates))

    async def _show_form(self, origin: Origin, form: Form, reply: Reply, about: str) -> None:
        if reply.text and not any(field.error for field in form.fields):
            form = replace(form, note=render_text(reply.text))
        if not origin.answered and origin.kind in (COMMAND, COMPONENT):
            modal = build_modal(form, self.templates, about)
            if await self.respond(origin, {"type": MODAL, "data": modal}) or origin.elsewhere:
                return
        # It was sent already, or it took too long: Discord opens no form on that. A button does.
        await self._tell(origin, render_form_again(form, self.keep_form(form, about), self.templates))

    def keep_form(self, form: Form, about: str) -> str:
        """What a form is opened by again, with what was filled in; after a restart, with what its command line says."""
        token = build_token(secrets.token_hex(4), form, about)
        self._forms[token] = (form, about)
        if len(self._forms) > KEPT_FORMS:
            self._forms.popitem(last=False)
        return token

    def find_form(self, token: str) -> tuple[Form, str] | None:
        """A form that was kept, and the message that it is about."""
        return self._forms.get(token)

    async def offer(self, origin: Origin, choices: list[Json]) -> None:
        """What can be chosen for what is being typed."""
        await self.respond(origin, {"type": OFFER, "data": {"choices": choices}})

    async def respond(self, origin: Origin, body: Json) -> bool:
        """Give the first answer; False when Discord takes none (any more), or finds fault with it."""
        path, again = f"/interactions/{origin.number}/{origin.token}/callback", False
        while not (origin.answered or origin.elsewhere):
            try:
                await self.client.call("POST", path, body)
            except Retry as failure:
                if time.monotonic() - origin.at > ANSWER_WITHIN:
                    log.info("discord.not_answered", reason=failure.reason)
                    return False
                again = again or failure.maybe_sent
                await asyncio.sleep(min(failure.after or SOON, LONGEST_WAIT))
            except Rejected as failure:
                if code_of(failure) == "answered_already" and again:  # our first attempt has arrived
                    break
                origin.elsewhere = code_of(failure) == "answered_already"
                log.info("discord.not_answered", reason=failure.reason)
                return False
            else:
                break
        origin.answered = not origin.elsewhere
        return origin.answered

    async def _tell(self, origin: Origin, shown: Rendered) -> None:
        """Say it to this person alone: where they acted, or else directly."""
        for data in (shown.body, *list_milder(shown.body)):
            if origin.elsewhere or await self._tell_there(origin, data):
                return
        await self.tell_directly(origin.user, shown)

    async def _tell_there(self, origin: Origin, data: Json) -> bool:
        if not origin.answered:
            kind, flags = (REPLACE, {}) if origin.is_question else (SHOW, {"flags": EPHEMERAL})
            return await self.respond(origin, {"type": kind, "data": data | flags})
        path = f"/webhooks/{origin.application}/{origin.token}/messages/@original"
        try:
            await self._call("PATCH", path, data)
        except (Retry, Rejected) as failure:
            log.info("discord.not_told_there", reason=failure.reason)
            return False
        return True

    async def tell_directly(self, user: str, shown: Rendered) -> None:
        """In their direct messages, where nothing else is left."""
        try:
            channel = (await self._call("POST", "/users/@me/channels", {"recipient_id": user}))["id"]
            await self._call("POST", f"/channels/{channel}/messages", shown.body)
        except (Retry, Rejected) as failure:
            log.warning("discord.not_told", reason=failure.reason)

    async def _dismiss(self, origin: Origin) -> None:
        """It was done already: there is nothing to say."""
        if origin.elsewhere:
            return
        if not origin.answered:
            if origin.kind == COMPONENT or origin.source is not None:
                await self.respond(origin, {"type": QUIET})
            return
        if not origin.is_question:
            path = f"/webhooks/{origin.application}/{origin.token}/messages/@original"
            try:
                await self._call("DELETE", path)
            except (Retry, Rejected) as failure:
                log.info("discord.not_told_there", reason=failure.reason)

    async def _call(self, method: str, path: str, body: Any = None) -> Any:
        """Call, and wait a little where Discord wants it: somebody is waiting for the answer."""
        for _ in range(TRIES - 1):
            try:
                return await self.client.call(method, path, body)
            except Retry as failure:
                if failure.lasting or (failure.after or 0) > LONGEST_WAIT:
                    raise
                await asyncio.sleep(failure.after or SOON)
        return await self.client.call(method, path, body)


def _loading() -> Json:
    return {"type": LOADING, "data": {"flags": EPHEMERAL}}
