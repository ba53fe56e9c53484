"""Socket Mode: the connection by which Slack reaches a machine that nobody else can reach.

Slack's own client makes each connection. It would try a stale address for ever, and has a gap while it changes
connections; so each of its instances holds one connection only, and the next one is open before the last one is closed.
"""

import asyncio
import contextlib
import logging
import time

import aiohttp
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackClientError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.chat.slack.client import SlackClient
from bot.errors import Rejected, Retry
from bot.logs import get_logger

log = get_logger(__name__)
quiet = logging.getLogger("bot.chat.slack.socket.client")
quiet.setLevel(logging.CRITICAL)
PING = 5.0
"""Seconds between pings; four without an answer, and the connection is given up."""
LOOK = 0.25
OPEN_WITHIN = 10.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
GRACE = 3.0
"""How long a connection that is replaced stays, so that what came by it is acknowledged by it."""


class Connection(SocketModeClient):
    """One connection. When Slack wants another one, or it is broken, it says so by `ended`."""

    def __init__(self, client: SlackClient, app: AsyncApp) -> None:
        super().__init__(
            client.settings.app_token.value, logger=quiet, web_client=client.web, ping_interval=PING
        )
        self.app = app
        self.ended = asyncio.Event()
        self.socket_mode_request_listeners.append(self._hand_in)

    async def connect_to_new_endpoint(self, force: bool = False) -> None:
        self.ended.set()

    async def _hand_in(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        started = time.time()
        response = await run_async_bolt_app(self.app, request)
        # Whoever did not get the acknowledgement hears of it again: Slack delivers it once more.
        with contextlib.suppress(aiohttp.ClientError, OSError):
            await send_async_response(self, request, response, started)

    @property
    def is_open(self) -> bool:
        session = self.current_session
        return session is not None and not session.closed and not self.stale

    async def wait(self) -> None:
        """Wait until it is broken or should be replaced."""
        while self.is_open and not self.ended.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await self.ended.wait()


class Socket:
    """Keeps a connection open, however often Slack or the network ends it."""

    def __init__(self, client: SlackClient, app: AsyncApp) -> None:
        self.client = client
        self.app = app
        self.last_error = ""
        self._current: Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._leaving: set[asyncio.Task[None]] = set()

    @property
    def is_connected(self) -> bool:
        return self._current is not None and self._current.is_open

    def start(self) -> None:
        self._task = asyncio.ensure_future(self._keep_open())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for task in self._leaving:
            task.cancel()
        await asyncio.gather(*self._leaving, return_exceptions=True)
        if self._current is not None:
            await self._current.close()  # type: ignore[no-untyped-call]
            self._current = None

    async def _keep_open(self) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                connection = await self._open()
            except (Retry, Rejected) as failure:
                self.last_error = failure.reason
                wait = max(pause, failure.after or 0.0) if isinstance(failure, Retry) else LONGEST_PAUSE
                log.warning("slack.not_connected", reason=failure.reason, again_in=wait)
                await asyncio.sleep(wait)
                pause = min(2 * pause, LONGEST_PAUSE)
                continue
            except Exception:  # nothing may end the only way by which people reach us
                log.exception("slack.connecting_failed")
                self.last_error = "slack.no_socket"
                await asyncio.sleep(LONGEST_PAUSE)
                continue
            before, self._current = self._current, connection
            pause, self.last_error = FIRST_PAUSE, ""
            log.info("slack.connected")
            if before is not None:
                self._let_go(before)
            await connection.wait()
            log.info("slack.connection_ended")

    async def _open(self) -> Connection:
        answer = await self.client.call("apps.connections.open", token=self.client.settings.app_token)
        connection = Connection(self.client, self.app)
        connection.wss_uri = str(answer["url"])
        try:
            async with asyncio.timeout(OPEN_WITHIN):
                await connection.connect()  # type: ignore[no-untyped-call]
        except (TimeoutError, SlackClientError, aiohttp.ClientError, OSError) as failure:
            await connection.close()  # type: ignore[no-untyped-call]
            raise Retry(f"slack.no_socket {type(failure).__name__}") from failure
        except asyncio.CancelledError:
            await connection.close()  # type: ignore[no-untyped-call]
            raise
        return connection

    def _let_go(self, connection: Connection) -> None:
        async def close() -> None:
            try:
                if connection.is_open:
                    await asyncio.sleep(GRACE)
            finally:
                await connection.close()  # type: ignore[no-untyped-call]

        task = asyncio.ensure_future(close())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)
