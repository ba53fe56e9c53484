"""pins.*, bookmarks.* and reactions.*: what is put on channels and messages."""

from __future__ import annotations

import re
import time

from tests.platforms.slack.answers import Ask, Refused, method
from tests.platforms.slack.things import Channel, Json, Message

MOST_PINS = 100


def _message(ask: Ask, channel: Channel, missing: str = "message_not_found") -> Message:
    ask.member_of(channel)
    message = channel.find_message(ask.text("timestamp"))
    if message is None:
        raise Refused(missing)
    return message


@method("pins.add", "pins:write")
async def pin(ask: Ask) -> Json:
    channel = ask.channel()
    message = _message(ask, channel)
    if message.pinned:
        raise Refused("already_pinned")
    if len(channel.pins) >= MOST_PINS:
        raise Refused("too_many_pins")
    message.pinned = True
    channel.pins.append({"ts": message.ts, "created": int(time.time()), "created_by": ask.actor})
    ask.tell("pin_added", user=ask.actor, channel_id=channel.id, item=_item(message))
    return {}


@method("pins.remove", "pins:write")
async def unpin(ask: Ask) -> Json:
    channel = ask.channel()
    message = _message(ask, channel)
    if not message.pinned:
        raise Refused("no_pin")
    message.pinned = False
    channel.pins = [one for one in channel.pins if one["ts"] != message.ts]
    ask.tell("pin_removed", user=ask.actor, channel_id=channel.id, item=_item(message))
    return {}


@method("pins.list", "pins:read")
async def list_pins(ask: Ask) -> Json:
    channel = ask.channel(closed=True)
    pinned = [(one, channel.find_message(one["ts"])) for one in channel.pins]
    return {
        "items": [
            {
                "type": "message",
                "created": one["created"],
                "created_by": one["created_by"],
                "channel": channel.id,
                "message": message.to_json(),
            }
            for one, message in reversed(pinned)
            if message is not None
        ]
    }


def _item(message: Message) -> Json:
    return {"type": "message", "channel": message.channel.id, "message": message.to_json()}


def _room(ask: Ask) -> Channel:
    channel = ask.channel(name="channel_id")
    ask.member_of(channel)
    return channel


@method("bookmarks.add", "bookmarks:write")
async def add_bookmark(ask: Ask) -> Json:
    channel = _room(ask)
    if ask.text("type") != "link":
        raise Refused("invalid_bookmark_type")
    if not ask.text("title"):
        raise Refused("invalid_arguments")
    _check_link(ask)
    if len(channel.bookmarks) >= 100:
        raise Refused("too_many_bookmarks")
    now = int(time.time())
    bookmark: Json = {
        "id": ask.workspace.new_id("Bk"),
        "channel_id": channel.id,
        "title": ask.text("title"),
        "link": ask.text("link"),
        "emoji": ask.text("emoji"),
        "icon_url": None,
        "type": "link",
        "entity_id": None,
        "date_created": now,
        "date_updated": 0,
        "rank": f"{len(channel.bookmarks):04d}",
        "last_updated_by_user_id": ask.actor,
        "last_updated_by_team_id": channel.team_id,
        "shortcut_id": None,
        "app_id": None,
    }
    channel.bookmarks.append(bookmark)
    return {"bookmark": bookmark}


def _check_link(ask: Ask) -> None:
    if not re.match(r"https?://[^\s/]+", ask.text("link")):
        raise Refused("invalid_link")
    if ask.text("emoji") and not re.fullmatch(r":[\w+'-]+:", ask.text("emoji")):
        raise Refused("invalid_emoji")


def _bookmark(ask: Ask) -> tuple[Channel, Json]:
    channel = _room(ask)
    for bookmark in channel.bookmarks:
        if bookmark["id"] == ask.text("bookmark_id"):
            return channel, bookmark
    raise Refused("bookmark_not_found")


@method("bookmarks.edit", "bookmarks:write")
async def edit_bookmark(ask: Ask) -> Json:
    _, bookmark = _bookmark(ask)
    if ask.args.get("link") is not None:
        _check_link(ask)
    for name in ("title", "link", "emoji"):
        if ask.args.get(name) is not None:
            bookmark[name] = ask.text(name)
    bookmark |= {"date_updated": int(time.time()), "last_updated_by_user_id": ask.actor}
    return {"bookmark": bookmark}


@method("bookmarks.remove", "bookmarks:write")
async def remove_bookmark(ask: Ask) -> Json:
    channel, bookmark = _bookmark(ask)
    channel.bookmarks.remove(bookmark)
    return {}


@method("bookmarks.list", "bookmarks:read")
async def list_bookmarks(ask: Ask) -> Json:
    return {"bookmarks": ask.channel(name="channel_id", closed=True).bookmarks}


def put_reaction(ask: Ask, message: Message, name: str) -> None:
    """One person's reaction, and the event about it."""
    message.reactions.setdefault(name, []).append(ask.actor)
    _tell_reaction(ask, "reaction_added", message, name)


def drop_reaction(ask: Ask, message: Message, name: str) -> None:
    """Take a person's reaction back."""
    message.reactions[name].remove(ask.actor)
    if not message.reactions[name]:
        del message.reactions[name]
    _tell_reaction(ask, "reaction_removed", message, name)


def _tell_reaction(ask: Ask, type_: str, message: Message, name: str) -> None:
    if ask.workspace.bot_user in message.channel.members:
        ask.tell(
            type_,
            user=ask.actor,
            reaction=name,
            item={"type": "message", "channel": message.channel.id, "ts": message.ts},
            item_user=message.user,
        )


@method("reactions.add", "reactions:write")
async def react(ask: Ask) -> Json:
    channel = ask.channel()
    message = _message(ask, channel)
    name = ask.text("name").strip(":")
    if not re.fullmatch(r"[\w+'-]+(::skin-tone-[2-6])?", name):
        raise Refused("invalid_name")
    if ask.actor in message.reactions.get(name, []):
        raise Refused("already_reacted")
    put_reaction(ask, message, name)
    return {}


@method("reactions.remove", "reactions:write")
async def unreact(ask: Ask) -> Json:
    channel = ask.channel()
    message = _message(ask, channel)
    name = ask.text("name").strip(":")
    if ask.actor not in message.reactions.get(name, []):
        raise Refused("no_reaction")
    drop_reaction(ask, message, name)
    return {}


@method("reactions.get", "reactions:read")
async def get_reactions(ask: Ask) -> Json:
    channel = ask.channel(closed=True)
    message = _message(ask, channel)
    return {"type": "message", "channel": channel.id, "message": message.to_json()}
