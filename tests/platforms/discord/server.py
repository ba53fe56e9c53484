"""A Discord in this process: the judge of a bot that speaks to it with discord.py.

It listens on a free port of 127.0.0.1. A test is at once the guild's owner, its people, and the trouble at Discord.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
import socket
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.platforms.discord.faults import Faults
from tests.platforms.discord.gateway import Gateway, tell_message
from tests.platforms.discord.guild import Guild
from tests.platforms.discord.interacting import Interacting
from tests.platforms.discord.interactions import Interactions, Modal
from tests.platforms.discord.permissions import Permission
from tests.platforms.discord.talking import Talking
from tests.platforms.discord.things import CATEGORY, TEXT, Channel, Json, Member, Message, Overwrite, Role
from tests.platforms.discord.trouble import Troubles, new_token
from tests.platforms.discord.web import Call, build_app


class DiscordServer(Interacting, Talking, Troubles):
    """The emulator: `async with DiscordServer() as discord`."""

    def __init__(self) -> None:
        self.guild = Guild()
        self.bot_token = new_token(base64.b64encode(self.guild.bot.id.encode()).decode().rstrip("="))
        self.public_key = secrets.token_hex(32)
        self.owner = self.guild.owner
        self.intents = {"members", "message_content"}
        self.interactions = Interactions()
        self.delay = 0.0
        self.deliver_twice = False
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.faults = Faults()
        self.gateway = Gateway(self)
        self.port = 0
        self._runner: web.AppRunner | None = None
        self._listening: asyncio.Server | None = None
        self._starting: asyncio.Task[None] | None = None

    # it listens

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(build_app(self), access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await self._listen(self._bind())
        self.guild.cdn = self.url
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._starting is not None:
            await self._starting
        self.down()
        assert self._runner is not None
        await self._runner.cleanup()

    def _bind(self) -> socket.socket:
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", self.port))
        bound.listen(128)
        bound.setblocking(False)
        self.port = bound.getsockname()[1]
        return bound

    async def _listen(self, bound: socket.socket) -> None:
        assert self._runner is not None
        assert self._runner.server is not None
        self._listening = await asyncio.get_running_loop().create_server(self._runner.server, sock=bound)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_url(self) -> str:
        """What `discord.http.Route.BASE` has to be."""
        return f"{self.url}/api/v10"

    @property
    def gateway_url(self) -> str:
        """What `DiscordWebSocket.DEFAULT_GATEWAY` has to be."""
        return f"ws://127.0.0.1:{self.port}/gateway"

    # who and what there is

    def add_user(
        self,
        name: str,
        global_name: str | None = None,
        nick: str | None = None,
        bot: bool = False,
        accepts_direct: bool = True,
        is_present: bool = True,
    ) -> Member:
        """Somebody in the guild before the bot looks; `is_present=False` makes them known to Discord only."""
        return self.guild.add_member(
            name,
            global_name=global_name or name.capitalize(),
            nick=nick,
            bot=bot,
            accepts_direct=accepts_direct,
            is_present=is_present,
        )

    def add_role(self, name: str, *members: Member, permissions: int = 0, mentionable: bool = False) -> Role:
        role = self.guild.add_role(name, permissions, mentionable=mentionable)
        for member in members:
            member.roles.append(role.id)
        return role

    def add_channel(
        self, name: str, category: Channel | None = None, private_to: list[Member] | None = None
    ) -> Channel:
        """A text channel before the bot looks; a private one is for these people alone."""
        overwrites = {}
        if private_to is not None:
            see = int(Permission.VIEW_CHANNEL)
            everyone = Overwrite(self.guild.id, 0, 0, see)
            overwrites = {one.id: Overwrite(one.id, 1, see, 0) for one in private_to} | {
                everyone.id: everyone
            }
        parent = category.id if category else None
        return self.guild.add_channel(name, TEXT, parent_id=parent, overwrites=overwrites)

    def add_category(self, name: str) -> Channel:
        return self.guild.add_channel(name, CATEGORY)

    def channel_named(self, name: str) -> Channel | None:
        return self.guild.find_channel(name)

    def modal_of(self, user: Member) -> Modal | None:
        """The modal that a person sees."""
        return self.interactions.modals.get(user.id)

    def ephemerals_of(self, user: Member) -> list[Message]:
        """What only this person sees."""
        return [message for message in self.guild.ephemerals if message.ephemeral_for == user.id]

    def direct_channel(self, user: Member) -> Channel:
        """The conversation between the bot and a person."""
        return self.guild.open_direct(user)

    def direct(self, user: Member) -> list[Message]:
        """What was said between the bot and a person."""
        return self.direct_channel(user).messages

    def commands(self) -> dict[str, Json]:
        """What the bot has registered, by name; a guild's own command hides a global one."""
        known = [*self.guild.commands[None].values(), *self.guild.commands[self.guild.id].values()]
        return {command["name"]: command for command in known}

    def count(self, route: str) -> int:
        """How often the bot has asked for this."""
        return sum(call.route == route for call in self.calls)

    # what it tells the bot

    def tell(self, event: str, body: Json, channel: Channel | None = None) -> None:
        """Tell every session that may hear it."""
        self.gateway.tell(event, lambda _: body, channel)

    def tell_message(self, event: str, message: Message) -> None:
        tell_message(self.gateway, self.guild, event, message)

    def tell_raw(self, event: str, body: Any) -> None:
        """Tell anything, well-formed or not."""
        self.gateway.tell(event, lambda _: body)

    # it goes away

    def down(self) -> None:
        """Refuse connections, and cut those that are open."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        self.gateway.cut()
        assert self._runner is not None
        assert self._runner.server is not None
        for connection in list(self._runner.server.connections):
            if connection.transport is not None:
                connection.transport.abort()

    def up(self) -> None:
        """Listen on the same port again."""
        self._starting = asyncio.ensure_future(self._listen(self._bind()))
