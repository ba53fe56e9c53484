"""What arrives from a platform: a command to run, or something that somebody said, edited, marked or did in a room."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.flow.unit import Actor


@dataclass(frozen=True)
class Invocation:
    """A command as it was typed, clicked or sent. `text` is the whole line (`/incident priority P1`); `values` are
    arguments by name, from a form. `incident` names the target when the place doesn't (`INC-7`)."""

    text: str
    actor: Actor
    platform: str = ""
    channel: str = ""
    incident: str = ""
    values: dict[str, str] = field(default_factory=dict)
    submitted: bool = False
    """True when `values` come from a form that was filled in."""


@dataclass(frozen=True)
class Said:
    """A message that a person wrote in a room, or its new text after an edit."""

    platform: str
    channel: str
    message: str
    actor: Actor
    text: str
    sent_at: datetime
    permalink: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class MessageAction:
    """A message action (`timeline`, `declare`, `task`) or a reaction that stands for one, on somebody's message."""

    action: str
    said: Said
    actor: Actor


@dataclass(frozen=True)
class Moved:
    """A person came into a room (`joined`) or left it."""

    platform: str
    channel: str
    actor: Actor
    joined: bool
