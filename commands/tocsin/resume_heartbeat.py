"""`/tocsin resume-heartbeat`: it is watched again, from its next ping on."""

from dataclasses import dataclass

from bot.alerts.heartbeats import switch_heartbeat
from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from commands.kinds import HEARTBEAT
from storage.models import Heartbeat


@dataclass(frozen=True)
class Args:
    heartbeat: Heartbeat = arg("Which heartbeat", HEARTBEAT, rest=True)


async def run(call: Call) -> Reply:
    heartbeat: Heartbeat = call.args.heartbeat
    await switch_heartbeat(call.unit, heartbeat, True)
    return Reply("tocsin_resume_heartbeat", {"heartbeat": heartbeat})


COMMAND = Command(
    "tocsin resume-heartbeat", "Watch a heartbeat again", run, Args, needs="admin", submit="Resume"
)
