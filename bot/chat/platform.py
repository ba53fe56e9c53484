"""The port of a chat platform. A platform translates plain values and sends; it knows no incident, alert or rule.

Every call raises Retry when it may work later and Rejected when it never will. `key` makes a call repeatable: the second
one with the same key finds what the first one did.
"""

from dataclasses import dataclass
from typing import Protocol

from bot.chat.card import Card
from bot.chat.invocation import Invocation, MessageAction, Moved, Said
from bot.chat.reply import Reply


@dataclass(frozen=True)
class Message:
    """What the bot posts: a card or markup. `summary` is the plain sentence for notifications."""

    text: str = ""
    card: Card | None = None
    summary: str = ""


@dataclass(frozen=True)
class Place:
    """A room on a platform: its channel's address, the name it really got, and its link."""

    channel: str
    name: str
    url: str


class Platform(Protocol):
    """One chat platform, ready to send."""

    name: str

    async def open_room(self, name: str, topic: str, key: str) -> Place: ...

    async def find_standing_room(self, name: str) -> str:
        """The channel of a standing room: announcements, ops."""
        ...

    async def find_person(self, user_id: int, email: str) -> str | None:
        """The platform's own address of a person, or None when they are not on it."""
        ...

    async def set_topic(self, channel: str, topic: str) -> None: ...

    async def invite(self, channel: str, people: tuple[str, ...]) -> None:
        """`people` are the platform's own addresses of persons."""
        ...

    async def post(self, channel: str, message: Message, key: str, thread: str = "") -> str:
        """Post and return the message's address."""
        ...

    async def edit(self, channel: str, address: str, message: Message) -> None: ...

    async def pin(self, channel: str, address: str) -> None: ...

    async def post_direct(self, person: str, message: Message, key: str) -> str:
        """Send to one person; the address is `channel/message`, as edit_direct wants it."""
        ...

    async def edit_direct(self, address: str, message: Message) -> None: ...

    async def archive(self, channel: str) -> None: ...

    async def restore(self, channel: str) -> None: ...


class Inbound(Protocol):
    """What a platform hands in."""

    async def invoke(self, invocation: Invocation) -> Reply: ...

    async def said(self, said: Said) -> None: ...

    async def edited(self, said: Said) -> None: ...

    async def acted(self, action: MessageAction) -> Reply: ...

    async def moved(self, moved: Moved) -> None: ...
