"""`/incident title`: call it by a better name."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.lives import change_title
from commands.kinds import TEXT


@dataclass(frozen=True)
class Args:
    title: str = arg("Title", TEXT, rest=True)


async def run(call: Call) -> Reply:
    change_title(call.unit, call.incident, call.args.title)
    return Reply("incident_title", {"ref": call.incident.ref, "title": call.incident.title})


COMMAND = Command("incident title", "Change the title", run, Args, about="incident", submit="Change")
