"""Calls of Slack's Web API. Every failure becomes Retry, Rejected or Lost; a limit is kept to before Slack says it again.

Slack counts calls by method, and posts and edits by channel too: whoever comes too early for one of them waits, and the
rest goes on. Nothing is repeated in here: the outbox does that, in order, and remembers it over a restart. A token that was
refused is read again, where it is in a file, before it is used again: it may have been replaced.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.metrics import calls, held
from bot.chat.slack.errors import code_of, explain
from bot.config import SlackSettings
from bot.errors import Lost, Rejected, Retry
from bot.logs import get_logger
from bot.secret import Secret

log = get_logger(__name__)
SECONDS = 10
"""How long one call may take."""
BY_CHANNEL = frozenset({"chat.postMessage", "chat.update", "chat.delete", "chat.postEphemeral"})


class SlackClient:
    """The Web API of one workspace, as the bot."""

    def __init__(self, settings: SlackSettings, now: Callable[[], datetime]) -> None:
        self.settings = settings
        self.now = now
        self.web = AsyncWebClient(
            token=settings.bot_token.value, base_url=settings.api_url, timeout=SECONDS, retry_handlers=[]
        )
        self.scopes: frozenset[str] = frozenset()
        """What the token may do, as the last answer said."""
        self.clock_skew = 0.0
        """How far Slack's clock was ahead of ours at the last answer, in seconds."""
        self.last_error = ""
        """Why the last call failed; empty after one that did not."""
        self.revoked = ""
        """Why the bot has no access any more, when Slack said so; empty again once it is let in."""
        self._doubtful: set[int] = set()
        self._self: dict[str, Any] = {}
        self._until: dict[tuple[str, str], datetime] = {}

    def open_session(self) -> aiohttp.ClientSession:
        """The one HTTP session of all calls; made where a loop runs."""
        if self.web.session is None or self.web.session.closed:
            self.web.session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=SECONDS, sock_connect=5), trust_env=True
            )
        return self.web.session

    async def whoami(self) -> dict[str, Any]:
        """The bot's own user id, its workspace and the workspace's address, asked once."""
        if not self._self:
            self._self = await self.call("auth.test")
        return self._self

    async def close(self) -> None:
        if self.web.session is not None:
            await self.web.session.close()

    def doubt(self, token: Secret) -> None:
        """It was refused, or is said to be revoked: look for another one before it is used again."""
        self._doubtful.add(id(token))

    def bearer(self, token: Secret) -> str:
        """The token for the next call, read again when it is in doubt."""
        if id(token) in self._doubtful and token.reread():
            self._doubtful.discard(id(token))
            log.warning("slack.token_replaced", file=str(token.path))
        self.web.token = self.settings.bot_token.value
        return token.value

    async def call(self, method: str, /, token: Secret | None = None, **arguments: Any) -> dict[str, Any]:
        """Call a method as the bot, or with another token; returns its answer. Lists and objects are sent as JSON; None is
        left out.

        Raises Retry (now or for a while it does not work), Lost (the channel or message is gone) or Rejected.
        """
        place = (method, str(arguments.get("channel", "")) if method in BY_CHANNEL else "")
        self._wait_for(place)
        self.open_session()
        data = {name: _encode(value) for name, value in arguments.items() if value is not None}
        chosen = token or self.settings.bot_token
        headers = {"Authorization": f"Bearer {self.bearer(chosen)}"}
        try:
            answer = await self.web.api_call(method, data=data, headers=headers)
        except SlackApiError as failure:
            outcome = self._explain(place, failure)
            if isinstance(outcome, Retry) and outcome.lasting:
                self.doubt(chosen)
            raise outcome from failure
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as away:
            raise self._fail(method, Retry(f"slack.unreachable {method}: {away}")) from away
        except (aiohttp.ClientError, TimeoutError, SlackClientError, OSError, ValueError) as broken:
            reason = f"slack.no_answer {method}: {type(broken).__name__}"
            raise self._fail(method, Retry(reason, maybe_sent=True)) from broken
        self._note(answer.headers)
        self.last_error = ""
        self._doubtful.discard(id(chosen))
        if chosen is self.settings.bot_token:
            self.revoked = ""
        calls.labels("slack", method, "ok").inc()
        found: dict[str, Any] = answer.data if isinstance(answer.data, dict) else {}
        return found

    async def call_inside(self, method: str, channel: str, /, **arguments: Any) -> dict[str, Any]:
        """The same for what only members of a channel may do: who was put out of a public one comes back for it. (Slack
        tells nobody that their bot was put out.)"""
        try:
            return await self.call(method, **arguments)
        except Lost as lost:
            if code_of(lost) != "not_in_channel":
                raise
        await self.call("conversations.join", channel=channel)
        return await self.call(method, **arguments)

    def _wait_for(self, place: tuple[str, str]) -> None:
        """Don't ask again before Slack said we may."""
        until = self._until.get(place)
        left = (until - self.now()).total_seconds() if until is not None else 0.0
        if left > 0:
            raise Retry(f"slack.ratelimited {place[0]}", left)
        self._until.pop(place, None)

    def _explain(self, place: tuple[str, str], failure: SlackApiError) -> Retry | Rejected:
        response, method = failure.response, place[0]
        data = getattr(response, "data", None)
        headers = getattr(response, "headers", {}) or {}
        status = getattr(response, "status_code", None) or getattr(response, "status", 0)
        error = str(data.get("error", "")) if isinstance(data, dict) else ""
        self._note(headers)
        after = _read_seconds(headers.get("Retry-After"))
        if status == 429 or error == "ratelimited":
            outcome = explain("ratelimited", method, after)
            assert isinstance(outcome, Retry)
            wait = outcome.after or 1.0
            self._until[place] = self.now() + timedelta(seconds=wait)
            held.labels("slack", method).set(wait)
            return self._fail(method, outcome)
        if not error:
            return self._fail(method, Retry(f"slack.http_{status} {method}", after, maybe_sent=True))
        outcome = explain(error, method, after)
        if error == "missing_scope" and isinstance(data, dict):
            outcome = Rejected(f"slack.missing_scope {data.get('needed', '')} {method}")
        return self._fail(method, outcome)

    def _fail(self, method: str, outcome: Retry | Rejected) -> Retry | Rejected:
        self.last_error = outcome.reason
        code = outcome.reason.partition(" ")[0].removeprefix("slack.")
        calls.labels("slack", method, code).inc()
        return outcome

    def _note(self, headers: Any) -> None:
        """What every answer tells besides: the scopes of the token, and Slack's time."""
        found = {str(name).lower(): str(value) for name, value in dict(headers).items()}
        if scopes := found.get("x-oauth-scopes"):
            self.scopes = frozenset(part.strip() for part in scopes.split(","))
        if date := found.get("date"):
            from email.utils import parsedate_to_datetime

            try:
                self.clock_skew = (parsedate_to_datetime(date) - self.now()).total_seconds()
            except ValueError:
                return


def _encode(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, (list, dict)) else value


def _read_seconds(text: Any) -> float | None:
    try:
        return float(text)
    except (TypeError, ValueError):
        return None
