"""On call: who is now, until when and who follows; a person's own shifts, and the pages that were sent to them."""

from datetime import timedelta

from aiohttp import web

from bot.chat.room.board import find_channel
from bot.flow.unit import Unit
from bot.oncall.answers import list_next_shifts, list_on_call
from handlers.pages.messages import read_conversation
from handlers.pages.visit import Values, Visit, read_strip, signed_in
from handlers.parts import Parts
from storage.models import Team
from storage.questions import catalog
from storage.questions.board import key_of_direct

SHIFTS_AHEAD = timedelta(days=28)
PAGES_SHOWN = 10


def list_routes(parts: Parts) -> list[web.RouteDef]:
    async def show(visit: Visit) -> web.StreamResponse:
        async def ask(unit: Unit) -> Values:
            return await read_on_call(unit, visit)

        if visit.wants_fragment:
            return await visit.show_part("pages/parts/oncall", ask)
        return await visit.show("pages/oncall", ask)

    async def strip(visit: Visit) -> web.StreamResponse:
        return await visit.show_part("pages/parts/strip", lambda unit: read_strip(unit, visit.user))

    return [web.get("/oncall", signed_in(parts, show)), web.get("/oncall/strip", signed_in(parts, strip))]


async def read_on_call(unit: Unit, visit: Visit) -> Values:
    rosters = await list_on_call(unit, unit.now)
    ids = {row.schedule.team_id for row in rosters if row.schedule.team_id}
    channel = await find_channel(unit, key_of_direct(visit.user.id))
    pages = await read_conversation(unit, channel, visit.user) if channel else None
    shifts, looked_until = await list_next_shifts(unit, visit.user.id, SHIFTS_AHEAD)
    return {
        "rosters": rosters,
        "teams": await catalog.list_by_id(unit.session, Team, ids),
        "shifts": shifts,
        "looked_until": looked_until,
        "my_pages": pages.messages[::-1][:PAGES_SHOWN] if pages else (),
    }
