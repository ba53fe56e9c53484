"""`/incident ack`: you are on it; nobody else is paged."""

from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.errors import Refused
from bot.incidents.lives import acknowledge
from bot.paging.still import answer_still_on_it
from storage.models import User


async def run(call: Call) -> Reply:
    subject = f"incident:{call.incident.id}"
    if not (await acknowledge(call.unit, call.incident) or await answer_still_on_it(call.unit, subject)):
        by = call.incident.acknowledged_by
        user = await call.unit.session.get(User, by) if by else None
        raise Refused("incident.acknowledged", ref=call.incident.ref, name=user.name if user else "")
    return Reply("incident_ack", {"ref": call.incident.ref})


COMMAND = Command("incident ack", "Acknowledge: you are on it", run, about="incident")
