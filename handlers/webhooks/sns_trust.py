"""Whether a message really comes from Amazon SNS, from a topic that the integration allows, and for the first time.

Its signature is checked with the certificate that it names, fetched by https from `sns.<region>.amazonaws.com` only. A
subscription to an allowed topic is confirmed here. Private partitions name their own `endpoint`, or the certificate itself,
in the integration's settings.
Source: docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import aiohttp

from bot.errors import Forbidden, Malformed, Unauthenticated, Unavailable
from bot.flow.unit import Work
from bot.logs import get_logger
from handlers.webhooks.source import Hook, need, one_of, read_object, text_of, time_of
from storage.questions import flow

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

log = get_logger(__name__)
HOST = re.compile(r"sns\.[a-z]{2}(-[a-z]+)+-\d\.amazonaws\.com(\.cn)?")
CERTIFICATE = re.compile(r"/SimpleNotificationService-[0-9a-f]+\.pem")
OLDEST, NEWEST = timedelta(hours=1), timedelta(minutes=15)
TYPES = {
    "notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "subscriptionconfirmation": (
        "Message",
        "MessageId",
        "SubscribeURL",
        "Timestamp",
        "Token",
        "TopicArn",
        "Type",
    ),
    "unsubscribeconfirmation": (
        "Message",
        "MessageId",
        "SubscribeURL",
        "Timestamp",
        "Token",
        "TopicArn",
        "Type",
    ),
}
"""What is signed in each type of message, in order; a subject only where there is one."""
VERSIONS = ("1", "2")
"""Of signatures: RSA over SHA-1, and over SHA-256."""
CERTIFICATE_LIMIT = 64 * 1024
KEPT = 20
SECONDS = 5.0


class SnsGuard:
    """Remembers certificates; everything else is asked anew."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self._keys: dict[str, RSAPublicKey] = {}

    async def let_in(self, hook: Hook, sender_id: int) -> bool:
        """Whether there is something to read: False for a message that was stored before, and for a handshake that is done.
        Raises Unauthenticated, Forbidden, Malformed, or Unavailable when Amazon can't be reached."""
        body = read_object(hook)
        signed = one_of(body, "Type", TYPES)
        topic, settings = need(body, "TopicArn"), hook.settings
        if not any(_matches(topic, allowed) for allowed in settings.get("topics") or ()):
            raise Forbidden("sns.topic_not_allowed", "TopicArn", topic=topic)
        at, now = time_of(body.get("Timestamp")), self.work.clock.now()
        if at is None or not now - OLDEST <= at <= now + NEWEST:
            raise Forbidden("sns.too_old", "Timestamp")
        key = await self._get_key(text_of(body.get("SigningCertURL")), settings)
        if not _holds(body, signed, key):
            raise Unauthenticated("signature.wrong", header="Signature")
        if body["Type"] == "Notification":
            name = _name_of(body, sender_id)
            return not await self.work.look(lambda unit: flow.has_arrived(unit.session, name))
        if body["Type"] == "SubscriptionConfirmation":
            await self._confirm(body, settings)
        return False

    async def note(self, hook: Hook, sender_id: int) -> None:
        """It is stored: the same message again is nothing new."""
        name = _name_of(read_object(hook), sender_id)
        await self.work.run(lambda unit: flow.remember_arrival(unit.session, name, unit.now))

    async def _get_key(self, url: str, settings: Mapping[str, Any]) -> RSAPublicKey:
        file = settings.get("certificate_file")
        if file:
            try:
                return _read_key(Path(file).read_bytes())  # noqa: ASYNC240 (a small local file)
            except OSError as error:
                raise Unavailable("sns.no_certificate", url=file) from error
        if url not in self._keys:
            parts = urlsplit(_check_url(url, "SigningCertURL", settings))
            if not settings.get("endpoint") and (parts.query or not CERTIFICATE.fullmatch(parts.path)):
                raise Forbidden("sns.foreign_url", "SigningCertURL", name="SigningCertURL")
            key = _read_key(await _fetch(url))
            while len(self._keys) >= KEPT:
                del self._keys[next(iter(self._keys))]
            self._keys[url] = key
        return self._keys[url]

    async def _confirm(self, body: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
        url = _check_url(text_of(body.get("SubscribeURL")), "SubscribeURL", settings)
        asked = parse_qs(urlsplit(url).query)
        if asked.get("Action") != ["ConfirmSubscription"] or asked.get("TopicArn") != [body["TopicArn"]]:
            raise Forbidden("sns.foreign_url", "SubscribeURL", name="SubscribeURL")
        await _fetch(url)
        log.info("sns.subscribed", topic=body["TopicArn"])


def _name_of(body: Mapping[str, Any], sender_id: int) -> str:
    return f"sns:{sender_id}:{need(body, 'MessageId')}"


def _matches(topic: str, allowed: str) -> bool:
    """`allowed` is a topic, or ends with `*` for all that begin so."""
    return topic == allowed or (allowed.endswith("*") and topic.startswith(allowed[:-1]))


def _check_url(url: str, name: str, settings: Mapping[str, Any]) -> str:
    """Raises Forbidden unless the URL is Amazon's, or of the endpoint that the settings name."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Forbidden("sns.foreign_url", name, name=name) from error
    endpoint = settings.get("endpoint")
    if endpoint:
        own = urlsplit(str(endpoint))
        is_ours = (parts.scheme, parts.netloc) == (own.scheme, own.netloc)
    else:
        is_ours = (
            parts.scheme == "https"
            and port in (None, 443)
            and parts.netloc.removesuffix(":443") == parts.hostname
            and HOST.fullmatch(parts.hostname or "") is not None
        )
    if not is_ours:
        raise Forbidden("sns.foreign_url", name, name=name)
    return url


def _read_key(pem: bytes) -> RSAPublicKey:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.x509 import load_pem_x509_certificate

    try:
        key = load_pem_x509_certificate(pem).public_key()
    except ValueError as error:
        raise Unavailable("sns.no_certificate", url="") from error
    if not isinstance(key, RSAPublicKey):
        raise Unavailable("sns.no_certificate", url="")
    return key


def _holds(body: Mapping[str, Any], signed: tuple[str, ...], key: RSAPublicKey) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA1, SHA256

    version = text_of(body.get("SignatureVersion"))
    if version not in VERSIONS:
        raise Malformed("field.not_one_of", "SignatureVersion", name="SignatureVersion", known=VERSIONS)
    told = [(name, text_of(body[name])) for name in signed if body.get(name) is not None]
    try:
        signature = base64.b64decode(text_of(body.get("Signature")), validate=True)
        content = "".join(f"{name}\n{value}\n" for name, value in told).encode()
        key.verify(signature, content, PKCS1v15(), SHA256() if version == "2" else SHA1())  # noqa: S303 (Amazon's version 1)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


async def _fetch(url: str) -> bytes:
    """What is there, by one GET that follows no redirect; raises Unavailable."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(SECONDS), trust_env=True) as http,
            http.get(url, allow_redirects=False) as response,
        ):
            content = await response.content.read(CERTIFICATE_LIMIT)
            if response.status == 200:
                return content
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise Unavailable("sns.no_answer", url=urlsplit(url).hostname or "") from error
    raise Unavailable("sns.no_answer", url=urlsplit(url).hostname or "")
