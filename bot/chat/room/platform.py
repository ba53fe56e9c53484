"""The Room behind the platform port. Its chat server is our own database, so its "network calls" are transactions.

A post carries an idempotency key, so a delivery repeated after a crash finds its first copy. Cards are stored as
neutral values and become HTML when a page shows them.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.chat.platform import Bookmark, Check, Inbound, Message, NewRoom, NotInvited, Once, Person, Place
from bot.chat.room.board import add_channel, find_channel, mark_changed, put_message, take_away
from bot.errors import Lost, Rejected, Retry, Unavailable
from bot.flow.together import Together
from bot.flow.unit import Unit, Work
from storage.models import BoardChannel, BoardMessage
from storage.questions.board import find_channel_id, key_of_direct

T = TypeVar("T")
NAME = "room"
STANDING = ("announcements", "ops")


class RoomPlatform:
    """The Room, ready to send."""

    name = NAME
    listens_alone = False

    def __init__(self, work: Work) -> None:
        self.work = work
        self.together = Together(work)

    async def start(self, inbound: Inbound) -> None:
        """Nothing to listen to: people come in by the Room's pages."""

    async def stop_listening(self) -> None:
        """Nothing was started."""

    async def stop(self) -> None:
        """Nothing was started."""

    async def open_room(self, room: NewRoom) -> Place:
        async def opened(unit: Unit) -> Place:
            channel = await find_channel(unit, room.key)
            if channel is None:
                channel = await add_channel(unit, room.key, room.name, "incident", room.topic)
            return Place(str(channel.id), channel.name, "")

        return await self._do(opened)

    async def find_standing_room(self, name: str) -> str:
        async def made(unit: Unit) -> str:
            channel = await find_channel(unit, name) or await add_channel(unit, name, name, "standing")
            return str(channel.id)

        known = await self.work.look(lambda unit: find_channel(unit, name))
        return str(known.id) if known is not None else await self._do(made)

    async def find_person(self, person: Person) -> str | None:
        return str(person.user_id)

    async def set_topic(self, channel: str, topic: str) -> None:
        async def changed(unit: Unit) -> None:
            (await _get_channel(unit, channel)).topic = topic
            unit.touch(f"board:{channel}")

        await self._do(changed)

    async def rename_room(self, channel: str, name: str) -> str:
        async def renamed(unit: Unit) -> str:
            (await _get_channel(unit, channel)).name = name
            unit.touch(f"board:{channel}")
            return name

        return await self._do(renamed)

    async def set_links(self, channel: str, links: tuple[Bookmark, ...]) -> None:
        """The incident's page shows them from the incident itself."""

    async def invite(self, channel: str, people: tuple[str, ...]) -> tuple[NotInvited, ...]:
        """Everybody who is signed in can come in; being listed as a participant is the invitation."""
        return ()

    async def post(self, channel: str, message: Message, once: Once, thread: str = "") -> str:
        async def posted(unit: Unit) -> str:
            await _get_channel(unit, channel)
            above = int(thread) if thread else None
            return str(await put_message(unit, int(channel), message, once.key, above))

        return await self._do(posted, channel)

    async def edit(self, channel: str, address: str, message: Message) -> None:
        async def edited(unit: Unit) -> None:
            row = await unit.session.get(BoardMessage, int(address))
            if row is None or row.deleted_at is not None:
                raise Lost("the message is gone")
            row.text = message.text
            row.card = message.card.pack() if message.card else {}
            if message.origin:
                row.edited_at = unit.now
            await mark_changed(unit, row)

        await self._do(edited, channel)

    async def delete(self, channel: str, address: str) -> None:
        async def deleted(unit: Unit) -> None:
            row = await unit.session.get(BoardMessage, int(address))
            if row is not None:
                await take_away(unit, row)

        await self._do(deleted)

    async def pin(self, channel: str, address: str) -> None:
        async def pinned(unit: Unit) -> None:
            (await _get_channel(unit, channel)).pinned_id = int(address)
            unit.touch(f"board:{channel}")

        await self._do(pinned)

    async def post_direct(self, person: str, message: Message, once: Once) -> str:
        async def posted(unit: Unit) -> str:
            name = key_of_direct(person)
            channel = await find_channel_id(unit.session, name)
            if channel is None:
                channel = (await add_channel(unit, name, name, "direct", owner=int(person))).id
            number = await put_message(unit, channel, message, once.key)
            unit.touch(f"user:{person}")
            return f"{channel}/{number}"

        return await self._do(posted, key_of_direct(person))

    async def edit_direct(self, address: str, message: Message) -> None:
        channel, _, number = address.partition("/")
        await self.edit(channel, number, message)

    async def archive(self, channel: str) -> None:
        await self._set_archived(channel, archived=True)

    async def restore(self, channel: str) -> None:
        await self._set_archived(channel, archived=False)

    async def set_group(self, handle: str, people: tuple[str, ...]) -> None:
        """The Room has no user groups: it shows who is on call."""

    async def fetch_file(self, address: str, limit: int) -> bytes:
        raise Rejected("the Room's messages have no files")

    async def check(self) -> list[Check]:
        """It lives in our own database, which the doctor looks at anyhow."""
        return []

    async def _set_archived(self, channel: str, archived: bool) -> None:
        async def changed(unit: Unit) -> None:
            (await _get_channel(unit, channel)).archived_at = unit.now if archived else None
            unit.touch(f"board:{channel}")

        await self._do(changed)

    async def _do(self, change: Callable[[Unit], Awaitable[T]], key: str = "") -> T:
        """Posts and edits come from many streams at once; `key` is their channel."""
        try:
            return await (self.together.run(change, key) if key else self.work.run(change))
        except Unavailable as gone:
            raise Retry("the database is away", alone=True) from gone


async def _get_channel(unit: Unit, address: str) -> BoardChannel:
    channel = await unit.session.get(BoardChannel, int(address))
    if channel is None:
        raise Lost("the channel is gone")
    return channel
