"""`/incident invite`: ask somebody to come, with the reason; they are paged."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.people import take_part
from bot.paging.pages import queue_pages
from commands.kinds import PERSON, TEXT
from storage.models import User


@dataclass(frozen=True)
class Args:
    person: User = arg("Who", PERSON)
    why: str = arg("Why you need them", TEXT, default="", rest=True, hint="Knows the payment gateway")


async def run(call: Call) -> Reply:
    args: Args = call.args
    is_new = await take_part(call.unit, call.incident, args.person, "invited")
    why = f"{call.incident.ref}: {args.why or call.incident.title}"
    count = await queue_pages(call.unit, args.person, why=why, about=f"incident:{call.incident.id}")
    data = {"ref": call.incident.ref, "name": args.person.name, "is_new": is_new, "count": count}
    return Reply("incident_invite", data)


COMMAND = Command("incident invite", "Add a responder", run, Args, about="incident", submit="Invite")
