"""`/incident reopen`: it is not over after all. Whoever is on call now is paged again."""

from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.errors import Refused
from bot.incidents.lives import change_status
from storage.questions.incidents import list_teams
from storage.words import IncidentStatus


async def run(call: Call) -> Reply:
    if call.incident.status.is_open:
        raise Refused("incident.is_open", ref=call.incident.ref)
    await change_status(call.unit, call.incident, IncidentStatus.INVESTIGATING)
    teams = await list_teams(call.unit.session, call.incident.id)
    return Reply("incident_reopen", {"ref": call.incident.ref, "teams": [team.name for team in teams]})


COMMAND = Command("incident reopen", "Reopen the incident", run, about="incident")
