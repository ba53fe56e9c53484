"""ntfy: push to phone and desk, by a topic of ntfy.sh or of one's own server (docs.ntfy.sh/publish, "Publish as JSON").

An address is the URL of a topic, or a topic of the server that `TOCSIN_NTFY_URL` names. The button of the notification posts
to the page's link, so nobody has to open anything to acknowledge.
"""

import json
import re
from typing import Any

from bot.channels import Channels
from bot.errors import Rejected
from bot.notify.addresses import read_url
from bot.notify.notifier import Notice
from bot.notify.outbound import Outbound

TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")
MESSAGE = TOPIC
"""What the id of a message looks like, too."""
LONGEST_TEXT = 3_500
"""In bytes; what is longer than 4,096 becomes an attachment that nobody reads at night."""
PRIORITIES = {"P1": 5, "P2": 5, "P3": 4, "P4": 3, "P5": 2}


def read_address(text: str) -> str | None:
    """A topic, or `https://host/topic`."""
    if TOPIC.fullmatch(text):
        return text
    parts = read_url(text)
    if parts is None or parts.query or parts.fragment:
        return None
    return text.rstrip("/") if TOPIC.fullmatch(parts.path.strip("/").rpartition("/")[2]) else None


def find_lack(address: str, has_secret: bool, channels: Channels) -> str:
    """Why nothing can go there, as things are set up; empty when it can."""
    return "ntfy.no_server" if "/" not in address and not channels.ntfy_url else ""


class NtfyNotifier:
    """Publishes to topics."""

    name = "ntfy"

    def __init__(self, outbound: Outbound, channels: Channels) -> None:
        self.outbound, self.channels = outbound, channels

    async def send(self, address: str, notice: Notice, key: str) -> str:
        """Returns the message's id at the server."""
        server, topic, headers, is_own = self._find(address)
        headers["Content-Type"] = "application/json"
        body = json.dumps(_build(topic, notice)).encode()
        answer = await self.outbound.post(f"{server}/", body=body, headers=headers, trusted=is_own)
        return _read_id(answer.text)

    async def withdraw(self, address: str, sent: str, notice: Notice, key: str) -> None:
        """Mark it as read, which takes the notification off phones (docs.ntfy.sh/publish, "Clearing notifications"; servers
        before 2.16 know of no such thing and refuse)."""
        server, topic, headers, is_own = self._find(address)
        if MESSAGE.fullmatch(sent):
            url = f"{server}/{topic}/{sent}/clear"
            await self.outbound.post(url, body=b"", headers=headers, trusted=is_own, method="PUT")

    def _find(self, address: str) -> tuple[str, str, dict[str, str], bool]:
        """The server, the topic, the headers of every request there, and whether it is the one of the environment."""
        own = self.channels.ntfy_url
        if lack := find_lack(address, False, self.channels):
            raise Rejected(lack)
        server, _, topic = address.rpartition("/")
        is_own = bool(own) and server in ("", own)
        headers = {}
        if is_own and self.channels.ntfy_token:
            headers["Authorization"] = f"Bearer {self.channels.ntfy_token.value}"
        return own if is_own else server, topic, headers, is_own

    async def check(self) -> bool:
        """Each topic is on a server of its own; there is nothing to ask."""
        return False


def _build(topic: str, notice: Notice) -> dict[str, Any]:
    actions: list[dict[str, Any]] = []
    if notice.answer_url:
        actions.append(
            {
                "action": "http",
                "label": notice.answer_word,
                "url": notice.answer_url,
                "method": "POST",
                "clear": True,
            }
        )
    if notice.url:
        actions.append({"action": "view", "label": "Open", "url": notice.url})
    text = (notice.noted or notice.text).encode()[:LONGEST_TEXT].decode("utf-8", "ignore")
    return {
        "topic": topic,
        "title": notice.subject[:250],
        "message": text or notice.subject,
        "priority": PRIORITIES.get(notice.priority, 4),
        "tags": ["rotating_light"] if notice.priority in ("P1", "P2") else [],
        **({"click": notice.url} if notice.url else {}),
        **({"actions": actions} if actions else {}),
    }


def _read_id(text: str) -> str:
    try:
        return str(json.loads(text)["id"])[:100]
    except (ValueError, KeyError, TypeError):
        return ""
