"""VAPID (RFC 8292): the key by which push services know who pushes. A browser subscribes for one key, and takes pushes that
are signed with it alone, so it has to stay the same for as long as there are subscriptions.

A key is the private number of a P-256 key pair, 32 bytes in base64url: what `npx web-push generate-vapid-keys` prints.
"""

from __future__ import annotations

import base64
import binascii
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from py_vapid import Vapid02

GOOD_FOR = 12 * 3600
"""How long a signature is good for, in seconds; RFC 8292 allows a day."""


def make_key() -> str:
    """A new key."""
    from cryptography.hazmat.primitives.asymmetric import ec

    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return encode(number.to_bytes(32, "big"))


def find_public_key(key: str) -> str:
    """What a browser subscribes for: the public point, 65 bytes in base64url."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    point = _read(key).public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return encode(point)


def sign(key: str, endpoint: str, contact: str) -> str:
    """The `Authorization` of a push to this endpoint; `contact` is a `mailto:` or `https:` URL of whoever runs this."""
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int(time.time()) + GOOD_FOR,
        "sub": contact,
    }
    return str(_read(key).sign(claims)["Authorization"])


def encode(data: bytes) -> str:
    """Base64url without padding, as everything about web push is written."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """The same back; raises ValueError."""
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), "-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("not base64url") from error


def _read(key: str) -> Vapid02:
    """Raises ValueError for what is no key."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from py_vapid import Vapid02

    raw = decode(key)
    if len(raw) != 32:
        raise ValueError("a key has 32 bytes")
    return Vapid02(ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1()), {"no-strict": True})
