"""A push service as RFC 8030 describes one, with the checks of RFC 8292, and browsers that read what comes (RFC 8291).

It shares no code with what it tests: signatures and bodies are read with `cryptography` alone, step by step as the RFCs say.
"""

import base64
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

LARGEST = 4096
URGENCIES = ("very-low", "low", "normal", "high")


def to_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def to_bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)


@dataclass
class Push:
    """One message: what its headers say, and what it says once it is decrypted."""

    device: str
    content: dict[str, Any]
    ttl: int
    urgency: str
    topic: str
    size: int


@dataclass
class Device:
    """A browser's subscription. `key` is the VAPID key for which it subscribed."""

    endpoint: str
    key: str
    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    auth: bytes = b"0123456789abcdef"

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def told(self) -> dict[str, Any]:
        """`PushSubscription.toJSON()`."""
        keys = {"p256dh": to_text(self.public), "auth": to_text(self.auth)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    def read(self, body: bytes) -> bytes:
        """RFC 8188, 2.1 and RFC 8291, 3.4: one record whose delimiter is 2."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        theirs, sealed = body[21 : 21 + length], body[21 + length :]
        assert len(sealed) <= size
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        info = b"WebPush: info\0" + self.public + theirs
        secret = derive(self.private.exchange(ec.ECDH(), point), self.auth, info, 32)
        key = derive(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
        nonce = derive(secret, salt, b"Content-Encoding: nonce\0", 12)
        padded = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
        assert padded[-1] == 2
        return padded[:-1]


@dataclass
class PushService:
    """`statuses` are answered next instead of 201, with headers. What a device that is off did not get yet `waits`."""

    url: str = ""
    devices: dict[str, Device] = field(default_factory=dict)
    pushes: list[Push] = field(default_factory=list)
    statuses: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    contacts: list[str] = field(default_factory=list)

    def subscribe(self, name: str, key: str) -> Device:
        self.devices[name] = Device(f"{self.url}/push/{name}", key, auth=name.encode().ljust(16, b".")[:16])
        return self.devices[name]

    def of(self, name: str, type_: str = "") -> list[Push]:
        """What came for this device, oldest first."""
        return [one for one in self.pushes if one.device == name and type_ in ("", one.content["type"])]

    def waits(self, name: str) -> list[Push]:
        """What a device finds that was off all the time: of one topic the last (RFC 8030, 5.4)."""
        found: dict[object, Push] = {}
        for number, one in enumerate(self.of(name)):
            found.pop(one.topic or number, None)
            found[one.topic or number] = one
        return list(found.values())

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if self.statuses:
            status, headers = self.statuses.pop(0)
            return web.Response(status=status, headers=headers, text="as ordered")
        if len(body) > LARGEST:
            return web.Response(status=413)
        name = request.match_info["name"]
        device = self.devices.get(name)
        if device is None:
            return web.Response(status=410)
        fault = self._find_fault(request, device)
        if fault:
            self.faults.append(fault)
            return web.Response(status=403 if "key" in fault else 400, text=fault)
        content = json.loads(device.read(body))
        said = request.headers
        push = Push(name, content, int(said["TTL"]), said["Urgency"], said.get("Topic", ""), len(body))
        self.pushes.append(push)
        return web.Response(status=201, headers={"Location": f"{self.url}/message/{len(self.pushes)}"})

    def _find_fault(self, request: web.Request, device: Device) -> str:
        headers = request.headers
        if not headers.get("TTL", "").isdecimal():
            return "no TTL (RFC 8030, 5.2)"
        if headers.get("Urgency", "normal") not in URGENCIES:
            return "no such urgency"
        if not re.fullmatch(r"[-_A-Za-z0-9]{0,32}", headers.get("Topic", "")):
            return "bad topic"
        if headers.get("Content-Encoding") != "aes128gcm":
            return "bad encoding"
        return self._find_signature_fault(headers.get("Authorization", ""), device)

    def _find_signature_fault(self, authorization: str, device: Device) -> str:
        found = re.fullmatch(r"vapid t=([^,]+),\s*k=(\S+)", authorization)
        if found is None:
            return "no vapid"
        token, key = found.groups()
        if key != device.key:
            return "subscribed for another key"
        signed, _, signature = token.rpartition(".")
        raw = to_bytes(signature)
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), to_bytes(key))
        der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        try:
            point.verify(der, signed.encode(), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return "signed by another key"
        header, claims = (json.loads(to_bytes(part)) for part in signed.split("."))
        self.contacts.append(claims.get("sub", ""))
        if header != {"typ": "JWT", "alg": "ES256"} or claims.get("aud") != self.url:
            return "bad header or audience"
        if not time.time() < claims.get("exp", 0) <= time.time() + 86_400:
            return "bad exp"
        return "" if claims.get("sub", "").startswith(("mailto:", "https://")) else "no sub"


@asynccontextmanager
async def open_push_service() -> AsyncIterator[PushService]:
    service = PushService()
    app = web.Application()
    app.router.add_post("/push/{name}", service.take)
    async with TestServer(app) as server:
        service.url = str(server.make_url("")).rstrip("/")
        yield service
