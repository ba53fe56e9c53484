"""What arrives from Slack, by Socket Mode or over HTTP: a few listeners of slack_bolt that take everything in.

It is given to whoever knows the kind: `commands`, `forms`, `events`. Nothing is decided here.
"""

import logging
import re
from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.signature import SignatureVerifier

from bot.chat.errands import Errands
from bot.chat.platform import Inbound
from bot.chat.slack.answers import Answers
from bot.chat.slack.client import SlackClient
from bot.chat.slack.commands import Commands
from bot.chat.slack.events import Events, own_user
from bot.chat.slack.forms import Forms
from bot.chat.slack.messages import Messages
from bot.chat.slack.socket import Socket
from bot.chat.slack.visitors import Visitors
from bot.chat.templates import Templates
from bot.config import SlackSettings
from bot.secret import Secret

ALL = re.compile(".*")
STOP_WITHIN = 3.0
bolt_log = logging.getLogger("bot.chat.slack.bolt")
bolt_log.setLevel(logging.ERROR)  # its warnings quote what people wrote


class Listener:
    """The ear of one workspace."""

    def __init__(
        self,
        settings: SlackSettings,
        client: SlackClient,
        templates: Templates,
        inbound: Inbound,
    ) -> None:
        self.settings = settings
        self.client = client
        self.errands = Errands()
        visitors = Visitors(client, inbound)
        answers = Answers(client, templates)
        messages = Messages(client, visitors)
        self.commands = Commands(inbound, visitors, messages, answers, self.errands, templates)
        self.events = Events(client, inbound, visitors, messages, answers, self.errands)
        self.forms = Forms(self.commands, self.events.show_home)
        self._app = self._build_app(client)
        self._socket = Socket(client, self._app) if settings.app_token else None

    async def start(self) -> None:
        """Begin to listen; returns at once, and goes on trying when Slack is away."""
        if self._socket is not None:
            self._socket.start()

    async def stop(self) -> None:
        """Hear nothing new, and end what is going on."""
        if self._socket is not None:
            await self._socket.stop()
        await self.errands.stop(STOP_WITHIN)

    @property
    def is_connected(self) -> bool:
        """Whether Slack reaches us; over HTTP only Slack can tell."""
        return not self.client.revoked and (self._socket is None or self._socket.is_connected)

    @property
    def last_error(self) -> str:
        """Why Slack does not reach us: `slack.<error>`; empty when nothing is known to be wrong."""
        return self.client.revoked or (self._socket.last_error if self._socket is not None else "")

    async def receive(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, dict[str, str], str]:
        """A request to our address; returns status, headers and body of the answer. Unread, if Slack has not signed it."""
        secret = self.settings.signing_secret
        if not secret:
            return 404, {}, ""
        if not _is_signed(secret, body, headers) and not (
            secret.reread() and _is_signed(secret, body, headers)
        ):
            return 401, {}, ""
        try:
            request = AsyncBoltRequest(body=body.decode(), headers=dict(headers))
        except (ValueError, TypeError, AttributeError):  # signed, and yet nothing that Slack sends
            return 400, {}, ""
        response = await self._app.async_dispatch(request)
        return response.status, response.first_headers(), response.body

    def _build_app(self, client: SlackClient) -> AsyncApp:
        async def authorize() -> AuthorizeResult:
            # One workspace, one token: nobody has to be asked.
            return AuthorizeResult(enterprise_id=None, team_id=None, bot_token=self.settings.bot_token.value)

        app = AsyncApp(
            name="tocsin",
            logger=bolt_log,
            client=client.web,
            authorize=authorize,
            process_before_response=True,  # else bolt looks for the acknowledgement every 10 ms
            request_verification_enabled=False,  # done before the body is read, in `receive`
            ssl_check_enabled=False,
            ignoring_self_events_enabled=False,  # done below: the envelope names the bot
            attaching_function_token_enabled=False,
            attaching_conversation_kwargs_enabled=False,
        )
        app.command(ALL)(self.commands.take_command)
        app.shortcut(ALL)(self.commands.take_shortcut)
        app.action(ALL)(self.forms.take_action)
        app.view(ALL)(self.forms.take_submission)
        app.view_closed(ALL)(_take_nothing)
        app.options(ALL)(self.forms.take_suggestion)
        app.event(ALL)(self._take_event)
        return app

    async def _take_event(self, body: dict[str, Any]) -> None:
        event = body["event"]
        own = own_user(body)
        is_own = own and own in (event.get("user"), (event.get("message") or {}).get("user"))
        if not is_own:
            await self.events.take(body)


async def _take_nothing(ack: AsyncAck) -> None:
    await ack()


def _is_signed(secret: Secret, body: bytes, headers: Mapping[str, str]) -> bool:
    try:
        return SignatureVerifier(secret.value).is_valid_request(body, dict(headers))
    except (ValueError, TypeError):  # a timestamp that is no number, a signature or a body that is no text
        return False
