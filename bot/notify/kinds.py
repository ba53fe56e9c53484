"""The kinds of contact method, and what an address of each looks like."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.channels import Channels
from bot.errors import Invalid, Refused
from bot.notify import gotify, ntfy, twilio, webhook
from bot.notify.addresses import is_email
from bot.notify.outbound import Outbound

LABEL = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
DEVICE = "push"
"""A browser that receives pushes: it is added on that device, by nobody who types an address."""
RESERVED = ("room", "slack", "discord", "email", DEVICE)
"""What rules call a person's account on a platform, the address of their profile, and all of their devices."""


@dataclass(frozen=True)
class ContactKind:
    """`read` returns an address as it is kept, or None for what can't be one; `find_lack` the reason why nothing can go to
    one, whether it has a secret of its own, as things are set up (empty when it can)."""

    read: Callable[[str], str | None]
    example: str
    find_lack: Callable[[str, bool, Channels], str] = lambda _address, _has_secret, _channels: ""
    own_server: Callable[[Channels], str] | None = None
    """For addresses that are URLs: the server which is set up in the environment, and may be anywhere."""


def _read_email(text: str) -> str | None:
    return text if is_email(text) else None


KINDS = {
    "email": ContactKind(_read_email, "kate@home.example.org"),
    "sms": ContactKind(twilio.read_number, "+15551234567"),
    "voice": ContactKind(twilio.read_number, "+15551234567"),
    "ntfy": ContactKind(
        ntfy.read_address, "https://ntfy.sh/kate-pages", ntfy.find_lack, lambda channels: channels.ntfy_url
    ),
    "gotify": ContactKind(
        gotify.read_address,
        "https://gotify.example.org",
        gotify.find_lack,
        lambda channels: channels.gotify_url,
    ),
    "webhook": ContactKind(
        webhook.read_address, "https://example.org/hooks/pages", webhook.find_lack, lambda _: ""
    ),
}
"""One file each in this folder."""


def find_lack(kind: str, address: str, has_secret: bool, channels: Channels) -> str:
    """Why nothing could go to this address, which is kept so, as things are set up; empty when something can, as far as
    is known without asking anybody."""
    known = KINDS[kind]
    if lack := known.find_lack(address, has_secret, channels):
        return lack
    if known.own_server is None or "/" not in address:
        return ""
    own = known.own_server(channels)
    if own and (address == own or address.startswith(f"{own}/")):
        return ""
    host = urlsplit(address).hostname or ""
    return f"outbound.inside {host}" if Outbound(channels.inside).is_inside(address) else ""


def read_address(kind: str, text: str) -> str:
    """The address of a contact method of this kind, as it is kept; raises Invalid, and Refused for a device."""
    if kind == DEVICE:
        raise Refused("contact.by_device")
    if kind not in KINDS:
        raise Invalid("contact.kind", "kind", kind=kind, known=list(KINDS))
    address = KINDS[kind].read(text.strip())
    if address is None or "\x00" in address:
        raise Invalid("contact.bad_address", "address", kind=kind, example=KINDS[kind].example)
    return address


def list_reserved(kind: str) -> set[str]:
    """What a contact method of this kind can't be called, because it means something else in a rule."""
    return {*RESERVED, *KINDS} - ({kind} - {"email"})
