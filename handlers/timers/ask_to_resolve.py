"""`ask_to_resolve`: all alerts of an incident have been closed for a while; is it over? Said once."""

from bot.flow.timers import Due
from bot.flow.unit import Unit
from bot.reactions.rooms import say
from storage.models import Incident
from storage.questions import incidents as ask


async def remind(unit: Unit, due: Due) -> None:
    incident = await unit.session.get(Incident, due.number)
    if incident is None or not incident.status.is_open:
        return
    _, still_open = await ask.count_alerts(unit.session, incident.id)
    if not still_open:
        await say(unit, incident.id, "all_alerts_closed", {})


TIMER = ("ask_to_resolve", remind)
