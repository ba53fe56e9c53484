"""`/oncall swap`: offer a shift, or a part of one, to the others of the schedule, perhaps in exchange for one of theirs."""

from dataclasses import dataclass
from datetime import datetime

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.errors import Invalid
from bot.oncall.answers import Shift
from bot.oncall.clashes import find_clashes
from bot.oncall.swaps import Exchange, list_candidates, offer_shift
from commands.kinds import TEXT, get_person
from commands.swap_kinds import OTHERS_SHIFT, OWN_SHIFT, PART_BEGINS, PART_ENDS, is_endless


@dataclass(frozen=True)
class Args:
    shift: Shift = arg("Which of your shifts", OWN_SHIFT, refreshes=True)
    note: str = arg("What the others should know", TEXT, default="", hint="Dentist", rest=True)
    starts: datetime | None = arg("From when on, if not all of it", PART_BEGINS, default=None)
    until: datetime | None = arg("Until when, if not all of it", PART_ENDS, default=None)
    exchange: Exchange | None = arg("In exchange for which shift, if for one", OTHERS_SHIFT, default=None)


async def run(call: Call) -> Reply:
    args, unit, user = call.args, call.unit, get_person(call)
    schedule = args.shift.schedule
    if args.until is None and is_endless(args.shift, unit.now):
        raise Invalid("swap.no_end", "until")
    starts, until = args.starts or args.shift.starts_at, args.until or args.shift.ends_at
    swap = await offer_shift(unit, schedule, user, starts, until, args.note[:500], args.exchange)
    back = args.exchange
    data = {
        "swap": swap,
        "schedule": schedule.name,
        "exchange": back,
        "people": [one.name for one in await list_candidates(unit, swap)],
        "clashes": await find_clashes(unit, user, back.starts_at, back.ends_at) if back else [],
        "zone": user.zone,
    }
    return Reply("oncall_swap", data)


COMMAND = Command("oncall swap", "Find somebody for a shift of yours", run, Args, submit="Ask them")
