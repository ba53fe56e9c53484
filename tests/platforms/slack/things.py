"""The things of a Slack workspace: people, messages, channels, views, and how each is written in JSON.

Plain state. It knows no wire and no rules about who may do what.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(eq=False)
class User:
    """A member of the workspace, a bot, or a stranger from another workspace."""

    id: str
    name: str
    team_id: str
    real_name: str = ""
    email: str | None = None
    tz: str = "Etc/UTC"
    guest: bool = False
    bot: bool = False
    deleted: bool = False
    stranger: bool = False
    title: str = ""
    updated: int = field(default_factory=lambda: int(time.time()))

    def to_json(self, with_email: bool = True) -> Json:
        """The user object of users.info, users.list and user_change."""
        profile: Json = {
            "real_name": self.real_name,
            "real_name_normalized": self.real_name,
            "display_name": self.name,
            "display_name_normalized": self.name,
            "title": self.title,
            "status_text": "",
            "status_emoji": "",
            "image_48": f"https://secure.gravatar.com/avatar/{self.id}.png",
            "team": self.team_id,
        }
        if with_email and self.email is not None and not (self.bot or self.stranger):
            profile["email"] = self.email
        body: Json = {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.name,
            "deleted": self.deleted,
            "profile": profile,
            "is_bot": self.bot,
            "is_app_user": False,
            "updated": self.updated,
        }
        if self.deleted:
            return body
        return {
            **body,
            "real_name": self.real_name,
            "tz": self.tz,
            "tz_label": self.tz,
            "tz_offset": 0,
            "is_admin": False,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": self.guest,
            "is_ultra_restricted": self.guest,
            **({"is_stranger": True} if self.stranger else {}),
        }


@dataclass(eq=False)
class Message:
    """A message in a channel, or one that a single person sees for a while."""

    channel: Channel = field(repr=False)
    ts: str
    user: str
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    thread_ts: str | None = None
    files: list[Json] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    bot_id: str | None = None
    subtype: str | None = None
    edited: Json | None = None
    ephemeral_for: str | None = None
    pinned: bool = False
    state: Json = field(default_factory=dict)

    @property
    def all_blocks(self) -> list[Json]:
        """Its blocks, and those inside its attachments."""
        return [*self.blocks, *(block for part in self.attachments for block in part.get("blocks", []))]

    @property
    def words(self) -> str:
        """Every text that a person sees in it, in order, one per line."""
        return "\n".join(find_texts(self.all_blocks)) or self.text

    def to_json(self, with_metadata: bool = True) -> Json:
        """The message object of history, events and interactions."""
        body: Json = {"type": "message", "user": self.user, "text": self.text, "ts": self.ts}
        body["team"] = self.channel.team_id
        if self.subtype:
            body["subtype"] = self.subtype
        if self.bot_id:
            body |= {"bot_id": self.bot_id, "app_id": self.channel.app_id}
        if self.blocks:
            body["blocks"] = self.blocks
        if self.attachments:
            body["attachments"] = self.attachments
        if self.metadata and with_metadata:
            body["metadata"] = self.metadata
        if self.thread_ts:
            body["thread_ts"] = self.thread_ts
        if self.thread_ts and self.thread_ts != self.ts:
            body["parent_user_id"] = next(
                (one.user for one in self.channel.messages if one.ts == self.thread_ts), ""
            )
        if self.files:
            body |= {"files": self.files, "upload": False}
        if self.edited:
            body["edited"] = self.edited
        if self.reactions:
            body["reactions"] = [
                {"name": name, "users": users, "count": len(users)} for name, users in self.reactions.items()
            ]
        if self.pinned:
            body["pinned_to"] = [self.channel.id]
        # Only the first message of a thread names itself as its thread.
        replies = self.channel.replies(self.ts) if self.thread_ts == self.ts else []
        if replies:
            body |= {
                "reply_count": len(replies),
                "reply_users": list(dict.fromkeys(reply.user for reply in replies)),
                "latest_reply": replies[-1].ts,
            }
        return body


@dataclass(eq=False)
class Channel:
    """A public or private channel, or a conversation between the bot and one person."""

    id: str
    name: str
    team_id: str
    app_id: str
    creator: str
    is_private: bool = False
    is_im: bool = False
    im_user: str | None = None
    members: list[str] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list, repr=False)
    bookmarks: list[Json] = field(default_factory=list)
    pins: list[Json] = field(default_factory=list)
    topic: Json = field(default_factory=lambda: {"value": "", "creator": "", "last_set": 0})
    purpose: Json = field(default_factory=lambda: {"value": "", "creator": "", "last_set": 0})
    previous_names: list[str] = field(default_factory=list)
    is_archived: bool = False
    is_deleted: bool = False
    created: int = field(default_factory=lambda: int(time.time()))

    @property
    def kind(self) -> str:
        """The first half of the scopes about it: channels, groups or im."""
        return "im" if self.is_im else "groups" if self.is_private else "channels"

    @property
    def channel_type(self) -> str:
        """What message events call it."""
        return {"im": "im", "groups": "group", "channels": "channel"}[self.kind]

    @property
    def shown_name(self) -> str:
        """The name in commands and interactions, which hides private names."""
        return {"im": "directmessage", "groups": "privategroup", "channels": self.name}[self.kind]

    def find_message(self, ts: str | None) -> Message | None:
        return next((message for message in reversed(self.messages) if message.ts == ts), None)

    def replies(self, ts: str) -> list[Message]:
        return [message for message in self.messages if message.thread_ts == ts != message.ts]

    def to_json(self, viewer: str, with_count: bool = False) -> Json:
        """The conversation object, as the bearer of a token sees it."""
        if self.is_im:
            return {
                "id": self.id,
                "created": self.created,
                "is_im": True,
                "is_archived": False,
                "is_org_shared": False,
                "user": self.im_user,
                "is_user_deleted": False,
            }
        return {
            "id": self.id,
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": not self.is_private,
            "is_group": self.is_private,
            "is_im": False,
            "is_mpim": False,
            "is_private": self.is_private,
            "is_archived": self.is_archived,
            "is_general": self.name == "general",
            "is_shared": False,
            "is_ext_shared": False,
            "is_org_shared": False,
            "is_member": viewer in self.members,
            "created": self.created,
            "creator": self.creator,
            "context_team_id": self.team_id,
            "topic": self.topic,
            "purpose": self.purpose,
            "previous_names": self.previous_names,
            **({"num_members": len(self.members)} if with_count else {}),
        }


@dataclass(eq=False)
class View:
    """A modal that a person has open, or their home tab."""

    id: str
    user: str
    body: Json
    hash: str
    root_id: str
    previous_id: str | None = None
    values: dict[str, dict[str, Json]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    suggested: dict[str, list[Json]] = field(default_factory=dict)

    @property
    def blocks(self) -> list[Json]:
        blocks: list[Json] = self.body["blocks"]
        return blocks

    @property
    def title(self) -> str:
        return str(self.body.get("title", {}).get("text", ""))

    @property
    def callback_id(self) -> str:
        return str(self.body.get("callback_id", ""))

    @property
    def private_metadata(self) -> str:
        return str(self.body.get("private_metadata", ""))

    @property
    def words(self) -> str:
        """Every text that a person sees in it, in order, one per line."""
        return "\n".join([self.title, *find_texts(self.blocks)]).strip()

    def block(self, block_id: str) -> Json:
        """One of its blocks; KeyError when it has no such block."""
        for block in self.blocks:
            if block.get("block_id") == block_id:
                return block
        raise KeyError(block_id)


@dataclass(eq=False)
class Trigger:
    """What lets the bot open a modal for a person, for three seconds and once."""

    user: str
    made_at: float
    view_id: str | None = None
    used: bool = False


@dataclass(eq=False)
class Answering:
    """Where a response_url leads: five uses within half an hour."""

    user: str
    channel: Channel
    message: Message | None
    made_at: float
    uses: int = 0


def new_hash() -> str:
    """What changes whenever a view changes."""
    return f"{int(time.time())}.{secrets.token_hex(4)}"


def find_texts(part: Any) -> list[str]:
    """Every text in blocks, in order of reading."""
    if isinstance(part, list):
        return [text for one in part for text in find_texts(one)]
    if not isinstance(part, dict):
        return []
    if isinstance(part.get("text"), str):
        return [part["text"]]
    inside = [value for name, value in part.items() if name != "confirm"]
    return [text for value in inside if isinstance(value, dict | list) for text in find_texts(value)]


def name_blocks(blocks: list[Json]) -> list[Json]:
    """The same blocks with an id for each block and each action that has none, as Slack gives them."""
    named = []
    for block in blocks:
        block = {"block_id": secrets.token_urlsafe(3), **block}
        for key in ("elements", "element", "accessory"):
            if block["type"] in ("actions", "input", "section") and key in block:
                inner = block[key]
                block[key] = [name_action(one) for one in inner] if key == "elements" else name_action(inner)
        named.append(block)
    return named


def name_action(element: Json) -> Json:
    return element if element["type"] == "image" else {"action_id": secrets.token_urlsafe(3), **element}
