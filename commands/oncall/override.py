"""`/oncall override`: for a while, somebody or nobody instead of whoever the rotations say."""

from dataclasses import dataclass
from datetime import datetime

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.oncall.exceptions import get_rotation, make_override, name_of
from commands.kinds import SCHEDULE
from commands.oncall_kinds import MOMENT, ROTATION, WHO, choose_schedule
from commands.quiet_kinds import UNTIL
from storage.models import Schedule, User


@dataclass(frozen=True)
class Args:
    who: User | None = arg("Who, or nobody", WHO)
    until: datetime = arg("Until when", UNTIL, hint="4h, 09:00 or 2026-12-24 09:00")
    starts: datetime | None = arg("From when on, if not now", MOMENT, default=None)
    schedule: Schedule | None = arg("Schedule", SCHEDULE, default=None, refreshes=True)
    rotation: str | None = arg("Instead of which rotation, if not all", ROTATION, default=None)


async def run(call: Call) -> Reply:
    args = call.args
    schedule = await choose_schedule(call, args.schedule)
    rotation = await get_rotation(call.unit, schedule, args.rotation) if args.rotation else None
    starts = args.starts or call.unit.now
    row = await make_override(call.unit, schedule, args.who, starts, args.until, rotation)
    data = {
        "name": name_of(row),
        "schedule": schedule.name,
        "rotation": rotation.name if rotation else "",
        "person": args.who.name if args.who else "",
        "starts": args.starts,
        "until": args.until,
        "zone": call.user.zone if call.user else "UTC",
    }
    return Reply("oncall_override", data)


COMMAND = Command("oncall override", "Put somebody else on call for a while", run, Args, submit="Override")
