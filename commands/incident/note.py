"""`/incident note`: write something into the timeline, also for an earlier time."""

from dataclasses import dataclass
from datetime import datetime

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.timeline import add_note
from commands.kinds import PAST, TEXT


@dataclass(frozen=True)
class Args:
    text: str = arg("What happened", TEXT, rest=True, many_lines=True)
    at: datetime | None = arg("When", PAST, default=None, hint="now, or 14:05, or 10m ago")


async def run(call: Call) -> Reply:
    entry = await add_note(call.unit, call.incident, call.args.text, call.args.at)
    zone = call.user.zone if call.user else "UTC"
    return Reply(
        "incident_note", {"ref": call.incident.ref, "entry": entry.id, "at": call.args.at, "zone": zone}
    )


COMMAND = Command("incident note", "Add to the timeline", run, Args, about="incident", submit="Add")
