"""`/incident link`: keep a link with the incident (a dashboard, a ticket, a runbook)."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.tasks import add_link
from commands.kinds import TEXT, URL


@dataclass(frozen=True)
class Args:
    url: str = arg("Link", URL)
    title: str = arg("What it shows", TEXT, default="", rest=True)


async def run(call: Call) -> Reply:
    link = await add_link(call.unit, call.incident, call.args.url, call.args.title)
    return Reply("incident_link", {"ref": call.incident.ref, "title": link.title, "url": link.url})


COMMAND = Command("incident link", "Add a link", run, Args, about="incident", submit="Add")
