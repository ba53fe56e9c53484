"""A stage: one chat platform with the whole of Tocsin behind it and people in it.

A test acts as people do (types, presses, says) and looks as people do. A platform needs a stage of its own, and nothing
else, to be held to the contract.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from storage.models import User
from tests.house import House


class NotPossible(AssertionError):
    """Nobody could do this: there is no such button, field or message."""


@dataclass(frozen=True, eq=False)
class Person:
    """Somebody on the stage. `user` is None for people whom Tocsin does not know yet; `account` is the platform's own."""

    name: str
    user: User | None
    account: Any


@dataclass(frozen=True)
class File:
    """Something that is attached to a message."""

    name: str
    mime: str
    content: bytes


@dataclass(frozen=True)
class Seen:
    """A message as it stands on a screen. `text` is all of its words, the title's too; `thread` the message that it
    answers; `loud` says that it calls everybody; `handle` is the platform's own."""

    id: str
    author: str
    title: str
    text: str
    buttons: tuple[str, ...] = ()
    thread: str = ""
    pinned: bool = False
    loud: bool = False
    at: datetime | None = None
    handle: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class OpenForm:
    """A form in front of somebody: what stands in its fields, and what is wrong with them."""

    title: str
    values: Mapping[str, str]
    errors: Mapping[str, str]
    submit: str = ""


@dataclass(frozen=True)
class Answer:
    """What only one person sees after something that they did; `question` is what they are asked before it is done. `sign`
    says that a mark on the message, and no words, tells them that it was taken."""

    text: str = ""
    form: OpenForm | None = None
    question: str = ""
    sign: bool = False


class Stage(Protocol):
    """A place is a string of the platform's own; it comes from `room_of`, `announcements`, `ops` or `lobby`."""

    name: str
    house: House
    owner: Person
    """Is on call first, and sees everything."""
    announcements: str
    ops: str
    lobby: str
    """A place that is no incident's room."""
    key: str
    """Of the API, for a look at the record."""
    longest: int
    """How many characters one message of a person has at most."""

    # people

    async def add_person(self, name: str, role: str = "responder", team: str = "first-team") -> Person:
        """Somebody whom Tocsin knows."""
        ...

    async def add_guest(self, name: str) -> Person:
        """Somebody who may only read and follow."""
        ...

    # what people do

    async def type(self, person: Person, place: str, line: str) -> Answer:
        """Give a command."""
        ...

    async def fill(self, person: Person, values: Mapping[str, str]) -> Answer:
        """Fill in the form in front of this person, and send it."""
        ...

    async def press(self, person: Person, message: Seen, label: str) -> Answer:
        """Press a button, or choose it from the menu."""
        ...

    async def confirm(self, person: Person) -> Answer:
        """Say yes to the question that this person was asked."""
        ...

    async def say(
        self, person: Person, place: str, text: str, thread: Seen | None = None, files: Sequence[File] = ()
    ) -> Seen: ...

    async def edit(self, person: Person, message: Seen, text: str) -> None: ...

    async def pin(self, person: Person, message: Seen) -> Answer:
        """The reaction that puts a message on the timeline."""
        ...

    async def act(self, person: Person, message: Seen, action: str) -> Answer:
        """A message action: `timeline`, `declare` or `task`."""
        ...

    async def join(self, person: Person, place: str) -> None: ...

    async def leave(self, person: Person, place: str) -> None: ...

    # what people see

    async def messages(self, place: str) -> list[Seen]:
        """Everything in a place, threads too, the oldest first."""
        ...

    async def directs(self, person: Person) -> list[Seen]:
        """What Tocsin sent to one person, the oldest first."""
        ...

    async def room_of(self, ref: str) -> str:
        """The room of an incident that is in use now; empty when there is none."""
        ...

    async def topic_of(self, place: str) -> str: ...

    async def name_of(self, place: str) -> str: ...

    async def wait_for_heads(self) -> None:
        """Let the time pass that the platform takes until a room's name and topic can change again."""
        ...

    async def close(self) -> None: ...


class Chat(Stage, Protocol):
    """The stage of a platform that lives elsewhere: it has people, accounts and rooms of its own."""

    async def add_stranger(self, name: str) -> Person:
        """Somebody whom Tocsin does not know."""
        ...

    async def delete(self, person: Person, message: Seen) -> None: ...

    async def members_of(self, place: str) -> set[str]:
        """Who is in a room, by name."""
        ...

    async def is_private(self, place: str) -> bool: ...

    async def is_archived(self, place: str) -> bool: ...

    async def deliver_twice(self, twice: bool) -> None:
        """From now on everything that happens is told to Tocsin twice, or once again."""
        ...

    async def deliver_again(self, place: str, key: str, text: str) -> str:
        """Tocsin posts what it may have posted before, as after a crash; returns the address."""
        ...

    def faults(self) -> list[str]:
        """What the platform's judge found wrong in what was sent to it."""
        ...
