"""`/incident join`: take part."""

from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.people import take_part
from commands.kinds import get_person


async def run(call: Call) -> Reply:
    is_new = await take_part(call.unit, call.incident, get_person(call), "joined")
    return Reply("incident_join", {"ref": call.incident.ref, "is_new": is_new})


COMMAND = Command("incident join", "Take part in an incident", run, about="incident")
