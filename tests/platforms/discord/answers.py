"""How a route is declared, what it is given, and how it refuses.

`routes_*.py` declare them by the operation's name in Discord's description; `web.py` reads requests into an `Ask`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.platforms.discord.guild import Guild
from tests.platforms.discord.interactions import Interactions
from tests.platforms.discord.permissions import Permission, in_channel, in_guild
from tests.platforms.discord.things import Channel, Json, Member, Message


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a body, and where."""

    path: tuple[str, ...]
    code: str
    message: str

    def __str__(self) -> str:
        return f"{'.'.join(self.path) or 'body'}: {self.message}"


class Refused(Exception):
    """An error of Discord: the status of the answer, its code and its words."""

    def __init__(self, status: int, code: int, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.faults = list(faults)

    def to_json(self) -> Json:
        body: Json = {"message": self.message, "code": self.code}
        if self.faults:
            body["errors"] = {}
        # A place has faults of its own or parts with faults, never both.
        for fault in sorted(self.faults, key=lambda one: len(one.path)):
            place = body["errors"]
            for part in fault.path:
                if "_errors" in place:
                    break
                place = place.setdefault(part, {})
            else:
                place.setdefault("_errors", []).append({"code": fault.code, "message": fault.message})
        return body


class Limited(Refused):
    """Too much of one thing; `retry_after` in seconds. `scope` is user, shared or global."""

    def __init__(self, retry_after: float, scope: str = "user") -> None:
        super().__init__(429, 0, "You are being rate limited.")
        self.retry_after = retry_after
        self.scope = scope

    def to_json(self) -> Json:
        after = round(self.retry_after, 3)
        return {"message": self.message, "retry_after": after, "global": self.scope == "global", "code": 0}


def invalid_form(faults: Sequence[Fault]) -> Refused:
    """What Discord answers to a body that is wrong in these places."""
    return Refused(400, 50035, "Invalid Form Body", faults)


def missing_permissions() -> Refused:
    return Refused(403, 50013, "Missing Permissions")


class Discord(Protocol):
    """What a route may use of the server."""

    guild: Guild
    interactions: Interactions
    intents: set[str]
    violations: list[str]
    public_key: str

    @property
    def url(self) -> str: ...

    @property
    def gateway_url(self) -> str: ...

    def tell(self, event: str, body: Json, channel: Channel | None = None) -> None: ...

    def tell_message(self, event: str, message: Message) -> None: ...


@dataclass(frozen=True)
class Upload:
    """A file of a multipart body."""

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True)
class Ask:
    """One request: what stands in its path, its query and its body, and its files by number."""

    discord: Discord
    route: str
    path: dict[str, str]
    query: dict[str, str]
    body: Any = None
    files: dict[str, Upload] = field(default_factory=dict)

    @property
    def guild(self) -> Guild:
        return self.discord.guild

    def flag(self, name: str) -> bool:
        return self.query.get(name, "").lower() in ("1", "true")

    def channel(self, *needed: Permission) -> Channel:
        """The channel of the path, if the bot sees it and may do this there."""
        channel = self.guild.channels.get(self.path["channel_id"])
        if channel is None:
            raise Refused(404, 10003, "Unknown Channel")
        self.need(channel, *needed)
        return channel

    def need(self, channel: Channel, *needed: Permission) -> None:
        """Refuse unless the bot may do all of this in the channel."""
        granted = in_channel(self.guild, self.guild.bot, channel)
        if not granted & Permission.VIEW_CHANNEL:
            raise Refused(403, 50001, "Missing Access")
        if any(not granted & one for one in needed):
            raise missing_permissions()

    def need_in_guild(self, *needed: Permission) -> None:
        """Refuse unless the bot may do all of this in the guild of the path."""
        if self.path.get("guild_id", self.guild.id) != self.guild.id:
            raise Refused(404, 10004, "Unknown Guild")
        granted = in_guild(self.guild, self.guild.bot)
        if any(not granted & one for one in needed):
            raise missing_permissions()

    def may(self, channel: Channel, permission: Permission) -> bool:
        """Whether the bot may do this in the channel."""
        return bool(in_channel(self.guild, self.guild.bot, channel) & permission)

    def message(self, channel: Channel) -> Message:
        """The message of the path."""
        message = channel.find_message(self.path["message_id"])
        if message is None:
            raise Refused(404, 10008, "Unknown Message")
        return message

    def user(self, user_id: str) -> Member:
        member = self.guild.members.get(str(user_id))
        if member is None:
            raise Refused(404, 10013, "Unknown User")
        return member

    def member(self) -> Member:
        """The member of the path, who is in the guild."""
        member = self.user(self.path["user_id"])
        if not member.is_present:
            raise Refused(404, 10007, "Unknown Member")
        return member

    def own_application(self) -> None:
        """Refuse when the path names another application than the bot's."""
        if self.path["application_id"] != self.guild.application_id:
            raise Refused(403, 20012, "You are not authorized to perform this action on this application")

    def seen(self, message: Message) -> Json:
        """A message as this bot reads it."""
        return self.guild.message_json(message, "message_content" in self.discord.intents)


Handler = Callable[[Ask], Any]
ROUTES: dict[str, Handler] = {}


def route(*names: str) -> Callable[[Handler], Handler]:
    """Declare what answers these operations."""

    def declare(run: Handler) -> Handler:
        for name in names:
            ROUTES[name] = run
        return run

    return declare
