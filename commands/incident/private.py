"""`/incident private`: only those who take part know of it (`yes`), or everybody does (`no`)."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.privacy import make_private, make_public
from commands.kinds import FLAG


@dataclass(frozen=True)
class Args:
    private: bool = arg("Only for those who take part", FLAG)


async def run(call: Call) -> Reply:
    private: bool = call.args.private
    rooms = await (make_private if private else make_public)(call.unit, call.incident)
    return Reply("incident_private", {"ref": call.incident.ref, "private": private, "rooms": rooms})


COMMAND = Command(
    "incident private", "Make it private, or public", run, Args, about="incident", submit="Change"
)
