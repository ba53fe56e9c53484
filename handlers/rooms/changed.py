"""Somebody archived, restored, renamed or deleted an incident's room by hand."""

from bot.chat.invocation import RoomChanged
from bot.flow.unit import Unit
from bot.incidents.events import RoomLost
from bot.incidents.rooms import forget_channel, keep, lose_room, room_name
from bot.reactions.rooms import refresh_incident
from storage.models import Incident, IncidentRoom
from storage.questions import incidents as ask


async def record_change(unit: Unit, change: RoomChanged) -> None:
    """The incident knows its room by its new name, and gets one back while it is open."""
    incident = await ask.find_incident_of_channel(unit.session, change.platform, change.channel)
    room = await ask.find_room(unit.session, incident.id, change.platform) if incident else None
    if incident is None or room is None:
        return
    await unit.lock(room)
    if change.change == "renamed":
        _rename(room, incident, change.name)
    elif change.change == "restored":
        room.archived_at = None
        await refresh_incident(unit, incident.id)
    elif change.change == "archived" and room.archived_at is None:
        room.archived_at = unit.now
        if incident.status.is_open:
            unit.emit(RoomLost(incident.id, room.platform, room.name, "archived"))
    elif change.change == "deleted" and room.channel is not None:
        if incident.status.is_open:
            lose_room(unit, room, "deleted")
        else:
            forget_channel(unit, room)
    unit.touch(f"incident:{incident.id}")


def _rename(room: IncidentRoom, incident: Incident, name: str) -> None:
    """A name that people gave stays when the title changes; our own renaming comes back to us as well."""
    ours = (room.shown.get("asked_name", ""), room_name(incident.ref, incident.title))
    if name != room.name and not any(own and name.startswith(own) for own in ours):
        keep(room, named_by_hand=True)
    room.name = name
