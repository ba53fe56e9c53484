"""`/incident handoff`: somebody else commands from now on, and reads here what they need to know."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.people import give_role
from bot.incidents.timeline import add_note
from commands.kinds import PERSON, TEXT
from storage.models import User


@dataclass(frozen=True)
class Args:
    person: User = arg("To whom", PERSON)
    note: str = arg("What they need to know", TEXT, default="", rest=True, many_lines=True)


async def run(call: Call) -> Reply:
    args: Args = call.args
    changed = await give_role(call.unit, call.incident, "commander", args.person)
    if args.note:
        await add_note(call.unit, call.incident, args.note)
    return Reply("incident_handoff", {"ref": call.incident.ref, "name": args.person.name, "changed": changed})


COMMAND = Command(
    "incident handoff", "Hand the command over", run, Args, about="incident", submit="Hand over"
)
