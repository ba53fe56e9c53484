"""Somebody wrote in an incident's room, or edited or deleted what they wrote."""

from bot.chat.invocation import Said
from bot.flow.unit import Unit
from bot.incidents.people import take_part
from bot.incidents.privacy import may_come_in
from bot.incidents.timeline import Source, follow_deletion, follow_edit
from storage.models import User
from storage.questions import incidents as ask


async def is_news(unit: Unit, said: Said) -> bool:
    """Whether there is anything to write down about a message: most are said by people who take part already."""
    incident = await ask.find_incident_of_channel(unit.session, said.platform, said.channel)
    if incident is None or said.actor.user_id is None or not await may_come_in(unit, incident, said.platform):
        return False
    known = await ask.find_participant(unit.session, incident.id, said.actor.user_id)
    return known is None or known.left_at is not None or known.how in ("invited", "paged")


async def record_said(unit: Unit, said: Said) -> None:
    """Whoever speaks takes part."""
    incident = await ask.find_incident_of_channel(unit.session, said.platform, said.channel)
    if incident is not None and said.actor.user_id is not None:
        await take_part(unit, incident, await unit.session.get_one(User, said.actor.user_id), "spoke")


async def record_edited(unit: Unit, said: Said) -> None:
    """What the timeline took from the message follows."""
    await follow_edit(unit, Source(said.platform, said.channel, said.message), said.text)


async def record_deleted(unit: Unit, said: Said) -> None:
    """Its words go from the timeline, too."""
    await follow_deletion(unit, Source(said.platform, said.channel, said.message))
