"""`/oncall swaps`: the shifts that somebody is wanted for."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.oncall.offers import list_offers
from commands.kinds import SCHEDULE
from storage.models import Schedule


@dataclass(frozen=True)
class Args:
    schedule: Schedule | None = arg("Schedule", SCHEDULE, default=None)


async def run(call: Call) -> Reply:
    only = [call.args.schedule.id] if call.args.schedule else None
    offers = await list_offers(call.unit, only)
    return Reply("oncall_swaps", {"offers": offers, "zone": call.user.zone if call.user else "UTC"})


COMMAND = Command(
    "oncall swaps", "Shifts that somebody is wanted for", run, Args, needs="stakeholder", reads=True
)
