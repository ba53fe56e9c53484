"""`/incident resolve`: the impact is over. Its alerts are closed, and everybody who was told is told."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.lives import change_status
from bot.updates.updates import post_update
from commands.kinds import TEXT
from storage.words import IncidentStatus


@dataclass(frozen=True)
class Args:
    text: str = arg("What stakeholders should know", TEXT, default="", rest=True, many_lines=True)


async def run(call: Call) -> Reply:
    if call.args.text:
        await post_update(call.unit, call.incident, call.args.text, IncidentStatus.RESOLVED)
    else:
        await change_status(call.unit, call.incident, IncidentStatus.RESOLVED)
    return Reply("incident_resolve", {"ref": call.incident.ref})


COMMAND = Command(
    "incident resolve", "Resolve: the impact is over", run, Args, about="incident", submit="Resolve"
)
