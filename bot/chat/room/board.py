"""The Room's own chat server: channels and messages in our database, changed in a unit of work.

The platform uses it for what the bot posts, the pages for what people say, edit and mark.
"""

from datetime import datetime

from bot.chat.platform import Message
from bot.errors import Forbidden, Invalid, Unknown
from bot.flow.unit import Unit
from storage.models import BoardChannel, BoardMessage
from storage.questions import board as ask

LONGEST = 10_000
PUSHPIN = "pushpin"


async def find_channel(unit: Unit, key: str) -> BoardChannel | None:
    return await ask.find_channel(unit.session, key)


async def add_channel(
    unit: Unit, key: str, name: str, kind: str, topic: str = "", owner: int | None = None
) -> BoardChannel:
    channel = BoardChannel(key=key, name=name, kind=kind, topic=topic, owner_id=owner)
    unit.session.add(channel)
    await unit.session.flush()
    return channel


async def put_message(
    unit: Unit, channel_id: int, message: Message, key: str, thread_id: int | None = None
) -> int:
    """Add the bot's message, or find the one that was added with this key before; its id."""
    number = await ask.insert_message(
        unit.session,
        {
            "channel_id": channel_id,
            "key": key,
            "author": message.author,
            "origin": message.origin,
            "text": message.text,
            "card": message.card.pack() if message.card else {},
            "thread_id": thread_id,
            "reactions": {},
            "sent_at": unit.now,
        },
    )
    unit.touch(f"board:{channel_id}")
    return number


async def put_saying(unit: Unit, channel_id: int, author_id: int, text: str, at: datetime) -> BoardMessage:
    """Add a person's message."""
    return await _add(
        unit, BoardMessage(channel_id=channel_id, author_id=author_id, text=_check(text), sent_at=at)
    )


async def edit_saying(unit: Unit, message_id: int, author_id: int, text: str) -> BoardMessage:
    """A person changes their own message; raises Forbidden for somebody else's."""
    row = await get_message(unit, message_id)
    if row.author_id != author_id:
        raise Forbidden("message.not_yours")
    row.text, row.edited_at = _check(text), unit.now
    await mark_changed(unit, row)
    return row


async def delete_saying(unit: Unit, message_id: int, author_id: int) -> BoardMessage:
    """A person takes their own message away; raises Forbidden for somebody else's."""
    row = await get_message(unit, message_id)
    if row.author_id != author_id:
        raise Forbidden("message.not_yours")
    await take_away(unit, row)
    return row


async def take_away(unit: Unit, row: BoardMessage) -> None:
    """The message is gone, with its words and marks; pages that are open leave it out. Twice is once."""
    if row.deleted_at is None:
        row.text, row.card, row.reactions, row.deleted_at = "", {}, {}, unit.now
        await mark_changed(unit, row)


async def toggle_reaction(
    unit: Unit, message_id: int, user_id: int, name: str = PUSHPIN
) -> tuple[BoardMessage, bool]:
    """Set or take back a person's reaction; returns the message and whether it is set now."""
    row = await get_message(unit, message_id)
    people = [int(one) for one in row.reactions.get(name, [])]
    is_set = user_id not in people
    people = [*people, user_id] if is_set else [one for one in people if one != user_id]
    row.reactions = {**row.reactions, name: people}
    await mark_changed(unit, row)
    return row, is_set


async def get_message(unit: Unit, message_id: int) -> BoardMessage:
    row = await unit.session.get(BoardMessage, message_id)
    if row is None or row.deleted_at is not None:
        raise Unknown("message.unknown", number=message_id)
    return row


async def mark_changed(unit: Unit, row: BoardMessage) -> None:
    """Give a message the next change number, so that open pages fetch it."""
    row.change = await ask.find_next_change(unit.session, row.channel_id)
    unit.touch(f"board:{row.channel_id}")
    await unit.session.flush()


async def _add(unit: Unit, row: BoardMessage) -> BoardMessage:
    row.change = await ask.find_next_change(unit.session, row.channel_id)
    unit.session.add(row)
    unit.touch(f"board:{row.channel_id}")
    await unit.session.flush()
    return row


def _check(text: str) -> str:
    clean = text.replace("\r\n", "\n").strip()
    if not clean:
        raise Invalid("message.empty", "text")
    if len(clean) > LONGEST:
        raise Invalid("message.too_long", "text", limit=LONGEST)
    return clean
