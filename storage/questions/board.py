"""Questions about the Room's channels and messages."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Integer, String, and_, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import BoardChannel, BoardMessage, Saying, SayingCopy, TimelineEntry
from storage.ready import Ready, parameters_of

MESSAGES: Any = BoardMessage.__table__
COLUMNS = ("channel_id", "key", "author", "origin", "text", "card", "thread_id", "reactions", "sent_at")


def _insert(database: str) -> Any:
    insert: Any = sqlite.insert if database == "sqlite" else postgresql.insert
    last = func.coalesce(func.max(MESSAGES.c.change), 0)
    change = select(last + 1).where(MESSAGES.c.channel_id == bindparam("channel_id", type_=Integer))
    values = {**parameters_of(MESSAGES, COLUMNS), "change": change.scalar_subquery()}
    put = insert(MESSAGES).values(values).inline()
    return put.on_conflict_do_nothing(index_elements=["key"]).returning(MESSAGES.c.id)


INSERT = Ready(_insert)
BY_KEY = Ready(select(MESSAGES.c.id).where(MESSAGES.c.key == bindparam("key", type_=String)))
CHANNELS: Any = BoardChannel.__table__
CHANNEL = Ready(select(CHANNELS.c.id).where(CHANNELS.c.key == bindparam("key", type_=String)))
HOLD = Ready(
    select(CHANNELS.c.id).where(CHANNELS.c.id == bindparam("channel", type_=Integer)).with_for_update()
)


async def find_channel(session: AsyncSession, key: str) -> BoardChannel | None:
    return (await session.scalars(select(BoardChannel).where(BoardChannel.key == key))).one_or_none()


async def find_channel_id(session: AsyncSession, key: str) -> int | None:
    rows = await CHANNEL.ask(session, key=key)
    return int(rows[0][0]) if rows else None


def key_of_direct(person: int | str) -> str:
    """The key of the channel that is one person's own."""
    return f"direct-{person}"


async def join_direct_channels(session: AsyncSession, old: int, new: int) -> None:
    """What was sent to the one stands in the channel of the other. Messages keep their numbers, so that what is sent
    already is still edited."""
    theirs = await find_channel(session, key_of_direct(old))
    own = await find_channel(session, key_of_direct(new))
    if theirs is not None and own is None:
        theirs.key = theirs.name = key_of_direct(new)
        await session.flush()
    elif theirs is not None and own is not None:
        change = await find_next_change(session, own.id)
        moved = update(BoardMessage).where(BoardMessage.channel_id == theirs.id)
        await session.execute(moved.values(channel_id=own.id, change=change))


async def insert_message(session: AsyncSession, values: dict[str, Any]) -> int:
    """Add a message with the number of its channel's next change; its id, or that of the one which was added with this
    key before."""
    await _hold_channel(session, values["channel_id"])
    if rows := await INSERT.ask(session, **values):
        return int(rows[0][0])
    return int((await BY_KEY.ask(session, key=values["key"]))[0][0])


async def find_next_change(session: AsyncSession, channel_id: int) -> int:
    """The number of the channel's next change."""
    await _hold_channel(session, channel_id)
    return await find_last_change(session, channel_id) + 1


async def _hold_channel(session: AsyncSession, channel_id: int) -> None:
    """Holds the channel until the commit, so that numbers of changes become visible in order and a page that asks for what
    is newer misses none. SQLite has one writer anyhow."""
    if session.get_bind().dialect.name != "sqlite":
        await HOLD.ask(session, channel=channel_id)


async def find_last_change(session: AsyncSession, channel_id: int) -> int:
    """The number of the newest change in a channel; 0 when nothing was said yet."""
    highest = await session.scalar(
        select(func.max(BoardMessage.change)).where(BoardMessage.channel_id == channel_id)
    )
    return highest or 0


async def list_messages(
    session: AsyncSession,
    channel_id: int,
    before: int | None = None,
    around: int | None = None,
    limit: int = 80,
) -> Sequence[BoardMessage]:
    """The newest messages, the oldest of them first: those before a message, or all from a bit before `around` on."""
    asked = select(BoardMessage).where(
        BoardMessage.channel_id == channel_id, BoardMessage.deleted_at.is_(None)
    )
    if before is not None:
        asked = asked.where(BoardMessage.id < before)
    newest = list((await session.scalars(asked.order_by(BoardMessage.id.desc()).limit(limit))).all())
    if around is not None and newest and around < newest[-1].id:
        between = asked.where(BoardMessage.id < newest[-1].id, BoardMessage.id >= around)
        newest += (await session.scalars(between.order_by(BoardMessage.id.desc()).limit(1000))).all()
    return newest[::-1]


async def list_changed_messages(
    session: AsyncSession, channel_id: int, after: int, limit: int = 500
) -> Sequence[BoardMessage]:
    """What was said, changed or taken away in a channel since change number `after`, in the order in which it was said."""
    return (
        await session.scalars(
            select(BoardMessage)
            .where(BoardMessage.channel_id == channel_id, BoardMessage.change > after)
            .order_by(BoardMessage.id)
            .limit(limit)
        )
    ).all()


async def list_by_id(session: AsyncSession, ids: Collection[int]) -> Sequence[BoardMessage]:
    """These messages, but for those that were taken away."""
    asked = select(BoardMessage).where(BoardMessage.id.in_(ids), BoardMessage.deleted_at.is_(None))
    return (await session.scalars(asked)).all()


async def list_entries_of_messages(session: AsyncSession, ids: Collection[int]) -> dict[int, TimelineEntry]:
    """The timeline entries that were made from these messages of the Room, by message."""
    found = await session.scalars(
        select(TimelineEntry).where(
            TimelineEntry.platform == "room", TimelineEntry.message.in_([str(number) for number in ids])
        )
    )
    return {int(entry.message or 0): entry for entry in found}


async def list_entries_of_copies(
    session: AsyncSession, channel_id: int, ids: Collection[int]
) -> dict[int, TimelineEntry]:
    """The same for messages that are copies of what was said on another platform: the entry is of what was said there."""
    found = await session.execute(
        select(SayingCopy.address, TimelineEntry)
        .join(Saying, Saying.id == SayingCopy.saying_id)
        .join(
            TimelineEntry,
            and_(
                TimelineEntry.incident_id == Saying.incident_id,
                TimelineEntry.platform == Saying.platform,
                TimelineEntry.channel == Saying.channel,
                TimelineEntry.message == Saying.message,
            ),
        )
        .where(
            SayingCopy.platform == "room",
            SayingCopy.channel == str(channel_id),
            SayingCopy.address.in_([str(number) for number in ids]),
        )
    )
    return {int(row[0]): row[1] for row in found}
