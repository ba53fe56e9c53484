"""Discord's gateway: the sessions of bots, what each of them is told, and what it missed while it was away.

Events and operations are those of https://docs.discord.com/developers/events/gateway.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiohttp import WSMsgType, web

from tests.platforms.discord.contract import judge_event
from tests.platforms.discord.guild import Guild
from tests.platforms.discord.permissions import Permission, in_channel
from tests.platforms.discord.routes_guild import application_flags
from tests.platforms.discord.things import Channel, Json, Message

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME, RECONNECT, MEMBERS, INVALID, HELLO, ACK = (
    *range(5),
    6,
    7,
    8,
    9,
    10,
    11,
)
GUILDS, GUILD_MEMBERS, PRESENCES, MESSAGES, REACTIONS = 1 << 0, 1 << 1, 1 << 8, 1 << 9, 1 << 10
DIRECT, DIRECT_REACTIONS, CONTENT = 1 << 12, 1 << 13, 1 << 15
PRIVILEGED = {GUILD_MEMBERS: "members", PRESENCES: "presences", CONTENT: "message_content"}
BEAT = 41_250
CHUNK = 1000
FLUSHED = b"\x00\x00\xff\xff"


class Host(Protocol):
    """What the gateway needs of the server."""

    guild: Guild
    intents: set[str]
    violations: list[str]
    bot_token: str
    deliver_twice: bool

    @property
    def gateway_url(self) -> str: ...


@dataclass(eq=False)
class Line:
    """One open WebSocket."""

    ws: web.WebSocketResponse
    transport: asyncio.Transport
    packer: Any = None
    session: Session | None = None
    pongs: int = 0

    async def send(
        self, op: int, body: Any = None, event: str | None = None, number: int | None = None
    ) -> None:
        await self.send_text(json.dumps({"op": op, "d": body, "s": number, "t": event}))

    async def send_text(self, text: str) -> None:
        with contextlib.suppress(ConnectionError):
            if self.packer is None:
                await self.ws.send_str(text)
            else:
                packed = self.packer.compress(text.encode()) + self.packer.flush(zlib.Z_SYNC_FLUSH)
                assert packed.endswith(FLUSHED)
                await self.ws.send_bytes(packed)


@dataclass(eq=False)
class Session:
    """What one bot was told, by number, whether it was there or not."""

    id: str
    intents: int
    log: list[tuple[str, Any]] = field(default_factory=list)
    line: Line | None = None
    queue: asyncio.Queue[tuple[int, str, Any] | None] = field(default_factory=asyncio.Queue)

    def put(self, event: str, body: Any) -> None:
        self.log.append((event, body))
        if self.line is not None:
            self.queue.put_nowait((len(self.log), event, body))


class Gateway:
    """All sessions and all open lines."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.sessions: dict[str, Session] = {}
        self.lines: list[Line] = []
        self.identified = 0
        self.resumed = 0
        self._changed = asyncio.Event()

    # a bot connects

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """What a line sees: HELLO, then what it asks for, then events."""
        if request.query.get("v") != "10" or request.query.get("encoding") != "json":
            self.host.violations.append(f"gateway: {request.query_string} is not version 10 in JSON")
        ws = web.WebSocketResponse(autoping=False)
        await ws.prepare(request)
        assert isinstance(request.transport, asyncio.Transport)
        packer = zlib.compressobj() if request.query.get("compress") == "zlib-stream" else None
        line = Line(ws, request.transport, packer)
        self.lines.append(line)
        sender: asyncio.Task[None] | None = None
        try:
            await line.send(HELLO, {"heartbeat_interval": BEAT})
            async for message in ws:
                if message.type is WSMsgType.PONG:
                    line.pongs += 1
                    self._changed.set()
                    continue
                if message.type is WSMsgType.PING:
                    await ws.pong(message.data)
                    continue
                if message.type is not WSMsgType.TEXT:
                    await self._close(line, 4002, "Error while decoding payload.")
                    break
                await self._take(line, message.data)
                if line.session is not None and sender is None:
                    sender = asyncio.ensure_future(_send_all(line, line.session))
        except ConnectionError:
            pass  # the bot went away
        finally:
            self.lines.remove(line)
            if sender is not None:
                sender.cancel()
            if line.session is not None and line.session.line is line:
                line.session.line = None
            self._changed.set()
        return ws

    async def _close(self, line: Line, code: int, words: str) -> None:
        if code not in (4000, 4004, 4014):
            self.host.violations.append(f"gateway: {code} {words}")
        await line.ws.close(code=code, message=words.encode())

    async def _take(self, line: Line, text: str) -> None:
        try:
            asked = json.loads(text)
            op, body = asked["op"], asked.get("d")
        except (ValueError, KeyError, TypeError):
            return await self._close(line, 4002, "Error while decoding payload.")
        if op == HEARTBEAT:
            return await line.send(ACK)
        if op == IDENTIFY:
            return await self._identify(line, body)
        if op == RESUME:
            return await self._resume(line, body)
        if line.session is None:
            return await self._close(line, 4003, "Not authenticated.")
        if op == MEMBERS:
            return self._send_members(line.session, body)
        if op not in (PRESENCE, VOICE):
            await self._close(line, 4001, "Unknown opcode.")
        return None

    async def _identify(self, line: Line, body: Json) -> None:
        if line.session is not None:
            return await self._close(line, 4005, "Already authenticated.")
        if body.get("token") != self.host.bot_token:
            return await self._close(line, 4004, "Authentication failed.")
        intents = body.get("intents")
        if not isinstance(intents, int) or "properties" not in body:
            return await self._close(line, 4013, "Invalid intent(s).")
        wanted = {name for bit, name in PRIVILEGED.items() if intents & bit}
        if wanted - self.host.intents:
            return await self._close(line, 4014, "Disallowed intent(s).")
        session = Session(secrets.token_hex(16), intents)
        self.sessions[session.id] = session
        self._attach(line, session)
        self.identified += 1
        session.put("READY", self._ready(session))
        if intents & GUILDS:
            session.put("GUILD_CREATE", self._guild(session))
        return None

    def _attach(self, line: Line, session: Session) -> None:
        session.queue = asyncio.Queue()
        session.line, line.session = line, session
        self._changed.set()

    def _ready(self, session: Session) -> Json:
        guild = self.host.guild
        return {
            "v": 10,
            "user": guild.bot.to_user() | {"verified": True, "mfa_enabled": False, "email": None},
            "guilds": [{"id": guild.id, "unavailable": True}],
            "session_id": session.id,
            "resume_gateway_url": self.host.gateway_url,
            "session_type": "normal",
            "private_channels": [],
            "shard": [0, 1],
            "application": {"id": guild.application_id, "flags": application_flags(self.host.intents)},
        }

    def _guild(self, session: Session) -> Json:
        """The guild as it is now. Without presences, only the bot itself is among its members: others are asked for."""
        guild = self.host.guild
        return guild.to_json() | {
            "joined_at": guild.bot.joined_at,
            "large": False,
            "unavailable": False,
            "member_count": len(guild.present),
            "members": [guild.bot.to_member()],
            "channels": [guild.channel_json(one) for one in guild.list_channels()],
            "threads": [guild.channel_json(one) for one in guild.list_threads() if self._sees(one)],
            "voice_states": [],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }

    def _sees(self, channel: Channel) -> bool:
        guild = self.host.guild
        return bool(in_channel(guild, guild.bot, channel) & Permission.VIEW_CHANNEL)

    async def _resume(self, line: Line, body: Json) -> None:
        if body.get("token") != self.host.bot_token:
            return await self._close(line, 4004, "Authentication failed.")
        session = self.sessions.get(str(body.get("session_id")))
        if session is None:
            return await line.send(INVALID, False)
        seq = body.get("seq")
        if not isinstance(seq, int) or not 0 <= seq <= len(session.log):
            return await self._close(line, 4007, "Invalid seq.")
        self._attach(line, session)
        self.resumed += 1
        for number, (event, missed) in enumerate(session.log[seq:], seq + 1):
            session.queue.put_nowait((number, event, missed))
        session.put("RESUMED", {"_trace": []})
        return None

    def _send_members(self, session: Session, body: Json) -> None:
        guild, wanted, ids = self.host.guild, body.get("query"), body.get("user_ids")
        found = guild.present
        if ids is not None:
            named = {str(one) for one in (ids if isinstance(ids, list) else [ids])}
            found = [one for one in found if one.id in named]
        elif wanted:
            found = [one for one in found if one.name.lower().startswith(wanted.lower())]
        elif not session.intents & GUILD_MEMBERS:
            self.host.violations.append("gateway: all members are asked for without the intent")
            return
        found = found[: body.get("limit") or len(found)]
        chunks = [found[start : start + CHUNK] for start in range(0, len(found), CHUNK)] or [[]]
        for index, chunk in enumerate(chunks):
            about: Json = {
                "guild_id": guild.id,
                "members": [one.to_member() for one in chunk],
                "chunk_index": index,
                "chunk_count": len(chunks),
            }
            if body.get("nonce") is not None:
                about["nonce"] = body["nonce"]
            session.put("GUILD_MEMBERS_CHUNK", about)

    # what bots are told

    def tell(self, event: str, build: Callable[[int], Any], channel: Channel | None = None) -> None:
        """Tell every session that wants to hear it and may; `build` makes the body for these intents."""
        if channel is not None and not self._sees(channel):
            return
        is_direct = channel is not None and channel.is_direct
        for session in self.sessions.values():
            if _wants(session.intents, event, is_direct):
                body = build(session.intents)
                faults = judge_event(event, body)
                self.host.violations += [f"the emulator's own {event}: {fault}" for fault in faults]
                for _ in range(2 if self.host.deliver_twice else 1):
                    session.put(event, body)

    # it goes wrong

    @property
    def open(self) -> list[Line]:
        """The lines that have identified themselves."""
        return [line for line in self.lines if line.session is not None]

    async def wait(self, count: int = 1) -> None:
        """Wait until so many lines are open, or none."""
        while len(self.open) < count if count else self.lines:
            self._changed.clear()
            await self._changed.wait()

    async def settle(self, seconds: float = 30.0) -> None:
        """Wait until every bot has read what it was told so far: it answers to a ping only after that."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                for line in self.open:
                    assert line.session is not None
                    wanted = line.pongs + 1
                    line.session.queue.put_nowait(None)
                    while line in self.lines and line.pongs < wanted:
                        self._changed.clear()
                        await self._changed.wait()

    def cut(self) -> None:
        """Cut every line without a word."""
        for line in list(self.lines):
            line.transport.abort()

    async def close(self, code: int) -> None:
        """Close every line with a code."""
        for line in list(self.lines):
            await line.ws.close(code=code)

    async def send(self, op: int, body: Any = None) -> None:
        for line in self.open:
            await line.send(op, body)

    async def send_text(self, text: str) -> None:
        for line in self.open:
            await line.send_text(text)


async def _send_all(line: Line, session: Session) -> None:
    """Send what is told, one after the other, as long as the line is the session's."""
    while session.line is line:
        waiting = await session.queue.get()
        if waiting is None:
            await line.ws.ping()
        else:
            number, event, body = waiting
            await line.send(DISPATCH, body, event, number)


def _wants(intents: int, event: str, is_direct: bool) -> bool:
    if event == "INTERACTION_CREATE":
        return True
    if event.startswith("MESSAGE_REACTION"):
        return bool(intents & (DIRECT_REACTIONS if is_direct else REACTIONS))
    if event.startswith("MESSAGE_"):
        return bool(intents & (DIRECT if is_direct else MESSAGES))
    if event.startswith("GUILD_MEMBER_"):
        return bool(intents & GUILD_MEMBERS)
    if event == "CHANNEL_PINS_UPDATE" and is_direct:
        return bool(intents & DIRECT)
    return bool(intents & GUILDS)


def tell_message(gateway: Gateway, guild: Guild, event: str, message: Message) -> None:
    """A message, with its words for those who may read them."""
    gateway.tell(event, lambda intents: guild.event_json(message, bool(intents & CONTENT)), message.channel)
