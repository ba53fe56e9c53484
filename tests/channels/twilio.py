"""A Twilio that takes messages and calls as the real one does, and calls back signed.

It knows one account: Basic authentication, its own numbers as senders, numbers in E.164, a body, TwiML that is XML. The
signature is made here by itself, after twilio.com/docs/usage/security.
"""

import base64
import hashlib
import hmac
import re
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.house import House

ACCOUNT, TOKEN, OWN = "AC0123456789abcdef0123456789abcdef", "12345", "+15005550006"
PUBLIC = "https://tocsin.example.org"


@dataclass
class FakeTwilio:
    """`messages` and `calls` are the forms that were taken; `refusals` are answered next instead."""

    url: str = ""
    messages: list[dict[str, str]] = field(default_factory=list)
    calls: list[dict[str, str]] = field(default_factory=list)
    refusals: list[tuple[int, int]] = field(default_factory=list)
    hurry: Callable[[dict[str, str]], Awaitable[None]] | None = None
    """What is done before a message is answered."""

    async def take(self, request: web.Request) -> web.Response:
        expected = aiohttp.encode_basic_auth(ACCOUNT, TOKEN)
        if request.headers.get("Authorization") != expected or request.match_info["account"] != ACCOUNT:
            return self._refuse(401, 20003)
        if self.refusals:
            return self._refuse(*self.refusals.pop(0))
        form = {name: str(value) for name, value in (await request.post()).items()}
        if not re.fullmatch(r"\+[1-9]\d{6,14}", form.get("To", "")):
            return self._refuse(400, 21211)
        if form.get("From") != OWN:
            return self._refuse(400, 21606)
        if request.match_info["thing"] == "Messages":
            if not form.get("Body"):
                return self._refuse(400, 21602)
            self.messages.append(form)
            if self.hurry is not None:
                await self.hurry(form)
            return web.json_response({"sid": f"SM{len(self.messages):032}", "status": "queued"}, status=201)
        if len(form["Twiml"]) > 4000 or ET.fromstring(form["Twiml"]).tag != "Response":
            return self._refuse(400, 21218)
        self.calls.append(form)
        return web.json_response({"sid": f"CA{len(self.calls):032}", "status": "queued"}, status=201)

    async def tell(self, request: web.Request) -> web.Response:
        """The account itself, to whoever has its token."""
        if request.headers.get("Authorization") != aiohttp.encode_basic_auth(ACCOUNT, TOKEN):
            return self._refuse(401, 20003)
        return web.json_response({"sid": ACCOUNT, "status": "active"})

    @staticmethod
    def _refuse(status: int, code: int) -> web.Response:
        return web.json_response({"code": code, "message": "refused", "status": status}, status=status)

    async def call_back(self, house: House, url: str, token: str = TOKEN, **form: str) -> tuple[int, str]:
        """Call one of the house's addresses back, as if it were at its public URL; what follows has settled."""
        answer = await self.post(house, url, token, **form)
        await house.settle()
        return answer

    @staticmethod
    async def post(house: House, url: str, token: str = TOKEN, **form: str) -> tuple[int, str]:
        """The same, and whatever follows goes on."""
        signed = url + "".join(f"{name}{form[name]}" for name in sorted(form))
        mark = base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()
        path = house.url + url.removeprefix(PUBLIC)
        async with house.http.post(path, data=form, headers={"X-Twilio-Signature": mark}) as response:
            return response.status, await response.text()


@asynccontextmanager
async def open_twilio() -> AsyncIterator[FakeTwilio]:
    fake = FakeTwilio()
    app = web.Application()
    app.router.add_get("/2010-04-01/Accounts/{account}.json", fake.tell)
    app.router.add_post("/2010-04-01/Accounts/{account}/{thing:Messages|Calls}.json", fake.take)
    async with TestServer(app) as server:
        fake.url = str(server.make_url("")).rstrip("/")
        yield fake
