"""A link to an incident or an alert that somebody posted in chat becomes a card."""

import re

from bot.chat.card import Card
from bot.chat.templates import Templates
from bot.flow.unit import Unit
from bot.incidents.view import build_incident_view
from storage.models import Incident

INCIDENT = re.compile(r"^/(?:incidents/)?INC-(\d{1,9})(?:[/?#]|$)", re.IGNORECASE)


async def build_preview(unit: Unit, templates: Templates, url: str) -> Card | None:
    """The card for a link to this installation; None for what is private, unknown or elsewhere: everybody in the channel
    sees it."""
    public_url = unit.installation.public_url
    found = INCIDENT.match(url.removeprefix(public_url)) if url.startswith(f"{public_url}/") else None
    if found is None:
        return None
    incident = await unit.session.get(Incident, int(found[1]))
    if incident is None or incident.private:
        return None
    view = await build_incident_view(unit.session, incident.id)
    return templates.render_card("announcement", incident=view, url=f"{public_url}/{view.ref}")
