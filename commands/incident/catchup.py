"""`/incident catchup`: the story so far in ten lines, for somebody who comes late."""

from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.timeline import read_story
from bot.incidents.view import build_incident_view


async def run(call: Call) -> Reply:
    view = await build_incident_view(call.unit.session, call.incident.id)
    lines = await read_story(call.unit.session, call.incident.id, call.registry.templates)
    zone = call.user.zone if call.user else "UTC"
    return Reply("incident_catchup", {"incident": view, "lines": lines, "now": call.unit.now, "zone": zone})


COMMAND = Command(
    "incident catchup", "Catch up in ten lines", run, about="incident", needs="stakeholder", reads=True
)
