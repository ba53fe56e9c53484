"""`/oncall who`: who is on call now, until when, and who is next."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.oncall.resolve import list_on_call
from commands.kinds import SCHEDULE
from storage.models import Schedule


@dataclass(frozen=True)
class Args:
    schedule: Schedule | None = arg("Schedule", SCHEDULE, default=None)


async def run(call: Call) -> Reply:
    only = [call.args.schedule.id] if call.args.schedule else None
    found = await list_on_call(call.unit, call.unit.now, only)
    return Reply("oncall_who", {"schedules": found, "zone": call.user.zone if call.user else "UTC"})


COMMAND = Command("oncall who", "Who is on call", run, Args, needs="stakeholder", reads=True)
