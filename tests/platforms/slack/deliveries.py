"""What Slack sends to an app looks like this: the bodies of events, commands and interactions.

Taken from the samples in https://github.com/slackapi/bolt-python (tests/scenario_tests_async) and docs.slack.dev.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from tests.platforms.slack.things import Channel, Json, Message, User, View
from tests.platforms.slack.workspace import Workspace

TOKEN = "verification-token"


@dataclass(frozen=True)
class Delivery:
    """How the bot acknowledged: an HTTP status (200 for an envelope, 0 for silence), its body, and how long it took."""

    status: int
    body: Any
    ack_seconds: float
    attempts: int

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


NOTHING_SENT = Delivery(0, None, 0.0, 0)


@dataclass(frozen=True)
class Parcel:
    """Something to deliver: `events_api`, `interactive` or `slash_commands`, and its body."""

    type: str
    body: Json
    has_answer: bool = False


def event_of(workspace: Workspace, event: Json) -> Parcel:
    """The envelope of an event; delivering it again keeps its ids."""
    body = {
        "token": TOKEN,
        "team_id": workspace.team_id,
        "context_team_id": workspace.team_id,
        "context_enterprise_id": None,
        "enterprise_id": None,
        "api_app_id": workspace.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": workspace.new_id("Ev"),
        "event_time": int(float(event["event_ts"])),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": workspace.team_id,
                "user_id": workspace.bot_user,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": f"4-{event['type']}",
    }
    return Parcel("events_api", body)


def command_of(
    workspace: Workspace, user: User, channel: Channel, name: str, text: str, response_url: str
) -> Parcel:
    """A slash command."""
    body = {
        "token": TOKEN,
        "team_id": workspace.team_id,
        "team_domain": workspace.domain,
        "channel_id": channel.id,
        "channel_name": channel.shown_name,
        "user_id": user.id,
        "user_name": user.name,
        "command": name,
        "text": text,
        "api_app_id": workspace.app_id,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": workspace.new_trigger(user.id),
    }
    return Parcel("slash_commands", body, has_answer=True)


def interaction_of(workspace: Workspace, user: User, type_: str, **more: Any) -> Parcel:
    """What all interactions have in common, and more."""
    body = {
        "type": type_,
        "team": {"id": workspace.team_id, "domain": workspace.domain},
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
        "api_app_id": workspace.app_id,
        "token": TOKEN,
        "enterprise": None,
        "is_enterprise_install": False,
        **more,
    }
    return Parcel("interactive", body, has_answer=type_ in ("view_submission", "block_suggestion"))


def message_action_of(
    workspace: Workspace, user: User, message: Message, action: Json, response_url: str
) -> Parcel:
    """A button or a menu of a message. An ephemeral message is not sent along."""
    is_ephemeral = message.ephemeral_for is not None
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel.id,
        "is_ephemeral": is_ephemeral,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    return interaction_of(
        workspace,
        user,
        "block_actions",
        container=container,
        trigger_id=workspace.new_trigger(user.id),
        channel={"id": message.channel.id, "name": message.channel.shown_name},
        **({} if is_ephemeral else {"message": message.to_json()}),
        state={"values": message.state},
        response_url=response_url,
        actions=[action],
    )


def view_action_of(workspace: Workspace, user: User, view: View, action: Json) -> Parcel:
    """A button or a menu of a modal or a home."""
    return interaction_of(
        workspace,
        user,
        "block_actions",
        container={"type": "view", "view_id": view.id},
        trigger_id=workspace.new_trigger(user.id, view.id if view.body["type"] == "modal" else None),
        view=workspace.view_json(view),
        actions=[action],
    )


def action_of(block: Json, element: Json, **more: Any) -> Json:
    """One entry of `actions`."""
    names = ("type", "action_id", "text", "value", "style", "url")
    kept: Json = {name: element[name] for name in names if name in element}
    return kept | {"block_id": block["block_id"], **more, "action_ts": f"{time.time():.6f}"}
