"""Messages that people wrote in Slack, as the house reads them: author, words with names for ids, files, the way back."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.chat.invocation import File, Said
from bot.chat.slack.client import SlackClient
from bot.chat.slack.mrkdwn import read_text
from bot.chat.slack.visitors import PLATFORM, Visitors
from bot.errors import Rejected, Retry
from bot.flow.unit import Actor

NAMED = re.compile(r"<@([A-Z0-9]+)>")
"""A mention without a label: its name has to be looked up."""


class Messages:
    """Reads messages of one workspace."""

    def __init__(self, client: SlackClient, visitors: Visitors) -> None:
        self.client = client
        self.visitors = visitors

    async def read(self, channel: str, message: Mapping[str, Any]) -> Said:
        """A message that was marked, with its author and its link; its author becomes known."""
        return await self._build(channel, message, await self._meet_author(message), with_link=True)

    async def read_said(self, channel: str, message: Mapping[str, Any], actor: Actor) -> Said:
        """A message as it was said just now; nothing is asked but the names in it, and once where the workspace is."""
        return await self._build(channel, message, actor, with_link=False)

    async def find(self, channel: str, number: str) -> Mapping[str, Any] | None:
        """A message by its number, also one within a thread; None when it is gone."""
        found = await self.client.call(
            "conversations.history", channel=channel, latest=number, inclusive=True, limit=1
        )
        if (message := _pick(found, number)) is not None:
            return message
        try:
            found = await self.client.call(
                "conversations.replies",
                channel=channel,
                ts=number,
                oldest=number,
                latest=number,
                inclusive=True,
            )
        except Rejected:
            return None
        return _pick(found, number)

    async def read_whole(self, said: Said) -> Said:
        """The message again as it is in Slack, where a form could not carry all of it; else what was carried."""
        try:
            message = await self.find(said.channel, said.message)
            return await self.read(said.channel, message) if message is not None else said
        except (Retry, Rejected):
            return said

    async def _build(
        self, channel: str, message: Mapping[str, Any], actor: Actor, *, with_link: bool
    ) -> Said:
        number, thread = str(message["ts"]), str(message.get("thread_ts") or "")
        return Said(
            PLATFORM,
            channel,
            number,
            actor,
            await self._read_text(message),
            read_moment(number),
            permalink=await (self._find_link if with_link else self._build_link)(channel, number, thread),
            files=tuple(_read_file(file) for file in message.get("files") or [] if is_kept(file)),
            thread=thread if thread != number else "",
        )

    async def _meet_author(self, message: Mapping[str, Any]) -> Actor:
        """A person, or an app by its name."""
        address = str(message.get("user") or "")
        if not is_of_app(message) and (person := await self.visitors.meet(address)) is not None:
            return person
        profile = message.get("bot_profile") or {}
        name = message.get("username") or profile.get("name")
        return Actor(str(name or await self.visitors.find_name(address or str(message.get("bot_id", "")))))

    async def _read_text(self, message: Mapping[str, Any]) -> str:
        text = str(message.get("text") or "")
        if not text:  # many senders of alerts say everything in an attachment
            parts = [part.get("fallback") or part.get("text") for part in message.get("attachments") or []]
            text = "\n".join(str(part) for part in parts if part)
        names = {address: await self.visitors.find_name(address) for address in set(NAMED.findall(text))}
        return read_text(text, names)

    async def _build_link(self, channel: str, number: str, thread: str) -> str:
        """The link as Slack makes it: nobody is asked for each message."""
        try:
            home = str((await self.client.whoami()).get("url", "")).rstrip("/")
        except (Retry, Rejected):
            return ""
        within = f"?thread_ts={thread}&cid={channel}" if thread and thread != number else ""
        return f"{home}/archives/{channel}/p{number.replace('.', '')}{within}" if home else ""

    async def _find_link(self, channel: str, number: str, thread: str) -> str:
        try:
            found = await self.client.call("chat.getPermalink", channel=channel, message_ts=number)
        except (Retry, Rejected):  # the message is worth keeping without it
            return await self._build_link(channel, number, thread)
        return str(found.get("permalink", ""))


def is_of_app(message: Mapping[str, Any]) -> bool:
    """Whether an app wrote it, not a person."""
    return bool(message.get("bot_id")) or message.get("subtype") == "bot_message"


def is_kept(file: Mapping[str, Any]) -> bool:
    """Whether a file is still there; one that was deleted, or that is too old to be shown, is not."""
    return file.get("mode") not in ("tombstone", "hidden_by_limit")


def read_moment(number: str) -> datetime:
    """When a message was sent: its number is the instant."""
    return datetime.fromtimestamp(float(number), UTC)


def _read_file(file: Mapping[str, Any]) -> File:
    return File(
        name=str(file.get("name") or file.get("title") or file.get("id", "")),
        address=str(file.get("url_private_download") or file.get("url_private") or ""),
        mime=str(file.get("mimetype") or File.mime),
        size=int(file.get("size") or 0),
    )


def _pick(answer: Mapping[str, Any], number: str) -> Mapping[str, Any] | None:
    return next((message for message in answer.get("messages", []) if message.get("ts") == number), None)
