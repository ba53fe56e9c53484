"""The standing rooms: announcements (one post per incident, for everybody) and ops (what needs an operator's eye)."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.chat.room.board import find_channel
from bot.flow.unit import Unit
from handlers.pages.messages import get_channel, read_conversation
from handlers.pages.visit import Values, Visit, signed_in
from handlers.parts import Parts
from storage.questions import screens

STANDING = ("announcements", "ops")


def list_routes(parts: Parts) -> list[web.RouteDef]:
    return [
        *(web.get(f"/{name}", signed_in(parts, _show_standing(name))) for name in STANDING),
        web.get(r"/channels/{channel:\d+}", signed_in(parts, find_page)),
    ]


def _show_standing(name: str) -> Callable[[Visit], Awaitable[web.StreamResponse]]:
    async def show(visit: Visit) -> web.StreamResponse:
        async def ask(unit: Unit) -> Values:
            channel = await find_channel(unit, name)
            if channel is None:
                return {"conversation": None}
            return {"conversation": await read_conversation(unit, channel, visit.user)}

        return await visit.show("pages/channel", ask, name=name)

    return show


async def find_page(visit: Visit) -> web.StreamResponse:
    """The page on which a channel is shown."""

    async def ask(unit: Unit) -> Values:
        channel = await get_channel(unit, visit.number("channel"), visit.user)
        room = await screens.find_incident_room(unit.session, channel.id)
        if room is not None:
            return {"path": f"/INC-{room.incident_id}"}
        return {"path": "/oncall" if channel.kind == "direct" else f"/{channel.key}"}

    return visit.go(str((await visit.look(ask))["path"]))
