"""The links at the top of a room. Discord has no bookmarks: one pinned message of the bot holds them, and is edited."""

from collections.abc import Callable
from typing import Any

from bot.chat.clip import clip
from bot.chat.discord import limits
from bot.chat.discord.client import DiscordClient
from bot.chat.discord.guild import Guild
from bot.chat.discord.limits import clip_markdown
from bot.chat.discord.markdown import link
from bot.chat.platform import Bookmark
from bot.errors import Lost

Json = dict[str, Any]
SIGN = "🔗"
"""By it the message is known again."""
BETWEEN = " · "
LONGEST_TITLE = 100


class Links:
    """The links messages of one server."""

    def __init__(self, client: DiscordClient, guild: Guild, nonce_of: Callable[[str], str]) -> None:
        self.client = client
        self.guild = guild
        self.nonce_of = nonce_of

    async def set(self, channel: str, links: tuple[Bookmark, ...]) -> None:
        """These, and no others; pins of people stay."""
        there = await self._find(channel)
        wanted = build_links(links)
        if there is None:
            if links:
                await self._post(channel, wanted)
        elif not links:
            await self.client.call("DELETE", f"/channels/{channel}/messages/{there['id']}")
        elif there["embeds"][0].get("description") != wanted["embeds"][0]["description"]:
            await self.client.call("PATCH", f"/channels/{channel}/messages/{there['id']}", wanted)

    async def _find(self, channel: str) -> Json | None:
        me = str((await self.guild.get_me())["id"])
        pins = await self.client.call("GET", f"/channels/{channel}/messages/pins")
        messages = [item["message"] for item in pins.get("items", [])]
        return next((one for one in messages if is_links(one, me)), None)

    async def _post(self, channel: str, body: Json) -> None:
        """An attempt before may have posted it, and not pinned it: the same nonce gives the same message."""
        once = {"nonce": self.nonce_of(f"links-{channel}"), "enforce_nonce": True}
        made = await self.client.call("POST", f"/channels/{channel}/messages", body | once)
        try:
            await self.client.call("PUT", f"/channels/{channel}/messages/pins/{made['id']}")
        except Lost as lost:
            if not lost.reason.startswith("discord.unknown_message"):
                raise


def build_links(links: tuple[Bookmark, ...]) -> Json:
    """The message that holds these links."""
    shown = [link(one.url, clip(one.title, LONGEST_TITLE)) for one in links]
    text = clip_markdown(f"{SIGN} {BETWEEN.join(shown)}", limits.EMBED_DESCRIPTION)
    return {
        "content": "",
        "embeds": [{"description": text}],
        "components": [],
        "allowed_mentions": {"parse": []},
    }


def is_links(message: Json, me: str) -> bool:
    """Whether this is the message that holds the links."""
    embeds = message.get("embeds") or []
    return (
        (message.get("author") or {}).get("id") == me
        and len(embeds) == 1
        and not embeds[0].get("title")
        and str(embeds[0].get("description", "")).startswith(SIGN)
    )
