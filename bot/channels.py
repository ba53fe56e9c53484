"""Settings of the channels that reach one person outside chat, from the environment.

Secrets are in `NAME` or in the file that `NAME_FILE` names. What is not set is off; ntfy needs nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import parse_qs, unquote, urlsplit

from bot.secret import Secret, read_secret

NUMBER = re.compile(r"\+[1-9]\d{6,14}")
"""E.164."""
URL = re.compile(r"https?://[^\s,]+")
PUSH_KEY = re.compile(r"[-_A-Za-z0-9]{43}=?")
PUSH_CONTACT = re.compile(r"mailto:[^@\s]+@[^@\s]+|https://[^\s]+")
ADDRESSES = {
    "email": re.compile(r"[^@\s,]+@[^@\s,]+"),
    "sms": NUMBER,
    "voice": NUMBER,
    "ntfy": re.compile(rf"[-_A-Za-z0-9]{{1,64}}|{URL.pattern}"),
    "gotify": URL,
    "webhook": URL,
}
"""What an address of each kind looks like at least."""
Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Twilio:
    """An account at Twilio, or at whoever speaks its API. `from_` is a number of it; the one for calls may be
    another. `replies`: what people answer by SMS comes to us."""

    account: str
    token: Secret
    from_: str
    call_from: str
    api_url: str
    replies: bool = False


@dataclass(frozen=True)
class Gateway:
    """A gateway for SMS by HTTP: a POST of JSON, in which `to` and `text` may be called something else."""

    url: str
    token: Secret
    to: str = "to"
    text: str = "text"


@dataclass(frozen=True)
class FallbackContact:
    """Who is told when paging itself is in trouble."""

    kind: str
    address: str


@dataclass(frozen=True)
class Channels:
    """`inside` are the networks that contact methods by URL may reach although they are not on the internet."""

    inside: tuple[Network, ...] = ()
    ntfy_url: str = ""
    ntfy_token: Secret = field(default_factory=Secret)
    gotify_url: str = ""
    gotify_token: Secret = field(default_factory=Secret)
    webhook_secret: Secret = field(default_factory=Secret)
    twilio: Twilio | None = None
    gateway: Gateway | None = None
    fallback: tuple[FallbackContact, ...] = ()
    push_key: Secret = field(default_factory=Secret)
    """The VAPID key for web push; empty for the one that Tocsin made for itself."""
    push_contact: str = ""
    """Whom push services write to: `mailto:` or `https:`; empty for the public URL."""
    heartbeat_url: str = ""
    """Who watches over Tocsin: gets a POST every minute while paging works."""


SMTP_SHAPE = (
    "must look like smtp://user:password@mail.example.org:587?from=tocsin@example.org, or begin with smtps://; "
    "in a user or a password / is written %2F, ? is %3F, # is %23 and % is %25"
)


@dataclass(frozen=True)
class MailServer:
    """One SMTP server, and how to speak to it."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False


def read_mail_server(url: str) -> MailServer:
    """Read `TOCSIN_SMTP_URL`; raises ValueError with a reason that tells nothing of the URL, which holds a password."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(SMTP_SHAPE) from None
    asked = parse_qs(parts.query, keep_blank_values=True)
    odd = parts.path.strip("/") or parts.fragment or set(asked) - {"from"}
    if parts.scheme not in ("smtp", "smtps") or not host or odd:
        raise ValueError(SMTP_SHAPE)
    tls = parts.scheme == "smtps"
    sender = asked.get("from", [""])[0] or f"tocsin@{host}"
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return MailServer(host, port or (465 if tls else 25), sender, user, password, tls)


def read_channels(environment: Mapping[str, str], faults: list[str]) -> Channels:
    """Read them; adds a sentence to `faults` for each that can't be used."""

    def secret(name: str) -> Secret:
        return read_secret(environment, name, faults)

    return Channels(
        inside=_read_networks(environment.get("TOCSIN_REACH_INSIDE", ""), faults),
        ntfy_url=_read_url(environment, "TOCSIN_NTFY_URL", faults),
        ntfy_token=secret("TOCSIN_NTFY_TOKEN"),
        gotify_url=_read_url(environment, "TOCSIN_GOTIFY_URL", faults),
        gotify_token=secret("TOCSIN_GOTIFY_TOKEN"),
        webhook_secret=secret("TOCSIN_WEBHOOK_SECRET"),
        twilio=_read_twilio(environment, secret("TOCSIN_TWILIO_AUTH_TOKEN"), faults),
        gateway=_read_gateway(environment, secret("TOCSIN_SMS_GATEWAY_TOKEN"), faults),
        fallback=_read_fallback(environment.get("TOCSIN_FALLBACK", ""), faults),
        push_key=_read_push_key(secret("TOCSIN_PUSH_KEY"), faults),
        push_contact=_read_push_contact(environment.get("TOCSIN_PUSH_CONTACT", "").strip(), faults),
        heartbeat_url=_read_url(environment, "TOCSIN_HEARTBEAT_URL", faults),
    )


def _read_push_key(key: Secret, faults: list[str]) -> Secret:
    if key and not PUSH_KEY.fullmatch(key.value):
        faults.append(
            "TOCSIN_PUSH_KEY must be the private VAPID key: 43 characters of base64url, as "
            "`npx web-push generate-vapid-keys` prints it"
        )
    return key


def _read_push_contact(text: str, faults: list[str]) -> str:
    if text and not PUSH_CONTACT.fullmatch(text):
        faults.append(
            f"TOCSIN_PUSH_CONTACT must be like mailto:ops@example.org or https://example.org, and is {text!r}"
        )
    return text


def _read_fallback(text: str, faults: list[str]) -> tuple[FallbackContact, ...]:
    """`sms:+15551234567, email:ops@example.org`: kinds of contact method, and addresses."""
    found = []
    for part in filter(None, (one.strip() for one in text.split(","))):
        kind, _, address = part.partition(":")
        pattern = ADDRESSES.get(kind)
        if pattern is None or not pattern.fullmatch(address):
            faults.append(
                "TOCSIN_FALLBACK must be kinds with addresses, such as sms:+15551234567 or email:ops@example.org "
                f"(kinds: {', '.join(ADDRESSES)}), and has {part!r}"
            )
        found.append(FallbackContact(kind, address))
    return tuple(found)


def _read_twilio(environment: Mapping[str, str], token: Secret, faults: list[str]) -> Twilio | None:
    account = environment.get("TOCSIN_TWILIO_ACCOUNT", "").strip()
    number = environment.get("TOCSIN_TWILIO_FROM", "").strip()
    call_from = environment.get("TOCSIN_TWILIO_CALL_FROM", "").strip() or number
    url = _read_url(environment, "TOCSIN_TWILIO_API_URL", faults, "https://api.twilio.com")
    if not (account or token or number):
        return None
    if not (account and token and number):
        faults.append(
            "TOCSIN_TWILIO_ACCOUNT, TOCSIN_TWILIO_AUTH_TOKEN and TOCSIN_TWILIO_FROM are needed together"
        )
    for name, value in (("TOCSIN_TWILIO_FROM", number), ("TOCSIN_TWILIO_CALL_FROM", call_from)):
        if value and not NUMBER.fullmatch(value):
            faults.append(f"{name} must be a number like +15551234567, and is {value!r}")
    replies = environment.get("TOCSIN_TWILIO_REPLIES", "").strip().lower()
    if replies not in ("", "yes", "no"):
        faults.append(f"TOCSIN_TWILIO_REPLIES must be yes or no, and is {replies!r}")
    return Twilio(account, token, number, call_from, url, replies == "yes")


def _read_gateway(environment: Mapping[str, str], token: Secret, faults: list[str]) -> Gateway | None:
    url = _read_url(environment, "TOCSIN_SMS_GATEWAY_URL", faults)
    if not url:
        return None
    names = {"to": "to", "text": "text"}
    for part in filter(None, environment.get("TOCSIN_SMS_GATEWAY_FIELDS", "").replace(" ", "").split(",")):
        ours, _, theirs = part.partition("=")
        if ours not in names or not theirs:
            faults.append(f"TOCSIN_SMS_GATEWAY_FIELDS must look like to=phone,text=message, and has {part!r}")
        names[ours] = theirs
    return Gateway(url, token, names["to"], names["text"])


def _read_url(environment: Mapping[str, str], name: str, faults: list[str], default: str = "") -> str:
    url = environment.get(name, "").strip().rstrip("/") or default
    if url and not (url.startswith(("http://", "https://")) and urlsplit(url).hostname):
        faults.append(f"{name} must begin with http:// or https://, and is {url!r}")
    return url


def _read_networks(text: str, faults: list[str]) -> tuple[Network, ...]:
    found = []
    for word in text.replace(",", " ").split():
        try:
            found.append(ip_network(word))
        except ValueError:
            faults.append(f"TOCSIN_REACH_INSIDE must hold networks like 10.0.0.0/8, and has {word!r}")
    return tuple(found)
