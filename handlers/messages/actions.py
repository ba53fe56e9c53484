"""Message actions: what can be done with a message, by its menu or by a reaction. One function each, named in ACTIONS.

A message that the bot passes on from another room stands for the one that its author wrote there.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.access.roles import check_role
from bot.chat.invocation import MessageAction, Said
from bot.chat.reply import Reply
from bot.chat.room.board import mark_changed
from bot.errors import Unknown
from bot.flow.unit import Unit
from bot.incidents.lives import declare, find_teams_to_call
from bot.incidents.mirror import find_original
from bot.incidents.privacy import get_incident, is_visible
from bot.incidents.tasks import add_task
from bot.incidents.timeline import keep_said
from storage.models import BoardMessage, Incident, User
from storage.questions import incidents as ask
from storage.questions.flow import remember_arrival
from storage.questions.sayings import find_copy_in_room


async def add_to_timeline(unit: Unit, action: MessageAction) -> Reply:
    """Keep the message in the incident's timeline, with its own author and time."""
    incident = await _get_incident(unit, action)
    entry, is_new = await keep_said(unit, incident, action.said)
    return Reply("message_timeline", {"ref": incident.ref, "entry": entry.id, "is_new": is_new})


async def declare_from_message(unit: Unit, action: MessageAction) -> Reply:
    """Open an incident whose first timeline entry is the message."""
    said = action.said
    summary = said.text if len(said.text) > 200 else ""
    teams = await find_teams_to_call(unit)
    incident = await declare(unit, said.text[:200], summary=summary, teams=teams)
    await keep_said(unit, incident, said)
    data = {"ref": incident.ref, "title": incident.title, "teams": [team.name for team in teams]}
    return Reply("incident_declare", {**data, "private": incident.private}, go_to=f"/{incident.ref}")


async def make_task(unit: Unit, action: MessageAction) -> Reply:
    """A task in the message's words; the message stands in the timeline, with the link that leads back to it."""
    incident = await _get_incident(unit, action)
    await keep_said(unit, incident, action.said)
    task = await add_task(unit, incident, action.said.text)
    told = {"ref": incident.ref, "number": task.number, "title": task.title, "owner": ""}
    return Reply("incident_task", {**told, "due_at": None, "zone": "UTC"})


ACTIONS: dict[str, Callable[[Unit, MessageAction], Awaitable[Reply]]] = {
    "timeline": add_to_timeline,
    "declare": declare_from_message,
    "task": make_task,
}


async def act(unit: Unit, action: MessageAction) -> Reply:
    function = ACTIONS.get(action.action)
    if function is None:
        raise Unknown("action.unknown", name=action.action, known=sorted(ACTIONS))
    if action.arrival and not await remember_arrival(unit.session, action.arrival, unit.now):
        return Reply(repeated=True)
    actor = action.actor.user_id
    check_role(await unit.session.get(User, actor) if actor is not None else None, "responder")
    said, incident_id = await find_original(unit, action.said)
    if incident_id is not None:
        action = replace(action, said=said, incident=action.incident or f"INC-{incident_id}")
    reply = await function(unit, action)
    await _mark_in_room(unit, said)
    return reply


async def _mark_in_room(unit: Unit, said: Said) -> None:
    """Pages that show the message show that it was marked."""
    place = (said.platform, said.channel, said.message)
    number = said.message if said.platform == "room" else await find_copy_in_room(unit.session, *place)
    row = await unit.session.get(BoardMessage, int(number)) if number and number.isdecimal() else None
    if row is not None:
        await mark_changed(unit, row)


async def _get_incident(unit: Unit, action: MessageAction) -> Incident:
    if action.incident:
        return await get_incident(unit, action.incident)
    incident = await ask.find_incident_of_channel(unit.session, action.said.platform, action.said.channel)
    if incident is None or not await is_visible(unit, incident):
        raise Unknown("incident.not_a_room")
    return incident
