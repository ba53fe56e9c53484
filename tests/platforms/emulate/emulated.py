"""Starts the second Slack on a free port of 127.0.0.1, asks it as a person would, and signs what is sent to the bot."""

import asyncio
import hashlib
import hmac
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.programs import need

LOOPBACK = Path(__file__).parent / "loopback.cjs"
BOT_TOKEN, PERSON_TOKEN, SECRET = "xoxb-second-opinion", "xoxp-second-opinion", "second-opinion-secret"
SEED = {
    "tokens": {
        BOT_TOKEN: {"login": "tocsin", "scopes": []},
        PERSON_TOKEN: {"login": "kate", "scopes": []},
    },
    "slack": {
        "team": {"name": "Acme", "domain": "acme"},
        "users": [
            {"name": "kate", "real_name": "Kate Lin", "email": "kate@example.org"},
            {"name": "mark", "real_name": "Mark Ode", "email": "mark@example.org"},
            {"name": "tocsin", "real_name": "Tocsin", "is_bot": True},
        ],
        "channels": [{"name": "general"}],
    },
}


@dataclass
class Emulated:
    """The running emulator. `ask` calls a method of its Web API as Kate, or as the bot."""

    url: str
    http: aiohttp.ClientSession
    api_url: str = ""
    """What the bot is given: the emulator's API behind a listener that notes each answer."""
    answers: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """What the bot called, and what it was told."""

    async def pass_on(self, request: web.Request) -> web.Response:
        """One call of the bot."""
        method = request.match_info["method"]
        headers = {
            name: request.headers[name]
            for name in ("Authorization", "Content-Type")
            if name in request.headers
        }
        body = await request.read()
        async with self.http.post(f"{self.url}/api/{method}", data=body, headers=headers) as response:
            answer: dict[str, Any] = await response.json()
        self.answers.append((method, answer))
        return web.json_response(answer)

    def newest(self, method: str) -> dict[str, Any]:
        """The last good answer to a method."""
        return next(answer for name, answer in reversed(self.answers) if name == method and answer["ok"])

    async def ask(self, method: str, as_bot: bool = False, **arguments: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {BOT_TOKEN if as_bot else PERSON_TOKEN}"}
        data = {
            name: json.dumps(one) if isinstance(one, (dict, list)) else one for name, one in arguments.items()
        }
        async with self.http.post(f"{self.url}/api/{method}", data=data, headers=headers) as response:
            answer: dict[str, Any] = await response.json()
        assert answer.get("ok"), (method, answer)
        return answer

    async def find_user(self, name: str) -> dict[str, Any]:
        members = (await self.ask("users.list"))["members"]
        return next(one for one in members if one["name"] == name)

    async def find_channel(self, name: str) -> dict[str, Any] | None:
        kinds = "public_channel,private_channel"
        channels = (await self.ask("conversations.list", as_bot=True, types=kinds, limit=1000))["channels"]
        return next((one for one in channels if one["name"] == name), None)

    async def history(self, channel: str) -> list[dict[str, Any]]:
        """What is in a channel, the oldest first."""
        found: list[dict[str, Any]] = (await self.ask("conversations.history", as_bot=True, channel=channel))[
            "messages"
        ]
        return found[::-1]

    async def trigger(self, user: str) -> str:
        """A trigger id for what this person does: good for three seconds, and once."""
        return str((await self.ask("views.generateTriggerId", as_bot=True, user_id=user))["trigger_id"])

    async def send(self, request_url: str, fields: dict[str, str], secret: str = SECRET) -> tuple[int, str]:
        """Deliver a form to the bot, signed as Slack signs."""
        body, stamp = urlencode(fields), str(int(time.time()))
        base = f"v0:{stamp}:{body}".encode()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest(),
        }
        async with self.http.post(request_url, data=body, headers=headers) as response:
            return response.status, await response.text()


@asynccontextmanager
async def run_emulate(folder: Path) -> AsyncIterator[Emulated]:
    """Run it until the end of the block; skips the test where it can't be had."""
    node, script = need("node"), need("emulate")
    port = _free_port()
    seed = folder / "seed.json"
    seed.write_text(json.dumps(SEED))
    url = f"http://127.0.0.1:{port}"
    command = [str(node), "--require", str(LOOPBACK), str(script), "--service", "slack", "--port", str(port)]
    process = await asyncio.create_subprocess_exec(
        *command,
        *("--seed", str(seed), "--base-url", url),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with aiohttp.ClientSession() as http:
            emulated = Emulated(url, http)
            async with asyncio.timeout(20):
                while True:
                    try:
                        await emulated.ask("auth.test")
                        break
                    except (aiohttp.ClientConnectionError, aiohttp.ContentTypeError):
                        await asyncio.sleep(0.05)
            app = web.Application()
            app.add_routes([web.post("/api/{method}", emulated.pass_on)])
            async with TestServer(app) as server:
                emulated.api_url = str(server.make_url("/api/"))
                yield emulated
    finally:
        process.kill()
        await process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
