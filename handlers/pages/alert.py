"""One alert: what it says, what was done, why things went as they did, and the evidence of each page it caused."""

from aiohttp import web

from bot.alerts.lives import get_alert
from bot.alerts.responders import subject_of
from bot.chat.invocation import Invocation
from bot.chat.markup import Rich
from bot.flow.unit import Unit
from bot.paging.still import is_asked
from handlers.pages.alerts import read_alert_rows
from handlers.pages.visit import Values, Visit, signed_in
from handlers.parts import Parts
from storage.models import AlertNote, Incident, User
from storage.questions import alerts as ask_alerts
from storage.questions import screens


def list_routes(parts: Parts) -> list[web.RouteDef]:
    return [web.get(r"/alerts/{number:\d+}", signed_in(parts, show))]


async def show(visit: Visit) -> web.StreamResponse:
    number = visit.number("number")

    async def ask(unit: Unit) -> Values:
        alert = await get_alert(unit, str(number))
        notes = await ask_alerts.list_notes(unit.session, alert.id)
        integration = (await screens.list_integrations(unit.session, [alert.integration_id])).get(
            alert.integration_id
        )
        return {
            "row": (await read_alert_rows(unit, [alert]))[0],
            "alert": alert,
            "incident": await unit.session.get(Incident, alert.incident_id) if alert.incident_id else None,
            "acknowledged_by": await unit.session.get(User, alert.acknowledged_by)
            if alert.acknowledged_by
            else None,
            "notes": [(note, spell_note(visit, note)) for note in reversed(notes)],
            "integration": integration,
            "is_asked": await is_asked(unit, subject_of(alert)),
        }

    why = await visit.parts.inbound.invoke(
        Invocation(f"/alert why {number}", visit.actor, "room", submitted=True)
    )
    if visit.wants_fragment:
        return await visit.show_part("pages/parts/alert", ask, why=why)
    return await visit.show("pages/alert", ask, why=why)


def spell_note(visit: Visit, note: AlertNote) -> Rich:
    """The sentence of an entry in the alert's log, in markup."""
    values = {**note.data, "by": note.actor_name, "text": note.text}
    return visit.parts.templates.render_sentence("timeline/sentences", note.kind, **values)
