"""What people do in a channel of the Room: say, edit, delete, react, use the message menu; and what open pages fetch of it.

What is said is recorded in the unit of work that keeps it: a message that stands here is on its way to the other rooms.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from aiohttp import web

from bot.access.roles import check_role
from bot.chat.invocation import MessageAction, Said
from bot.chat.markup import render_text
from bot.chat.reply import Reply
from bot.chat.room.board import delete_saying, edit_saying, get_message, put_saying, toggle_reaction
from bot.errors import Forbidden, Problem, Unknown
from bot.flow.unit import BOT, Actor, Unit
from handlers.messages.said import record_deleted, record_edited, record_said
from handlers.pages.commands import read_invocation
from handlers.pages.messages import get_channel, read_changes, read_conversation
from handlers.pages.replies import read_back, show_reply
from handlers.pages.visit import Values, Visit, signed_in
from handlers.parts import Parts
from storage.models import BoardMessage, Incident, User
from storage.questions import screens

REACTION_ACTIONS = {"pushpin": "timeline"}


def list_routes(parts: Parts) -> list[web.RouteDef]:
    return [
        web.get(r"/board/{channel:\d+}/messages", signed_in(parts, list_changes)),
        web.get(r"/board/{channel:\d+}/older", signed_in(parts, list_older)),
        web.post(r"/board/{channel:\d+}/say", signed_in(parts, say)),
        web.get(r"/messages/{message:\d+}/edit", signed_in(parts, show_edit)),
        web.post(r"/messages/{message:\d+}/edit", signed_in(parts, edit)),
        web.get(r"/messages/{message:\d+}/delete", signed_in(parts, show_delete)),
        web.post(r"/messages/{message:\d+}/delete", signed_in(parts, delete)),
        web.post(r"/messages/{message:\d+}/react", signed_in(parts, react, "responder")),
        web.post(r"/messages/{message:\d+}/act", signed_in(parts, act)),
    ]


async def list_changes(visit: Visit) -> web.StreamResponse:
    """Messages that are new or changed since `after`."""
    after = visit.query_number("after") or 0

    async def ask(unit: Unit) -> Values:
        channel = await get_channel(unit, visit.number("channel"), visit.user)
        return {"conversation": await read_changes(unit, channel, visit.user, after)}

    return await visit.show_part("pages/parts/messages", ask)


async def list_older(visit: Visit) -> web.StreamResponse:
    before, around = visit.query_number("before"), visit.query_number("around")

    async def ask(unit: Unit) -> Values:
        channel = await get_channel(unit, visit.number("channel"), visit.user)
        return {
            "conversation": await read_conversation(unit, channel, visit.user, before=before, around=around)
        }

    return await visit.show_part("pages/parts/messages", ask)


async def say(visit: Visit) -> web.StreamResponse:
    """A line from a composer: a command when it begins with a slash, else a message for everybody in the channel."""
    form = await visit.form()
    channel_id = visit.number("channel")
    text, back = form.get("text", "").strip(), read_back(visit, form)
    if text.startswith("/") and not text.startswith("//"):
        form["channel"] = str(channel_id)
        reply = await visit.parts.inbound.invoke(read_invocation(visit, form, text))
        return show_reply(visit, reply, back, str(channel_id), text)

    async def put(unit: Unit) -> None:
        check_role(visit.user, "responder")
        channel = await get_channel(unit, channel_id, visit.user)
        if channel.kind == "direct":
            raise Forbidden("channel.only_reads")
        row = await put_saying(unit, channel.id, visit.user.id, text.removeprefix("/"), unit.now)
        await record_said(unit, await describe(unit, row))

    return await _change(visit, put, back)


async def show_edit(visit: Visit) -> web.StreamResponse:
    return await _show_form(visit, "edit_message")


async def show_delete(visit: Visit) -> web.StreamResponse:
    """Asks once: what is gone is gone in every room."""
    return await _show_form(visit, "delete_message")


async def _show_form(visit: Visit, name: str) -> web.StreamResponse:
    async def ask(unit: Unit) -> Values:
        row = await _get_visible(unit, visit)
        if row.author_id != visit.user.id:
            raise Forbidden("message.not_yours")
        return {"message": row, "duty": None, "waiting_pages": 0, "back": read_back(visit, {})}

    return await visit.show_part(f"{'forms' if visit.wants_fragment else 'pages'}/{name}", ask)


async def edit(visit: Visit) -> web.StreamResponse:
    form = await visit.form()

    async def change(unit: Unit) -> None:
        await _get_visible(unit, visit)
        row = await edit_saying(unit, visit.number("message"), visit.user.id, form.get("text", ""))
        await record_edited(unit, await describe(unit, row))

    return await _change(visit, change, read_back(visit, form))


async def delete(visit: Visit) -> web.StreamResponse:
    form = await visit.form()

    async def change(unit: Unit) -> None:
        await _get_visible(unit, visit)
        row = await delete_saying(unit, visit.number("message"), visit.user.id)
        await record_deleted(unit, await describe(unit, row))

    return await _change(visit, change, read_back(visit, form))


async def _change(visit: Visit, change: Callable[[Unit], Awaitable[None]], back: str) -> web.StreamResponse:
    try:
        await visit.parts.work.run(change, visit.actor)
    except Problem as problem:
        return _show_problem(visit, problem, back)
    return show_reply(visit, Reply(), back)


async def react(visit: Visit) -> web.StreamResponse:
    """Set or take back the pushpin. Setting it adds the message to the timeline; taking it back removes nothing."""
    form = await visit.form()

    async def toggle(unit: Unit) -> Said | None:
        row = await _get_visible(unit, visit)
        row, is_set = await toggle_reaction(unit, row.id, visit.user.id)
        return await describe(unit, row) if is_set else None

    said = await visit.parts.work.run(toggle, visit.actor)
    reply = Reply()
    if said is not None:
        reply = await _act(visit, REACTION_ACTIONS["pushpin"], said)
    return show_reply(visit, reply, read_back(visit, form))


async def act(visit: Visit) -> web.StreamResponse:
    """The message menu."""
    form = await visit.form()

    async def ask(unit: Unit) -> Values:
        return {"said": await describe(unit, await _get_visible(unit, visit))}

    said = (await visit.look(ask))["said"]
    reply = await _act(visit, form.get("action", ""), said)
    return show_reply(visit, reply, read_back(visit, form))


async def _act(visit: Visit, action: str, said: Said) -> Reply:
    return await visit.parts.inbound.acted(MessageAction(action, said, visit.actor))


async def _get_visible(unit: Unit, visit: Visit) -> BoardMessage:
    """The message, if this person may see the channel; raises Unknown, alike for one that is not there."""
    row = await get_message(unit, visit.number("message"))
    try:
        await get_channel(unit, row.channel_id, visit.user)
    except Unknown as unknown:
        raise Unknown("message.unknown", number=row.id) from unknown
    return row


async def describe(unit: Unit, row: BoardMessage) -> Said:
    """A message as concerns know it: its author, its own time, and the link that leads back to it."""
    author = await unit.session.get(User, row.author_id) if row.author_id else None
    actor = Actor(author.name, author.id, "room") if author else replace(BOT, platform="room")
    room = await screens.find_incident_room(unit.session, row.channel_id)
    place = Incident(id=room.incident_id).ref if room else f"channels/{row.channel_id}"
    text = row.text if author else render_text(row.text) or str(row.card.get("title", ""))
    return Said("room", str(row.channel_id), str(row.id), actor, text, row.sent_at, f"/{place}#m{row.id}")


def _show_problem(visit: Visit, problem: Problem, back: str) -> web.StreamResponse:
    if problem.status >= 500:
        raise problem
    return show_reply(visit, Reply(text=visit.parts.templates.explain(problem), failed=True), back)
