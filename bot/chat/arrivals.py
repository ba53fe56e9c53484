"""What people do on a chat platform, as far as all platforms are alike: what they are told when it fails, and the questions
that only chat asks, because the place does not say which incident something is about."""

from dataclasses import replace

from bot.chat.form import Form, FormField
from bot.chat.invocation import Invocation, Said
from bot.chat.markup import render_text
from bot.chat.platform import Inbound
from bot.chat.reply import Reply
from bot.chat.templates import Templates
from bot.errors import Problem, Rejected, Retry
from bot.flow.unit import Actor
from bot.logs import get_logger

log = get_logger(__name__)
TIMELINE = "message-timeline"
FORM_OF_MESSAGE = {"message-declare": "/incident declare", "message-task": "/incident task"}
"""What is made from a message by a form, by the name of the platform's menu entry for it."""
ABOUT = "about_incident"
"""The name of the question which incident a form is about."""
TITLE = 200


class Sayings:
    """The sentences of one platform for what people did there, from `templates/forms/arrivals`."""

    platform: str

    def __init__(self, templates: Templates) -> None:
        self.templates = templates

    def say(self, name: str, **values: object) -> str:
        """A sentence, in markup."""
        return self.templates.render_sentence("forms/arrivals", name, **values)

    def word(self, name: str) -> str:
        """The same as plain text, for titles and buttons."""
        return render_text(self.say(name))

    def refuse(self, name: str, **values: object) -> Reply:
        """A reply that says why something is not done."""
        return Reply(text=self.say(name, **values), failed=True)

    def explain(self, failure: Problem | Retry | Rejected) -> Reply:
        """What went wrong, for whoever did it; what the platform did not take is in the log, too."""
        if isinstance(failure, Problem):
            return Reply(text=self.templates.explain(failure), failed=True, problem=failure)
        if isinstance(failure, Retry):
            log.warning("chat.arrival_held_up", platform=self.platform, reason=failure.reason)
            return self.refuse("away")
        log.warning("chat.arrival_refused", platform=self.platform, reason=failure.reason)
        return self.refuse("refused", reason=failure.reason)


class Questions:
    """Forms that ask which incident something is about, and forms that are shown again with what is wrong."""

    def __init__(self, inbound: Inbound, sayings: Sayings) -> None:
        self.inbound = inbound
        self.sayings = sayings

    async def ask_incident(self, actor: Actor, channel: str, value: str = "", error: str = "") -> Form:
        """The form that asks to which incident's timeline a message belongs."""
        question = await self._build_incident_field(actor, channel, value, error)
        return Form(TIMELINE, self.sayings.word("add_to_timeline"), self.sayings.word("add"), (question,))

    async def add_incident_field(
        self, form: Form, actor: Actor, channel: str, value: str = "", error: str = ""
    ) -> Form:
        """The form with the question which incident it is about."""
        question = await self._build_incident_field(actor, channel, value, error)
        return replace(form, fields=(question, *form.fields))

    async def build_again(self, invocation: Invocation, reply: Reply, asked: str | None) -> Form | None:
        """The form once more, with what is wrong; None when there is no such form any more. `asked` is what was answered
        to the question which incident it is about, where there was one."""
        form = reply.form or await self.inbound.refresh_form(invocation)
        if form is None:
            return None
        error = render_text(reply.text)
        at = reply.problem.field if reply.problem is not None else None
        if reply.form is None and at:
            fields = [replace(one, error=error) if one.name == at else one for one in form.fields]
            form = replace(form, fields=tuple(fields))
        if asked is not None and not form.target:
            wrong = error if reply.form is None and not at else ""
            return await self.add_incident_field(form, invocation.actor, invocation.channel, asked, wrong)
        return form

    async def _build_incident_field(self, actor: Actor, channel: str, value: str, error: str) -> FormField:
        merging = Invocation("/incident merge", actor, self.sayings.platform, channel)
        return FormField(
            ABOUT,
            self.sayings.word("which_incident"),
            "suggest",
            required=True,
            value=value,
            hint="INC-7",
            choices=tuple(await self.inbound.suggest(merging, "into", "")),
            error=error,
        )


def prefill(said: Said) -> dict[str, str]:
    """What a message gives for the questions of a form: its first words as title, and all of it where that is too short."""
    values = {"title": " ".join(said.text.split())[:TITLE]}
    return values | ({"summary": said.text} if len(said.text) > TITLE else {})
