"""Somebody wrote in an incident's room, or edited or deleted what they wrote."""

from bot.chat.invocation import Said
from bot.flow.unit import Unit
from bot.incidents.mirror import change_saying, keep_saying, take_back_saying
from bot.incidents.people import take_part
from bot.incidents.privacy import may_come_in
from bot.incidents.timeline import Source, follow_deletion, follow_edit
from storage.models import Incident, User
from storage.questions import incidents as ask
from storage.questions.sayings import find_talk


async def is_news(unit: Unit, said: Said) -> bool:
    """Whether there is anything to write down about a message: where no other room is to show it, most are said by people
    who take part already."""
    talk = await find_talk(unit.session, said.platform, said.channel, unit.installation.platforms)
    return talk is not None and (talk[1] > 0 or await _is_new(unit, talk[0], said))


async def _is_new(unit: Unit, incident: Incident, said: Said) -> bool:
    """Whether it is by somebody who takes part from now on."""
    if said.actor.user_id is None or not await may_come_in(unit, incident, said.platform):
        return False
    known = await ask.find_participant(unit.session, incident.id, said.actor.user_id)
    return known is None or known.left_at is not None or known.how in ("invited", "paged")


async def record_said(unit: Unit, said: Said) -> None:
    """Whoever speaks takes part; and the incident's other rooms are to show it."""
    talk = await find_talk(unit.session, said.platform, said.channel, unit.installation.platforms)
    if talk is None:
        return
    incident, others = talk
    if others:
        await keep_saying(unit, incident, said)
    if said.actor.user_id is not None and await may_come_in(unit, incident, said.platform):
        await take_part(unit, incident, await unit.session.get_one(User, said.actor.user_id), "spoke")


async def record_edited(unit: Unit, said: Said) -> None:
    """What the timeline took from the message follows, and so do the other rooms."""
    await follow_edit(unit, Source(said.platform, said.channel, said.message), said.text)
    if len(unit.installation.platforms) > 1:
        await change_saying(unit, said)


async def record_deleted(unit: Unit, said: Said) -> None:
    """Its words go from the timeline and from the other rooms, too."""
    await follow_deletion(unit, Source(said.platform, said.channel, said.message))
    if len(unit.installation.platforms) > 1:
        await take_back_saying(unit, said)
