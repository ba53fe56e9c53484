"""E-mail by SMTP. `TOCSIN_SMTP_URL` is `smtp://[user:password@]host[:port][?from=tocsin@example.org]`, or `smtps://` for TLS
from the first byte; plain SMTP upgrades by STARTTLS when the server offers it."""

from email.message import EmailMessage
from email.utils import formatdate

import aiosmtplib

from bot.channels import read_mail_server
from bot.errors import Rejected, Retry
from bot.logs import get_logger
from bot.notify.notifier import Notice
from bot.secret import Secret

log = get_logger(__name__)
TIMEOUT = 10.0


class EmailNotifier:
    """Sends through the server that the URL names; after a refused login the URL is read again."""

    name = "email"

    def __init__(self, url: Secret) -> None:
        self.url = url
        self.server = read_mail_server(url.value)

    async def send(self, address: str, notice: Notice, key: str) -> str:
        """Returns the Message-ID; raises Retry or Rejected."""
        try:
            return await self._send(address, notice, key)
        except Retry as retry:
            if retry.lasting and self._reread():
                return await self._send(address, notice, key)
            raise

    def _reread(self) -> bool:
        """Whether there is another server or password now."""
        if not self.url.reread():
            return False
        try:
            self.server = read_mail_server(self.url.value)
        except ValueError as error:
            log.warning("email.url_wrong", reason=str(error))
            return False
        return True

    async def _send(self, address: str, notice: Notice, key: str) -> str:
        server = self.server
        message = EmailMessage()
        message["From"] = f"Tocsin <{server.sender}>"
        message["To"] = address
        # A title that looks like an encoded word (RFC 2047) must not become a header line of its own.
        message["Subject"] = " ".join(notice.subject.split()).replace("=?", "=\u200b?")
        message["Date"] = formatdate()
        domain = server.sender.rpartition("@")[2]
        message["Message-ID"] = f"<{key}@{domain}>"
        if notice.thread:
            message["References"] = message["In-Reply-To"] = f"<{notice.thread}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message["X-Tocsin"] = "page"  # the e-mail intake takes none of ours for an alert
        message.set_content(notice.text)
        if notice.html:
            message.add_alternative(notice.html, subtype="html")
        try:
            await aiosmtplib.send(
                message,
                hostname=server.host,
                port=server.port,
                username=server.user or None,
                password=server.password or None,
                use_tls=server.tls,
                timeout=TIMEOUT,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _judge(error.recipients[0].code if error.recipients else 550, str(error)) from error
        except aiosmtplib.SMTPResponseException as error:
            raise _judge(error.code, f"{error.code} {error.message}") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Retry(f"{type(error).__name__}: {error}") from error
        return str(message["Message-ID"])

    async def check(self) -> bool:
        try:
            server = self.server
            client = aiosmtplib.SMTP(
                hostname=server.host, port=server.port, use_tls=server.tls, timeout=TIMEOUT
            )
            async with client:
                await client.noop()
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Retry(f"{type(error).__name__}: {error}") from error
        return True


def _judge(code: int, words: str) -> Exception:
    """4xx is "try again later" for this message, 5xx is final (RFC 5321, 4.2.1). But 421 says that the server goes away, and
    a refused login (RFC 4954) keeps everything back until it is mended."""
    if code in (530, 534, 535, 538):
        return Retry(words, lasting=True)
    return Rejected(words) if code >= 500 else Retry(words, alone=code != 421)
