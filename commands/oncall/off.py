"""`/oncall off`: for a while, others stand in for you."""

from dataclasses import dataclass
from datetime import datetime

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.oncall.exceptions import name_of, take_time_off
from commands.kinds import PERSON
from commands.oncall_kinds import END, MOMENT, choose_person
from storage.models import User


@dataclass(frozen=True)
class Args:
    until: datetime = arg("Until when", END, hint="4h, 09:00 or 2026-12-24 09:00")
    starts: datetime | None = arg("From when on, if not now", MOMENT, default=None)
    who: User | None = arg("Who is off, if not you", PERSON, default=None)


async def run(call: Call) -> Reply:
    args, unit = call.args, call.unit
    user = choose_person(call, args.who)
    row = await take_time_off(unit, user, args.starts or unit.now, args.until)
    data = {
        "name": name_of(row),
        "person": "" if args.who is None else user.name,
        "starts": args.starts,
        "until": args.until,
        "zone": call.user.zone if call.user else "UTC",
    }
    return Reply("oncall_off", data)


COMMAND = Command("oncall off", "Let others stand in for you for a while", run, Args, submit="Take time off")
