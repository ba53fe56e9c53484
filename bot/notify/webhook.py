"""A webhook: the page as JSON, signed, to a program that reaches the person in its own way.

`X-Tocsin-Signature` is `sha256=` and the HMAC-SHA256, in hex, of `<X-Tocsin-Timestamp>.<body>` with the secret;
`X-Tocsin-Delivery` is the same on each attempt. `style: opsgenie` sends what Opsgenie's webhook integration sends.
"""

import hashlib
import hmac
import json
import time
from typing import Any

from bot.channels import Channels
from bot.errors import Rejected
from bot.notify.addresses import read_url
from bot.notify.notifier import Notice
from bot.notify.outbound import Outbound
from bot.notify.secrets import find_secret


def read_address(text: str) -> str | None:
    parts = read_url(text)
    return text if parts is not None and not parts.fragment else None


def find_lack(address: str, has_secret: bool, channels: Channels) -> str:
    """Why nothing can go there, as things are set up; empty when it can."""
    return "" if has_secret or channels.webhook_secret else "contact.no_secret webhook"


class WebhookNotifier:
    """Posts pages."""

    name = "webhook"

    def __init__(self, outbound: Outbound, channels: Channels) -> None:
        self.outbound, self.channels = outbound, channels

    async def send(self, address: str, notice: Notice, key: str) -> str:
        """Returns the key of the delivery."""
        secret = find_secret(notice.options) or self.channels.webhook_secret.value
        if lack := find_lack(address, bool(secret), self.channels):
            raise Rejected(lack)
        build = build_opsgenie if notice.options.get("style") == "opsgenie" and not notice.code else build_own
        body = json.dumps(build(notice, key), ensure_ascii=False).encode()
        at = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "X-Tocsin-Delivery": key,
            "X-Tocsin-Timestamp": at,
            "X-Tocsin-Signature": f"sha256={sign(secret, at, body)}",
        }
        await self.outbound.post(address, body=body, headers=headers)
        return key

    async def check(self) -> bool:
        """Each goes to a server of its own; there is nothing to ask."""
        return False


def sign(secret: str, at: str, body: bytes) -> str:
    return hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()


def build_own(notice: Notice, key: str) -> dict[str, Any]:
    if notice.code:
        return {"type": "code", "code": notice.code, "text": notice.text}
    return {
        "type": "page",
        "delivery": key,
        "title": notice.subject,
        "text": notice.text,
        "url": notice.url,
        "answer_url": notice.answer_url,
        **notice.facts,
    }


def build_opsgenie(notice: Notice, key: str) -> dict[str, Any]:
    """As its webhook integration tells the creation of an alert (support.atlassian.com/opsgenie, "Webhook integration").
    There, `createdAt` is in milliseconds and `updatedAt` in nanoseconds."""
    facts = notice.facts
    subject = facts.get("subject") or {}
    created = int(facts.get("created_ms", 0))
    return {
        "action": "Create",
        "source": {"name": "Tocsin", "type": "API"},
        "alert": {
            "alertId": str(subject.get("ref", key)),
            "message": str(subject.get("title") or notice.subject)[:130],
            "alias": str(subject.get("ref", key)),
            "tinyId": str(subject.get("ref", "")).rpartition("-")[2],
            "tags": [],
            "teams": [],
            "recipients": [facts.get("person", "")],
            "entity": "",
            "username": "Tocsin",
            "userId": "",
            "description": str(subject.get("description", "")),
            "priority": notice.priority or "P3",
            "createdAt": created,
            "updatedAt": created * 1_000_000,
            "insertedAt": created,
            "source": "Tocsin",
        },
        "integrationId": "tocsin",
        "integrationName": "Tocsin",
        "integrationType": "API",
    }
