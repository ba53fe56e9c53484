"""Search over incidents and alerts. What names one thing (`INC-7`, `#12`) goes straight there."""

import re

from aiohttp import web

from bot.alerts.lives import get_alert
from bot.errors import Unknown
from bot.flow.unit import Unit
from bot.incidents.privacy import get_incident
from handlers.pages.alerts import read_alert_rows
from handlers.pages.incidents import read_rows
from handlers.pages.visit import Values, Visit, signed_in
from handlers.parts import Parts
from storage.questions import alerts

NAMED = re.compile(r"(?:(?P<incident>inc-)|(?P<alert>#))(?P<number>\d{1,9})", re.IGNORECASE)


def list_routes(parts: Parts) -> list[web.RouteDef]:
    return [web.get("/search", signed_in(parts, show))]


async def show(visit: Visit) -> web.StreamResponse:
    text = visit.request.query.get("q", "").strip()[:200]
    named = NAMED.fullmatch(text)
    if named:
        number = int(named["number"])

        async def exists(unit: Unit) -> Values:
            try:
                return {"row": await (get_incident if named["incident"] else get_alert)(unit, str(number))}
            except Unknown:
                return {"row": None}

        if (await visit.look(exists))["row"] is not None:
            return visit.go(f"/INC-{number}" if named["incident"] else f"/alerts/{number}")

    async def ask(unit: Unit) -> Values:
        if not text:
            return {"rows": [], "alerts": []}
        return {
            "rows": await read_rows(
                unit, await alerts.search_incidents(unit.session, text, viewer=visit.user)
            ),
            "alerts": await read_alert_rows(
                unit, await alerts.search_alerts(unit.session, text, viewer=visit.user)
            ),
        }

    return await visit.show("pages/search", ask, text=text)
