"""A person came into an incident's room or left it: they take part, or no longer do."""

from bot.chat.invocation import Moved
from bot.errors import Refused
from bot.flow.unit import Unit
from bot.incidents.people import leave, take_part
from bot.incidents.privacy import may_come_in
from bot.incidents.rooms import note_invited, take_off_invited
from storage.models import User
from storage.questions import incidents as ask


async def record_move(unit: Unit, moved: Moved) -> None:
    incident = await ask.find_incident_of_channel(unit.session, moved.platform, moved.channel)
    if incident is None or moved.actor.user_id is None:
        return
    if moved.joined and not await may_come_in(unit, incident, moved.platform):
        return
    user = await unit.session.get_one(User, moved.actor.user_id)
    room = await ask.find_room(unit.session, incident.id, moved.platform)
    assert room is not None
    await unit.lock(room)
    if moved.joined:
        note_invited(room, [user.id])
        await take_part(unit, incident, user, "joined")
        return
    take_off_invited(room, user.id)
    try:
        await leave(unit, incident, user)
    except Refused:
        return
