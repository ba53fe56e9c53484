"""The server that the bot works in: which one it is, its channels and categories, its roles and its members."""

import time
from typing import Any

from bot.chat.clip import clip
from bot.chat.discord import limits
from bot.chat.discord.client import DiscordClient
from bot.errors import Lost, Rejected

Json = dict[str, Any]
TEXT, VOICE, CATEGORY, NEWS, STAGE = 0, 2, 4, 5, 13
FULL = 50
"""So many channels one category holds."""
MEMBERS_AT_ONCE = 1_000
KEPT = 600.0
"""How long it is believed who is a member, in seconds."""
MOST = 5_000


class Guild:
    """One server, by its REST API."""

    def __init__(self, client: DiscordClient) -> None:
        self.client = client
        self.settings = client.settings
        self._me: Json = {}
        self._id = ""
        self._application: Json = {}
        self._standing: dict[str, str] = {}
        self._members: dict[str, tuple[Json | None, float]] = {}

    async def get_me(self) -> Json:
        """The bot's own account, asked once."""
        if not self._me:
            self._me = await self.client.call("GET", "/users/@me")
        return self._me

    async def get_application(self) -> Json:
        """The application that the bot belongs to, as it is now."""
        self._application = await self.client.call("GET", "/oauth2/applications/@me")
        return self._application

    async def get_application_id(self) -> str:
        """The application's id, asked once."""
        return str((self._application or await self.get_application())["id"])

    async def get_id(self) -> str:
        """The server's id: the one that the settings name, or the only one."""
        if not self._id:
            self._id = self.settings.guild or await self._find_only()
        return self._id

    @property
    def known_id(self) -> str:
        """The server's id, if it is known by now; nobody is asked."""
        return self.settings.guild or self._id

    async def _find_only(self) -> str:
        there = await self.client.call("GET", "/users/@me/guilds")
        if not there:
            raise Rejected("discord.no_server")
        if len(there) > 1:
            raise Rejected(
                "discord.which_server " + ", ".join(f"{one['name']} ({one['id']})" for one in there)
            )
        return str(there[0]["id"])

    async def get(self) -> Json:
        """The server itself, with its roles."""
        found: Json = await self.client.call("GET", f"/guilds/{await self.get_id()}")
        return found

    # channels

    async def list_channels(self) -> list[Json]:
        """Its channels and categories; threads are none of these."""
        return list(await self.client.call("GET", f"/guilds/{await self.get_id()}/channels"))

    async def create_channel(self, body: Json) -> Json:
        made: Json = await self.client.call("POST", f"/guilds/{await self.get_id()}/channels", body)
        return made

    async def find_standing(self, name: str) -> str:
        """A channel by its name or id; it is made when there is none."""
        if name not in self._standing:
            self._standing[name] = await self._find_or_make(name)
        return self._standing[name]

    def forget_standing(self, channel: str) -> None:
        """It is gone: look for it anew."""
        self._standing = {name: known for name, known in self._standing.items() if known != channel}

    async def _find_or_make(self, name: str) -> str:
        if name.isdigit() and len(name) > 15:
            channel = await self.client.call("GET", f"/channels/{name}")
            return str(channel["id"])
        wanted = clip(
            "-".join(name.lower().split()), limits.CHANNEL_NAME
        )  # as Discord writes names of channels
        for channel in await self.list_channels():
            if channel["type"] in (TEXT, NEWS) and channel["name"] == wanted:
                return str(channel["id"])
        made = await self.create_channel({"name": wanted, "type": TEXT})
        return str(made["id"])

    async def get_voice(self, name: str) -> Json:
        """A voice channel by its name or id; raises Rejected when there is none."""
        for channel in await self.list_channels():
            if channel["type"] in (VOICE, STAGE) and name.lower() in (channel["id"], channel["name"].lower()):
                return channel
        raise Rejected(f"discord.no_such_voice {name}")

    async def find_category(self, name: str, channels: list[Json]) -> str:
        """A category of this name with a place left in it; the next one, `Incidents 2`, is made where all are full."""
        number = 1
        while True:
            wanted = name if number == 1 else f"{name} {number}"
            found = next((one for one in channels if is_category(one, wanted)), None)
            if found is None:
                made = await self.create_channel(
                    {"name": clip(wanted, limits.CHANNEL_NAME), "type": CATEGORY}
                )
                return str(made["id"])
            inside = sum(1 for one in channels if one.get("parent_id") == found["id"])
            if inside < FULL:
                return str(found["id"])
            number += 1

    # people and roles

    async def find_member(self, address: str, *, fresh: bool = False) -> Json | None:
        """A member by the id of their account, believed for some minutes; None when they are not in the server."""
        known = self._members.get(address)
        if known is not None and not fresh and time.monotonic() - known[1] < KEPT:
            return known[0]
        try:
            member: Json | None = await self.client.call(
                "GET", f"/guilds/{await self.get_id()}/members/{address}"
            )
        except Rejected as refused:
            if not refused.reason.startswith(("discord.unknown_member", "discord.unknown_user")):
                raise
            member = None
        self.keep_member(address, member)
        return member

    def keep_member(self, address: str, member: Json | None) -> None:
        """What an event told of a member; None when they left."""
        if len(self._members) >= MOST:
            self._members.clear()
        self._members[address] = (member, time.monotonic())

    async def find_role(self, name: str) -> Json:
        """A role by its name or id; raises Rejected when there is none."""
        wanted = name.strip().lstrip("@").lower()
        for role in await self.client.call("GET", f"/guilds/{await self.get_id()}/roles"):
            if role["id"] == wanted or role["name"].lower() == wanted:
                return dict(role)
        raise Rejected(f"discord.no_such_role {wanted}")

    async def list_members_with(self, role: str) -> set[str]:
        """The accounts that have a role."""
        found: set[str] = set()
        after = "0"
        while True:
            params = {"limit": str(MEMBERS_AT_ONCE), "after": after}
            try:
                page = await self.client.call("GET", f"/guilds/{await self.get_id()}/members", params=params)
            except Lost as lost:
                raise Rejected("discord.members_intent_off") from lost
            found |= {str(one["user"]["id"]) for one in page if role in one["roles"]}
            if len(page) < MEMBERS_AT_ONCE:
                return found
            after = str(page[-1]["user"]["id"])


def is_category(channel: Json, name: str) -> bool:
    """Whether this is the category of a name; case does not matter, Discord shows it in capitals."""
    return bool(channel["type"] == CATEGORY and channel["name"].lower() == name.lower())


def is_in(parent_id: str | None, name: str, channels: dict[str, Json]) -> bool:
    """Whether a parent is a category of this name, or one of those that follow it when it is full."""
    parent = channels.get(parent_id or "")
    if parent is None or parent.get("type") != CATEGORY:
        return False
    rest = str(parent.get("name", "")).lower().removeprefix(name.lower())
    return rest != str(parent.get("name", "")).lower() and (not rest or rest.strip().isdigit())
