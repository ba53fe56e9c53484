"""`/oncall rotation`: who takes turns, and in what order. Whose shifts move is shown first; `save` does it."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.catalog.edit_schedules import SCHEDULES
from bot.catalog.editing import read_names
from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.flow.unit import Unit
from bot.oncall.keep_turn import keep_turns
from bot.oncall.moves import AHEAD, SHOWN, Move, compare, name_moves
from bot.oncall.plan import Plan, Rotation
from bot.oncall.resolve import resolve
from bot.oncall.roster_changes import watch_rosters
from bot.oncall.rosters import list_rosters, make_slots
from commands.kinds import FLAG, NUMBER, SCHEDULE
from commands.oncall_kinds import HANDOFF, ROTATION, TURNS, choose_rotation, choose_schedule
from storage.models import Schedule


@dataclass(frozen=True)
class Args:
    who: list[str] = arg(
        "Who takes turns, in order", TURNS, rest=True, hint="kate, sam, team:payments, nobody"
    )
    schedule: Schedule | None = arg("Schedule", SCHEDULE, default=None, refreshes=True)
    rotation: str | None = arg("Which rotation, if there are several", ROTATION, default=None)
    length: int | None = arg("How many hours, days or weeks a turn has, if it changes", NUMBER, default=None)
    starts: str | None = arg("The first handoff, if the turns are to begin anew", HANDOFF, default=None)
    save: bool = arg("Save it, and tell whose shifts move", FLAG, default=False)


async def run(call: Call) -> Reply:
    from bot.catalog.rotations import participants_of  # pydantic takes long to load

    args, unit = call.args, call.unit
    schedule = await choose_schedule(call, args.schedule)
    await SCHEDULES.open(unit, schedule)
    (roster,) = await list_rosters(unit, unit.now, unit.now + AHEAD, [schedule.id])
    place = choose_rotation(roster, args.rotation)
    rotation = roster.plan.rotations[place]
    names = await read_names(unit)
    entry = await SCHEDULES.spell(unit, schedule, names)
    length = rotation.length if args.length is None else args.length
    changed = entry["rotations"][place]
    changed |= {"participants": args.who, "length": length, "starts": args.starts or changed["starts"]}
    if args.starts is None:
        entry = await keep_turns(unit, schedule, entry)
        changed = entry["rotations"][place]
    said = await SCHEDULES.read(unit, schedule, entry, names)
    data = {
        "schedule": schedule.name,
        "rotation": roster.rotations[rotation.id],
        "who": ", ".join(args.who),
        "zone": call.user.zone if call.user else "UTC",
        "shown": SHOWN,
    }
    if args.save:
        async with watch_rosters(unit) as moved:
            await SCHEDULES.change(unit, schedule, entry)
        return Reply("oncall_rotation", {**data, "moves": await name_moves(unit, moved.of(schedule))})
    slots = await make_slots(unit, participants_of(said.parts[place], names.ids))
    wanted = replace(rotation, slots=slots, length=length, starts=datetime.fromisoformat(changed["starts"]))
    moves = await name_moves(unit, _find_moves(unit, roster.plan, place, wanted))
    line = _spell_line(schedule, roster.rotations[rotation.id], args, changed["starts"])
    card = call.registry.templates.render_card("rotation", **data, moves=moves, line=line)
    return Reply("oncall_override_preview", {"line": line}, card=card)


def _find_moves(unit: Unit, plan: Plan, place: int, wanted: Rotation) -> list[Move]:
    rotations = (*plan.rotations[:place], wanted, *plan.rotations[place + 1 :])
    start, end = unit.now, unit.now + AHEAD
    return compare(resolve(plan, start, end), resolve(replace(plan, rotations=rotations), start, end))


def _spell_line(schedule: Schedule, rotation: str, args: Args, starts: str) -> str:
    """What does it, the same whenever it is typed, and no longer than it must be: Discord's buttons carry 100 characters."""
    words = [", ".join(args.who), f"schedule:{schedule.slug}"]
    if args.rotation is not None:
        words.append(f'rotation:"{rotation}"')
    if args.length is not None:
        words.append(f"length:{args.length}")
    return " ".join(["/oncall rotation", *words, f"starts:{starts}", "save:yes"])


COMMAND = Command(
    "oncall rotation", "Change who takes turns", run, Args, needs="admin", submit="Show whose shifts move"
)
