"""Who acts: accounts as the house knows them, and members of the server where it doesn't yet. Others can't act."""

from collections.abc import Mapping
from typing import Any

from bot.chat.discord.guild import Guild
from bot.chat.discord.places import PLATFORM
from bot.chat.invocation import Visitor
from bot.chat.platform import Inbound
from bot.errors import Rejected, Retry
from bot.flow.unit import Actor

Json = dict[str, Any]


class Visitors:
    """The people of one server."""

    def __init__(self, guild: Guild, inbound: Inbound) -> None:
        self.guild = guild
        self.inbound = inbound

    async def meet(self, address: str, member: Mapping[str, Any] | None = None) -> Actor | None:
        """Who this account is; None for bots and for who is not in the server. `member` is what an event told of them.
        Raises Retry when Discord can't be asked."""
        if member is not None:
            self.guild.keep_member(address, dict(member))
        known = await self.find(address)
        if known is not None:
            return known
        there = dict(member) if member is not None else await self.guild.find_member(address)
        if there is None or is_bot(there):
            return None
        return await self.inbound.meet(
            Visitor(PLATFORM, address, name=name_of(there), guest=await self._is_guest(there))
        )

    async def meet_apart(self, address: str) -> Actor | None:
        """The same for somebody who acts in direct messages, where also those can who have left the server."""
        try:
            member = await self.guild.find_member(address)
        except Retry:
            # An acknowledgement at night is worth more than the certainty that somebody has not left since.
            if (known := await self.find(address)) is not None:
                return known
            raise
        return await self.meet(address, member) if member is not None and not is_bot(member) else None

    async def find(self, address: str) -> Actor | None:
        """Who this account is, if it is known already; nobody is asked."""
        return await self.inbound.meet(Visitor(PLATFORM, address))

    async def find_name(self, address: str) -> str:
        """What an account is called; its id where Discord does not say."""
        try:
            member = await self.guild.find_member(address)
        except (Retry, Rejected):
            return address
        return name_of(member) if member is not None else address

    async def _is_guest(self, member: Json) -> bool:
        """Whoever has not accepted the server's rules yet, or has not the role that the settings ask for."""
        wanted = self.guild.settings.responders
        if member.get("pending"):
            return True
        if not wanted:
            return False
        return str((await self.guild.find_role(wanted))["id"]) not in map(str, member.get("roles") or ())


def is_bot(member: Mapping[str, Any]) -> bool:
    return bool((member.get("user") or {}).get("bot"))


def name_of(member: Mapping[str, Any]) -> str:
    """What a member is called in the server."""
    user = member.get("user") or {}
    return str(member.get("nick") or user.get("global_name") or user.get("username") or user.get("id", ""))
