"""`/incident priority`: raise or lower the priority."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.lives import change_priority
from commands.kinds import PRIORITY
from storage.words import Priority


@dataclass(frozen=True)
class Args:
    priority: Priority = arg("Priority", PRIORITY)


async def run(call: Call) -> Reply:
    changed = change_priority(call.unit, call.incident, call.args.priority)
    return Reply(
        "incident_priority", {"ref": call.incident.ref, "priority": call.args.priority, "changed": changed}
    )


COMMAND = Command("incident priority", "Change the priority", run, Args, about="incident", submit="Change")
