"""Socket Mode: the connections that the bot has opened, and the envelopes that go over them.

An envelope goes to one connection only, and that one has to acknowledge it.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import secrets
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.platforms.slack.deliveries import Parcel
from tests.platforms.slack.things import Json


class Cut(Exception):
    """The connection went away, or said nothing in time."""


@dataclass(eq=False)
class Connection:
    """One open WebSocket."""

    ws: web.WebSocketResponse
    transport: asyncio.Transport
    waiting: dict[str, asyncio.Future[Json]] = field(default_factory=dict)
    is_leaving: bool = False


class Sockets:
    """All connections of the app."""

    def __init__(self, app_id: str) -> None:
        self.app_id = app_id
        self.open: list[Connection] = []
        self.late = 0
        self.were_open = False
        self._tickets: dict[str, float] = {}
        self._turn = itertools.count()
        self._changed = asyncio.Event()

    def new_ticket(self) -> str:
        ticket = secrets.token_urlsafe(16)
        self._tickets[ticket] = time.monotonic()
        return ticket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """What a connection sees: hello, then envelopes."""
        if self._tickets.pop(request.query.get("ticket", ""), None) is None:
            return web.Response(status=408, text="link expired")
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        assert isinstance(request.transport, asyncio.Transport)
        connection = Connection(ws, request.transport)
        self.open.append(connection)
        self.were_open = True
        hello = {
            "type": "hello",
            "num_connections": len(self.open),
            "debug_info": _debug(),
            "connection_info": {"app_id": self.app_id},
        }
        try:
            await ws.send_json(hello)
            self._changed.set()
            async for message in ws:
                if message.type is WSMsgType.TEXT:
                    self._acknowledge(connection, message.data)
        except ConnectionError:
            pass  # the bot went away
        finally:
            self.open.remove(connection)
            self._changed.set()
            for future in connection.waiting.values():
                if not future.done():
                    future.set_exception(Cut())
        return ws

    def _acknowledge(self, connection: Connection, text: str) -> None:
        with contextlib.suppress(ValueError):
            answer = json.loads(text)
            future = connection.waiting.get(answer.get("envelope_id", ""))
            if future is not None and not future.done():
                future.set_result(answer)

    async def wait(self, seconds: float) -> bool:
        """Wait until a connection is open."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self.open:
                    self._changed.clear()
                    await self._changed.wait()
        return bool(self.open)

    async def wait_for_none(self) -> None:
        """Wait until the last connection is gone."""
        while self.open:
            self._changed.clear()
            await self._changed.wait()

    async def send(self, parcel: Parcel, patience: float, attempt: int, reason: str) -> Any:
        """Send an envelope to the connection whose turn it is; returns the payload of its acknowledgement."""
        able = [one for one in self.open if not one.is_leaving] or self.open
        if not able:
            raise Cut
        connection = able[next(self._turn) % len(able)]
        envelope: Json = {
            "envelope_id": str(uuid.uuid4()),
            "payload": parcel.body,
            "type": parcel.type,
            "accepts_response_payload": parcel.has_answer,
        }
        if parcel.type == "events_api":
            envelope |= {"retry_attempt": attempt, "retry_reason": reason}
        future: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        connection.waiting[envelope["envelope_id"]] = future
        try:
            async with asyncio.timeout(patience):
                await connection.ws.send_json(envelope)
                return (await future).get("payload")
        except (TimeoutError, ConnectionError) as silence:
            self.late += 1
            raise Cut from silence
        finally:
            connection.waiting.pop(envelope["envelope_id"], None)

    async def refresh(self, reason: str) -> None:
        """Tell every connection that it will be closed: `warning`, or `refresh_requested` when it is now."""
        for connection in list(self.open):
            connection.is_leaving = reason == "refresh_requested"
            await connection.ws.send_json({"type": "disconnect", "reason": reason, "debug_info": _debug()})

    def cut(self) -> None:
        """Cut every connection without a word."""
        for connection in list(self.open):
            connection.transport.abort()


def _debug() -> Json:
    return {"host": "applink-1", "build_number": 1, "approximate_connection_time": 18060}
