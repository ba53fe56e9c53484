"""`no_commander`: an incident has been open for a while and nobody commands it. Said once."""

from bot.flow.timers import Due
from bot.flow.unit import Unit
from bot.incidents.people import find_commander
from bot.reactions.rooms import say
from storage.models import Incident


async def remind(unit: Unit, due: Due) -> None:
    incident = await unit.session.get(Incident, due.number)
    if incident is None or not incident.status.is_open or await find_commander(unit, incident.id) is not None:
        return
    await say(unit, incident.id, "no_commander", {})


TIMER = ("no_commander", remind)
