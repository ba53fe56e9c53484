"""`/oncall take`: take the pager for a while."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.oncall.exceptions import make_override
from bot.oncall.moves import SHOWN, list_passed, tell_moves
from commands.kinds import FUTURE, SCHEDULE, get_person
from commands.oncall_kinds import choose_schedule
from storage.models import Schedule

USUAL = timedelta(hours=1)


@dataclass(frozen=True)
class Args:
    until: datetime | None = arg("For how long", FUTURE, default=None, hint="1h")
    schedule: Schedule | None = arg("Schedule", SCHEDULE, default=None)


async def run(call: Call) -> Reply:
    user = get_person(call)
    schedule = await choose_schedule(call, call.args.schedule)
    until = call.args.until or call.unit.now + USUAL
    moves = await tell_moves(call.unit, schedule, user, call.unit.now, until)
    await make_override(call.unit, schedule, user, call.unit.now, until)
    data = {
        "schedule": schedule.name,
        "until": until,
        "zone": user.zone,
        "moves": moves,
        "shown": SHOWN,
        "passed": await list_passed(call.unit, user, call.unit.now, until),
        "now": call.unit.now,
    }
    return Reply("oncall_take", data)


COMMAND = Command("oncall take", "Take the pager for a while", run, Args, ask=True, submit="Take it")
