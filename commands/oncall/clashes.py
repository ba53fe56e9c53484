"""`/oncall clashes`: who is on call during their time off, on a public holiday of theirs, or twice in one policy."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.oncall.away import list_clashes
from commands.kinds import SCHEDULE
from commands.quiet_kinds import UNTIL
from storage.models import Schedule

USUAL = timedelta(days=30)
LONGEST = timedelta(days=366)
SHOWN = 10


@dataclass(frozen=True)
class Args:
    schedule: Schedule | None = arg("Schedule", SCHEDULE, default=None)
    until: datetime | None = arg("Until when", UNTIL, default=None, hint="30d")


async def run(call: Call) -> Reply:
    now = call.unit.now
    until = min(call.args.until or now + USUAL, now + LONGEST)
    only = [call.args.schedule.id] if call.args.schedule else None
    data = {
        "found": await list_clashes(call.unit, now, until, only),
        "shown": SHOWN,
        "until": until,
        "zone": call.user.zone if call.user else "UTC",
    }
    return Reply("oncall_clashes", data)


COMMAND = Command(
    "oncall clashes",
    "Who is on call while off, on a holiday or twice",
    run,
    Args,
    needs="stakeholder",
    reads=True,
)
