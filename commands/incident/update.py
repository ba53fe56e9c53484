"""`/incident update`: tell stakeholders where things stand, and when they hear again."""

from dataclasses import dataclass
from datetime import datetime

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.updates.updates import post_update
from commands.kinds import FUTURE, OPEN_STATUS, TEXT
from storage.words import IncidentStatus


@dataclass(frozen=True)
class Args:
    text: str = arg("What stakeholders should know", TEXT, rest=True, many_lines=True)
    status: IncidentStatus | None = arg("Status", OPEN_STATUS, default=None)
    next: datetime | None = arg("Next update in", FUTURE, default=None, hint="30m")


async def run(call: Call) -> Reply:
    args: Args = call.args
    update = await post_update(call.unit, call.incident, args.text, args.status, args.next)
    zone = call.user.zone if call.user else "UTC"
    told = {"ref": call.incident.ref, "next_at": update.next_at, "zone": zone}
    refused = args.next is not None and update.next_at is None
    return Reply("incident_update", {**told, "refused": refused, "status": call.incident.status})


COMMAND = Command(
    "incident update", "Send a status update", run, Args, about="incident", submit="Send update"
)
