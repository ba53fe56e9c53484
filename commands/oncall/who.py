"""`/oncall who`: who is on call now or at another time and why, until when, and who is next."""

from dataclasses import dataclass
from datetime import datetime

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.oncall.answers import list_on_call
from commands.kinds import SCHEDULE
from commands.oncall_kinds import MOMENT
from storage.models import Schedule


@dataclass(frozen=True)
class Args:
    schedule: Schedule | None = arg("Schedule", SCHEDULE, default=None)
    at: datetime | None = arg("When, if not now", MOMENT, default=None)


async def run(call: Call) -> Reply:
    only = [call.args.schedule.id] if call.args.schedule else None
    found = await list_on_call(call.unit, call.args.at or call.unit.now, only)
    data = {"schedules": found, "at": call.args.at, "zone": call.user.zone if call.user else "UTC"}
    return Reply("oncall_who", data)


COMMAND = Command("oncall who", "Who is on call", run, Args, needs="stakeholder", reads=True)
