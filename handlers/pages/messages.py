"""Messages as pages show them, for every page that has a channel: incidents, standing rooms, a person's pages."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.chat.card import Card
from bot.chat.markup import render_text
from bot.chat.room.board import PUSHPIN
from bot.errors import Unknown
from bot.flow.unit import Unit
from bot.incidents.privacy import is_visible
from storage.models import BoardChannel, BoardMessage, TimelineEntry, User
from storage.questions import access, board
from storage.questions.privacy import find_private_of_channel


@dataclass(frozen=True)
class Answered:
    """The message that another one answers: its number, who wrote it, and how it begins."""

    id: int
    by: str
    words: str


@dataclass(frozen=True)
class MessageView:
    """One message. `entry` is the timeline entry made from it; `author` is None for the bot. `by` and `origin` are whose
    words the bot passes on, and from which platform; one that is `gone` was taken away."""

    id: int
    change: int
    author: User | None
    by: str
    origin: str
    text: str
    card: Card | None
    sent_at: datetime
    edited_at: datetime | None
    pins: int
    pinned_by_me: bool
    mine: bool
    is_card_above: bool
    entry: TimelineEntry | None
    answers: Answered | None
    gone: bool


@dataclass(frozen=True)
class Conversation:
    """A channel's messages, the oldest first; `change` is the newest change among all of the channel's."""

    channel: BoardChannel
    messages: tuple[MessageView, ...]
    change: int
    has_older: bool = False


PAGE = 80


async def read_conversation(
    unit: Unit, channel: BoardChannel, user: User, *, before: int | None = None, around: int | None = None
) -> Conversation:
    change = await board.find_last_change(unit.session, channel.id)
    rows = await board.list_messages(unit.session, channel.id, before, around, PAGE)
    views = await view_messages(unit, channel, rows, user)
    return Conversation(channel, tuple(views), change, len(rows) >= PAGE)


async def read_changes(unit: Unit, channel: BoardChannel, user: User, after: int) -> Conversation:
    rows = await board.list_changed_messages(unit.session, channel.id, after)
    views = await view_messages(unit, channel, rows, user)
    return Conversation(channel, tuple(views), max((row.change for row in rows), default=after))


async def view_messages(
    unit: Unit, channel: BoardChannel, rows: Sequence[BoardMessage], user: User
) -> list[MessageView]:
    authors = await access.list_users_by_id(unit.session, {row.author_id for row in rows if row.author_id})
    entries = await board.list_entries_of_messages(unit.session, [row.id for row in rows if not row.origin])
    copies = [row.id for row in rows if row.origin]
    if copies:
        entries |= await board.list_entries_of_copies(unit.session, channel.id, copies)
    heads = await _read_heads(unit, {row.thread_id for row in rows if row.thread_id and row.origin})
    return [
        MessageView(
            id=row.id,
            change=row.change,
            author=authors.get(row.author_id) if row.author_id else None,
            by=row.author,
            origin=row.origin,
            text=row.text,
            card=Card.unpack(row.card) if row.card else None,
            sent_at=row.sent_at,
            edited_at=row.edited_at,
            pins=len(row.reactions.get(PUSHPIN, [])),
            pinned_by_me=user.id in row.reactions.get(PUSHPIN, []),
            mine=row.author_id == user.id,
            is_card_above=channel.kind == "incident" and row.id == channel.pinned_id,
            entry=entries.get(row.id),
            answers=heads.get(row.thread_id or 0),
            gone=row.deleted_at is not None,
        )
        for row in rows
    ]


async def _read_heads(unit: Unit, ids: Collection[int]) -> dict[int, Answered]:
    """The heads of threads, by number. The Room draws what is said in threads elsewhere in one row with all the rest."""
    if not ids:
        return {}
    rows = await board.list_by_id(unit.session, ids)
    authors = await access.list_users_by_id(unit.session, {row.author_id for row in rows if row.author_id})
    heads = {}
    for row in rows:
        author = authors.get(row.author_id or 0)
        words = row.text if author else render_text(row.text) or str(row.card.get("title", ""))
        heads[row.id] = Answered(row.id, author.name if author else row.author, words)
    return heads


async def get_channel(unit: Unit, channel_id: int, user: User) -> BoardChannel:
    """A channel this person may see; raises Unknown for another person's own one, and for that of an incident which does
    not exist for them."""
    channel = await unit.session.get(BoardChannel, channel_id)
    if channel is None or (channel.kind == "direct" and channel.owner_id != user.id):
        raise Unknown("channel.unknown", number=channel_id)
    private = await find_private_of_channel(unit.session, channel)
    if private is not None and not await is_visible(unit, private):
        raise Unknown("channel.unknown", number=channel_id)
    return channel
