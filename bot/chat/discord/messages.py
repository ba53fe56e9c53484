"""Messages that people wrote in Discord, as the house reads them: author, words with names for ids, files, the way back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.chat.discord.client import DiscordClient
from bot.chat.discord.guild import Guild
from bot.chat.discord.markdown import read_text
from bot.chat.discord.places import PLATFORM, Places
from bot.chat.discord.rooms import SITE, read_moment
from bot.chat.discord.visitors import Visitors
from bot.chat.invocation import File, Said
from bot.errors import Lost
from bot.flow.unit import Actor

Json = dict[str, Any]
Message = Mapping[str, Any]
PLAIN, REPLY = 0, 19
SAID = (PLAIN, REPLY)
"""Kinds of messages that people write; all others are Discord's own."""


class Messages:
    """Reads messages of one server."""

    def __init__(self, client: DiscordClient, guild: Guild, places: Places, visitors: Visitors) -> None:
        self.client = client
        self.guild = guild
        self.places = places
        self.visitors = visitors

    async def read(self, message: Message) -> Said:
        """A message that was marked; its author becomes known."""
        return await self.read_said(message, await self._meet_author(message))

    async def read_said(self, message: Message, actor: Actor) -> Said:
        """A message with its author. What is said in a thread of a room is said in the room."""
        channel, number = str(message["channel_id"]), str(message["id"])
        room = await self.places.find_room(channel) or channel
        answers = (
            (message.get("message_reference") or {}).get("message_id") if message.get("type") == REPLY else ""
        )
        return Said(
            PLATFORM,
            room,
            number,
            actor,
            self._read_text(message),
            _read_time(message) or read_moment(number),
            permalink=f"{SITE}/channels/{await self.guild.get_id()}/{channel}/{number}",
            files=tuple(_read_file(file) for file in message.get("attachments") or ()),
            thread=str(answers or "") or (channel if channel != room else ""),
        )

    async def find(self, channel: str, number: str) -> Json | None:
        """A message by its number; None when it is gone."""
        try:
            return dict(await self.client.call("GET", f"/channels/{channel}/messages/{number}"))
        except Lost:
            return None

    async def _meet_author(self, message: Message) -> Actor:
        """A person, or an app by its name."""
        author = message.get("author") or {}
        address = str(author.get("id", ""))
        if not is_of_app(message) and (person := await self.visitors.meet(address)) is not None:
            return person
        return Actor(str(author.get("global_name") or author.get("username") or address), platform=PLATFORM)

    def _read_text(self, message: Message) -> str:
        names = dict(self.places.names)
        for user in message.get("mentions") or ():
            names[str(user["id"])] = str(
                (user.get("member") or {}).get("nick") or user.get("global_name") or user.get("username")
            )
        text = str(message.get("content") or "")
        if not text:  # what was forwarded, or what an app says in an embed
            inner = [one.get("message") or {} for one in message.get("message_snapshots") or ()]
            parts = [str(one.get("content") or "") for one in inner]
            parts += [
                str(embed.get(name) or "")
                for one in (*inner, message)
                for embed in one.get("embeds") or ()
                for name in ("title", "description")
            ]
            text = "\n".join(part for part in parts if part)
        return read_text(text, names)


def is_of_app(message: Message) -> bool:
    """Whether an app wrote it, not a person."""
    return bool(message.get("webhook_id") or (message.get("author") or {}).get("bot"))


def _read_time(message: Message) -> datetime | None:
    text = message.get("timestamp")
    return datetime.fromisoformat(str(text)) if text else None


def _read_file(file: Mapping[str, Any]) -> File:
    return File(
        name=str(file.get("title") or file.get("filename") or file.get("id", "")),
        address=str(file.get("url") or ""),
        mime=str(file.get("content_type") or File.mime),
        size=int(file.get("size") or 0),
    )
