"""`POST /api/v1/commands`: runs any command of the registry, as a person or as the program that holds the key."""

import difflib
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from bot.chat.card import Card
from bot.chat.form import Form
from bot.chat.invocation import Invocation
from bot.chat.markup import render_text
from bot.chat.registry import Command
from bot.chat.reply import Reply
from bot.errors import Invalid, Refused, Unknown
from bot.flow.unit import Actor, Unit
from bot.incidents.privacy import get_incident
from handlers.api.door import find_actor, has_scope, named_by
from handlers.api.operation import NO_NUL, PLATFORM, Call, Name, NoQuery, Operation
from handlers.parts import Parts
from storage.words import Scope

Incident = Annotated[str, Meta(pattern="^(INC-|inc-)?[1-9][0-9]{0,8}$")]
Line = Annotated[
    str, Meta(min_length=1, max_length=10_000, pattern=NO_NUL, examples=["/incident priority P1"])
]
Value = Annotated[str, Meta(max_length=100_000, pattern=NO_NUL)]
ADMINISTERS = ("admin", "owner")
SIGNS_IN = ("tocsin link", "tocsin login", "tocsin unlink")
"""Its answer lets in whoever reads it, with all rights of that person: more than a key for writing may do."""


class CommandCall(Struct, frozen=True, forbid_unknown_fields=True):
    """A command as somebody would type it. `values` are further arguments by name, as a filled-in form sends them; when
    they are given, even empty, what is missing is a fault and no longer a reason to answer with the form."""

    text: Line
    incident: Annotated[
        Incident | None, Meta(description="What it is about, when the text does not say.")
    ] = None
    as_: Annotated[
        Name | None, Meta(description="Who gives it: handle, e-mail or name. Without it, the key's name.")
    ] = msgspec.field(name="as", default=None)
    values: Annotated[dict[str, Value], Meta(max_length=50)] | None = None


class CommandReply(Struct, frozen=True):
    """What the person who gave the command would see: `reply` in plain text, `markup` the same with its emphasis and
    links, `card` when state is shown, `form` when arguments are still to be given, and `go_to` the page it leads to."""

    reply: str
    markup: str
    card: Card | None
    form: Form | None
    go_to: str
    failed: bool


async def run_command(call: Call[NoQuery, CommandCall]) -> CommandReply:
    body, registry = call.body, call.parts.registry
    command, _ = registry.find(body.text)
    if command is None:
        typed = body.text.strip().removeprefix("/")[:100]
        raise Unknown("command.unknown", "text", typed=typed, near=_list_near(call.parts, typed))
    if command.needs in ADMINISTERS or command.path in SIGNS_IN:
        has_scope(call.key, Scope.ADMIN)
    actor = await call.look(lambda unit: _check_call(unit, call, command))
    invocation = Invocation(
        body.text,
        actor,
        PLATFORM,
        incident=(body.incident or "").upper(),
        values=body.values or {},
        submitted=body.values is not None,
    )
    return _show_reply(call.parts, await registry.invoke(invocation))


async def _check_call(unit: Unit, call: Call[NoQuery, CommandCall], command: Command) -> Actor:
    """Who acts; raises Unknown for a person or an incident that is not there, and Forbidden for a missing role."""
    actor, user = await find_actor(unit, call.key, call.body.as_)
    call.parts.registry.surroundings.authorize(user, command)
    if call.body.incident is not None:
        await named_by("incident", get_incident(unit, call.body.incident))
    return actor


def _show_reply(parts: Parts, reply: Reply) -> CommandReply:
    """Raises Invalid when an argument was wrong, and Refused when the command could not do it."""
    if reply.failed:
        wrong = next((field.name for field in reply.form.fields if field.error), None) if reply.form else None
        if reply.form is not None:
            raise Invalid("command.wrong", wrong, text=reply.text)
        raise reply.problem or Refused("command.refused", text=reply.text)
    text = render_text(reply.text)
    if not text and reply.card is not None:
        text = spell_card(reply.card)
    if not text and reply.form is not None:
        labels = [field.label for field in reply.form.fields if field.required]
        text = render_text(parts.templates.render_sentence("errors/sentences", "command.asks", labels=labels))
    return CommandReply(text, reply.text, reply.card, reply.form, reply.go_to, reply.failed)


def spell_card(card: Card) -> str:
    """A card in plain text: its title, its fields, its body."""
    fields = [f"{field.label}: {render_text(field.value)}" for field in card.fields if field.since is None]
    return "\n".join(part for part in (card.title, *fields, render_text(card.body)) if part)


def _list_near(parts: Parts, typed: str) -> list[str]:
    """Commands that are spelled alike; or those of the same group; or all groups."""
    words = typed.lower().split()[:2]
    same = [command.path for command in parts.registry.list_help(words[0])] if words else []
    alike = difflib.get_close_matches(" ".join(words), parts.registry.commands, cutoff=0.7)
    return alike or same[:8] or sorted({path.split(" ")[0] for path in parts.registry.commands})


OPERATIONS = (
    Operation(
        "POST",
        "/commands",
        "runCommand",
        "Run a command.",
        run_command,
        CommandReply,
        Body=CommandCall,
        scope=Scope.WRITE,
        description=(
            "Any command that people type, with the same words. A command that needs more answers 200 with its form. "
            "One that could not be done is a problem document: 404 for what does not exist, 422 for an argument that "
            "is wrong, 409 when things are not in a state that allows it, 403 when the person may not. Commands of "
            "administrators, and `/tocsin login`, `link` and `unlink`, need a key with scope admin."
        ),
        problems=(404, 409),
    ),
)
