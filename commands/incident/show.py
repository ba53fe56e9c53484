"""`/incident show`: the card of an incident, for you alone."""

from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.view import build_incident_view


async def run(call: Call) -> Reply:
    view = await build_incident_view(call.unit.session, call.incident.id)
    url = f"{call.unit.installation.public_url}/{view.ref}"
    card = call.registry.templates.render_card("incident", incident=view, url=url, now=call.unit.now)
    return Reply("incident_show", {"incident": view, "now": call.unit.now}, card=card)


COMMAND = Command("incident show", "Show an incident", run, about="incident", needs="stakeholder", reads=True)
