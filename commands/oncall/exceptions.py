"""`/oncall exceptions`: overrides, forwarding and time off, now and to come."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.oncall.overview import list_coming
from commands.kinds import SCHEDULE
from storage.models import Schedule
from storage.questions import catalog


@dataclass(frozen=True)
class Args:
    schedule: Schedule | None = arg("Schedule", SCHEDULE, default=None)


async def run(call: Call) -> Reply:
    chosen = call.args.schedule
    schedules = [chosen] if chosen else await catalog.list_named(call.unit.session, Schedule)
    data = {
        "rows": await list_coming(call.unit, schedules),
        "now": call.unit.now,
        "zone": call.user.zone if call.user else "UTC",
    }
    return Reply("oncall_exceptions", data)


COMMAND = Command(
    "oncall exceptions", "Overrides, forwarding and time off", run, Args, needs="stakeholder", reads=True
)
