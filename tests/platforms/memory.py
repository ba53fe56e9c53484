"""A small chat platform that lives in memory: channels, messages, people and user groups, as a real one keeps them.

It counts what it is asked, and can be away, lose an answer, refuse a person, or have somebody archive or delete a channel.
What people do there goes to Tocsin as from any platform.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeVar

from bot.chat.invocation import File, MessageAction, Moved, RoomChanged, Said
from bot.chat.markup import render_text
from bot.chat.platform import (
    Bookmark,
    Check,
    Inbound,
    Message,
    NewRoom,
    NotInvited,
    Once,
    Person,
    Place,
)
from bot.chat.reply import Reply
from bot.errors import Lost, Rejected, Retry
from bot.flow.unit import BOT, Actor

T = TypeVar("T")


@dataclass
class Posted:
    """A message as it is now, of the bot or (`by`) of a person."""

    message: Message
    key: str
    thread: str = ""
    edits: int = 0
    by: Actor | None = None

    @property
    def text(self) -> str:
        card = self.message.card
        return self.message.text if card is None else f"{card.title}\n{card.fields}\n{card.body}"

    @property
    def words(self) -> tuple[str, str]:
        """Who said what, wherever they said it: a copy without the line that names its author."""
        if self.by is not None:
            return self.by.name, self.message.text
        return self.message.author, render_text(self.message.text.partition("\n")[2])


@dataclass
class Channel:
    """A channel as it is now. `key` is what it was opened for."""

    id: str
    name: str
    key: str = ""
    topic: str = ""
    purpose: str = ""
    private: bool = False
    archived: bool = False
    members: set[str] = field(default_factory=set)
    links: tuple[Bookmark, ...] = ()
    pinned: list[str] = field(default_factory=list)
    messages: dict[str, Posted] = field(default_factory=dict)

    @property
    def texts(self) -> list[str]:
        return [posted.text for posted in self.messages.values()]

    @property
    def talk(self) -> list[tuple[str, str]]:
        """What people said, here or elsewhere, in the order in which it stands here."""
        return [one.words for one in self.messages.values() if one.by is not None or one.message.origin]

    def find(self, text: str) -> str:
        """The address of the message with these words."""
        return next(address for address, one in self.messages.items() if one.words[1] == text)

    @property
    def cards(self) -> list[Posted]:
        return [posted for posted in self.messages.values() if posted.key.startswith("card-")]


class MemoryPlatform:
    """The platform. `calls` counts every method that a real platform would be asked over the network."""

    listens_alone = False

    def __init__(self, name: str = "memory") -> None:
        self.name = name
        self.channels: dict[str, Channel] = {}
        self.people: dict[str, str] = {}
        """Address by e-mail."""
        self.groups: dict[str, tuple[str, ...]] = {}
        self.files: dict[str, bytes] = {}
        self.calls: Counter[str] = Counter()
        self.inbound: Inbound | None = None
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.away = False
        self.restores = True
        self.refused: dict[str, str] = {}
        """Reason by address, for people who can't be invited."""
        self._faults: dict[str, list[Exception]] = {}
        self._dropped: Counter[str] = Counter()
        self._numbers = itertools.count(1)

    # what a test does to it

    def add_person(self, email: str) -> str:
        """Somebody with an account; returns their address."""
        self.people[email] = f"M{next(self._numbers)}"
        return self.people[email]

    def fail(self, method: str, *errors: Exception) -> None:
        """The next calls of this method raise these, and do nothing."""
        self._faults.setdefault(method, []).extend(errors)

    def drop_answer(self, method: str) -> None:
        """The next call of this method has its effect, but nobody hears of it."""
        self._dropped[method] += 1

    def mend(self) -> None:
        """Forget every trouble that was ordered."""
        self.away = False
        self._faults.clear()
        self._dropped.clear()

    def named(self, name: str) -> Channel:
        return next(one for one in self.channels.values() if one.name == name)

    def rooms(self, key: str = "incident-") -> list[Channel]:
        """The channels that were opened for incidents and are there, in order."""
        return [one for one in self.channels.values() if one.key.startswith(key)]

    @property
    def total(self) -> int:
        return self.calls.total()

    # what people do there, and what Tocsin hears of it

    async def change_room(self, channel: Channel, change: str, by: Actor, name: str = "") -> None:
        """Somebody archives, restores, renames or deletes a channel."""
        if change == "deleted":
            del self.channels[channel.id]
        channel.archived = {"archived": True, "restored": False}.get(change, channel.archived)
        channel.name = name or channel.name
        if self.inbound is not None:
            await self.inbound.room_changed(RoomChanged(self.name, channel.id, change, by, name))

    async def move(self, channel: Channel, address: str, by: Actor, joined: bool) -> None:
        (channel.members.add if joined else channel.members.discard)(address)
        if self.inbound is not None:
            await self.inbound.moved(Moved(self.name, channel.id, by, joined))

    async def say(
        self, channel: Channel, by: Actor, text: str, thread: str = "", files: tuple[File, ...] = ()
    ) -> str:
        """Somebody writes; returns the message's address."""
        address = f"T{next(self._numbers)}"
        channel.messages[address] = Posted(Message(text), "", thread, by=by)
        if self.inbound is not None:
            await self.inbound.said(self._said(channel, address, files))
        return address

    async def change(self, channel: Channel, address: str, text: str) -> None:
        """Its author edits a message."""
        posted = channel.messages[address]
        posted.message, posted.edits = Message(text), posted.edits + 1
        if self.inbound is not None:
            await self.inbound.edited(self._said(channel, address))

    async def take_back(self, channel: Channel, address: str) -> None:
        """Its author deletes a message."""
        said = replace(self._said(channel, address), text="")
        del channel.messages[address]
        if self.inbound is not None:
            await self.inbound.deleted(said)

    async def act(self, channel: Channel, address: str, action: str, by: Actor) -> Reply:
        """Somebody uses a message action on a message, of whomever it is."""
        assert self.inbound is not None
        return await self.inbound.acted(MessageAction(action, self._said(channel, address), by))

    def _said(self, channel: Channel, address: str, files: tuple[File, ...] = ()) -> Said:
        posted = channel.messages[address]
        link = f"https://{self.name}.example.org/{channel.id}/{address}"
        by = posted.by or replace(BOT, platform=self.name)
        text = posted.message.text
        return Said(self.name, channel.id, address, by, text, self.now(), link, files, posted.thread)

    # the port

    async def start(self, inbound: Inbound) -> None:
        self.inbound = inbound

    async def stop_listening(self) -> None:
        self.inbound = None

    async def stop(self) -> None:
        self.inbound = None

    async def open_room(self, room: NewRoom) -> Place:
        def opened() -> Place:
            found = next((one for one in self.rooms(room.key) if one.key == room.key), None)
            if found is None:
                number = next(self._numbers)
                names = itertools.chain(
                    [room.name], (f"{room.name}-{suffix}" for suffix in itertools.count(2))
                )
                taken = {one.name for one in self.channels.values()}
                name = next(one for one in names if one not in taken)
                found = Channel(f"C{number}", name, room.key, room.topic, room.purpose, room.private)
                self.channels[found.id] = found
            return Place(found.id, found.name, f"https://memory.example.org/{found.id}")

        return self._call("open_room", opened)

    async def find_standing_room(self, name: str) -> str:
        """Known by its name, so that nobody is asked."""
        found = next((one for one in self.channels.values() if one.name == name), None)
        if found is None:
            found = Channel(f"C{next(self._numbers)}", name)
            self.channels[found.id] = found
        return found.id

    async def find_person(self, person: Person) -> str | None:
        return self._call("find_person", lambda: person.address or self.people.get(person.email))

    async def set_topic(self, channel: str, topic: str) -> None:
        self._call("set_topic", lambda: setattr(self._get(channel), "topic", topic))

    async def rename_room(self, channel: str, name: str) -> str:
        self._call("rename_room", lambda: setattr(self._get(channel), "name", name))
        return name

    async def set_links(self, channel: str, links: tuple[Bookmark, ...]) -> None:
        self._call("set_links", lambda: setattr(self._get(channel), "links", links))

    async def invite(self, channel: str, people: tuple[str, ...]) -> tuple[NotInvited, ...]:
        def invited() -> tuple[NotInvited, ...]:
            self._get(channel).members.update(one for one in people if one not in self.refused)
            return tuple(NotInvited(one, self.refused[one]) for one in people if one in self.refused)

        return self._call("invite", invited)

    async def post(self, channel: str, message: Message, once: Once, thread: str = "") -> str:
        def posted() -> str:
            messages = self._get(channel).messages
            known = [(one.key, one.thread) for one in messages.values()]
            there = list(messages)[known.index((once.key, thread))] if (once.key, thread) in known else ""
            if once.again and there:
                return there
            if thread and thread not in messages:
                raise Lost("memory.thread_gone")
            address = f"T{next(self._numbers)}"
            messages[address] = Posted(message, once.key, thread)
            return address

        return self._call("post", posted)

    async def edit(self, channel: str, address: str, message: Message) -> None:
        def edited() -> None:
            posted = self._get(channel).messages.get(address)
            if posted is None:
                raise Lost("memory.message_gone")
            posted.message, posted.edits = message, posted.edits + 1

        self._call("edit", edited)

    async def delete(self, channel: str, address: str) -> None:
        def deleted() -> None:
            if channel in self.channels:
                self.channels[channel].messages.pop(address, None)

        self._call("delete", deleted)

    async def pin(self, channel: str, address: str) -> None:
        self._call("pin", lambda: self._get(channel).pinned.append(address))

    async def post_direct(self, person: str, message: Message, once: Once) -> str:
        self.channels.setdefault(person, Channel(person, f"direct-{person}"))
        return f"{person}/{await self.post(person, message, once)}"

    async def edit_direct(self, address: str, message: Message) -> None:
        channel, _, number = address.partition("/")
        await self.edit(channel, number, message)

    async def archive(self, channel: str) -> None:
        self._call("archive", lambda: setattr(self._get(channel), "archived", True))

    async def restore(self, channel: str) -> None:
        def restored() -> None:
            if not self.restores or channel not in self.channels:
                raise Lost("memory.cant_restore")
            self.channels[channel].archived = False

        self._call("restore", restored)

    async def set_group(self, handle: str, people: tuple[str, ...]) -> None:
        def changed() -> None:
            if handle not in self.groups:
                raise Rejected(f"memory.no_such_group {handle}")
            self.groups[handle] = people

        self._call("set_group", changed)

    async def fetch_file(self, address: str, limit: int) -> bytes:
        def fetched() -> bytes:
            content = self.files.get(address)
            if content is None or len(content) > limit:
                raise Rejected("memory.no_file")
            return content

        return self._call("fetch_file", fetched)

    async def check(self) -> list[Check]:
        return []

    def _call(self, method: str, effect: Callable[[], T]) -> T:
        self.calls[method] += 1
        if self.away:
            raise Retry("memory.away")
        if self._faults.get(method):
            raise self._faults[method].pop(0)
        result = effect()
        if self._dropped[method]:
            self._dropped[method] -= 1
            raise Retry("memory.no_answer", maybe_sent=True)
        return result

    def _get(self, channel: str) -> Channel:
        found = self.channels.get(channel)
        if found is None or found.archived:
            raise Lost("memory.channel_gone")
        return found
