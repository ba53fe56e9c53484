"""The manifest of the Slack app: Slack would take it, and it asks for nothing without a reason."""

from typing import Any

import pytest
from jsonschema import Draft7Validator

from bot.chat.markup import render_text
from bot.chat.slack.manifest import SCOPES, build_manifest
from bot.chat.templates import Templates

WORDS = Templates(None, "https://tocsin.example.org")
COMMANDS = [("/incident", "Work on incidents", "declare | list | help"), ("/page", "Page somebody", "")]
URL = "https://tocsin.example.org/slack/events"


def text(least: int, most: int, pattern: str = "") -> dict[str, Any]:
    return {
        "type": "string",
        "minLength": least,
        "maxLength": most,
        **({"pattern": pattern} if pattern else {}),
    }


def one(needed: str = "", **properties: Any) -> dict[str, Any]:
    """An object with these properties and no others."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "required": needed.split(),
    }


def many(items: Any, most: int) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1, "maxItems": most, "uniqueItems": True}


FLAG = {"type": "boolean"}
ADDRESS = text(1, 3_000, "^https?://")
# The limits are those of https://docs.slack.dev/reference/app-manifest.
TAKEN = one(
    "display_information features oauth_config settings",
    display_information=one(
        "name",
        name=text(1, 35),
        description=text(1, 140),
        long_description=text(175, 4_000),
        background_color=text(4, 7, "^#[0-9a-f]+$"),
    ),
    features=one(
        app_home=one(home_tab_enabled=FLAG, messages_tab_enabled=FLAG, messages_tab_read_only_enabled=FLAG),
        bot_user=one("display_name", display_name=text(1, 80), always_online=FLAG),
        shortcuts=many(
            one(
                "name type callback_id description",
                name=text(1, 24),
                type={"enum": ["message", "global"]},
                callback_id=text(1, 255),
                description=text(1, 150),
            ),
            10,
        ),
        slash_commands=many(
            one(
                "command description",
                command=text(2, 32, "^/"),
                url=ADDRESS,
                description=text(1, 2_000),
                usage_hint=text(1, 1_000),
                should_escape=FLAG,
            ),
            50,
        ),
        unfurl_domains=many(text(1, 255, r"^(?![.\-])[-a-z0-9.]+[a-z0-9]$"), 5),
    ),
    oauth_config=one(scopes=one(bot=many(text(1, 50), 255))),
    settings=one(
        event_subscriptions=one(request_url=ADDRESS, bot_events=many(text(1, 50), 100)),
        interactivity=one(
            "is_enabled", is_enabled=FLAG, request_url=ADDRESS, message_menu_options_url=ADDRESS
        ),
        org_deploy_enabled=FLAG,
        socket_mode_enabled=FLAG,
        token_rotation_enabled=FLAG,
    ),
)
NEEDED_BY_EVENT = {
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "member_joined_channel": "channels:read",
    "member_left_channel": "channels:read",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "link_shared": "links:read",
    "channel_archive": "channels:read",
    "group_archive": "groups:read",
    "user_change": "users:read",
}


def build(**values: str) -> dict[str, Any]:
    return build_manifest(COMMANDS, WORDS, name=values.pop("name", "Tocsin"), **values)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"request_url": URL, "unfurl_domain": "tocsin.example.org"},
        {"name": "The incident bot of all the teams of this large company " * 3},
    ],
)
def test_slack_takes_it(values: dict[str, str]) -> None:
    manifest = build(**values)
    assert [error.message for error in Draft7Validator(TAKEN).iter_errors(manifest)] == []
    assert all(command["should_escape"] for command in manifest["features"]["slash_commands"])


def test_without_an_address_the_app_connects_by_itself() -> None:
    manifest = build()
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert "http" not in str(manifest)


def test_with_an_address_everything_is_delivered_there() -> None:
    manifest = build(request_url=URL)
    settings = manifest["settings"]
    assert settings["socket_mode_enabled"] is False
    assert {command["url"] for command in manifest["features"]["slash_commands"]} == {URL}
    assert settings["interactivity"]["request_url"] == settings["event_subscriptions"]["request_url"] == URL
    assert settings["interactivity"]["message_menu_options_url"] == URL


@pytest.mark.parametrize(
    "host", ["", "localhost", "127.0.0.1", "::1", "tocsin", "a b.example", "TOCSIN.example.org:8080"]
)
def test_links_are_unfurled_only_on_a_real_domain(host: str) -> None:
    manifest = build(unfurl_domain=host)
    assert "unfurl_domains" not in manifest["features"]
    assert "link_shared" not in manifest["settings"]["event_subscriptions"]["bot_events"]


def test_every_shortcut_has_an_id_of_its_own() -> None:
    shortcuts = build()["features"]["shortcuts"]
    assert {one["callback_id"]: (one["type"], one["name"]) for one in shortcuts} == {
        "declare": ("global", "Declare an incident"),
        "message-timeline": ("message", "Add to incident timeline"),
        "message-declare": ("message", "Declare an incident"),
        "message-task": ("message", "Make a task"),
    }


def test_every_event_may_be_heard() -> None:
    manifest = build(unfurl_domain="tocsin.example.org")
    events = set(manifest["settings"]["event_subscriptions"]["bot_events"])
    assert set(NEEDED_BY_EVENT) <= events
    assert {NEEDED_BY_EVENT.get(event, "commands") for event in events} <= set(
        manifest["oauth_config"]["scopes"]["bot"]
    )


@pytest.mark.parametrize(("scope", "code"), SCOPES.items())
def test_every_permission_has_its_reason(scope: str, code: str) -> None:
    sentence = render_text(WORDS.render_sentence("forms/chat", f"reason_{code}"))
    assert " " in sentence
    assert sentence != f"reason {code}".replace("_", " "), scope
