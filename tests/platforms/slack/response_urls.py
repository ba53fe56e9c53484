"""response_url: five answers within half an hour, seen by one person unless they say otherwise."""

from __future__ import annotations

import secrets
import time
from typing import Any

from tests.platforms.slack.answers import Slack
from tests.platforms.slack.blocks import judge_blocks
from tests.platforms.slack.things import Answering, Channel, Json, Message, User, name_blocks

USES = 5
LIFE = 30 * 60.0


def new_response_url(slack: Slack, user: User, channel: Channel, message: Message | None) -> str:
    """Where the bot may answer an interaction."""
    key = f"{slack.workspace.team_id}/{secrets.randbelow(10**12)}/{secrets.token_urlsafe(16)}"
    slack.workspace.answerings[key] = Answering(user.id, channel, message, time.monotonic())
    return f"{slack.url}/actions/{key}"


def answer(slack: Slack, key: str, body: Any) -> tuple[int, str]:
    """What posting to a response_url does; returns status and text."""
    answering = slack.workspace.answerings.get(key)
    if answering is None:
        return 404, "no_service"
    if time.monotonic() - answering.made_at > LIFE:
        return 404, "expired_url"
    if answering.uses >= USES:
        return 404, "used_url"
    if not isinstance(body, dict):
        return 400, "invalid_payload"
    answering.uses += 1
    user = slack.workspace.users[answering.user]
    error = show_answer(slack, "response_url", user, answering.channel, answering.message, body)
    return (400, error) if error else (200, "ok")


def show_answer(
    slack: Slack, what: str, user: User, channel: Channel, message: Message | None, body: Json
) -> str | None:
    """Show an answer to a command or an interaction; returns why Slack would not."""
    workspace = slack.workspace
    if body.get("delete_original"):
        return None if message is not None and _remove(slack, message) else "message_not_found"
    text, blocks, attachments = (
        body.get("text") or "",
        body.get("blocks") or [],
        body.get("attachments") or [],
    )
    if not text and not blocks and not attachments:
        return "no_text"
    faults = [
        fault
        for part in [blocks, *(one.get("blocks") for one in attachments)]
        if part
        for fault in judge_blocks(part)
    ]
    if faults:
        slack.violations += [f"{what}: {fault}" for fault in faults]
        return "invalid_blocks"
    blocks = name_blocks(blocks)
    # An ephemeral message is replaced by what is said next, unless the answer says that it isn't.
    if message is not None and body.get("replace_original", message.ephemeral_for is not None):
        message.text, message.blocks, message.attachments = text, blocks, attachments
        return None
    shown = Message(channel, workspace.new_ts(), workspace.bot_user, text, blocks, attachments)
    shown.bot_id, shown.thread_ts = workspace.bot_id, body.get("thread_ts")
    if body.get("response_type") == "in_channel":
        channel.messages.append(shown)
    else:
        shown.ephemeral_for = user.id
        workspace.ephemerals.append(shown)
    return None


def _remove(slack: Slack, message: Message) -> bool:
    for held in (slack.workspace.ephemerals, message.channel.messages):
        if message in held:
            held.remove(message)
            return True
    return False
