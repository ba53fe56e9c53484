"""The port of a chat platform. A platform translates plain values and sends; it knows no incident, alert or rule.

Every call raises Retry when it may work later, Rejected when it never will, and Lost (a Rejected) when the channel or
message is gone. A post takes an `Once`, so that a repeated post finds what the first one did.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from bot.chat.card import Card
from bot.chat.form import Choice, Form
from bot.chat.invocation import Invocation, MessageAction, Moved, RoomChanged, Said, Visitor
from bot.chat.reply import Reply
from bot.flow.unit import Actor


@dataclass(frozen=True)
class Message:
    """What the bot posts: a card or markup. `summary` is the plain sentence for notifications. When the bot passes on what
    a person wrote elsewhere, `author` is whose words these are and `origin` the platform on which they were said: then
    `text` is markup in which no mention calls anybody. It begins with a line that says whose words they are, except for
    the Room, which draws that itself."""

    text: str = ""
    card: Card | None = None
    summary: str = ""
    author: str = ""
    origin: str = ""


@dataclass(frozen=True)
class Once:
    """Makes a post repeatable. `again` says that an attempt before may have arrived and nobody knows: look first."""

    key: str
    again: bool = False


@dataclass(frozen=True)
class NewRoom:
    """A room to open. `name` is safe on every platform; `key` is the same at each attempt, and what was made for it is
    not older than `since`."""

    name: str
    topic: str
    purpose: str
    key: str
    since: datetime
    private: bool = False


@dataclass(frozen=True)
class Place:
    """A room on a platform: its channel's address, the name it really got, and its link."""

    channel: str
    name: str
    url: str


@dataclass(frozen=True)
class Person:
    """Somebody to find on a platform. `address` is the account that is known to be theirs, if one is."""

    user_id: int
    email: str
    address: str | None = None


@dataclass(frozen=True)
class Bookmark:
    title: str
    url: str


@dataclass(frozen=True)
class NotInvited:
    """Who could not be invited, and a code of the reason (`guest`, `gone`, `refused`)."""

    address: str
    reason: str


@dataclass(frozen=True)
class Check:
    """One thing that a platform looked at for the doctor; its words are in `templates/replies/tocsin_doctor`."""

    code: str
    is_fine: bool
    data: Mapping[str, Any] = field(default_factory=dict)


class Platform(Protocol):
    """One chat platform, ready to send."""

    name: str
    listens_alone: bool
    """Whether only one replica at a time may listen; all of them may send."""

    async def start(self, inbound: "Inbound") -> None:
        """Begin to listen; returns at once, and goes on trying when the other side is away."""
        ...

    async def stop_listening(self) -> None:
        """Hand nothing in any more, until it is started again; sending goes on."""
        ...

    async def stop(self) -> None: ...

    async def open_room(self, room: NewRoom) -> Place: ...

    async def find_standing_room(self, name: str) -> str:
        """The channel of a standing room: announcements, ops."""
        ...

    async def find_person(self, person: Person) -> str | None:
        """The platform's own address of a person, or None when they are not on it."""
        ...

    async def set_topic(self, channel: str, topic: str) -> None: ...

    async def rename_room(self, channel: str, name: str) -> str:
        """Returns the name that it really got."""
        ...

    async def set_links(self, channel: str, links: tuple[Bookmark, ...]) -> None:
        """The links that stand at the top of a room; those that were set before and are not named are taken away."""
        ...

    async def invite(self, channel: str, people: tuple[str, ...]) -> tuple[NotInvited, ...]:
        """`people` are the platform's own addresses of persons. Returns those who can't be invited."""
        ...

    async def post(self, channel: str, message: Message, once: Once, thread: str = "") -> str:
        """Post and return the message's address."""
        ...

    async def edit(self, channel: str, address: str, message: Message) -> None: ...

    async def delete(self, channel: str, address: str) -> None:
        """Take a message of the bot away; one that is gone already counts as done."""
        ...

    async def pin(self, channel: str, address: str) -> None: ...

    async def post_direct(self, person: str, message: Message, once: Once) -> str:
        """Send to one person; the address is `channel/message`, as edit_direct wants it."""
        ...

    async def edit_direct(self, address: str, message: Message) -> None: ...

    async def archive(self, channel: str) -> None: ...

    async def restore(self, channel: str) -> None:
        """Open an archived room again; raises Lost where the platform can't."""
        ...

    async def set_group(self, handle: str, people: tuple[str, ...]) -> None:
        """Let a user group have exactly these people; raises Rejected when there is no such group."""
        ...

    async def fetch_file(self, address: str, limit: int) -> bytes:
        """The content of a file of a message; raises Rejected when it is larger than `limit` bytes or gone."""
        ...

    async def check(self) -> list[Check]:
        """Look at everything that has to be right for this platform to work."""
        ...


class Inbound(Protocol):
    """What a platform hands in."""

    async def meet(self, visitor: Visitor) -> Actor | None:
        """Who this account is. None when it is not known and `visitor` has no name yet: ask again with the profile."""
        ...

    async def invoke(self, invocation: Invocation) -> Reply: ...

    async def refresh_form(self, invocation: Invocation) -> Form | None:
        """The form of a command anew, for the values filled in so far; None when there is no such command."""
        ...

    async def suggest(self, invocation: Invocation, name: str, typed: str) -> list[Choice]:
        """What could be filled in for one argument of a command."""
        ...

    async def said(self, said: Said) -> None:
        """A person wrote something. What the bot posts, for itself or for somebody, is never handed in: it would go round
        in a circle."""
        ...

    async def edited(self, said: Said) -> None: ...

    async def deleted(self, said: Said) -> None: ...

    async def find_original(self, said: Said) -> Said:
        """A message of the bot that passes on what somebody said on another platform, as it was said there; any other is
        returned as it is. For filling in forms: whatever is done with a copy is done with the original anyhow."""
        ...

    async def acted(self, action: MessageAction) -> Reply: ...

    async def moved(self, moved: Moved) -> None: ...

    async def room_changed(self, change: RoomChanged) -> None: ...

    async def is_room(self, platform: str, channel: str) -> bool:
        """Whether a channel is an incident's room."""
        ...

    async def show_home(self, actor: Actor) -> tuple[Card, ...]:
        """What a person wants to see first: on call now, their shifts, pages, tasks, and the open incidents."""
        ...

    async def preview(self, url: str) -> Card | None:
        """A card for a link to this installation that somebody posted; None when there is nothing to show to all."""
        ...
