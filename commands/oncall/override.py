"""`/oncall override`: for a while, somebody or nobody instead of whoever the rotations say. Says whose shifts move; with
`preview`, before it is done."""

from dataclasses import dataclass
from datetime import datetime

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.oncall.exceptions import get_rotation, make_override, name_of
from bot.oncall.moves import SHOWN, list_passed, tell_moves
from commands.kinds import FLAG, SCHEDULE
from commands.oncall_kinds import END, MOMENT, ROTATION, WHO, choose_schedule
from storage.models import Rotation, Schedule, User


@dataclass(frozen=True)
class Args:
    who: User | None = arg("Who, or nobody", WHO)
    until: datetime = arg("Until when", END, hint="4h, 09:00 or 2026-12-24 09:00")
    starts: datetime | None = arg("From when on, if not now", MOMENT, default=None)
    schedule: Schedule | None = arg("Schedule", SCHEDULE, default=None, refreshes=True)
    rotation: str | None = arg("Instead of which rotation, if not all", ROTATION, default=None)
    preview: bool = arg("Only show whose shifts would move", FLAG, default=False)


async def run(call: Call) -> Reply:
    args, unit = call.args, call.unit
    schedule = await choose_schedule(call, args.schedule)
    rotation = await get_rotation(unit, schedule, args.rotation) if args.rotation else None
    starts = args.starts or unit.now
    data = {
        "schedule": schedule.name,
        "rotation": rotation.name if rotation else "",
        "person": args.who.name if args.who else "",
        "starts": args.starts,
        "until": args.until,
        "zone": call.user.zone if call.user else "UTC",
        "moves": await tell_moves(unit, schedule, args.who, starts, args.until, rotation),
        "shown": SHOWN,
        "passed": await list_passed(unit, args.who, starts, args.until),
        "now": unit.now,
    }
    if args.preview:
        line = spell_line(args, schedule, rotation)
        card = call.registry.templates.render_card("override", **data, line=line)
        return Reply("oncall_override_preview", {"line": line}, card=card)
    row = await make_override(unit, schedule, args.who, starts, args.until, rotation)
    return Reply("oncall_override", {**data, "name": name_of(row)})


def spell_line(args: Args, schedule: Schedule, rotation: Rotation | None) -> str:
    """What does it: the same whenever it is typed."""
    words = [f"@{args.who.handle}" if args.who else "nobody", f"until:{args.until.isoformat('T', 'seconds')}"]
    if args.starts is not None:
        words.append(f"starts:{args.starts.isoformat('T', 'seconds')}")
    words.append(f"schedule:{schedule.slug}")
    if rotation is not None:
        words.append(f'rotation:"{rotation.name}"')
    return " ".join(["/oncall override", *words])


COMMAND = Command("oncall override", "Put somebody else on call for a while", run, Args, submit="Override")
