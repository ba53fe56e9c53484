"""Calls of Discord's REST API. Every failure becomes Retry, Rejected or Lost; a limit is kept to before Discord says it.

Discord groups its limits in buckets, which the headers of each answer name. Whoever comes too early for one of them is told
how long to wait, and the rest goes on; a moment is waited out here. Nothing else is repeated in here: the outbox does that,
in order, and remembers it over a restart. (discord.py's own calls wait for as long as it takes: it keeps the gateway only.)
"""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any

import aiohttp

from bot.chat.discord.errors import explain
from bot.chat.metrics import calls, held
from bot.config import DiscordSettings
from bot.errors import Rejected, Retry
from bot.logs import get_logger

log = get_logger(__name__)
Json = dict[str, Any]
SECONDS = 10
"""How long one call may take."""
SHORT = 1.5
"""So long a limit is waited out, in seconds: what has several calls ends in one go."""
MOST_BUCKETS = 2_000
NUMBER = re.compile(r"(?<=/)\d{5,}(?=/|$)")
MAJOR = re.compile(r"^/(?:channels|guilds|webhooks)/(\d+)")
"""What parts one bucket into several: each channel, server and webhook is counted by itself."""
OF_INTERACTIONS = ("interactions", "webhooks")
"""Answers to what people do: by a token of their own, and not bound to the limit of all calls of a bot (Discord's reference
of rate limits)."""
HEAD = ("name", "topic")
"""Changing these of a channel is counted by itself, two in ten minutes, and no header says so."""


@dataclass
class Bucket:
    """What is left of a limit."""

    left: int
    until: datetime


class DiscordClient:
    """The REST API, as the bot."""

    def __init__(self, settings: DiscordSettings, now: Callable[[], datetime]) -> None:
        self.settings = settings
        self.now = now
        self.last_error = ""
        """Why the last call failed; empty after one that did not."""
        self._is_refused = False
        """Whether the token was refused; then it is read again from its file before the next call."""
        self._session: aiohttp.ClientSession | None = None
        self._names: dict[str, str] = {}
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._all_until: datetime | None = None

    def open_session(self) -> aiohttp.ClientSession:
        """The one HTTP session of all calls; made where a loop runs."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=SECONDS, sock_connect=5),
                headers={"User-Agent": f"DiscordBot (https://pypi.org/project/tocsin, {version('tocsin')})"},
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=True,
            )
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def find_token(self) -> str:
        """The token for the next call, read again after it was refused."""
        if self._is_refused and self.settings.bot_token.reread():
            self._is_refused = False
            log.warning("discord.token_replaced", file=str(self.settings.bot_token.path))
        return self.settings.bot_token.value

    def doubt_token(self) -> None:
        """It was refused: look for another one before it is used again."""
        self._is_refused = True

    async def call(
        self, method: str, path: str, body: Any = None, params: Mapping[str, str] | None = None
    ) -> Any:
        """Call a route such as `GET`, `/users/@me`; returns its answer, None when there is none.

        Raises Retry (now or for a while it does not work), Lost (the channel or message is gone) or Rejected.
        """
        route = name_route(method, path, body)
        place = _major(path)
        await self._wait_for(route, place)
        try:
            return await self._call_once(method, path, body, params, route, place)
        except Retry as failure:
            is_moment = failure.reason.startswith("discord.rate_limited") and (failure.after or SHORT) < SHORT
            if not is_moment:
                raise
            await asyncio.sleep(failure.after or 0.0)
        return await self._call_once(method, path, body, params, route, place)

    async def _call_once(
        self, method: str, path: str, body: Any, params: Mapping[str, str] | None, route: str, place: str
    ) -> Any:
        url = self.settings.api_url.rstrip("/") + path
        # An interaction is answered by its own token.
        is_own = not path.startswith(tuple(f"/{one}/" for one in OF_INTERACTIONS))
        headers = {"Authorization": f"Bot {self.find_token()}"} if is_own else None
        try:
            async with self.open_session().request(
                method, url, json=body, params=params, headers=headers
            ) as answer:
                found = _read_body(await answer.read())
                status, answered = answer.status, dict(answer.headers)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as away:
            raise self._fail(route, Retry(f"discord.unreachable {route}: {away}")) from away
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as broken:
            reason = f"discord.no_answer {route}: {type(broken).__name__}"
            raise self._fail(route, Retry(reason, maybe_sent=True)) from broken
        self._note(route, place, answered)
        if status >= 300:
            raise self._explain(route, place, status, found, answered)
        self.last_error = ""
        calls.labels("discord", route, "ok").inc()
        return found

    async def _wait_for(self, route: str, place: str) -> None:
        """Don't ask before Discord said we may."""
        bucket = self._buckets.get((self._names.get(route, route), place))
        is_bound = not route.partition(" ")[2].startswith(OF_INTERACTIONS)
        untils = [self._all_until] if self._all_until is not None and is_bound else []
        if bucket is not None:
            if bucket.left <= 0:
                untils.append(bucket.until)
            bucket.left -= 1
        left = max(((until - self.now()).total_seconds() for until in untils), default=0.0)
        if left > SHORT:
            raise Retry(f"discord.rate_limited {route}", left)
        if left > 0:
            await asyncio.sleep(left)

    def _note(self, route: str, place: str, headers: Mapping[str, str]) -> None:
        """What every answer tells besides: the bucket, and what is left of it."""
        found = {name.lower(): value for name, value in headers.items()}
        left, after = (
            found.get("x-ratelimit-remaining", ""),
            _read_seconds(found.get("x-ratelimit-reset-after")),
        )
        if not left.isdigit() or after is None or route.endswith(HEAD_ROUTE):
            return
        if name := found.get("x-ratelimit-bucket"):
            self._names[route] = name
        if len(self._buckets) >= MOST_BUCKETS:
            now = self.now()
            self._buckets = {key: one for key, one in self._buckets.items() if one.until > now}
        until = self.now() + timedelta(seconds=after)
        self._buckets[self._names.get(route, route), place] = Bucket(int(left), until)

    def _explain(
        self, route: str, place: str, status: int, body: Any, headers: Mapping[str, str]
    ) -> Retry | Rejected:
        found = {name.lower(): value for name, value in headers.items()}
        after = _read_seconds(body.get("retry_after")) if isinstance(body, dict) else None
        after = after if after is not None else _read_seconds(found.get("retry-after"))
        outcome = explain(status, body, route, after)
        if outcome.reason.startswith("discord.refused_token"):
            self.doubt_token()
        if status == 429 and isinstance(outcome, Retry):
            wait = outcome.after or 1.0
            until = self.now() + timedelta(seconds=wait)
            if found.get("x-ratelimit-global") or (isinstance(body, dict) and body.get("global")):
                self._all_until = until
            else:
                self._buckets[self._names.get(route, route), place] = Bucket(0, until)
            held.labels("discord", route).set(wait)
        return self._fail(route, outcome)

    def _fail(self, route: str, outcome: Retry | Rejected) -> Retry | Rejected:
        self.last_error = outcome.reason
        calls.labels("discord", route, outcome.reason.partition(" ")[0].removeprefix("discord.")).inc()
        return outcome


HEAD_ROUTE = "(name, topic)"


def name_route(method: str, path: str, body: Any = None) -> str:
    """A route without its numbers, for people, metrics and limits: `POST channels/messages`."""
    parts = [part for part in NUMBER.sub("", path).split("/") if part]
    if parts[0] in OF_INTERACTIONS:
        parts[1:2] = []  # the token of an interaction
    is_head = method == "PATCH" and parts == ["channels"] and isinstance(body, dict)
    more = f" {HEAD_ROUTE}" if is_head and any(name in body for name in HEAD) else ""
    return f"{method} {'/'.join(parts)}{more}"


def _major(path: str) -> str:
    found = MAJOR.match(path)
    return found[1] if found else ""


def _read_body(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError:  # a gateway between us and Discord answers in HTML
        return None


def _read_seconds(text: Any) -> float | None:
    try:
        return float(text)
    except (TypeError, ValueError):
        return None
