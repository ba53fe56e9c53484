"""The kinds of contact method, and what an address of each looks like."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.errors import Invalid, Refused
from bot.notify import gotify, ntfy, twilio, webhook

EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")
LABEL = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
DEVICE = "push"
"""A browser that receives pushes: it is added on that device, by nobody who types an address."""
RESERVED = ("room", "slack", "discord", "email", DEVICE)
"""What rules call a person's account on a platform, the address of their profile, and all of their devices."""


@dataclass(frozen=True)
class ContactKind:
    """`read` returns an address as it is kept, or None for what can't be one."""

    read: Callable[[str], str | None]
    example: str


def _read_email(text: str) -> str | None:
    return text if EMAIL.fullmatch(text) and len(text) <= 254 else None


KINDS = {
    "email": ContactKind(_read_email, "kate@home.example.org"),
    "sms": ContactKind(twilio.read_number, "+15551234567"),
    "voice": ContactKind(twilio.read_number, "+15551234567"),
    "ntfy": ContactKind(ntfy.read_address, "https://ntfy.sh/kate-pages"),
    "gotify": ContactKind(gotify.read_address, "https://gotify.example.org"),
    "webhook": ContactKind(webhook.read_address, "https://example.org/hooks/pages"),
}
"""One file each in this folder."""


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
