"""`/incident close`: nothing is left to do but the review."""

from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.lives import change_status
from storage.questions.reviews import find_postmortem
from storage.words import IncidentStatus


async def run(call: Call) -> Reply:
    await change_status(call.unit, call.incident, IncidentStatus.CLOSED)
    is_drafted = await find_postmortem(call.unit.session, call.incident.id) is not None
    url = f"{call.unit.installation.public_url}/{call.incident.ref}/postmortem"
    return Reply("incident_close", {"ref": call.incident.ref, "postmortem": url if is_drafted else ""})


COMMAND = Command("incident close", "Close the incident", run, about="incident")
