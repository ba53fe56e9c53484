"""Where a person acts, and by that where they are answered: one interaction of Discord."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
COMMAND, COMPONENT, TYPING, FORM = 2, 3, 4, 5
EPHEMERAL = 1 << 6


@dataclass
class Origin:
    """One thing that a person did, as Discord told it at `at`. `parent` is the channel that a thread hangs on; `source` the
    message on which a button was pressed. `answered` is set with the first answer, which may be given once;
    `elsewhere` when another process has given it."""

    number: str
    token: str
    kind: int
    application: str
    user: str
    member: Json | None
    guild: str
    channel: str
    parent: str
    data: Json
    source: Json | None = None
    at: float = field(default_factory=time.monotonic)
    answered: bool = False
    elsewhere: bool = False
    own: str = ""

    @property
    def arrival(self) -> str:
        """What makes a repeated delivery known. A question is answered once, however often its button is pressed."""
        return f"discord:{self.own or self.number}"

    @property
    def is_question(self) -> bool:
        """Whether the button stands under a question that was asked before doing something."""
        return is_question(self.source)


def read_origin(body: Mapping[str, Any]) -> Origin:
    """An interaction as it comes by the gateway."""
    member, channel = body.get("member"), body.get("channel") or {}
    user = (member or {}).get("user") or body.get("user") or {}
    source = body.get("message")
    origin = Origin(
        number=str(body["id"]),
        token=str(body["token"]),
        kind=int(body["type"]),
        application=str(body["application_id"]),
        user=str(user.get("id", "")),
        member=dict(member) if member else None,
        guild=str(body.get("guild_id") or ""),
        channel=str(body.get("channel_id") or channel.get("id") or ""),
        parent=str(channel.get("parent_id") or ""),
        data=dict(body.get("data") or {}),
        source=dict(source) if source else None,
    )
    if origin.is_question and origin.kind == COMPONENT and source:
        origin.own = str(source["id"])
    return origin


def is_question(message: Mapping[str, Any] | None) -> bool:
    """Whether a message asks before something is done: only one person sees it, and it has a single button and no card."""
    if not message or not int(message.get("flags") or 0) & EPHEMERAL or message.get("embeds"):
        return False
    rows = message.get("components") or ()
    buttons = [button for row in rows for button in row.get("components") or ()]
    return len(buttons) == 1 and str(buttons[0].get("custom_id", "")).startswith(("run:", "form:"))
