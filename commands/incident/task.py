"""`/incident task`: something to do, for somebody; `done:3` ticks one off."""

from dataclasses import dataclass
from datetime import datetime

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.errors import Invalid
from bot.incidents.tasks import add_task, finish_task
from bot.incidents.timeline import keep_said
from commands.kinds import FLAG, FUTURE, NUMBER, PERSON, TEXT
from storage.models import User


@dataclass(frozen=True)
class Args:
    title: str = arg("What is to be done", TEXT, default="", rest=True)
    owner: User | None = arg("Who", PERSON, default=None)
    due: datetime | None = arg("Due in", FUTURE, default=None, hint="2h")
    follow_up: bool = arg("For after the incident", FLAG, default=False)
    done: int = arg("Number of a task that is done", NUMBER, default=0)


async def run(call: Call) -> Reply:
    args: Args = call.args
    if args.done:
        task = await finish_task(call.unit, call.incident, args.done)
        return Reply(
            "incident_task_done", {"ref": call.incident.ref, "number": task.number, "title": task.title}
        )
    if not args.title:
        raise Invalid("task.no_title", "title")
    if call.invocation.about is not None:
        await keep_said(call.unit, call.incident, call.invocation.about)
    task = await add_task(call.unit, call.incident, args.title, args.owner, args.due, args.follow_up)
    owner = args.owner.name if args.owner else ""
    zone = call.user.zone if call.user else "UTC"
    told = {"ref": call.incident.ref, "number": task.number, "title": task.title, "owner": owner}
    return Reply("incident_task", {**told, "due_at": task.due_at, "zone": zone})


COMMAND = Command("incident task", "Add a task", run, Args, about="incident", ask=True, submit="Add")
