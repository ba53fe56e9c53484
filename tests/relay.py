"""A line to PostgreSQL that can be cut, and that can fall silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy.engine import make_url


class Relay:
    """Passes bytes on between a port of its own and the server."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self._folder = str(parsed.query.get("host") or "")
        self._host, self._port = parsed.host or "127.0.0.1", parsed.port or 5432
        self._parsed = parsed
        self._going = asyncio.Event()
        self._going.set()
        self._is_cut = False
        self._writers: set[asyncio.StreamWriter] = set()
        self.url = ""
        self.cut_at = b""
        """A line that carries this ends there."""

    @classmethod
    @asynccontextmanager
    async def to_postgres(cls, url: str) -> AsyncIterator[Relay]:
        relay = cls(url)
        server = await asyncio.start_server(relay._serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        here = relay._parsed.set(host="127.0.0.1", port=port).difference_update_query(["host"])
        relay.url = here.render_as_string(hide_password=False)
        try:
            yield relay
        finally:
            relay.cut()
            server.close()

    def stall(self) -> None:
        """Pass nothing on, and keep every line open, as a router does that has forgotten them."""
        self._going.clear()

    def cut(self) -> None:
        """End every line, and let nobody in."""
        self._is_cut = True
        self._going.set()
        for writer in self._writers:
            writer.transport.abort()

    def go_on(self) -> None:
        self._is_cut = False
        self._going.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        try:
            if self._folder:
                there, back = await asyncio.open_unix_connection(f"{self._folder}/.s.PGSQL.{self._port}")
            else:
                there, back = await asyncio.open_connection(self._host, self._port)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, back}
        with suppress(ConnectionError, asyncio.CancelledError):
            await asyncio.gather(self._pass_on(reader, back), self._pass_on(there, writer))
        for one in (writer, back):
            self._writers.discard(one)
            one.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            await self._going.wait()
            if self.cut_at and self.cut_at in data:
                break
            writer.write(data)
            await writer.drain()
        writer.transport.abort()
