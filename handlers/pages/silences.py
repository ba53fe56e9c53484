"""What keeps alerts quiet: the silences and windows of maintenance that are on or will be, and those that are over."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from bot.alerts.quiet import name_holder
from bot.alerts.silences import spell
from bot.flow.unit import Unit
from handlers.pages.visit import Values, Visit, signed_in
from handlers.parts import Parts
from storage.models import Integration, Silence
from storage.questions import catalog
from storage.questions import silences as ask

SHOWN = 100
PAST = 30


@dataclass(frozen=True)
class QuietRow:
    """One line of the page."""

    row: Silence
    what: str
    held: int
    sender: str


def list_routes(parts: Parts) -> list[web.RouteDef]:
    return [web.get("/silences", signed_in(parts, show))]


async def show(visit: Visit) -> web.StreamResponse:
    async def find(unit: Unit) -> Values:
        coming = await ask.list_silences(unit.session, ended=False, now=unit.now, limit=SHOWN)
        past = await ask.list_silences(unit.session, ended=True, now=unit.now, limit=PAST)
        return {"coming": await _show_rows(unit, coming), "past": await _show_rows(unit, past)}

    if visit.wants_fragment:
        return await visit.show_part("pages/parts/silences", find)
    return await visit.show("pages/silences", find)


async def _show_rows(unit: Unit, rows: Sequence[Silence]) -> list[QuietRow]:
    held = await ask.count_held(unit.session, [name_holder(row) for row in rows])
    senders = await catalog.list_by_id(
        unit.session, Integration, {row.integration_id for row in rows if row.integration_id is not None}
    )
    return [
        QuietRow(
            row,
            spell(row),
            held.get(name_holder(row), 0),
            senders[row.integration_id].name if row.integration_id in senders else "",
        )
        for row in rows
    ]
