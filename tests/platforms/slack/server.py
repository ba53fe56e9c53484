"""A Slack in this process: the judge of a bot that speaks to it with slack_bolt and slack_sdk.

It listens on a free port of 127.0.0.1. A test is at once the workspace's owner, its people, and the trouble at Slack.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from yarl import URL

from tests.patience import ANSWER_SECONDS
from tests.platforms.slack.courier import Courier
from tests.platforms.slack.deliveries import NOTHING_SENT, Delivery, event_of
from tests.platforms.slack.faults import Faults
from tests.platforms.slack.interacting import Interacting
from tests.platforms.slack.scopes import ALL_SCOPES
from tests.platforms.slack.sockets import Sockets
from tests.platforms.slack.talking import Talking
from tests.platforms.slack.things import Channel, Json, Message, User, View
from tests.platforms.slack.trouble import Trouble
from tests.platforms.slack.web import Call, build_app
from tests.platforms.slack.workspace import Workspace


class SlackServer(Interacting, Talking, Trouble):
    """The emulator: `async with SlackServer() as slack`."""

    def __init__(self) -> None:
        self.workspace = Workspace()
        self.bot_token = f"xoxb-{secrets.token_hex(12)}"
        self.user_token = f"xoxp-{secrets.token_hex(12)}"
        self.app_token = f"xapp-1-{self.workspace.app_id}-{secrets.token_hex(12)}"
        self.signing_secret = secrets.token_hex(16)
        self.bot_user = self.workspace.bot_user
        self.owner = self.workspace.add_user("owner", email="owner@example.org")
        self.scopes = set(ALL_SCOPES)
        self.app_scopes = {"connections:write"}
        self.commands: set[str] | None = None
        self.events: set[str] | None = None
        self.unfurl_domains: set[str] | None = None
        self.trigger_life = ANSWER_SECONDS
        self.delay = 0.0
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.unfurls: list[tuple[str, str, Json]] = []
        self.told: list[asyncio.Task[Delivery]] = []
        self.faults = Faults()
        self.connections = Sockets(self.workspace.app_id)
        self.courier = Courier(self.connections, self.signing_secret)
        self.port = 0
        self._runner: web.AppRunner | None = None
        self._listening: asyncio.Server | None = None
        self._starting: asyncio.Task[None] | None = None

    # it listens

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(build_app(self), access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await self._listen(self._bind())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self.told:
            task.cancel()
        await asyncio.gather(*self.told, return_exceptions=True)
        await self.courier.close()
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
        return f"{self.url}/api/"

    def new_socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/link/?ticket={self.connections.new_ticket()}&app_id={self.workspace.app_id}"

    # who and what there is

    def add_user(
        self,
        name: str,
        real_name: str | None = None,
        email: str | None = None,
        tz: str = "Etc/UTC",
        guest: bool = False,
        bot: bool = False,
        deleted: bool = False,
        stranger: bool = False,
    ) -> User:
        """Somebody of this workspace; a stranger is from another one."""
        about: dict[str, Any] = {"real_name": real_name} if real_name else {}
        return self.workspace.add_user(
            name, **about, email=email, tz=tz, guest=guest, bot=bot, deleted=deleted, stranger=stranger
        )

    def add_channel(
        self, name: str, members: list[User] | None = None, private: bool = False, with_bot: bool = False
    ) -> Channel:
        """A channel of the owner's, with these people; the bot is in it only when it is told."""
        ids = [user.id for user in members or []]
        if with_bot:
            ids.append(self.bot_user)
        return self.workspace.add_channel(name, self.owner.id, list(dict.fromkeys(ids)), private)

    def mention(self, user: User) -> str:
        """How a command names a person."""
        return f"<@{user.id}|{user.name}>"

    def modal_of(self, user: User) -> View | None:
        """The modal that a person sees."""
        stack = self.workspace.stacks.get(user.id)
        return stack[-1] if stack else None

    def form_of(self, user: User) -> View | None:
        """The same, once it can be filled in: a form may be preceded by a modal that only says to wait."""
        view = self.modal_of(user)
        return view if view is not None and "submit" in view.body else None

    def home_of(self, user: User) -> View | None:
        return self.workspace.homes.get(user.id)

    def ephemerals_of(self, user: User) -> list[Message]:
        """What only this person sees."""
        return [message for message in self.workspace.ephemerals if message.ephemeral_for == user.id]

    def direct_channel(self, user: User) -> Channel:
        """The conversation between the bot and a person."""
        return self.workspace.open_direct(user)[0]

    def direct(self, user: User) -> list[Message]:
        """What was said between the bot and a person."""
        return self.direct_channel(user).messages

    def messages(self, channel: Channel) -> list[Message]:
        """What was said in a channel outside threads, in order."""
        return [message for message in channel.messages if message.thread_ts in (None, message.ts)]

    def replies(self, message: Message) -> list[Message]:
        """What was said in a message's thread, in order."""
        return message.channel.replies(message.ts)

    def channel_named(self, name: str) -> Channel | None:
        return self.workspace.find_channel(name)

    def count(self, method: str) -> int:
        """How often the bot has called a method."""
        return sum(call.method == method for call in self.calls)

    # what it tells the bot

    def tell(self, event: Json) -> None:
        """Deliver an event beside everything else, when the app has subscribed to it."""
        name = event["type"]
        if name == "message":
            name = f"message.{ {'channel': 'channels', 'group': 'groups'}.get(event['channel_type'], 'im') }"
        if self.events is None or self.events & {name, event["type"]}:
            self.told.append(asyncio.ensure_future(self.courier.deliver(event_of(self.workspace, event))))

    async def settle(self) -> None:
        """Wait until every event so far has been delivered, or given up."""
        await asyncio.gather(*self.told)

    async def send_raw(self, path: str, body: bytes, headers: dict[str, str]) -> Delivery:
        """Send anything to the host of the request URL, unsigned; `courier.sign` makes a good signature."""
        if self.request_url is None:
            return NOTHING_SENT
        address = URL(self.request_url).with_path(path)
        async with self.courier.http.post(address, data=body, headers=headers) as response:
            return Delivery(response.status, await response.text(), 0.0, 1)

    # it goes away

    def down(self) -> None:
        """Refuse connections, and cut those that are open."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        self.connections.cut()
        assert self._runner is not None
        assert self._runner.server is not None
        for connection in list(self._runner.server.connections):
            if connection.transport is not None:
                connection.transport.abort()

    def up(self) -> None:
        """Listen on the same port again."""
        self._starting = asyncio.ensure_future(self._listen(self._bind()))
