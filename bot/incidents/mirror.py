"""What people say in an incident that has several rooms is kept here, so that it can be shown in the others.

An incident with one room keeps nothing. What is shown where, and when, is the business of `bot/deliveries/mirror.py`.
"""

from dataclasses import asdict

from bot.chat.invocation import File, Said
from bot.errors import Unknown
from bot.flow.unit import Actor, Unit
from bot.incidents.events import SayingChanged
from storage.models import Incident, IncidentRoom, Saying
from storage.questions import sayings as ask
from storage.questions.incidents import find_room


async def keep_saying(unit: Unit, incident: Incident, said: Said) -> None:
    """A person said something that the other rooms are to show. Twice is once, and a copy is not said by anybody."""
    if await ask.find_saying(unit.session, said.platform, said.channel, said.message) is not None:
        return
    if await ask.find_saying_of_copy(unit.session, said.platform, said.channel, said.message) is not None:
        return
    head = await _find_head(unit, said) if said.thread else None
    saying = Saying(
        incident_id=incident.id,
        platform=said.platform,
        channel=said.channel,
        message=said.message,
        thread=said.thread,
        answers_id=head.answers_id or head.id if head is not None else None,
        author_id=said.actor.user_id,
        author=said.actor.name[:120],
        text=said.text,
        files=[asdict(file) for file in said.files],
        permalink=said.permalink,
        sent_at=said.sent_at,
    )
    unit.session.add(saying)
    await unit.session.flush()
    unit.emit(SayingChanged(incident.id, saying.id, saying.platform))


async def _find_head(unit: Unit, said: Said) -> Saying | None:
    """What a message answers: something that was said in this room, or a copy of what was said in another."""
    place = (said.platform, said.channel, said.thread)
    return await ask.find_saying(unit.session, *place) or await ask.find_saying_of_copy(unit.session, *place)


async def change_saying(unit: Unit, said: Said) -> None:
    """Its author edited it. What nobody was shown elsewhere is left alone."""
    saying = await ask.find_saying(unit.session, said.platform, said.channel, said.message)
    if saying is None or saying.deleted_at is not None:
        return
    files = [asdict(file) for file in said.files]
    if (saying.text, saying.files) != (said.text, files):
        saying.text, saying.files, saying.edited_at = said.text, files, unit.now
        unit.emit(SayingChanged(saying.incident_id, saying.id, saying.platform))


async def take_back_saying(unit: Unit, said: Said) -> None:
    """Its author deleted it: its words go here, too."""
    saying = await ask.find_saying(unit.session, said.platform, said.channel, said.message)
    if saying is not None and saying.deleted_at is None:
        saying.text, saying.files, saying.deleted_at = "", [], unit.now
        unit.emit(SayingChanged(saying.incident_id, saying.id, saying.platform))


async def find_original(unit: Unit, said: Said) -> tuple[Said, int | None]:
    """What a message passes on from another room, as its author said it there, and its incident; or the message itself.
    Raises Unknown when the author has taken it back meanwhile."""
    saying = await ask.find_saying_of_copy(unit.session, said.platform, said.channel, said.message)
    if saying is None:
        return said, None
    if saying.deleted_at is not None:
        raise Unknown("message.unknown", number=said.message)
    original = Said(
        saying.platform,
        saying.channel,
        saying.message,
        Actor(saying.author, saying.author_id, saying.platform),
        saying.text,
        saying.sent_at,
        saying.permalink,
        list_files(saying),
        saying.thread,
    )
    return original, saying.incident_id


def list_files(saying: Saying) -> tuple[File, ...]:
    return tuple(File(**one) for one in saying.files)


async def find_thread(unit: Unit, saying: Saying, room: IncidentRoom) -> str:
    """The message of another room to which an answer belongs: the one at the head of its thread, or its copy, or the card.
    Empty where that room does not know it."""
    if saying.answers_id is not None:
        found = await ask.find_saying_with_copy(unit.session, saying.answers_id, room.platform)
        if found is None:
            return ""
        head, copy = found
        if head.platform == room.platform:
            return head.message if head.channel == room.channel else ""
        return copy.address if copy is not None and copy.channel == room.channel else ""
    if saying.thread:
        own = await find_room(unit.session, saying.incident_id, saying.platform)
        if own is not None and own.card == saying.thread and own.channel == saying.channel:
            return room.card or ""
    return ""
