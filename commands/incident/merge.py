"""`/incident merge`: this incident is the same trouble as another one, and goes on there."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.lives import merge
from commands.kinds import INCIDENT
from storage.models import Incident


@dataclass(frozen=True)
class Args:
    into: Incident = arg("The incident that goes on", INCIDENT)


async def run(call: Call) -> Reply:
    await merge(call.unit, call.incident, call.args.into)
    return Reply(
        "incident_merge",
        {"ref": call.incident.ref, "into": call.args.into.ref, "title": call.args.into.title},
        go_to=f"/{call.args.into.ref}",
    )


COMMAND = Command(
    "incident merge", "Merge into another incident", run, Args, about="incident", submit="Merge"
)
