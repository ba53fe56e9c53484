"""The mail server: takes mail for `alerts+<key>@…` and `heartbeat+<key>@…`, by SMTP (EHLO) and by LMTP (LHLO) on one port.

250 is said after the durable commit and not before; what can't be stored now is 451, so that the mail server before us
keeps it; what will never be taken is 550 or 554, and too large a mail 552. One recipient for each mail (452 for the others,
whom the sender then tries by themselves), so that an answer is about one integration.
"""

import asyncio
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.access.secrets import digest
from bot.alerts.heartbeats import ping_by_key
from bot.alerts.intake import SenderChanged
from bot.alerts.payloads import Payload
from bot.alerts.secrets import HIDDEN
from bot.alerts.signal import Signal
from bot.errors import Problem, Unauthenticated, Unavailable
from bot.flow.unit import Unit
from bot.logs import get_logger
from handlers.mail.message import Mail, read_mail
from handlers.parts import Parts
from handlers.webhooks.email import parse
from handlers.webhooks.senders import Senders
from handlers.webhooks.source import Hook
from storage.models import Arrival
from storage.questions import flow, heartbeats

if TYPE_CHECKING:
    from aiosmtpd.smtp import SMTP, Envelope, Session

log = get_logger(__name__)
ADDRESS = re.compile(r"(?P<what>alerts|heartbeat)\+(?P<key>[A-Za-z0-9_-]{1,200})@[^@\s]+", re.IGNORECASE)
LINE_LIMIT = 64 * 1024
"""RFC 5321 allows 1,000 bytes in a line; HTML mails have longer ones all the same."""
KEPT = timedelta(days=6)
"""How long a mail is known by its Message-ID: mail servers try for up to five days (RFC 5321, 4.5.4.1)."""
TIMEOUT = 60.0
"""Seconds that a client may be silent."""
TAKEN = "250 2.0.0 Taken"
UNKNOWN = "550 5.1.1 Nobody here has this address"
LATER = "451 4.3.0 It can't be stored now; please send it again"


class Postbox:
    """What aiosmtpd asks when a recipient is named and when a mail is complete."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.senders = Senders(parts.work)

    async def handle_RCPT(  # noqa: N802
        self, server: "SMTP", session: "Session", envelope: "Envelope", address: str, options: list[str]
    ) -> str:
        if envelope.rcpt_tos:
            return "452 4.5.3 One recipient at a time, please"
        found = ADDRESS.fullmatch(address)
        try:
            if found is None or not await self._is_known(found["what"].lower(), found["key"]):
                return UNKNOWN
        except Unavailable:
            return LATER
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Known"

    async def _is_known(self, what: str, key: str) -> bool:
        if what == "heartbeat":
            return await self.parts.work.look(lambda unit: heartbeats.has_key(unit.session, digest(key)))
        try:
            await self.senders.get("email", key)
        except Unauthenticated:
            return False
        return True

    async def handle_DATA(self, server: "SMTP", session: "Session", envelope: "Envelope") -> str:  # noqa: N802
        found = ADDRESS.fullmatch(envelope.rcpt_tos[0])
        content = envelope.content
        if found is None or not isinstance(content, bytes):
            return UNKNOWN
        try:
            if found["what"].lower() == "heartbeat":
                await self.parts.work.run(lambda unit: ping_by_key(unit, found["key"]))
            elif (envelope.mail_from or "").strip("<> "):  # bounces have no sender
                await self._take_alert(found["key"], content)
        except Unavailable:
            return LATER
        except Unauthenticated:
            return UNKNOWN
        except Problem as problem:
            log.warning("mail.refused", problem=problem.code)
            return f"554 5.6.0 {problem.code}"
        return TAKEN

    async def handle_exception(self, error: Exception) -> str:
        log.error("mail.failed", exc_info=error)
        return LATER

    async def _take_alert(self, key: str, content: bytes) -> None:
        sender = await self.senders.get("email", key)
        try:
            content = content.replace(key.encode(), HIDDEN.encode())
            signals, mail = await asyncio.to_thread(_read, content, sender.settings)
            name = f"mail:{sender.id}:{digest(mail.message_id)}" if mail.message_id else ""
            if not signals or (name and await self.parts.work.look(lambda unit: _has_come(unit, name))):
                return
            head = {
                "Subject": mail.subject[:500],
                "From": mail.sender[:500],
                "To": mail.recipients.replace(key, HIDDEN)[:500],
            }
            payload = Payload("message/rfc822", head, {}, content)
            await self.parts.intake.accept(sender.id, signals, payload, sender)
        except SenderChanged:
            await self.senders.get("email", key, anew=True)
            raise  # with its new settings, when it is sent again
        if name:
            await self._remember(name)

    async def _remember(self, name: str) -> None:
        """The mail is stored, so that it must not be sent again, whether or not this can be written."""
        try:
            await self.parts.work.run(lambda unit: flow.remember_arrival(unit.session, name, unit.now + KEPT))
        except Unavailable:
            log.warning("mail.not_remembered")


def _read(content: bytes, settings: dict[str, Any]) -> tuple[list[Signal], Mail]:
    """In a thread of its own: a large mail takes its time."""
    return parse(Hook(content, settings=settings)), read_mail(content)


async def _has_come(unit: Unit, name: str) -> bool:
    return await unit.session.get(Arrival, name[:160]) is not None


async def take_mail(parts: Parts) -> asyncio.Server | None:
    """Listen for mail where the settings say so; raises OSError when the port can't be had."""
    if parts.settings.mail_listen is None:
        return None
    from aiosmtpd.smtp import SMTP

    class Door(SMTP):
        """SMTP that greets LMTP clients, too (RFC 2033), and takes lines that are longer than they may be."""

        line_length_limit = LINE_LIMIT

        async def smtp_LHLO(self, arg: str) -> None:  # noqa: N802
            await self.smtp_EHLO(arg)

    loop = asyncio.get_running_loop()
    postbox = Postbox(parts)

    def open_door() -> Any:
        return Door(
            postbox,
            loop=loop,
            data_size_limit=parts.settings.body_limit,
            enable_SMTPUTF8=True,
            hostname=parts.settings.mail_host,
            ident="Tocsin",
            timeout=TIMEOUT,
        )

    host, port = parts.settings.mail_listen
    return await loop.create_server(open_door, host, port)
