"""chat.* and what was said: conversations.history and conversations.replies."""

from __future__ import annotations

import json
from typing import Any

from tests.platforms.slack.answers import Ask, Refused, method, paged
from tests.platforms.slack.blocks import judge_blocks
from tests.platforms.slack.things import Channel, Json, Message, name_blocks


def judge(ask: Ask, blocks: Any, attachments: Any) -> None:
    """Refuse blocks that Slack would refuse, and remember it."""
    for parts, error in [
        (blocks, "invalid_blocks"),
        *[
            (part.get("blocks"), "invalid_attachments")
            for part in attachments or []
            if isinstance(part, dict)
        ],
    ]:
        faults = judge_blocks(parts) if parts else []
        if faults:
            ask.slack.violations += [f"{ask.method}: {fault}" for fault in faults]
            raise Refused(error, errors=faults, response_metadata={"messages": faults})
    if attachments is not None and not isinstance(attachments, list):
        raise Refused("invalid_attachments")
    if len(attachments or []) > 100:
        raise Refused("too_many_attachments")


def content_of(ask: Ask) -> tuple[str, list[Json], list[Json]]:
    """Text, blocks and attachments of a message that is to be shown."""
    text = ask.text("text")
    blocks = ask.parsed("blocks", "invalid_blocks_format")
    attachments = ask.parsed("attachments", "invalid_attachments")
    if not text.strip() and not blocks and not attachments:
        raise Refused("no_text")
    if len(text) > 40_000:
        raise Refused("msg_too_long")
    judge(ask, blocks, attachments)
    dressed = [
        {"id": number, **part, **({"blocks": name_blocks(part["blocks"])} if part.get("blocks") else {})}
        for number, part in enumerate(attachments or [], 1)
    ]
    return text, name_blocks(blocks or []), dressed


def metadata_of(ask: Ask) -> Json | None:
    metadata = ask.parsed("metadata", "invalid_metadata_format")
    if not metadata:
        return None
    if not isinstance(metadata, dict) or not {"event_type", "event_payload"} <= set(metadata):
        raise Refused("invalid_metadata_format")
    if len(json.dumps(metadata)) > 8000:
        raise Refused("metadata_too_large")
    return metadata


def target_of(ask: Ask) -> Channel:
    """Where a message is to go: a channel, or a person's conversation with the bot."""
    person = ask.workspace.users.get(ask.text("channel"))
    if person is not None:
        if person.deleted or person.bot:
            raise Refused("channel_not_found")
        return ask.workspace.open_direct(person)[0]
    channel = ask.channel()
    if ask.actor not in channel.members and "chat:write.public" not in ask.slack.scopes:
        raise Refused("not_in_channel")
    return channel


def tell_message(ask: Ask, message: Message, **more: Any) -> None:
    """What is said in a channel comes to the bot, its own messages, too."""
    if ask.workspace.bot_user in message.channel.members:
        said = {
            **message.to_json(),
            "channel": message.channel.id,
            "channel_type": message.channel.channel_type,
        }
        ask.slack.tell({**said, **more, "event_ts": message.ts})


@method("chat.postMessage", "chat:write")
async def post(ask: Ask) -> Json:
    channel = target_of(ask)
    text, blocks, attachments = content_of(ask)
    metadata = metadata_of(ask)
    thread_ts = ask.text("thread_ts") or None
    if thread_ts is not None:
        parent = channel.find_message(thread_ts)
        if parent is None:
            raise Refused("thread_not_found")
        thread_ts = parent.thread_ts or parent.ts
    message = Message(
        channel, ask.workspace.new_ts(), ask.actor, text, blocks, attachments, metadata, thread_ts
    )
    message.bot_id = ask.workspace.bot_id if ask.is_bot else None
    if thread_ts and ask.flag("reply_broadcast"):
        message.subtype = "thread_broadcast"
    channel.messages.append(message)
    if thread_ts and (parent := channel.find_message(thread_ts)):
        parent.thread_ts = thread_ts
    tell_message(ask, message)
    return {"channel": channel.id, "ts": message.ts, "message": message.to_json()}


@method("chat.update", "chat:write")
async def update(ask: Ask) -> Json:
    channel = ask.channel(closed=True)
    if channel.is_archived:
        raise Refused("is_inactive")
    message = channel.find_message(ask.text("ts"))
    if message is None:
        raise Refused("message_not_found")
    if message.user != ask.actor:
        raise Refused("cant_update_message")
    text, blocks, attachments = content_of(ask)
    metadata = metadata_of(ask)
    before = message.to_json()
    # Words alone replace the blocks; what isn't mentioned stays.
    if "blocks" in ask.args or "text" in ask.args:
        message.blocks = blocks
    if "attachments" in ask.args:
        message.attachments = attachments
    message.text = text
    if "metadata" in ask.args:
        message.metadata = metadata
    message.edited = {"user": ask.actor, "ts": ask.workspace.new_ts()}
    tell_change(ask, message, before)
    return {"channel": channel.id, "ts": message.ts, "text": text, "message": message.to_json()}


def tell_change(ask: Ask, message: Message, before: Json) -> None:
    ts = ask.workspace.new_ts()
    if ask.workspace.bot_user in message.channel.members:
        ask.slack.tell(
            {
                "type": "message",
                "subtype": "message_changed",
                "message": message.to_json(),
                "previous_message": before,
                "channel": message.channel.id,
                "hidden": True,
                "ts": ts,
                "event_ts": ts,
                "channel_type": message.channel.channel_type,
            }
        )


@method("chat.delete", "chat:write")
async def delete(ask: Ask) -> Json:
    channel = ask.channel()
    message = channel.find_message(ask.text("ts"))
    if message is None:
        raise Refused("message_not_found")
    if message.user != ask.actor:
        raise Refused("cant_delete_message")
    take_away(ask, message)
    return {"channel": channel.id, "ts": message.ts}


def take_away(ask: Ask, message: Message) -> None:
    before = message.to_json()
    message.channel.messages.remove(message)
    ts = ask.workspace.new_ts()
    if ask.workspace.bot_user in message.channel.members:
        ask.slack.tell(
            {
                "type": "message",
                "subtype": "message_deleted",
                "previous_message": before,
                "channel": message.channel.id,
                "hidden": True,
                "deleted_ts": message.ts,
                "ts": ts,
                "event_ts": ts,
                "channel_type": message.channel.channel_type,
            }
        )


@method("chat.postEphemeral", "chat:write")
async def post_ephemeral(ask: Ask) -> Json:
    channel = ask.channel()
    if ask.actor not in channel.members:
        raise Refused("not_in_channel")
    user = ask.user()
    if user.id not in channel.members:
        raise Refused("user_not_in_channel")
    text, blocks, attachments = content_of(ask)
    message = Message(channel, ask.workspace.new_ts(), ask.actor, text, blocks, attachments)
    message.bot_id, message.ephemeral_for = ask.workspace.bot_id, user.id
    message.thread_ts = ask.text("thread_ts") or None
    ask.workspace.ephemerals.append(message)
    return {"message_ts": message.ts}


@method("chat.getPermalink")
async def permalink(ask: Ask) -> Json:
    channel = ask.channel(closed=True)
    ts = ask.text("message_ts")
    message = channel.find_message(ts)
    if message is None:
        raise Refused("message_not_found")
    link = f"https://{ask.workspace.domain}.slack.com/archives/{channel.id}/p{ts.replace('.', '')}"
    if message.thread_ts and message.thread_ts != ts:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


@method("chat.unfurl", "links:write")
async def unfurl(ask: Ask) -> Json:
    unfurls = ask.parsed("unfurls", "cannot_parse_attachment")
    if not isinstance(unfurls, dict) or not unfurls:
        raise Refused("missing_unfurls")
    channel = ask.channel()
    message = channel.find_message(ask.text("ts"))
    if message is None:
        raise Refused("cannot_find_message")
    for url, unfurl in unfurls.items():
        if url not in message.text.replace("&amp;", "&"):
            raise Refused("cannot_unfurl_url")
        judge(ask, unfurl.get("blocks"), None)
    message.attachments = [{"from_url": url, **unfurl} for url, unfurl in unfurls.items()]
    ask.slack.unfurls.append((channel.id, message.ts, unfurls))
    return {}


def between(ask: Ask, messages: list[Message]) -> list[Message]:
    """Those from `oldest` to `latest`, whose own instants count only when the call says so."""
    latest, oldest, inclusive = ask.text("latest"), ask.text("oldest"), ask.flag("inclusive")

    def is_within(message: Message) -> bool:
        at = float(message.ts)
        if latest and (at > float(latest) or (at == float(latest) and not inclusive)):
            return False
        return not (oldest and (at < float(oldest) or (at == float(oldest) and not inclusive)))

    return [message for message in messages if is_within(message)]


@method("conversations.history")
async def history(ask: Ask) -> Json:
    channel = ask.channel("history", closed=True)
    if not channel.is_archived:
        ask.member_of(channel)
    top = [
        one
        for one in channel.messages
        if one.thread_ts in (None, one.ts) or one.subtype == "thread_broadcast"
    ]
    page, metadata = paged(ask, between(ask, top[::-1]), 100, 999)
    return _told(ask, page, metadata) | {"pin_count": len(channel.pins)}


@method("conversations.replies")
async def replies(ask: Ask) -> Json:
    channel = ask.channel("history", closed=True)
    if not channel.is_archived:
        ask.member_of(channel)
    parent = channel.find_message(ask.text("ts"))
    if parent is None:
        raise Refused("thread_not_found")
    thread = [parent, *channel.replies(parent.ts)]
    page, metadata = paged(ask, between(ask, thread), 1000, 1000)
    return _told(ask, page, metadata)


def _told(ask: Ask, page: list[Message], metadata: Json) -> Json:
    with_metadata = ask.flag("include_all_metadata")
    return {
        "messages": [message.to_json(with_metadata) for message in page],
        "has_more": bool(metadata["next_cursor"]),
        **({"response_metadata": metadata} if metadata["next_cursor"] else {}),
    }
