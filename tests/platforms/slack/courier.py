"""Carries deliveries to the bot: signed over HTTP when it has a request URL, else over its sockets.

Events that aren't acknowledged are delivered again, up to three times; a person's action is not.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import urlencode

import aiohttp

from tests.patience import ANSWER_SECONDS
from tests.platforms.slack.deliveries import NOTHING_SENT, Delivery, Parcel
from tests.platforms.slack.sockets import Cut, Sockets

RETRIES = 3


class Courier:
    """The one way from Slack to the bot."""

    def __init__(self, sockets: Sockets, signing_secret: str) -> None:
        self.sockets = sockets
        self.signing_secret = signing_secret
        self.request_url: str | None = None
        self.patience = ANSWER_SECONDS
        self.clock_skew = 0.0
        self.redeliver = False
        self._http: aiohttp.ClientSession | None = None

    @property
    def http(self) -> aiohttp.ClientSession:
        if self._http is None:
            self._http = aiohttp.ClientSession(auto_decompress=True)
        return self._http

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()

    async def deliver(self, parcel: Parcel) -> Delivery:
        """Deliver it; the Delivery says how that went in the end."""
        if self.request_url is None and not self.sockets.were_open:
            return NOTHING_SENT
        attempts, reason, started = 0, "", time.monotonic()
        most = 1 + RETRIES if parcel.type == "events_api" else 1
        while True:
            delivery, reason, is_final = await self._try(parcel, attempts, reason)
            attempts += 1
            if delivery.ok or is_final or attempts >= most:
                break
        if self.redeliver:
            await self._try(parcel, attempts, "http_timeout" if self.request_url else "timeout")
            attempts += 1
        seconds = delivery.ack_seconds if attempts == 1 or delivery.ok else time.monotonic() - started
        return Delivery(delivery.status, delivery.body, seconds, attempts)

    async def _try(self, parcel: Parcel, attempt: int, reason: str) -> tuple[Delivery, str, bool]:
        """Once; returns how it went, why it is to be tried again, and whether it must not be."""
        if self.request_url is not None:
            return await self._post(parcel, attempt, reason)
        return await self._send(parcel, attempt, reason)

    async def _send(self, parcel: Parcel, attempt: int, reason: str) -> tuple[Delivery, str, bool]:
        if parcel.type == "events_api":
            await self.sockets.wait(self.patience)
        started = time.monotonic()
        try:
            body = await self.sockets.send(parcel, self.patience, attempt, reason)
        except Cut:
            return Delivery(0, None, time.monotonic() - started, 1), "timeout", False
        return Delivery(200, body, time.monotonic() - started, 1), "", True

    async def _post(self, parcel: Parcel, attempt: int, reason: str) -> tuple[Delivery, str, bool]:
        body, headers = encode(parcel)
        headers |= self.sign(body)
        if attempt:
            headers |= {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason}
        assert self.request_url is not None
        started = time.monotonic()
        try:
            async with self.http.post(
                self.request_url,
                data=body,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=self.patience),
                allow_redirects=False,
            ) as response:
                answer = read_answer(response.headers.get("Content-Type", ""), await response.text())
                delivery = Delivery(response.status, answer, time.monotonic() - started, 1)
                return delivery, "http_error", response.headers.get("X-Slack-No-Retry") == "1"
        except TimeoutError:
            return Delivery(0, "operation_timeout", time.monotonic() - started, 1), "http_timeout", False
        except aiohttp.ClientError:
            return Delivery(0, None, time.monotonic() - started, 1), "connection_failed", False

    def sign(self, body: bytes) -> dict[str, str]:
        """The headers that prove that it comes from Slack."""
        timestamp = str(int(time.time() + self.clock_skew))
        digest = hmac.new(
            self.signing_secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256
        ).hexdigest()
        return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}


def encode(parcel: Parcel) -> tuple[bytes, dict[str, str]]:
    """The body and headers of an HTTP delivery: events are JSON, all else is a form."""
    agent = {"User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)", "Accept": "application/json,*/*"}
    if parcel.type == "events_api":
        return json.dumps(parcel.body).encode(), {"Content-Type": "application/json", **agent}
    form = parcel.body if parcel.type == "slash_commands" else {"payload": json.dumps(parcel.body)}
    return urlencode(form).encode(), {"Content-Type": "application/x-www-form-urlencoded", **agent}


def read_answer(content_type: str, text: str) -> Any:
    """JSON when it says so, else text; None when there is nothing."""
    if not text:
        return None
    if content_type.startswith("application/json"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text
