"""`/incident call`: the link of the call, on the card for everybody."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.tasks import set_call
from commands.kinds import URL


@dataclass(frozen=True)
class Args:
    url: str = arg("Link to the call", URL, hint="https://meet.example.org/inc-7")


async def run(call: Call) -> Reply:
    set_call(call.unit, call.incident, call.args.url)
    return Reply("incident_call", {"ref": call.incident.ref, "url": call.args.url})


COMMAND = Command("incident call", "Set the call link", run, Args, about="incident", submit="Set")
