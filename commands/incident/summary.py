"""`/incident summary`: what is known, in a few sentences; it stands on the card."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.lives import change_summary
from commands.kinds import TEXT


@dataclass(frozen=True)
class Args:
    text: str = arg("Summary", TEXT, rest=True, many_lines=True)


async def run(call: Call) -> Reply:
    change_summary(call.unit, call.incident, call.args.text)
    return Reply("incident_summary", {"ref": call.incident.ref})


COMMAND = Command("incident summary", "Write the summary", run, Args, about="incident", submit="Save")
