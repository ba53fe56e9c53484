"""Commands from the Room: typed in a composer, clicked on a card, or sent as a form; and their completion."""

from typing import Any

from aiohttp import web

from bot.chat.invocation import Invocation
from bot.chat.markup import unescape
from bot.chat.registry import Suggestion
from bot.flow.unit import Unit
from handlers.pages.replies import read_back, show_reply
from handlers.pages.visit import Visit, signed_in
from handlers.parts import Parts
from storage.questions import access

ARGUMENT = "arg."
"""Fields of a form whose names begin so are arguments of the command."""
LONGEST_LINE = 2_000


def list_routes(parts: Parts) -> list[web.RouteDef]:
    return [web.post("/command", signed_in(parts, run)), web.get("/complete", signed_in(parts, complete))]


async def run(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    line, back = form.get("text", "").strip(), read_back(visit, form)
    if form.get("confirm"):
        return visit.respond(
            "pages/parts/confirm" if visit.wants_fragment else "pages/confirm",
            {
                "sentence": explain_consequence(visit, line),
                "label": form.get("label", line),
                "about": form.get("about", ""),
                "line": line,
                "channel": form.get("channel", ""),
                "incident": form.get("incident", ""),
                "back": back,
                "duty": None,
                "waiting_pages": 0,
            },
        )
    invocation = read_invocation(visit, form, line)
    reply = await visit.parts.inbound.invoke(invocation)
    return show_reply(visit, reply, back, invocation.channel, line)


def read_invocation(visit: Visit, form: dict[str, str], line: str) -> Invocation:
    return Invocation(
        text=line[:LONGEST_LINE],
        actor=visit.actor,
        platform="room",
        channel=form.get("channel", ""),
        incident=form.get("incident", ""),
        values={
            name.removeprefix(ARGUMENT): text for name, text in form.items() if name.startswith(ARGUMENT)
        },
        submitted=form.get("submitted") == "1",
    )


def explain_consequence(visit: Visit, line: str) -> str:
    """What will happen when this command runs, in words; from the book `forms/consequences`."""
    command, rest = visit.parts.registry.find(line)
    path = command.path if command else "other"
    templates = visit.parts.templates
    sentence = templates.render_sentence("forms/consequences", path.replace(" ", "_"), what=rest, line=line)
    if unescape(sentence) == path:  # no sentence of its own
        return templates.render_sentence("forms/consequences", "other", what=rest, line=line)
    return sentence


async def complete(visit: Visit) -> web.StreamResponse:
    """What a line could become, as JSON: the whole new line and what it means."""
    line = visit.request.query.get("line", "")[:LONGEST_LINE]
    invocation = Invocation(
        line,
        visit.actor,
        "room",
        visit.request.query.get("channel", ""),
        visit.request.query.get("incident", ""),
    )
    found: list[Suggestion] = []
    if line.startswith("/"):
        found = await visit.parts.registry.complete(line, invocation)
    if not found and _is_mention(line):
        found = (await visit.look(lambda unit: _complete_person(unit, line)))["found"]
    return web.json_response([{"text": one.text, "hint": one.hint} for one in found])


def _is_mention(line: str) -> bool:
    last = line.rsplit(maxsplit=1)[-1] if line and not line[-1].isspace() else ""
    return last.startswith("@") and len(last) <= 65


async def _complete_person(unit: Unit, line: str) -> dict[str, Any]:
    head, _, typed = line.rpartition("@")
    people = await access.list_users(unit.session, typed, limit=8)
    return {"found": [Suggestion(f"{head}@{user.handle} ", user.name) for user in people]}
