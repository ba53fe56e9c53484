"""`/incident leave`: stop taking part, and give back your roles."""

from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.people import leave
from commands.kinds import get_person


async def run(call: Call) -> Reply:
    await leave(call.unit, call.incident, get_person(call))
    return Reply("incident_leave", {"ref": call.incident.ref})


COMMAND = Command("incident leave", "Stop taking part", run, about="incident")
