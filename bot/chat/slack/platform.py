"""Slack behind the platform port: it translates, sends, and hands in what arrives. It decides nothing about incidents."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp

from bot.chat.clip import clip
from bot.chat.platform import Bookmark, Check, Inbound, Message, NewRoom, NotInvited, Once, Person, Place
from bot.chat.slack import limits
from bot.chat.slack.blocks import Rendered, list_milder, render_message
from bot.chat.slack.checks import check_workspace
from bot.chat.slack.client import SlackClient
from bot.chat.slack.elements import Block
from bot.chat.slack.errors import FAULTS_OF_BLOCKS, code_of
from bot.chat.slack.rooms import SlackRooms
from bot.chat.templates import Templates
from bot.config import SlackSettings
from bot.errors import Lost, Rejected, Retry
from bot.logs import get_logger

if TYPE_CHECKING:
    from bot.chat.slack.listener import Listener

log = get_logger(__name__)
KEY_EVENT = "tocsin_post"
"""The kind of metadata that a post carries: by it a post whose answer was lost is found again."""
LOOKED_AT = 100
OF_A_THREAD = 500
"""How many messages of a thread are asked for at once."""
CHUNK = 64 * 1024


class SlackPlatform:
    """One Slack workspace, ready to send."""

    name = "slack"
    listens_alone = False
    """Slack gives each event to one of its sockets."""

    def __init__(
        self, settings: SlackSettings, templates: Templates, public_url: str, now: Callable[[], datetime]
    ) -> None:
        self.settings = settings
        self.templates = templates
        self.public_url = public_url
        self.now = now
        self.client = SlackClient(settings, now)
        self.rooms = SlackRooms(self.client)
        self.listener: Listener | None = None
        self._direct: dict[str, str] = {}
        self._groups: dict[str, str] = {}

    async def start(self, inbound: Inbound) -> None:
        from bot.chat.slack.listener import (
            Listener,  # slack-bolt is slow to load; who only sends needs it not
        )

        self.listener = Listener(self.settings, self.client, self.templates, inbound)
        await self.listener.start()

    async def stop_listening(self) -> None:
        if self.listener is not None:
            await self.listener.stop()

    async def stop(self) -> None:
        await self.stop_listening()
        await self.client.close()

    async def receive(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, dict[str, str], str]:
        """A request of Slack to our address; returns status, headers and body of the answer."""
        if self.listener is None:
            return 503, {"Retry-After": "2"}, ""
        return await self.listener.receive(body, headers)

    # rooms

    async def open_room(self, room: NewRoom) -> Place:
        return await self.rooms.open(room)

    async def find_standing_room(self, name: str) -> str:
        return await self.rooms.find_standing(getattr(self.settings, name, name))

    async def set_topic(self, channel: str, topic: str) -> None:
        await self.client.call_inside(
            "conversations.setTopic", channel, channel=channel, topic=clip(topic, limits.TOPIC)
        )

    async def rename_room(self, channel: str, name: str) -> str:
        return await self.rooms.rename(channel, name)

    async def set_links(self, channel: str, links: tuple[Bookmark, ...]) -> None:
        await self.rooms.set_links(channel, links)

    async def invite(self, channel: str, people: tuple[str, ...]) -> tuple[NotInvited, ...]:
        return await self.rooms.invite(channel, people)

    async def archive(self, channel: str) -> None:
        await self.rooms.archive(channel)

    async def restore(self, channel: str) -> None:
        await self.rooms.restore(channel)

    # messages

    async def post(self, channel: str, message: Message, once: Once, thread: str = "") -> str:
        if once.again and (there := await self._find_post(channel, once.key, thread)):
            return there
        shown = render_message(message, self.templates)
        arguments: dict[str, Any] = {
            "channel": channel,
            "thread_ts": thread or None,
            "metadata": {"event_type": KEY_EVENT, "event_payload": {"key": once.key}},
            "unfurl_links": False,
            "unfurl_media": False,
        }
        try:
            return str((await self._send("chat.postMessage", shown, arguments))["ts"])
        except Lost:
            self.rooms.forget_standing(channel)
            raise

    async def edit(self, channel: str, address: str, message: Message) -> None:
        shown = render_message(message, self.templates)
        await self._send("chat.update", shown, {"channel": channel, "ts": address})

    async def delete(self, channel: str, address: str) -> None:
        """A message that is gone, or whose channel is, is away."""
        try:
            await self.client.call("chat.delete", channel=channel, ts=address)
        except Lost as lost:
            log.info("slack.gone_already", reason=lost.reason)

    async def _send(self, method: str, shown: Rendered, arguments: dict[str, Any]) -> dict[str, Any]:
        """With its blocks; with less, where Slack finds fault with them: better plain than not at all."""
        *with_blocks, none = list_milder(shown)
        for blocks in with_blocks:
            try:
                return await self._send_blocks(method, shown.text, blocks, arguments)
            except Rejected as failure:
                if code_of(failure) not in FAULTS_OF_BLOCKS:
                    raise
                log.warning("slack.blocks_refused", reason=failure.reason)
        return await self._send_blocks(method, shown.text, none, arguments)

    async def _send_blocks(
        self, method: str, text: str, blocks: list[Block], arguments: dict[str, Any]
    ) -> dict[str, Any]:
        channel = arguments["channel"]
        return await self.client.call_inside(method, channel, **arguments, text=text, blocks=blocks)

    async def _find_post(self, channel: str, key: str, thread: str) -> str:
        """The address of what was posted with this key, or empty. A channel is told from its end, a thread from its
        beginning: that is read as a whole."""
        method = "conversations.replies" if thread else "conversations.history"
        more: dict[str, Any] = {"ts": thread, "limit": OF_A_THREAD} if thread else {"limit": LOOKED_AT}
        while True:
            answer = await self.client.call_inside(
                method, channel, channel=channel, include_all_metadata=True, **more
            )
            for message in answer.get("messages", []):
                metadata = message.get("metadata") or {}
                if (
                    metadata.get("event_type") == KEY_EVENT
                    and metadata.get("event_payload", {}).get("key") == key
                ):
                    return str(message["ts"])
            more["cursor"] = (answer.get("response_metadata") or {}).get("next_cursor", "")
            if not thread or not more["cursor"]:
                return ""

    async def pin(self, channel: str, address: str) -> None:
        """A message that is gone is not pinned; whoever edits it next finds that out."""
        try:
            await self.client.call_inside("pins.add", channel, channel=channel, timestamp=address)
        except Rejected as failure:
            if code_of(failure) not in ("already_pinned", "message_not_found"):
                raise

    async def post_direct(self, person: str, message: Message, once: Once) -> str:
        channel = await self._open_direct(person)
        try:
            return f"{channel}/{await self.post(channel, message, once)}"
        except Lost as lost:
            self._direct.pop(person, None)
            raise Rejected(lost.reason) from lost

    async def _open_direct(self, person: str) -> str:
        if person not in self._direct:
            answer = await self.client.call("conversations.open", users=person)
            self._direct[person] = str(answer["channel"]["id"])
        return self._direct[person]

    async def edit_direct(self, address: str, message: Message) -> None:
        channel, _, number = address.partition("/")
        await self.edit(channel, number, message)

    # people, groups, files

    async def find_person(self, person: Person) -> str | None:
        if person.address or not person.email:
            return person.address
        try:
            user = (await self.client.call("users.lookupByEmail", email=person.email))["user"]
        except Rejected as failure:
            if code_of(failure) in ("users_not_found", "user_not_found"):
                return None
            raise
        return None if user.get("deleted") or user.get("is_bot") else str(user["id"])

    async def set_group(self, handle: str, people: tuple[str, ...]) -> None:
        group = await self._find_group(handle)
        there = (await self.client.call("usergroups.users.list", usergroup=group)).get("users", [])
        if people and set(there) != set(people):
            await self.client.call("usergroups.users.update", usergroup=group, users=",".join(people))

    async def _find_group(self, handle: str) -> str:
        wanted = handle.lstrip("@").lower()
        if wanted not in self._groups:
            answer = await self.client.call("usergroups.list", include_disabled=False)
            self._groups = {
                str(one["handle"]).lower(): str(one["id"]) for one in answer.get("usergroups", [])
            }
        if wanted not in self._groups:
            raise Rejected(f"slack.no_such_group {wanted}")
        return self._groups[wanted]

    async def fetch_file(self, address: str, limit: int) -> bytes:
        """The token goes to Slack's own hosts only."""
        there, api = urlsplit(address), urlsplit(self.settings.api_url)
        own = there.scheme == "https" and (there.hostname or "").endswith((".slack.com", ".slack-gov.com"))
        if not own and (there.scheme, there.netloc) != (api.scheme, api.netloc):
            raise Rejected("slack.foreign_file")
        headers = {"Authorization": f"Bearer {self.client.bearer(self.settings.bot_token)}"}
        try:
            async with self.client.open_session().get(address, headers=headers) as answer:
                if answer.status >= 500 or answer.status == 429:
                    raise Retry(f"slack.http_{answer.status} file", alone=True)
                if answer.status >= 400 or answer.content_type == "text/html":
                    await self.client.call(
                        "auth.test"
                    )  # with a token that is refused, files are refused, too
                    raise Rejected(f"slack.file_refused {answer.status}")
                content = bytearray()
                async for part in answer.content.iter_chunked(CHUNK):
                    content += part
                    if len(content) > limit:
                        raise Rejected("slack.file_too_large")
                return bytes(content)
        except (aiohttp.ClientError, TimeoutError, OSError) as broken:
            raise Retry(f"slack.no_answer file: {type(broken).__name__}", alone=True) from broken

    async def check(self) -> list[Check]:
        standing = (self.settings.announcements, self.settings.ops)
        return await check_workspace(self.client, self.rooms, self.listener, standing)
