"""`archive_room`: an incident has been closed for a while; its rooms say so and are archived."""

from bot.flow.timers import Due
from bot.flow.unit import Unit
from bot.reactions.rooms import archive_room
from storage.models import Incident
from storage.questions import incidents as ask
from storage.words import IncidentStatus


async def archive(unit: Unit, due: Due) -> None:
    incident = await unit.session.get(Incident, due.number)
    if incident is None or incident.status is not IncidentStatus.CLOSED:
        return
    for room in await ask.list_rooms(unit.session, incident.id):
        if room.channel is not None and room.archived_at is None:
            archive_room(unit, room)


TIMER = ("archive_room", archive)
