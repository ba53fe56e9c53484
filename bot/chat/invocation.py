"""What arrives from a platform: a command to run, or something that somebody said, edited, marked or did in a room.

`arrival` is the platform's own id of a delivery that it may repeat (a click, a form): what was done once is not done again.
"""

from dataclasses import dataclass, field
from datetime import datetime

from bot.flow.unit import Actor


@dataclass(frozen=True)
class Visitor:
    """An account on a platform that does something. Without a `name` only the address is known so far."""

    platform: str
    address: str
    name: str = ""
    email: str = ""
    zone: str = ""
    guest: bool = False


@dataclass(frozen=True)
class File:
    """A file of a message; `address` is what the platform fetches it by."""

    name: str
    address: str
    mime: str = "application/octet-stream"
    size: int = 0


@dataclass(frozen=True)
class Said:
    """A message that a person wrote in a room, or its new text after an edit. `thread` is the message it answers."""

    platform: str
    channel: str
    message: str
    actor: Actor
    text: str
    sent_at: datetime
    permalink: str = ""
    files: tuple[File, ...] = ()
    thread: str = ""


@dataclass(frozen=True)
class Invocation:
    """A command as it was typed, clicked or sent. `text` is the whole line (`/incident priority P1`); `values` are
    arguments by name, from a form. `incident` names the target when the place doesn't (`INC-7`); `about` is the message
    that the form was opened from, if it was."""

    text: str
    actor: Actor
    platform: str = ""
    channel: str = ""
    incident: str = ""
    values: dict[str, str] = field(default_factory=dict)
    submitted: bool = False
    """True when `values` come from a form that was filled in."""
    about: Said | None = None
    arrival: str = ""


@dataclass(frozen=True)
class MessageAction:
    """A message action (`timeline`, `declare`, `task`) or a reaction that stands for one, on somebody's message. `incident`
    names the incident where the message stands elsewhere."""

    action: str
    said: Said
    actor: Actor
    incident: str = ""
    arrival: str = ""


@dataclass(frozen=True)
class Moved:
    """A person came into a room (`joined`) or left it."""

    platform: str
    channel: str
    actor: Actor
    joined: bool


@dataclass(frozen=True)
class RoomChanged:
    """Somebody archived, restored, renamed or deleted a room by hand."""

    platform: str
    channel: str
    change: str
    actor: Actor
    name: str = ""
