"""E-mail by SMTP. `TOCSIN_SMTP_URL` is `smtp://[user:password@]host[:port][?from=tocsin@example.org]`, or `smtps://` for TLS
from the first byte; plain SMTP upgrades by STARTTLS when the server offers it."""

from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from bot.errors import Rejected, Retry
from bot.notify.notifier import Notice

TIMEOUT = 10.0


@dataclass(frozen=True)
class EmailNotifier:
    """Sends through one SMTP server."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = ""
    tls: bool = False
    name: str = "email"

    @staticmethod
    def from_url(url: str) -> "EmailNotifier":
        """Read `TOCSIN_SMTP_URL`; raises ValueError with the reason."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError(
                "an SMTP URL looks like smtp://user:password@mail.example.org:587?from=tocsin@example.org"
            )
        tls = parts.scheme == "smtps"
        sender = parse_qs(parts.query).get("from", [f"tocsin@{parts.hostname}"])[0]
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return EmailNotifier(parts.hostname, parts.port or (465 if tls else 25), sender, user, password, tls)

    async def send(self, address: str, notice: Notice, key: str) -> str:
        message = EmailMessage()
        message["From"] = f"Tocsin <{self.sender}>"
        message["To"] = address
        # A title that looks like an encoded word (RFC 2047) must not become a header line of its own.
        message["Subject"] = " ".join(notice.subject.split()).replace("=?", "=\u200b?")
        message["Date"] = formatdate()
        domain = self.sender.rpartition("@")[2]
        message["Message-ID"] = f"<{key}@{domain}>"
        if notice.thread:
            message["References"] = message["In-Reply-To"] = f"<{notice.thread}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(notice.text)
        if notice.html:
            message.add_alternative(notice.html, subtype="html")
        try:
            await aiosmtplib.send(
                message,
                hostname=self.host,
                port=self.port,
                username=self.user or None,
                password=self.password or None,
                use_tls=self.tls,
                timeout=TIMEOUT,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _judge(error.recipients[0].code if error.recipients else 550, str(error)) from error
        except aiosmtplib.SMTPResponseException as error:
            raise _judge(error.code, f"{error.code} {error.message}") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Retry(f"{type(error).__name__}: {error}") from error
        return str(message["Message-ID"])

    async def check(self) -> None:
        try:
            client = aiosmtplib.SMTP(hostname=self.host, port=self.port, use_tls=self.tls, timeout=TIMEOUT)
            async with client:
                await client.noop()
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Retry(f"{type(error).__name__}: {error}") from error


def _judge(code: int, words: str) -> Exception:
    """4xx is "try again later", 5xx is final (RFC 5321, 4.2.1); a refused login may be mended while we wait."""
    return Rejected(words) if code >= 500 and code not in (530, 535) else Retry(words)
