"""The manifest of the Slack app that belongs to this installation: pasted once, it makes the app with everything it needs.

Shape and limits are those of Slack's reference of app manifests (docs.slack.dev/reference/app-manifest).
"""

import re
from collections.abc import Sequence
from typing import Any

from bot.chat.clip import clip
from bot.chat.slack import limits
from bot.chat.templates import Templates
from bot.chat.words import say

SCOPES = {
    "commands": "commands",
    "chat:write": "post",
    "chat:write.public": "announce",
    "channels:manage": "rooms",
    "channels:read": "find_rooms",
    "channels:history": "timeline",
    "channels:join": "join",
    "groups:write": "private_rooms",
    "groups:read": "find_rooms",
    "groups:history": "timeline",
    "im:write": "pages",
    "im:history": "answers",
    "im:read": "answers",
    "users:read": "people",
    "users:read.email": "accounts",
    "pins:write": "pin",
    "bookmarks:read": "bookmarks",
    "bookmarks:write": "bookmarks",
    "reactions:read": "reactions",
    "files:read": "files",
    "links:read": "unfurl",
    "links:write": "unfurl",
    "usergroups:read": "groups",
    "usergroups:write": "groups",
}
"""What the app may do, and the code of the reason; `reason_…` in `templates/forms/chat` says it in words."""

EVENTS = (
    "app_home_opened",
    "message.channels",
    "message.groups",
    "member_joined_channel",
    "member_left_channel",
    "reaction_added",
    "reaction_removed",
    "channel_archive",
    "channel_unarchive",
    "channel_rename",
    "channel_deleted",
    "group_archive",
    "group_unarchive",
    "group_rename",
    "group_deleted",
    "user_change",
    "app_uninstalled",
    "tokens_revoked",
)
LINK_EVENT = "link_shared"
SHORTCUTS = {
    "declare": "global",
    "message-timeline": "message",
    "message-declare": "message",
    "message-task": "message",
}
"""Callback ids of the shortcuts, and where they are offered."""
DOMAIN = re.compile(r"^(?=.{4,255}$)([a-z0-9]([-a-z0-9]*[a-z0-9])?\.)+[a-z]{2,}$")
COLOR = "#1d2939"


def build_manifest(
    commands: Sequence[tuple[str, str, str]],
    words: Templates,
    *,
    name: str,
    request_url: str = "",
    unfurl_domain: str = "",
) -> dict[str, Any]:
    """The manifest as Slack reads it. `commands` are (`/incident`, what it is for, usage hint); with a `request_url` Slack
    delivers there, without one the app connects by itself (Socket Mode). A domain that is none is left out."""
    receiving = {"request_url": request_url} if request_url else {}
    unfurls = bool(DOMAIN.match(unfurl_domain))
    features: dict[str, Any] = {
        "app_home": {
            "home_tab_enabled": True,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": False,
        },
        "bot_user": {"display_name": clip(name, limits.BOT_NAME), "always_online": True},
        "shortcuts": [_build_shortcut(callback, kind, words) for callback, kind in SHORTCUTS.items()],
        "slash_commands": [_build_command(*command, request_url) for command in commands],
    }
    return {
        "display_information": {
            "name": clip(name, limits.APP_NAME),
            "description": clip(say(words, "app_description"), limits.APP_DESCRIPTION),
            "long_description": say(words, "app_long_description"),
            "background_color": COLOR,
        },
        "features": features | ({"unfurl_domains": [unfurl_domain]} if unfurls else {}),
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {**receiving, "bot_events": [*EVENTS, *([LINK_EVENT] if unfurls else [])]},
            "interactivity": {
                "is_enabled": True,
                **receiving,
                **({"message_menu_options_url": request_url} if request_url else {}),
            },
            "org_deploy_enabled": False,
            "socket_mode_enabled": not request_url,
            "token_rotation_enabled": False,
        },
    }


def _build_shortcut(callback: str, kind: str, words: Templates) -> dict[str, str]:
    sentence = f"shortcut_{callback.replace('-', '_')}"
    return {
        "name": clip(say(words, sentence), limits.SHORTCUT_NAME),
        "type": kind,
        "callback_id": callback,
        "description": clip(say(words, f"{sentence}_about"), limits.SHORTCUT_DESCRIPTION),
    }


def _build_command(command: str, description: str, usage: str, request_url: str) -> dict[str, Any]:
    built: dict[str, Any] = {
        "command": command,
        "description": clip(description, limits.COMMAND_DESCRIPTION),
        # Mentions arrive with their ids.
        "should_escape": True,
    }
    if usage:
        built["usage_hint"] = clip(usage, limits.USAGE_HINT)
    return built | ({"url": request_url} if request_url else {})
