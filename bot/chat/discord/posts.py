"""Posting once. Discord keeps a nonce for some minutes and gives back the message that bears it; after that, a post whose
answer was lost is looked for among the last messages.
"""

from collections import OrderedDict
from hashlib import blake2b
from typing import Any

from bot.chat.discord.client import DiscordClient
from bot.chat.discord.errors import code_of
from bot.chat.discord.guild import Guild
from bot.chat.platform import Once
from bot.errors import Rejected
from bot.logs import get_logger

log = get_logger(__name__)
Json = dict[str, Any]
LOOKED_AT = 100
REMEMBERED = 2_000
SEEN = ("title", "description")


def nonce_of(channel: str, key: str) -> str:
    """24 characters for a post; Discord takes 25."""
    return blake2b(f"{channel}:{key}".encode(), digest_size=12).hexdigest()


class Posts:
    """Posts of the bot in one server, and in direct messages."""

    def __init__(self, client: DiscordClient, guild: Guild) -> None:
        self.client = client
        self.guild = guild
        self._heard: OrderedDict[str, str] = OrderedDict()

    def hear(self, nonce: str, address: str) -> None:
        """A message of ours has arrived, says its answer or an event."""
        self._heard[nonce] = address
        if len(self._heard) > REMEMBERED:
            self._heard.popitem(last=False)

    async def post(self, channel: str, body: Json, once: Once, thread: str = "") -> str:
        """Post, and return the message's address. `thread` is the message that it answers."""
        nonce = nonce_of(channel, once.key)
        marked = mark(body, nonce)
        if once.again and (there := await self._find(channel, nonce, marked)):
            return there
        more: Json = {"nonce": nonce, "enforce_nonce": True}
        if thread:
            more["message_reference"] = {"message_id": thread, "fail_if_not_exists": False}
        address = str((await self.send("POST", f"/channels/{channel}/messages", marked | more))["id"])
        self.hear(nonce, address)
        return address

    async def send(self, method: str, path: str, body: Json) -> Json:
        """With its embeds; with less, where Discord finds fault with them: better plain than not at all."""
        *milder, words = list_milder(body)
        for each in (body, *milder):
            try:
                return dict(await self.client.call(method, path, each))
            except Rejected as failure:
                if code_of(failure) not in ("invalid_body", "empty_message"):
                    raise
                log.warning("discord.body_refused", reason=failure.reason)
        return dict(await self.client.call(method, path, words))

    async def _find(self, channel: str, nonce: str, body: Json) -> str:
        """The address of what was posted with this nonce, or empty."""
        if nonce in self._heard:
            return self._heard[nonce]
        me = str((await self.guild.get_me())["id"])
        params = {"limit": str(LOOKED_AT)}
        others = set(self._heard.values())  # the same words, said for another reason
        for message in await self.client.call("GET", f"/channels/{channel}/messages", params=params):
            address = str(message["id"])
            if message["author"]["id"] == me and (
                str(message.get("nonce", "")) == nonce
                or is_marked(message, nonce)
                or (address not in others and is_like(message, body))
            ):
                return address
        return ""


def mark(body: Json, nonce: str) -> Json:
    """The body with the nonce behind the address of its card, where nobody sees it: its words may have changed meanwhile."""
    embeds = [
        {**embed, "url": f"{embed['url']}#{nonce}"} if embed.get("url") and "#" not in embed["url"] else embed
        for embed in body["embeds"]
    ]
    return body | {"embeds": embeds}


def is_marked(message: Json, nonce: str) -> bool:
    return any(str(embed.get("url", "")).endswith(f"#{nonce}") for embed in message.get("embeds") or [])


def is_like(message: Json, body: Json) -> bool:
    """Whether a message without a card has these words. (A card is known by its mark.)"""
    return not any(embed.get("url") for embed in body["embeds"]) and _words(message) == _words(body)


def _words(message: Json) -> tuple[str, ...]:
    embeds = [str(embed.get(name) or "").strip() for embed in message.get("embeds") or [] for name in SEEN]
    return (str(message.get("content") or "").strip(), *embeds)


def list_milder(body: Json) -> list[Json]:
    """What to try, one after the other, where Discord finds fault with a message: no addresses (it is strict with names of
    machines); the words, and below them what can be pressed (a page without its button is worth little); the words alone."""
    embeds = [{name: value for name, value in one.items() if name != "url"} for one in body["embeds"]]
    rows = [
        {**row, "components": [one for one in row["components"] if "url" not in one]}
        for row in body["components"]
    ]
    pressed = [row for row in rows if row["components"]]
    bare = body | {"embeds": embeds, "components": pressed}
    alone = strip(body)
    milder = [bare if bare != body else None, alone | {"components": pressed} if pressed else None]
    return [*(one for one in milder if one is not None), alone]


def strip(body: Json) -> Json:
    """The words alone."""
    words = [body.get("content") or "", *(embed.get(name) or "" for embed in body["embeds"] for name in SEEN)]
    text = "\n".join(part for part in words if part)[:2_000]
    return body | {"content": text or "–", "embeds": [], "components": []}
