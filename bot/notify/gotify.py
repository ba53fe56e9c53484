"""Gotify: push by one's own server (gotify.net/docs/pushmsg). An address is the server's URL; the application's token is in
the variable that the configuration file names, or `TOCSIN_GOTIFY_TOKEN` for the server that `TOCSIN_GOTIFY_URL` names. Such
a token may send messages and not delete them, so none is taken back."""

import json

from bot.channels import Channels
from bot.errors import Rejected
from bot.notify.addresses import read_url
from bot.notify.notifier import Notice
from bot.notify.outbound import Outbound
from bot.notify.secrets import find_secret

PRIORITIES = {"P1": 10, "P2": 9, "P3": 7, "P4": 5, "P5": 3}


def read_address(text: str) -> str | None:
    parts = read_url(text)
    return text.rstrip("/") if parts is not None and not (parts.query or parts.fragment) else None


def find_lack(address: str, has_secret: bool, channels: Channels) -> str:
    """Why nothing can go there, as things are set up; empty when it can."""
    is_own = bool(channels.gotify_url) and address == channels.gotify_url
    return "" if has_secret or (is_own and channels.gotify_token) else "contact.no_secret gotify"


class GotifyNotifier:
    """Posts messages."""

    name = "gotify"

    def __init__(self, outbound: Outbound, channels: Channels) -> None:
        self.outbound, self.channels = outbound, channels

    async def send(self, address: str, notice: Notice, key: str) -> str:
        """Returns the message's id at the server."""
        is_own = bool(self.channels.gotify_url) and address == self.channels.gotify_url
        token = find_secret(notice.options) or (self.channels.gotify_token.value if is_own else "")
        if lack := find_lack(address, bool(token), self.channels):
            raise Rejected(lack)
        lines = [notice.noted or notice.text]
        if notice.answer_url:
            lines.append(f"[{notice.answer_word}]({notice.answer_url})")
        extras = {"client::display": {"contentType": "text/markdown"}}
        if notice.url:
            extras["client::notification"] = {"click": {"url": notice.url}}  # type: ignore[dict-item]
        body = {
            "title": notice.subject[:250],
            "message": "\n\n".join(lines),
            "priority": PRIORITIES.get(notice.priority, 8),
            "extras": extras,
        }
        headers = {"Content-Type": "application/json", "X-Gotify-Key": token}
        answer = await self.outbound.post(
            f"{address}/message", body=json.dumps(body).encode(), headers=headers, trusted=is_own
        )
        return str(json.loads(answer.text).get("id", "")) if answer.text.startswith("{") else ""

    async def check(self) -> bool:
        """Each person has their own server; there is nothing to ask."""
        return False
