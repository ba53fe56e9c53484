"""How senders sign: each scheme says in which header, and whether a secret made the signature of a raw body.

Comparisons take the same time whatever is sent. A scheme is a pure function of the request and one secret; who knows which
secrets there are asks it for each of them.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

from handlers.webhooks.source import Hook

Holds = Callable[[Hook, str], bool]


@dataclass(frozen=True)
class Scheme:
    """`header` is where a signature is, for people; `holds` whether this secret made it."""

    header: str
    holds: Holds


def hex_scheme(header: str, prefix: str = "", algorithm: str = "sha256") -> Scheme:
    """HMAC over the raw body in hexadecimal digits, after the prefix. A header that has several, with commas between, holds
    when one of them does."""

    def holds(hook: Hook, secret: str) -> bool:
        wanted = prefix + hmac.new(secret.encode(), hook.body, algorithm).hexdigest()
        given = hook.headers.get(header, "").split(",")
        return any([is_same(one.strip(), wanted) for one in given])  # noqa: C419 (all of them, always)

    return Scheme(header, holds)


def token_scheme(header: str) -> Scheme:
    """The secret itself in a header."""
    return Scheme(header, lambda hook, secret: is_same(hook.headers.get(header, "").strip(), secret))


def any_scheme(*schemes: Scheme) -> Scheme:
    """A sender that can sign in several ways."""
    return Scheme(
        " or ".join(one.header for one in schemes),
        lambda hook, secret: any([one.holds(hook, secret) for one in schemes]),  # noqa: C419
    )


def _holds_standard(hook: Hook, secret: str) -> bool:
    """`webhook-signature: v1,<base64> v1,<base64>` over `<webhook-id>.<webhook-timestamp>.<body>`; a secret that begins with
    whsec_ is base64. Source: standardwebhooks.com."""
    head = f"{hook.headers.get('webhook-id', '')}.{hook.headers.get('webhook-timestamp', '')}."
    content = head.encode(errors="surrogateescape") + hook.body
    key = secret.encode()
    if secret.startswith("whsec_"):
        try:
            key = base64.b64decode(secret.removeprefix("whsec_") + "==")
        except (binascii.Error, ValueError):
            return False
    wanted = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return any([is_same(one, wanted) for one in hook.headers.get("webhook-signature", "").split()])  # noqa: C419


STANDARD = Scheme("webhook-signature", _holds_standard)


def is_same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(errors="surrogateescape"), wanted.encode())
