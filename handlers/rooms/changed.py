"""Somebody archived, restored, renamed or deleted an incident's room by hand."""

from bot.chat.invocation import RoomChanged
from bot.flow.unit import Unit
from storage.models import IncidentRoom
from storage.questions import incidents as ask


async def record_change(unit: Unit, change: RoomChanged) -> None:
    """The incident knows its room by its new name, and notices when it has none."""
    incident = await ask.find_incident_of_channel(unit.session, change.platform, change.channel)
    if incident is None:
        return
    room: IncidentRoom | None = await ask.find_room(unit.session, incident.id, change.platform)
    if room is not None and change.change == "renamed":
        room.name = change.name
