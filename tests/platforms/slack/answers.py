"""How a Web API method is declared, what it is given, and how it refuses.

`methods_*.py` declare them; `server.py` reads requests into an `Ask` and writes the answer.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from tests.platforms.slack.things import Channel, Json, User
from tests.platforms.slack.workspace import Workspace

T = TypeVar("T")


class Refused(Exception):
    """`ok: false` with this error, and more about it."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.more = more


class Slack(Protocol):
    """What a method may use of the server."""

    workspace: Workspace
    scopes: set[str]
    violations: list[str]
    unfurls: list[tuple[str, str, Json]]
    trigger_life: float

    @property
    def url(self) -> str: ...

    def tell(self, event: Json) -> None: ...

    def new_socket_url(self) -> str: ...


@dataclass(frozen=True)
class Ask:
    """One call: its arguments, and who makes it."""

    slack: Slack
    method: str
    args: Json
    actor: str
    is_bot: bool = True

    @property
    def workspace(self) -> Workspace:
        return self.slack.workspace

    def text(self, name: str, default: str = "") -> str:
        value = self.args.get(name)
        return default if value is None else str(value)

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.args.get(name)
        return default if value is None else str(value).lower() in ("1", "true")

    def number(self, name: str, default: int) -> int:
        value = self.args.get(name)
        if value in (None, ""):
            return default
        try:
            return int(str(value))
        except ValueError as wrong:
            raise Refused("invalid_arguments") from wrong

    def listed(self, name: str) -> list[str]:
        """A comma list, or an array of a JSON body."""
        value = self.args.get(name)
        if isinstance(value, list):
            return [str(one) for one in value]
        return [one.strip() for one in str(value or "").split(",") if one.strip()]

    def parsed(self, name: str, error: str = "invalid_arguments") -> Any:
        """A structure, which forms carry as JSON in a string; None when it isn't there."""
        value = self.args.get(name)
        if isinstance(value, str):
            if not value:
                return None
            try:
                return json.loads(value)
            except ValueError as wrong:
                raise Refused(error) from wrong
        return value

    def need_scope(self, *enough: str) -> None:
        """Refuse unless one of these is granted."""
        if self.is_bot and not self.slack.scopes.intersection(enough):
            raise Refused(
                "missing_scope", needed=enough[0], provided=",".join(sorted(self.slack.scopes)) or "none"
            )

    def channel(self, *scopes: str, name: str = "channel", closed: bool = False) -> Channel:
        """The channel that is meant, if the actor may know of it; `scopes` are verbs such as `read`.

        `closed` says that an archived channel will do.
        """
        channel = self.workspace.channels.get(self.text(name))
        if channel is None or channel.is_deleted:
            raise Refused("channel_not_found")
        for verb in scopes:
            self.need_scope(f"{channel.kind}:{verb}" if ":" not in verb else verb)
        if (channel.is_private or channel.is_im) and self.actor not in channel.members:
            raise Refused("channel_not_found")
        if channel.is_archived and not closed:
            raise Refused("is_archived")
        return channel

    def manage(self, *, closed: bool = False) -> Channel:
        """The channel that is to be changed: channels:manage for public ones, groups:write for private ones."""
        channel = self.workspace.channels.get(self.text("channel"))
        if channel is not None and channel.is_im:
            raise Refused("method_not_supported_for_channel_type")
        is_private = channel is not None and channel.is_private
        self.need_scope("groups:write" if is_private else "channels:manage")
        return self.channel(closed=closed)

    def member_of(self, channel: Channel) -> None:
        if self.actor not in channel.members:
            raise Refused("not_in_channel")

    def user(self, name: str = "user") -> User:
        user = self.workspace.users.get(self.text(name))
        if user is None:
            raise Refused("user_not_found")
        return user

    def tell(self, type_: str, **event: Any) -> None:
        """An event that follows from this call."""
        self.slack.tell({"type": type_, **event, "event_ts": self.workspace.new_ts()})


Handler = Callable[[Ask], Awaitable[Json]]


@dataclass(frozen=True)
class Method:
    """A Web API method: what it needs and what it does."""

    name: str
    run: Handler
    scopes: Sequence[str]
    token: str


@dataclass
class Registry:
    """Every method by name."""

    methods: dict[str, Method] = field(default_factory=dict)

    def __call__(self, name: str, *scopes: str, token: str = "any") -> Callable[[Handler], Handler]:
        """Declare a method; any one of `scopes` is enough."""

        def declare(run: Handler) -> Handler:
            self.methods[name] = Method(name, run, scopes, token)
            return run

        return declare


method = Registry()


def paged(ask: Ask, items: Sequence[T], default: int, most: int) -> tuple[list[T], Json]:
    """One page of these, and the response_metadata that leads to the next one."""
    limit = ask.number("limit", default)
    if not 1 <= limit <= most:
        raise Refused("invalid_limit")
    start = 0
    if ask.text("cursor"):
        try:
            start = int(base64.b64decode(ask.text("cursor"), validate=True).decode().removeprefix("next:"))
        except (binascii.Error, ValueError) as wrong:
            raise Refused("invalid_cursor") from wrong
    following = start + limit
    cursor = base64.b64encode(f"next:{following}".encode()).decode() if following < len(items) else ""
    return list(items[start:following]), {"next_cursor": cursor}
