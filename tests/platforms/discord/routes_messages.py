"""Messages in channels: read, post, change, delete, and the typing sign."""

from __future__ import annotations

from typing import Any

from tests.platforms.discord import happening
from tests.platforms.discord.answers import Ask, Fault, Refused, Upload, invalid_form, route
from tests.platforms.discord.guild import Guild
from tests.platforms.discord.limits import FILE_SIZE, judge_message, need_message
from tests.platforms.discord.permissions import Permission
from tests.platforms.discord.showing import show_components, show_embeds
from tests.platforms.discord.things import Channel, Json, Member, Message
from tests.platforms.discord.writing import find_mentions

REPLY, THREADS_SEND = 19, Permission.SEND_MESSAGES_IN_THREADS
WRITABLE = (0, REPLY, 20, 23)
NONCE_SECONDS = 300
SETTABLE_FLAGS = 1 << 2 | 1 << 12 | 1 << 15


@route("list_messages")
def list_messages(ask: Ask) -> Any:
    channel = ask.channel()
    if not ask.may(channel, Permission.READ_MESSAGE_HISTORY):
        return []
    limit = int(ask.query.get("limit", 50))
    found = sorted(channel.messages, key=lambda one: int(one.id))
    if "before" in ask.query:
        found = [one for one in found if int(one.id) < int(ask.query["before"])]
    if "after" in ask.query:
        found = [one for one in found if int(one.id) > int(ask.query["after"])][:limit]
    if "around" in ask.query:
        found.sort(key=lambda one: abs(int(one.id) - int(ask.query["around"])))
        found = sorted(found[:limit], key=lambda one: int(one.id))
    return [ask.seen(one) for one in reversed(found[-limit:])]


@route("get_message")
def get_message(ask: Ask) -> Any:
    return ask.seen(ask.message(ask.channel(Permission.READ_MESSAGE_HISTORY)))


@route("trigger_typing_indicator")
def type_(ask: Ask) -> None:
    ask.channel(Permission.SEND_MESSAGES)


@route("create_message")
def create_message(ask: Ask) -> Any:
    channel, body = ask.channel(), ask.body
    need_to_write(ask, channel, body)
    need_message(body, len(ask.files))
    again = _find_nonce(ask, channel, body)
    if again is not None:
        return ask.seen(again) | {"nonce": again.nonce}
    message = new_message(ask, channel, ask.guild.bot, body)
    message.nonce = body.get("nonce")
    _answer_another(ask, channel, message, body)
    _open_again(ask, channel)
    happening.post(ask.discord, message)
    shown = ask.seen(message)
    return shown if message.nonce is None else shown | {"nonce": message.nonce}


def need_to_write(ask: Ask, channel: Channel, body: Json) -> None:
    """Refuse unless the bot may write this in the channel."""
    if channel.is_direct:
        person = ask.guild.members[channel.recipient or ""]
        if not person.accepts_direct or not person.is_present:
            raise Refused(403, 50007, "Cannot send messages to this user")
    needed = [THREADS_SEND if channel.is_thread else Permission.SEND_MESSAGES]
    needed += [Permission.EMBED_LINKS] if body.get("embeds") else []
    needed += [Permission.ATTACH_FILES] if ask.files else []
    needed += [Permission.READ_MESSAGE_HISTORY] if body.get("message_reference") else []
    ask.need(channel, *needed)
    if channel.is_thread and channel.thread["archived"] and channel.thread["locked"]:
        raise Refused(400, 50083, "Thread is archived")
    if not (channel.is_direct or channel.is_thread or channel.type in (0, 2, 5)):
        raise Refused(400, 50008, "Cannot send messages in a non-text channel")


def _open_again(ask: Ask, channel: Channel) -> None:
    if channel.is_thread and channel.thread["archived"]:
        happening.change_channel(ask.discord, channel, thread={**channel.thread, "archived": False})


def _find_nonce(ask: Ask, channel: Channel, body: Json) -> Message | None:
    """The message that was made with the same nonce a short time ago, when the bot asks for that."""
    if not body.get("enforce_nonce") or body.get("nonce") is None:
        return None
    oldest = ask.guild.now() - NONCE_SECONDS
    for message in reversed(channel.messages):
        if message.nonce == body["nonce"] and message.author is ask.guild.bot:
            return message if ask.guild.moment_of(message.id) >= oldest else None
    return None


def new_message(ask: Ask, channel: Channel, author: Member, body: Json) -> Message:
    """The message that a body describes; it is not in its channel yet."""
    guild = ask.guild
    content = (body.get("content") or "").strip()
    mentions = find_mentions(guild, author, channel, content, body.get("allowed_mentions"))
    return Message(
        guild.new_id(),
        channel,
        author,
        guild.timestamp(),
        content=content,
        embeds=show_embeds(body.get("embeds")),
        components=show_components(body.get("components")),
        attachments=keep_files(guild, body, ask.files),
        mentions=mentions.people,
        mention_roles=mentions.roles,
        mention_everyone=mentions.everyone,
        flags=int(body.get("flags") or 0) & SETTABLE_FLAGS,
    )


def _answer_another(ask: Ask, channel: Channel, message: Message, body: Json) -> None:
    reference = body.get("message_reference")
    if not reference:
        return
    answered = channel.find_message(str(reference.get("message_id")))
    if answered is None:
        if reference.get("fail_if_not_exists", True):
            raise invalid_form([Fault(("message_reference",), "REPLIES_UNKNOWN_MESSAGE", "Unknown message")])
        return
    message.type, message.replied_to = REPLY, answered
    message.reference = {
        "type": 0,
        "channel_id": channel.id,
        "message_id": answered.id,
        **happening.in_guild(ask.discord, channel),
    }
    allowed = body.get("allowed_mentions")
    calls = allowed is None or allowed.get("replied_user", False)
    if calls and answered.author not in message.mentions:
        message.mentions.append(answered.author)


def keep_files(guild: Guild, body: Json, files: dict[str, Upload]) -> list[Json]:
    """The attachments of a body, whose files are kept."""
    described = {str(one["id"]): one for one in body.get("attachments") or []}
    if sum(len(one.content) for one in files.values()) > FILE_SIZE:
        raise Refused(413, 40005, "Request entity too large")
    kept = []
    for number, upload in files.items():
        about = described.get(number, {})
        attachment = guild.keep_file(about.get("filename") or upload.name, upload.kind, upload.content)
        if about.get("description"):
            attachment["description"] = about["description"]
        kept.append(attachment)
    return kept


@route("update_message")
def update_message(ask: Ask) -> Any:
    channel = ask.channel()
    message = ask.message(channel)
    need_open(channel)
    if message.author is not ask.guild.bot:
        raise Refused(403, 50005, "Cannot edit a message authored by another user")
    if message.type not in WRITABLE:
        raise Refused(403, 50021, "Cannot execute action on a system message")
    happening.change(ask.discord, message, **changes_of(ask, message, ask.body))
    return ask.seen(message)


def need_open(channel: Channel) -> None:
    """Refuse in an archived thread, where nothing can be changed."""
    if channel.is_thread and channel.thread["archived"]:
        raise Refused(400, 50083, "Thread is archived")


def changes_of(ask: Ask, message: Message, body: Json) -> Json:
    """What a body makes of a message: what it does not name stays."""
    faults = judge_message(body | {"flags": (body.get("flags") or 0) | message.flags})
    if faults:
        raise invalid_form(faults)
    changed: Json = {}
    if "content" in body:
        changed["content"] = (body["content"] or "").strip()
        mentions = find_mentions(
            ask.guild, message.author, message.channel, changed["content"], body.get("allowed_mentions")
        )
        changed |= {"mentions": mentions.people, "mention_roles": mentions.roles}
    if "embeds" in body:
        changed["embeds"] = show_embeds(body["embeds"])
    if "components" in body:
        changed["components"] = show_components(body["components"])
    if "attachments" in body or ask.files:
        named = {str(one["id"]) for one in body.get("attachments") or []}
        stay = [one for one in message.attachments if one["id"] in named or "attachments" not in body]
        changed["attachments"] = stay + keep_files(ask.guild, body, ask.files)
    after = [changed.get(name, getattr(message, name)) for name in ("content", "embeds", "components")]
    if not any(after) and not changed.get("attachments", message.attachments):
        raise Refused(400, 50006, "Cannot send an empty message")
    return changed


@route("delete_message")
def delete_message(ask: Ask) -> None:
    channel = ask.channel()
    message = ask.message(channel)
    if message.author is not ask.guild.bot:
        if channel.is_direct:
            raise Refused(403, 50003, "Cannot execute action on a DM channel")
        ask.need(channel, Permission.MANAGE_MESSAGES)
    happening.remove(ask.discord, message)
