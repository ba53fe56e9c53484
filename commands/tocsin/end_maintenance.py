"""`/tocsin end-maintenance`: what is on now is over; with `whole:yes` it does not come again."""

from dataclasses import dataclass

from bot.alerts.maintenance import cancel_maintenance, end_window
from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from commands.kinds import FLAG
from commands.quiet_kinds import MAINTENANCE
from storage.models import Maintenance


@dataclass(frozen=True)
class Args:
    maintenance: Maintenance = arg("Which maintenance", MAINTENANCE)
    whole: bool = arg("For good, if it repeats", FLAG, default=False)


async def run(call: Call) -> Reply:
    maintenance: Maintenance = call.args.maintenance
    if call.args.whole:
        await cancel_maintenance(call.unit, maintenance)
    else:
        await end_window(call.unit, maintenance)
    comes_again = bool(maintenance.rule) and not call.args.whole
    return Reply("tocsin_end_maintenance", {"maintenance": maintenance, "comes_again": comes_again})


COMMAND = Command("tocsin end-maintenance", "End maintenance", run, Args, submit="End it")
