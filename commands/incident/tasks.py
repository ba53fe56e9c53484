"""`/incident tasks`: what is to be done, and by whom."""

from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.view import build_incident_view


async def run(call: Call) -> Reply:
    view = await build_incident_view(call.unit.session, call.incident.id)
    zone = call.user.zone if call.user else "UTC"
    return Reply("incident_tasks", {"ref": view.ref, "tasks": view.tasks, "zone": zone})


COMMAND = Command("incident tasks", "List the tasks", run, about="incident", needs="stakeholder", reads=True)
