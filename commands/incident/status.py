"""`/incident status`: where the work stands. Without a status, it tells the present one by its form."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.lives import change_status
from commands.kinds import STATUS
from storage.words import IncidentStatus


@dataclass(frozen=True)
class Args:
    status: IncidentStatus = arg("Status", STATUS)


async def run(call: Call) -> Reply:
    await change_status(call.unit, call.incident, call.args.status)
    return Reply("incident_status", {"ref": call.incident.ref, "status": call.args.status.value})


COMMAND = Command("incident status", "Change the status", run, Args, about="incident", submit="Change")
