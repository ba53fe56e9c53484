"""`/tocsin pause-heartbeat`: nobody misses its pings until it is resumed; an alert that it has open is closed. It has no
end, so it is for admins; whoever wants quiet for a while silences."""

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
    await switch_heartbeat(call.unit, heartbeat, False)
    return Reply("tocsin_pause_heartbeat", {"heartbeat": heartbeat})


COMMAND = Command(
    "tocsin pause-heartbeat", "Watch a heartbeat no longer", run, Args, needs="admin", submit="Pause"
)
