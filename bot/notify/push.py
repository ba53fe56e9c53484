"""Web push: to a browser, or to the Room as an installed app, by the push service of the browser's maker.

An address is the endpoint that the browser got there (RFC 8030); its keys are among the options. What is pushed is encrypted
for that browser alone (RFC 8291) and signed (RFC 8292), so a push service learns when somebody is paged, and nothing else.
`handlers/pages/static/sw.js` shows it.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from bot.errors import Rejected
from bot.notify import vapid
from bot.notify.notifier import Gone, Notice
from bot.notify.outbound import Outbound, Refusal

LONGEST_TEXT = 2_000
"""In bytes. Push services take 4,096 with everything (RFC 8030, 7.2)."""
BRIEF_TEXT = 200
PAGE_TTL = 4 * 3600
"""So many seconds a push service keeps a page for a device that is off. Whatever ends it before takes its place there."""
PLAIN_TTL = 15 * 60
"""The same for what is about no alert or incident, which goes stale."""
GONE = (404, 410)
"""RFC 8030, 7.3: the subscription has expired."""
FORGOTTEN = (401, 403)
"""What push services answer to a key for which the browser did not subscribe."""


def read_subscription(endpoint: str, p256dh: str, auth: str) -> dict[str, str] | None:
    """The keys of a subscription as they are kept; None when they can't be ones."""
    from cryptography.hazmat.primitives.asymmetric import ec

    parts = urlsplit(endpoint)
    try:
        point, secret = vapid.decode(p256dh), vapid.decode(auth)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        return None
    is_named = bool(parts.hostname) and ":" not in str(parts.hostname) and "@" not in parts.netloc
    is_url = parts.scheme in ("http", "https") and is_named and has_port and len(endpoint) <= 2_000
    if not is_url or len(secret) != 16:
        return None
    return {"p256dh": vapid.encode(point), "auth": vapid.encode(secret)}


class PushNotifier:
    """Pushes. `find_key` gives the key of this installation, `contact` is whom push services write to."""

    name = "push"

    def __init__(self, outbound: Outbound, contact: str, find_key: Callable[[], Awaitable[str]]) -> None:
        self.outbound, self.contact, self.find_key = outbound, contact, find_key

    async def send(self, address: str, notice: Notice, key: str) -> str:
        """Returns the name of the message at the push service. Raises Gone when the browser has ended its subscription."""
        topic = find_topic(address, notice)
        headers = {"TTL": str(PAGE_TTL if notice.thread else PLAIN_TTL), "Urgency": "high", **topic}
        content = build_code(notice) if notice.code else build_page(notice, key)
        try:
            location = await self._push(address, notice, content, headers)
        except Refusal as refusal:
            if refusal.status != 413:
                raise
            location = await self._push(address, notice, _shorten(content), headers)
        return location.rpartition("/")[2][-200:] or key

    async def withdraw(self, address: str, sent: str, notice: Notice, key: str) -> None:
        """Put a quiet note in the place of a page, on the device and where it waits for the device. A push has to show
        something, so the note stays."""
        headers = {"TTL": str(PAGE_TTL), "Urgency": "low", **find_topic(address, notice)}
        content = {
            "type": "withdrawn",
            "page": notice.facts.get("page", 0),
            "tag": find_tag(notice, key),
            "title": notice.subject,
            "text": notice.text,
            "url": notice.url,
        }
        await self._push(address, notice, content, headers)

    async def check(self) -> bool:
        """Each browser has a push service of its own; there is nothing to ask."""
        return False

    async def _push(
        self, address: str, notice: Notice, content: dict[str, Any], headers: dict[str, str]
    ) -> str:
        """The address of the message at the push service (the `Location` of RFC 8030)."""
        key = await self.find_key()
        if notice.options.get("key", "") not in ("", vapid.find_public_key(key)):
            raise Gone("push.other_key")
        body = encrypt(json.dumps(content, ensure_ascii=False).encode(), notice.options)
        headers = {
            **headers,
            "Authorization": vapid.sign(key, address, self.contact),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
        }
        try:
            answer = await self.outbound.post(address, body=body, headers=headers)
        except Refusal as refusal:
            if refusal.status in GONE:
                raise Gone(f"push.gone {urlsplit(address).hostname}") from refusal
            if refusal.status in FORGOTTEN:
                raise Rejected(f"push.key_refused {urlsplit(address).hostname}") from refusal
            raise
        return answer.location


def encrypt(content: bytes, keys: Any, *, salt: bytes | None = None, sender: Any = None) -> bytes:
    """The body for a browser with these keys (RFC 8291, one record). `salt` and `sender` are made up unless they are given,
    which only whoever compares with an example does."""
    import http_ece
    from cryptography.hazmat.primitives.asymmetric import ec

    sender = sender or ec.generate_private_key(ec.SECP256R1())
    sealed: bytes = http_ece.encrypt(
        content,
        salt=salt,
        private_key=sender,
        dh=vapid.decode(keys["p256dh"]),
        auth_secret=vapid.decode(keys["auth"]),
        version="aes128gcm",
    )
    return sealed


def build_page(notice: Notice, key: str) -> dict[str, Any]:
    """What the service worker shows. It answers at its own address, so it needs only the path of the link."""
    return {
        "type": "page",
        "page": notice.facts.get("page", 0),
        "tag": find_tag(notice, key),
        "title": notice.subject[:200],
        "text": _clip(notice.noted, LONGEST_TEXT),
        "priority": notice.priority,
        "url": notice.url,
        "answer": urlsplit(notice.answer_url).path,
        "answer_word": notice.answer_word,
        "at": notice.facts.get("created_ms", 0),
    }


def build_code(notice: Notice) -> dict[str, Any]:
    return {"type": "code", "code": notice.code, "title": notice.subject, "text": notice.text}


def find_tag(notice: Notice, key: str) -> str:
    """Notifications of one tag take each other's place on a device."""
    return notice.thread or f"page-{notice.facts.get('page', key)}"


def find_topic(address: str, notice: Notice) -> dict[str, str]:
    """Pushes of one topic take each other's place where they wait for a device (RFC 8030, 5.4). It says nothing to the push
    service, not even that two people are paged about the same."""
    if not notice.thread:
        return {}
    digest = hashlib.sha256(f"{address} {notice.options.get('auth', '')} {notice.thread}".encode()).digest()
    return {"Topic": vapid.encode(digest[:24])}


def _shorten(content: dict[str, Any]) -> dict[str, Any]:
    return {**content, "text": _clip(content["text"], BRIEF_TEXT)}


def _clip(text: str, most: int) -> str:
    return text.encode()[:most].decode("utf-8", "ignore")
