"""`/incident catchup`: the story so far in ten lines, for somebody who comes late."""

from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.timeline import list_timeline, spell_entry
from bot.incidents.view import build_incident_view

TELLING = (
    "message",
    "note",
    "update_posted",
    "status_changed",
    "incident_resolved",
    "priority_changed",
    "role_taken",
)
SHOWN = 6


async def run(call: Call) -> Reply:
    view = await build_incident_view(call.unit.session, call.incident.id)
    entries = await list_timeline(call.unit.session, call.incident.id, TELLING)
    lines = [(entry, spell_entry(call.registry.templates, entry)) for entry in entries[-SHOWN:]]
    zone = call.user.zone if call.user else "UTC"
    return Reply("incident_catchup", {"incident": view, "lines": lines, "now": call.unit.now, "zone": zone})


COMMAND = Command(
    "incident catchup", "Catch up in ten lines", run, about="incident", needs="stakeholder", reads=True
)
