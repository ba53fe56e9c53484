"""`/incident close`: nothing is left to do but the review."""

from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.lives import change_status
from storage.words import IncidentStatus


async def run(call: Call) -> Reply:
    await change_status(call.unit, call.incident, IncidentStatus.CLOSED)
    return Reply("incident_close", {"ref": call.incident.ref})


COMMAND = Command("incident close", "Close the incident", run, about="incident")
