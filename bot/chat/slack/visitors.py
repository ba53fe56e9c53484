"""Who acts: accounts of the workspace as the house knows them, and their profiles where it doesn't yet."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.chat.invocation import Visitor
from bot.chat.platform import Inbound
from bot.chat.slack.client import SlackClient
from bot.errors import Rejected, Retry
from bot.flow.unit import Actor

PLATFORM = "slack"
SLACKBOT = "USLACKBOT"
KEPT = 600.0
"""How long a profile is believed, in seconds."""
MOST = 5_000


@dataclass(frozen=True)
class Profile:
    """What Slack says of an account."""

    name: str
    visitor: Visitor
    is_person: bool
    read_at: float


class Visitors:
    """The people of one workspace, and its guests."""

    def __init__(self, client: SlackClient, inbound: Inbound) -> None:
        self.client = client
        self.inbound = inbound
        self._own_team = ""
        self._profiles: dict[str, Profile] = {}
        self._asked: dict[str, asyncio.Task[Profile]] = {}

    async def meet(self, address: str) -> Actor | None:
        """Who this account is; None for bots and for accounts that are gone. Raises Retry when Slack can't be asked."""
        if not address or address == SLACKBOT:
            return None
        known = await self.find(address)
        if known is not None:
            return known
        try:
            profile = await self._get_profile(address)
        except Rejected as failure:
            if failure.reason.startswith(("slack.user_not_found", "slack.user_not_visible")):
                return None
            raise
        return await self.inbound.meet(profile.visitor) if profile.is_person else None

    async def find(self, address: str) -> Actor | None:
        """Who this account is, if it is known already; nobody is asked."""
        return await self.inbound.meet(Visitor(PLATFORM, address))

    async def find_name(self, address: str) -> str:
        """What an account is called; its id where Slack does not say."""
        try:
            return (await self._get_profile(address)).name
        except (Retry, Rejected):
            return address

    async def follow(self, user: Mapping[str, Any]) -> None:
        """A profile has changed: with another e-mail address it may belong to another person."""
        address = str(user.get("id", ""))
        before = self._profiles.pop(address, None)
        if before is None or user.get("deleted"):
            return
        now = self._read(user)
        if now.is_person and now.visitor.email != before.visitor.email:
            await self.inbound.meet(now.visitor)

    async def _get_profile(self, address: str) -> Profile:
        known = self._profiles.get(address)
        if known is not None and time.monotonic() - known.read_at < KEPT:
            return known
        if address not in self._asked:  # many things that one person does at once ask once
            self._asked[address] = task = asyncio.ensure_future(self._ask(address))
            task.add_done_callback(lambda _: self._asked.pop(address))
        return await asyncio.shield(self._asked[address])

    async def _ask(self, address: str) -> Profile:
        if not self._own_team:
            self._own_team = str((await self.client.call("auth.test")).get("team_id", ""))
        user = (await self.client.call("users.info", user=address))["user"]
        if len(self._profiles) >= MOST:
            self._profiles.clear()
        self._profiles[address] = self._read(user)
        return self._profiles[address]

    def _read(self, user: Mapping[str, Any]) -> Profile:
        about = user.get("profile") or {}
        name = (
            about.get("display_name") or about.get("real_name") or user.get("real_name") or user.get("name")
        )
        # In an organisation with several workspaces a person belongs to all of these.
        teams = {user.get("team_id"), *(user.get("enterprise_user") or {}).get("teams", [])}
        is_guest = any(user.get(flag) for flag in ("is_restricted", "is_ultra_restricted", "is_stranger"))
        visitor = Visitor(
            PLATFORM,
            str(user["id"]),
            name=str(name or user["id"]),
            email=str(about.get("email") or ""),
            zone=str(user.get("tz") or ""),
            guest=is_guest or self._own_team not in teams,
        )
        is_person = not (user.get("is_bot") or user.get("deleted") or user["id"] == SLACKBOT)
        return Profile(visitor.name, visitor, is_person, time.monotonic())
