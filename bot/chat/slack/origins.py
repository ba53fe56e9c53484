"""Where a person acts, and by that where they are answered; and what a form remembers of it until it is sent."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from bot.chat.invocation import Said

METADATA = 3_000
LEAST_TEXT = 300
"""How much of a message a form remembers at least; what is left out is read again when the form is sent."""


@dataclass(frozen=True)
class Origin:
    """One thing that a person did. `trigger` lets a modal open for three seconds from `at`; `surface` is where they did it:
    channel, modal or home."""

    user: str
    arrival: str
    channel: str = ""
    thread: str = ""
    response_url: str = ""
    trigger: str = ""
    surface: str = "channel"
    at: float = field(default_factory=time.monotonic)


@dataclass(frozen=True)
class Remembered:
    """What a modal carries: its command, what that is about, and where it was opened from."""

    command: str = ""
    incident: str = ""
    channel: str = ""
    thread: str = ""
    response_url: str = ""
    about: Said | None = None
    is_cut: bool = False
    """The message was too long to be carried whole."""
    shows_errors: bool = False
    """Errors stand between the questions, and have to go when they are mended."""

    def pack(self) -> str:
        """As text of at most 3,000 characters."""
        carried, packed = self, msgspec.json.encode(self).decode()
        while len(packed) > METADATA:
            carried = carried._cut(len(packed) - METADATA)
            packed = msgspec.json.encode(carried).decode()
        return packed

    def _cut(self, excess: int) -> "Remembered":
        said = self.about
        if said is None:
            return replace(self, response_url="", thread="")
        if len(said.text) > LEAST_TEXT:
            shorter = replace(said, text=said.text[: max(LEAST_TEXT, len(said.text) - excess)])
        elif said.files:
            shorter = replace(said, files=said.files[:-1])
        else:
            shorter = replace(said, text="", permalink="")
        return replace(self, about=shorter, is_cut=True)


def unpack(view: Mapping[str, Any]) -> Remembered:
    """What a modal carried; nothing, where it carried nothing that is understood."""
    try:
        return msgspec.json.decode(view.get("private_metadata") or "{}", type=Remembered)
    except msgspec.MsgspecError:
        return Remembered()


def of_command(body: Mapping[str, Any]) -> Origin:
    """Where a command was typed."""
    trigger = str(body.get("trigger_id", ""))
    return Origin(
        str(body["user_id"]),
        f"slack:{trigger}",
        channel=str(body.get("channel_id", "")),
        response_url=str(body.get("response_url", "")),
        trigger=trigger,
    )


def of_interaction(body: Mapping[str, Any]) -> Origin:
    """Where a button was pressed or a shortcut used. What a modal was opened from is where its buttons act."""
    trigger = str(body.get("trigger_id", ""))
    view = body.get("view") or {}
    remembered = unpack(view) if view else Remembered()
    message, container = body.get("message") or {}, body.get("container") or {}
    return Origin(
        str(body["user"]["id"]),
        f"slack:{trigger}",
        channel=str((body.get("channel") or {}).get("id") or remembered.channel),
        thread=str(container.get("thread_ts") or message.get("thread_ts") or remembered.thread),
        response_url=str(body.get("response_url") or remembered.response_url),
        trigger=trigger,
        surface=str(view.get("type") or "channel"),
    )


def of_submission(body: Mapping[str, Any]) -> Origin:
    """Where a form was opened from. Sent again before it has changed, it is the same delivery."""
    view = body["view"]
    remembered = unpack(view)
    return Origin(
        str(body["user"]["id"]),
        f"slack:{view['id']}:{view.get('hash', '')}",
        channel=remembered.channel,
        thread=remembered.thread,
        response_url=remembered.response_url,
        surface="modal",
    )
