"""`/incident alerts`: the alerts of an incident."""

from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from storage.questions import incidents as ask

SHOWN = 20


async def run(call: Call) -> Reply:
    found = await ask.list_alerts(call.unit.session, call.incident.id)
    data = {"ref": call.incident.ref, "alerts": found[:SHOWN], "more": max(len(found) - SHOWN, 0)}
    return Reply("incident_alerts", data)


COMMAND = Command(
    "incident alerts", "List its alerts", run, about="incident", needs="stakeholder", reads=True
)
