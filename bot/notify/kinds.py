"""The kinds of contact method, and what an address of each looks like."""

import re
from collections.abc import Callable

from bot.errors import Invalid

EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")


def _read_email(text: str) -> str:
    if not EMAIL.fullmatch(text) or len(text) > 254:
        raise Invalid("user.bad_email", "address", email=text)
    return text


KINDS: dict[str, Callable[[str], str]] = {"email": _read_email}
"""What reads an address: returns it as it is kept, or raises Invalid."""


def read_address(kind: str, text: str) -> str:
    """The address of a contact method of this kind, as it is kept; raises Invalid."""
    if kind not in KINDS:
        raise Invalid("contact.kind", "kind", kind=kind, known=list(KINDS))
    return KINDS[kind](text.strip())
