"""`/oncall forward`: for a while, your shifts in all schedules are somebody else's."""

from dataclasses import dataclass
from datetime import datetime

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.oncall.exceptions import forward_shifts, name_of
from commands.kinds import PERSON
from commands.oncall_kinds import END, MOMENT, choose_person
from storage.models import User


@dataclass(frozen=True)
class Args:
    to: User = arg("To whom", PERSON)
    until: datetime = arg("Until when", END, hint="4h, 09:00 or 2026-12-24 09:00")
    starts: datetime | None = arg("From when on, if not now", MOMENT, default=None)
    who: User | None = arg("Whose shifts, if not yours", PERSON, default=None)


async def run(call: Call) -> Reply:
    args, unit = call.args, call.unit
    giver = choose_person(call, args.who)
    row = await forward_shifts(unit, giver, args.to, args.starts or unit.now, args.until)
    data = {
        "name": name_of(row),
        "giver": "" if args.who is None else giver.name,
        "taker": args.to.name,
        "starts": args.starts,
        "until": args.until,
        "zone": call.user.zone if call.user else "UTC",
    }
    return Reply("oncall_forward", data)


COMMAND = Command("oncall forward", "Let somebody have your shifts for a while", run, Args, submit="Forward")
