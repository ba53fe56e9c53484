"""The emulator of Slack is as strict as Slack, and a bot made with Slack's own libraries lives with it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.platforms.slack import Channel, NotPossible, SlackServer, User

QUIET = logging.getLogger("tests.slack_bot")
QUIET.setLevel(logging.CRITICAL)

CARD = [
    {"type": "section", "block_id": "about", "text": {"type": "mrkdwn", "text": "*Disk full*"}},
    {
        "type": "actions",
        "block_id": "buttons",
        "elements": [
            {
                "type": "button",
                "action_id": "ack",
                "value": "INC-1",
                "text": {"type": "plain_text", "text": "Acknowledge"},
            },
            {
                "type": "overflow",
                "action_id": "more",
                "options": [{"text": {"type": "plain_text", "text": "Resolve"}, "value": "resolve"}],
            },
        ],
    },
]


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def option(text: str, value: str) -> dict[str, Any]:
    return {"text": plain(text), "value": value}


def form(title: str = "Declare") -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": "declare",
        "private_metadata": "C1",
        "title": plain(title),
        "submit": plain("Declare"),
        "notify_on_close": True,
        "blocks": [
            {
                "type": "input",
                "block_id": "title",
                "label": plain("Title"),
                "element": {"type": "plain_text_input", "action_id": "value", "max_length": 40},
            },
            {
                "type": "input",
                "block_id": "priority",
                "label": plain("Priority"),
                "element": {
                    "type": "static_select",
                    "action_id": "value",
                    "options": [option("P1", "p1"), option("P2", "p2")],
                    "initial_option": option("P2", "p2"),
                },
            },
            {
                "type": "input",
                "block_id": "team",
                "optional": True,
                "dispatch_action": True,
                "label": plain("Team"),
                "element": {
                    "type": "static_select",
                    "action_id": "value",
                    "options": [option("Payments", "payments"), option("Search", "search")],
                },
            },
            {
                "type": "input",
                "block_id": "person",
                "optional": True,
                "label": plain("Commander"),
                "element": {"type": "external_select", "action_id": "value", "min_query_length": 1},
            },
        ],
    }


def client_of(slack: SlackServer, token: str | None = None) -> AsyncWebClient:
    """Slack's client, without its habit of asking again by itself when a connection is cut."""
    return AsyncWebClient(
        token=token or slack.bot_token, base_url=slack.api_url, retry_handlers=[], logger=QUIET
    )


async def refused(call: Awaitable[Any]) -> str:
    """The error that a call ends in."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


class Bot:
    """A tiny bot: it keeps what it hears, and answers a few things."""

    def __init__(self, slack: SlackServer) -> None:
        self.slack = slack
        self.heard: list[dict[str, Any]] = []
        self.retries: list[str] = []
        self.client = client_of(slack)
        self.answer_form: dict[str, Any] = {}
        self.nap = 0.0
        self.app = AsyncApp(
            client=self.client,
            signing_secret=slack.signing_secret,
            process_before_response=True,
            ignoring_self_events_enabled=False,
            logger=QUIET,
            raise_error_for_unhandled_request=True,
        )

        @self.app.error
        async def fail(error: Exception) -> BoltResponse:
            return BoltResponse(status=404 if isinstance(error, BoltUnhandledRequestError) else 500)

        @self.app.use
        async def listen(req: AsyncBoltRequest, next_: Callable[[], Awaitable[None]]) -> None:
            self.heard.append(req.body)
            self.retries += req.headers.get("x-slack-retry-num", [])
            await asyncio.sleep(self.nap)
            await next_()

        @self.app.command("/incident")
        async def declare(ack: Any, body: Any) -> None:
            if body["text"] == "help":
                await ack("Type it.")
                return
            await self.client.views_open(trigger_id=body["trigger_id"], view=form())
            await ack()

        @self.app.action("ack")
        async def acknowledge(ack: Any, respond: Any) -> None:
            await ack()
            await respond("You have it.", replace_original=False)

        @self.app.action("more")
        @self.app.action("value")
        @self.app.event("message")
        @self.app.event("reaction_added")
        @self.app.event("link_shared")
        @self.app.event("app_home_opened")
        @self.app.event("member_joined_channel")
        @self.app.event("channel_rename")
        @self.app.event("channel_archive")
        @self.app.event("user_change")
        @self.app.shortcut("timeline")
        @self.app.view_closed("declare")
        async def take(ack: Any) -> None:
            await ack()

        @self.app.options("value")
        async def suggest(ack: Any, payload: Any) -> None:
            known = [("Kate Lin", "kate"), ("Karl May", "karl"), ("Bea", "bea")]
            found = [option(name, key) for name, key in known if key.startswith(payload["value"])]
            await ack({"options": found})

        @self.app.view("declare")
        async def submitted(ack: Any) -> None:
            await ack(**self.answer_form)

    def events(self, type_: str) -> list[dict[str, Any]]:
        return [body["event"] for body in self.heard if body.get("event", {}).get("type") == type_]


@asynccontextmanager
async def over_http(slack: SlackServer) -> AsyncIterator[Bot]:
    """The bot behind a request URL."""
    bot = Bot(slack)
    site = web.Application()

    async def receive(request: web.Request) -> web.Response:
        headers: dict[str, str | Sequence[str]] = {name: [value] for name, value in request.headers.items()}
        answer = await bot.app.async_dispatch(AsyncBoltRequest(body=await request.text(), headers=headers))
        content_type = answer.first_headers().get("content-type", "text/plain").split(";")[0]
        return web.Response(status=answer.status, text=answer.body, content_type=content_type)

    site.router.add_post("/slack/events", receive)
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    place = web.TCPSite(runner, "127.0.0.1", 0)
    await place.start()
    slack.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    try:
        yield bot
    finally:
        await runner.cleanup()


@asynccontextmanager
async def over_sockets(slack: SlackServer) -> AsyncIterator[Bot]:
    """The bot with a Socket Mode connection."""
    bot = Bot(slack)
    handler: Any = AsyncSocketModeHandler(bot.app, slack.app_token, logger=QUIET, ping_interval=0.1)
    await handler.connect_async()
    try:
        yield bot
    finally:
        await handler.close_async()


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer() as server:
        yield server


@pytest.fixture
def kate(slack: SlackServer) -> User:
    return slack.add_user("kate", real_name="Kate Lin", email="kate@example.org", tz="Europe/Berlin")


@pytest.fixture
def general(slack: SlackServer, kate: User) -> Channel:
    return slack.add_channel("general", members=[kate], with_bot=True)


async def post(slack: SlackServer, channel: Channel, **what: Any) -> Any:
    answer = await client_of(slack).chat_postMessage(channel=channel.id, **{"text": "Disk full", **what})
    return channel.find_message(answer["ts"])


async def test_tokens_and_scopes_are_checked(slack: SlackServer, general: Channel) -> None:
    assert (await client_of(slack).auth_test())["user_id"] == slack.bot_user
    assert await refused(client_of(slack, "xoxb-wrong").auth_test()) == "invalid_auth"
    assert await refused(client_of(slack, slack.app_token).auth_test()) == "not_allowed_token_type"
    slack.scopes.remove("pins:write")
    with pytest.raises(SlackApiError) as caught:
        await client_of(slack).pins_add(channel=general.id, timestamp="1.0")
    assert caught.value.response["error"] == "missing_scope"
    assert caught.value.response["needed"] == "pins:write"
    assert "pins:write" not in caught.value.response.headers["x-oauth-scopes"]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("Disk", "invalid_name_specials"),
        ("disk full", "invalid_name_specials"),
        ("d" * 81, "invalid_name_maxlength"),
        ("", "invalid_name_required"),
        ("here", "invalid_name"),
        ("general", "name_taken"),
    ],
)
async def test_names_of_channels_follow_the_rules(
    slack: SlackServer, general: Channel, name: str, error: str
) -> None:
    assert await refused(client_of(slack).conversations_create(name=name)) == error


async def test_one_wrong_person_keeps_the_others_out_unless_the_invitation_is_forced(
    slack: SlackServer, kate: User
) -> None:
    client = client_of(slack)
    room = (await client.conversations_create(name="inc-1"))["channel"]["id"]
    guest = slack.add_user("gus", guest=True)
    stranger = slack.add_user("sam", stranger=True)
    users = [kate.id, guest.id, stranger.id, "U404"]
    with pytest.raises(SlackApiError) as caught:
        await client.conversations_invite(channel=room, users=users)
    faults = {one["user"]: one["error"] for one in caught.value.response["errors"]}
    assert faults == {guest.id: "user_is_restricted", stranger.id: "cant_invite", "U404": "user_not_found"}
    assert (await client.conversations_members(channel=room))["members"] == [slack.bot_user]
    assert (await client.conversations_invite(channel=room, users=users, force=True))["ok"]
    assert (await client.conversations_members(channel=room))["members"] == [slack.bot_user, kate.id]
    assert await refused(client.conversations_invite(channel=room, users=kate.id)) == "already_in_channel"
    assert (
        await refused(client.conversations_invite(channel=room, users=slack.bot_user)) == "cant_invite_self"
    )


async def test_a_bot_that_has_archived_a_channel_is_out_and_cannot_bring_it_back(slack: SlackServer) -> None:
    client = client_of(slack)
    room = (await client.conversations_create(name="inc-1"))["channel"]["id"]
    assert await refused(client.conversations_setTopic(channel=room, topic="t" * 251)) == "too_long"
    await client.conversations_archive(channel=room)
    assert await refused(client.conversations_archive(channel=room)) == "already_archived"
    assert await refused(client.chat_postMessage(channel=room, text="x")) == "is_archived"
    assert await refused(client.conversations_unarchive(channel=room)) == "not_in_channel"
    await client_of(slack, slack.user_token).conversations_unarchive(channel=room)
    slack.scopes.discard("chat:write.public")
    assert await refused(client.chat_postMessage(channel=room, text="x")) == "not_in_channel"
    await client.conversations_join(channel=room)
    assert (await client.chat_postMessage(channel=room, text="x"))["ok"]


async def test_private_channels_are_unknown_from_outside(slack: SlackServer, kate: User) -> None:
    secret = slack.add_channel("secret", members=[kate], private=True)
    client = client_of(slack)
    assert await refused(client.chat_postMessage(channel=secret.id, text="x")) == "channel_not_found"
    listed = await client.conversations_list(types="public_channel,private_channel")
    assert listed["channels"] == []


async def test_lists_come_in_pages_and_archived_channels_leave_gaps(slack: SlackServer, kate: User) -> None:
    for number in range(5):
        slack.add_channel(f"room-{number}", members=[kate]).is_archived = number < 3
    client, sizes, cursor = client_of(slack), [], None
    while cursor != "":
        page = await client.conversations_list(limit=2, cursor=cursor, exclude_archived=True)
        sizes.append(len(page["channels"]))
        cursor = page["response_metadata"]["next_cursor"]
    assert sizes == [0, 1, 1]
    assert await refused(client.conversations_list(cursor="nonsense")) == "invalid_cursor"


async def test_a_message_keeps_its_metadata_through_an_update_and_only_its_author_changes_it(
    slack: SlackServer, general: Channel, kate: User
) -> None:
    client = client_of(slack)
    about = {"event_type": "tocsin_card", "event_payload": {"incident": 1}}
    message = await post(slack, general, metadata=about, blocks=CARD)
    await client.chat_update(channel=general.id, ts=message.ts, text="Disk is fine")
    history = await client.conversations_history(channel=general.id, include_all_metadata=True)
    assert history["messages"][0]["metadata"] == about
    assert history["messages"][0]["text"] == "Disk is fine"
    assert "blocks" not in history["messages"][0]
    assert "metadata" not in (await client.conversations_history(channel=general.id))["messages"][0]
    theirs = await slack.say(kate, general, "mine")
    update = client.chat_update(channel=general.id, ts=theirs.ts, text="x")
    assert await refused(update) == "cant_update_message"
    assert await refused(client.chat_update(channel=general.id, ts="1.0", text="x")) == "message_not_found"
    empty = client.api_call("chat.postMessage", json={"channel": general.id, "text": " "})
    assert await refused(empty) == "no_text"
    assert await refused(client.chat_postMessage(channel=general.id, text="x" * 40_001)) == "msg_too_long"


async def test_threads_and_history_are_told_apart(slack: SlackServer, general: Channel, kate: User) -> None:
    client = client_of(slack)
    first = await slack.say(kate, general, "one")
    second = await slack.say(kate, general, "two")
    await slack.say(kate, general, "answer", thread=first)
    assert [one["text"] for one in (await client.conversations_history(channel=general.id))["messages"]] == [
        "two",
        "one",
    ]
    thread = await client.conversations_replies(channel=general.id, ts=first.ts)
    assert [one["text"] for one in thread["messages"]] == ["one", "answer"]
    assert thread["messages"][0]["reply_count"] == 1
    since = await client.conversations_history(
        channel=general.id, oldest=first.ts, latest=second.ts, inclusive=False
    )
    assert since["messages"] == []
    lost = client.chat_postMessage(channel=general.id, text="x", thread_ts="1.0")
    assert await refused(lost) == "thread_not_found"


async def test_direct_messages_need_a_living_person(slack: SlackServer, kate: User) -> None:
    client = client_of(slack)
    gone, robot = slack.add_user("gone", deleted=True), slack.add_user("robot", bot=True)
    direct = (await client.conversations_open(users=kate.id))["channel"]["id"]
    await client.chat_postMessage(channel=direct, text="You are on call.")
    await client.chat_postMessage(channel=kate.id, text="Now.")
    assert [message.text for message in slack.direct(kate)] == ["You are on call.", "Now."]
    assert await refused(client.conversations_open(users=gone.id)) == "user_disabled"
    assert await refused(client.conversations_open(users=robot.id)) == "cannot_dm_bot"
    assert await refused(client.conversations_open(users="U404")) == "user_not_found"


async def test_people_are_found_by_address_and_groups_are_never_empty(slack: SlackServer, kate: User) -> None:
    client = client_of(slack)
    assert (await client.users_lookupByEmail(email="Kate@Example.org"))["user"]["id"] == kate.id
    assert await refused(client.users_lookupByEmail(email="no@example.org")) == "users_not_found"
    group = (await client.usergroups_create(name="On call", handle="oncall"))["usergroup"]["id"]
    assert await refused(client.usergroups_users_update(usergroup=group, users="")) == "no_users_provided"
    await client.usergroups_users_update(usergroup=group, users=[kate.id])
    assert (await client.usergroups_users_list(usergroup=group))["users"] == [kate.id]


async def test_pins_bookmarks_and_reactions_are_put_once(slack: SlackServer, general: Channel) -> None:
    client, message = client_of(slack), await post(slack, general)
    await client.pins_add(channel=general.id, timestamp=message.ts)
    assert await refused(client.pins_add(channel=general.id, timestamp=message.ts)) == "already_pinned"
    await client.reactions_add(channel=general.id, timestamp=message.ts, name="fire")
    again = client.reactions_add(channel=general.id, timestamp=message.ts, name="fire")
    assert await refused(again) == "already_reacted"
    bookmark = await client.bookmarks_add(
        channel_id=general.id, title="Room", type="link", link="https://tocsin.example.org/1"
    )
    await client.bookmarks_edit(
        channel_id=general.id, bookmark_id=bookmark["bookmark"]["id"], title="The Room"
    )
    assert [one["title"] for one in general.bookmarks] == ["The Room"]
    bad = client.bookmarks_add(channel_id=general.id, title="Room", type="link", link="nowhere")
    assert await refused(bad) == "invalid_link"


@pytest.mark.parametrize(
    ("block", "why"),
    [
        ({"type": "nonsense"}, "unsupported type"),
        ({"type": ["section"]}, "malformed"),
        ({"type": "section", "text": {"type": "mrkdwn", "text": ""}}, "more than 0 characters"),
        ({"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}, "less than 3001"),
        ({"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * 2001}]}, "less than 2001"),
        ({"type": "header", "text": {"type": "mrkdwn", "text": "x"}}, "plain_text"),
        ({"type": "header", "text": plain("x" * 151)}, "less than 151"),
        ({"type": "actions", "elements": []}, "no fewer than 1"),
        ({"type": "context", "elements": [plain("x")] * 11}, "no more than 10"),
        ({"type": "section", "text": plain("x"), "color": "red"}, "additional property: color"),
        ({"type": "image", "image_url": "https://example.org/a.png"}, "alt_text"),
        (
            {"type": "actions", "elements": [{"type": "overflow", "options": [option("x" * 76, "v")]}]},
            "less than 76",
        ),
        (
            {"type": "actions", "elements": [{"type": "overflow", "options": [option("x", "v")] * 6}]},
            "no more than 5",
        ),
        (
            {"type": "actions", "elements": [{"type": "button", "text": plain("x"), "value": "v" * 2001}]},
            "2001",
        ),
        (
            {"type": "actions", "elements": [{"type": "button", "text": plain("x"), "style": "green"}]},
            "style",
        ),
        (
            {"type": "actions", "elements": [{"type": "button", "action_id": "a", "text": plain("x")}] * 2},
            "already exists",
        ),
        (
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "static_select",
                        "options": [option("A", "a")],
                        "initial_option": option("B", "b"),
                    }
                ],
            },
            "initial option",
        ),
        ({"type": "input", "label": plain("x"), "element": {"type": "plain_text_input"}}, "unsupported type"),
    ],
)
async def test_blocks_that_slack_would_refuse_are_refused_with_the_reason(
    slack: SlackServer, general: Channel, block: dict[str, Any], why: str
) -> None:
    with pytest.raises(SlackApiError) as caught:
        await client_of(slack).chat_postMessage(channel=general.id, text="x", blocks=[block])
    assert caught.value.response["error"] == "invalid_blocks"
    assert why in " ".join(caught.value.response["response_metadata"]["messages"])
    assert slack.violations
    assert slack.messages(general) == []


async def test_good_blocks_are_not_refused(slack: SlackServer, general: Channel) -> None:
    await post(slack, general, blocks=CARD, attachments=[{"color": "#f00", "blocks": CARD[:1]}])
    assert await refused(post(slack, general, blocks=[{"type": "divider"}] * 51)) == "invalid_blocks"
    assert len(slack.messages(general)) == 1


@pytest.mark.parametrize("way", [over_http, over_sockets])
async def test_a_command_opens_a_form_and_the_form_is_filled(
    slack: SlackServer, kate: User, general: Channel, way: Any
) -> None:
    async with way(slack) as bot:
        delivery = await slack.command(kate, general, "/incident", f"declare {slack.mention(kate)} A & B")
        assert (delivery.ok, delivery.attempts) == (True, 1)
        assert bot.heard[-1]["text"] == f"declare <@{kate.id}|kate> A &amp; B"
        view = slack.modal_of(kate)
        assert view is not None
        with pytest.raises(NotPossible, match="title must be filled"):
            await slack.submit(kate, view, {})
        with pytest.raises(NotPossible, match="41 characters"):
            await slack.submit(kate, view, {"title": "x" * 41})
        assert [one["value"] for one in await slack.suggest(kate, view, "person", "ka")] == ["kate", "karl"]
        await slack.change(kate, view, "team", "Payments")
        assert bot.heard[-1]["actions"][0]["selected_option"]["value"] == "payments"
        bot.answer_form = {"response_action": "errors", "errors": {"title": "Say more."}}
        await slack.submit(kate, view, {"title": "Disk", "person": "karl"})
        assert slack.modal_of(kate) is view
        assert view.errors == {"title": "Say more."}
        bot.answer_form = {}
        await slack.submit(kate, view, {"title": "Disk full", "priority": "P1"})
        values = bot.heard[-1]["view"]["state"]["values"]
        assert values["title"]["value"]["value"] == "Disk full"
        assert values["priority"]["value"]["selected_option"]["value"] == "p1"
        assert values["person"]["value"]["selected_option"]["value"] == "karl"
        assert slack.modal_of(kate) is None
    assert slack.violations == []


async def test_forms_lie_three_deep_and_are_replaced_or_cleared_by_the_answer(
    slack: SlackServer, kate: User, general: Channel
) -> None:
    async with over_http(slack) as bot:
        await slack.command(kate, general, "/incident")
        for title in ("Second", "Third", "Fourth"):
            bot.answer_form = {"response_action": "push", "view": form(title)}
            top = slack.modal_of(kate)
            assert top is not None
            await slack.submit(kate, top, {"title": "x"})
        third = slack.modal_of(kate)
        assert third is not None
        assert third.title == "Third"
        assert slack.violations == ["view_submission: push_limit_reached"]
        bot.answer_form = {"response_action": "update", "view": form("Other")}
        await slack.submit(kate, third, {"title": "x"})
        assert third.title == "Other"
        await slack.close_view(kate, third)
        assert bot.heard[-1]["type"] == "view_closed"
        bot.answer_form = {"response_action": "clear"}
        second = slack.modal_of(kate)
        assert second is not None
        await slack.submit(kate, second, {"title": "x"})
        assert slack.modal_of(kate) is None


async def test_a_trigger_serves_once_and_not_for_long(slack: SlackServer, kate: User) -> None:
    client, trigger = client_of(slack), slack.workspace.new_trigger(kate.id)
    view = (await client.views_open(trigger_id=trigger, view=form()))["view"]
    assert await refused(client.views_open(trigger_id=trigger, view=form())) == "exchanged_trigger_id"
    assert await refused(client.views_open(trigger_id="1.2.3", view=form())) == "invalid_trigger_id"
    slack.trigger_life = 0.0
    old = slack.workspace.new_trigger(kate.id)
    assert await refused(client.views_open(trigger_id=old, view=form())) == "expired_trigger_id"
    await client.views_update(view_id=view["id"], hash=view["hash"], view=form("Again"))
    late = client.views_update(view_id=view["id"], hash=view["hash"], view=form())
    assert await refused(late) == "hash_conflict"
    assert await refused(client.views_update(view_id="V404", view=form())) == "not_found"
    long = client.views_update(view_id=view["id"], view=form("x" * 25))
    assert await refused(long) == "invalid_arguments"


@pytest.mark.parametrize("way", [over_http, over_sockets])
async def test_a_button_and_a_menu_reach_the_bot_and_its_answer_is_seen_by_one_person(
    slack: SlackServer, kate: User, general: Channel, way: Any
) -> None:
    bea = slack.add_user("bea")
    async with way(slack) as bot:
        card = await post(slack, general, blocks=CARD)
        await slack.click(kate, card, "Acknowledge")
        action = bot.heard[-1]
        assert action["actions"][0]["value"] == "INC-1"
        assert action["container"] == {
            "type": "message",
            "message_ts": card.ts,
            "channel_id": general.id,
            "is_ephemeral": False,
        }
        assert [message.text for message in slack.ephemerals_of(kate)] == ["You have it."]
        assert slack.ephemerals_of(bea) == []
        await slack.choose(kate, card, "Resolve")
        assert bot.heard[-1]["actions"][0]["selected_option"]["value"] == "resolve"
        with pytest.raises(NotPossible, match="Acknowledge"):
            await slack.click(kate, card, "Delete")
        await slack.message_shortcut(kate, card, "timeline")
        assert bot.heard[-1]["message"]["ts"] == card.ts


async def test_a_response_url_serves_five_times(slack: SlackServer, kate: User, general: Channel) -> None:
    async with over_http(slack) as bot, aiohttp.ClientSession() as http:
        card = await post(slack, general, blocks=CARD)
        await slack.choose(kate, card, "Resolve")
        url = bot.heard[-1]["response_url"]
        statuses = []
        for number in range(6):
            async with http.post(
                url, json={"text": f"Step {number}", "replace_original": number == 0}
            ) as answer:
                statuses.append(answer.status)
        assert statuses == [200] * 5 + [404]
        assert card.text == "Step 0"
        assert len(slack.ephemerals_of(kate)) == 4


@pytest.mark.parametrize("way", [over_http, over_sockets])
async def test_what_people_say_reaches_the_bot_and_so_does_its_own(
    slack: SlackServer, kate: User, general: Channel, way: Any
) -> None:
    outside = slack.add_channel("outside", members=[kate])
    slack.events = {"message.channels", "reaction_added"}
    async with way(slack) as bot:
        said = await slack.say(
            kate, general, "see <https://x.org> & more", files=[("a.png", "image/png", b"png")]
        )
        assert bot.events("message")[-1]["subtype"] == "file_share"
        await slack.say(kate, outside, "unheard")
        await slack.edit(kate, said, "better")
        await slack.react(kate, said, "pushpin")
        await slack.delete(kate, said)
        await post(slack, general)
        await slack.settle()
        kinds = [one.get("subtype", one.get("bot_id")) for one in bot.events("message")]
        assert kinds == ["file_share", "message_changed", "message_deleted", slack.workspace.bot_id]
        assert bot.events("reaction_added")[0]["item"]["ts"] == said.ts


async def test_files_are_only_for_the_bearer_of_a_token(
    slack: SlackServer, kate: User, general: Channel
) -> None:
    said = await slack.say(kate, general, "look", files=[("a.png", "image/png", b"png")])
    url = said.files[0]["url_private_download"]
    async with aiohttp.ClientSession() as http:
        async with http.get(url) as answer:
            assert (answer.status, answer.content_type) == (200, "text/html")
        async with http.get(url, headers={"Authorization": f"Bearer {slack.bot_token}"}) as answer:
            assert await answer.read() == b"png"


async def test_an_unsigned_delivery_is_for_the_bot_to_refuse(slack: SlackServer) -> None:
    async with over_http(slack):
        body = b'{"type":"event_callback","event":{"type":"message"}}'
        kind = {"Content-Type": "application/json"}
        assert (await slack.send_raw("/slack/events", body, kind)).status == 401
        assert (await slack.send_raw("/slack/events", body, kind | slack.courier.sign(body))).status == 200
        slack.clock_skew = -600
        assert (await slack.send_raw("/slack/events", body, kind | slack.courier.sign(body))).status == 401


async def test_an_event_that_is_not_taken_comes_again_with_the_same_id(
    slack: SlackServer, kate: User, general: Channel
) -> None:
    async with over_http(slack) as bot:
        slack.patience, bot.nap = 0.2, 0.4
        await slack.say(kate, general, "hello")
        assert bot.retries == ["1", "2", "3"]
        assert len({body["event_id"] for body in bot.heard}) == 1
        bot.nap, slack.redeliver = 0.0, True
        bot.heard.clear()
        assert (await slack.command(kate, general, "/incident", "help")).attempts == 2
        assert len(bot.heard) == 2
        assert bot.heard[0]["trigger_id"] == bot.heard[1]["trigger_id"]


async def test_an_envelope_goes_to_one_socket_and_a_cut_socket_is_replaced(
    slack: SlackServer, kate: User, general: Channel
) -> None:
    async with over_sockets(slack) as one, over_sockets(slack) as two:
        assert slack.sockets == 2
        for number in range(4):
            await slack.say(kate, general, str(number))
        assert (len(one.events("message")), len(two.events("message"))) == (2, 2)
        await slack.drop_sockets()
        assert slack.sockets == 0
        said = await slack.say(kate, general, "after")
        assert said.ts in [body["event"]["ts"] for body in one.heard + two.heard]
        await slack.refresh_sockets()
        await slack.say(kate, general, "and again")
        assert len(one.heard) + len(two.heard) == 6


async def test_an_envelope_that_is_not_acknowledged_is_late_and_goes_to_another(
    slack: SlackServer, kate: User, general: Channel
) -> None:
    async with over_sockets(slack) as one, over_sockets(slack) as two:
        slack.patience, one.nap = 0.2, 0.5
        await slack.say(kate, general, "one")
        await slack.say(kate, general, "two")
        assert slack.late == 2
        assert {body["event"]["text"] for body in two.heard} == {"one", "two"}
        assert two.retries == ["1", "1"]


async def test_an_app_without_its_scope_gets_no_socket(slack: SlackServer) -> None:
    slack.app_scopes.clear()
    open_ = client_of(slack).apps_connections_open(app_token=slack.app_token)
    assert await refused(open_) == "missing_scope"
    bot_token = client_of(slack).apps_connections_open(app_token=slack.bot_token)
    assert await refused(bot_token) == "not_allowed_token_type"


async def test_links_are_unfurled(slack: SlackServer, kate: User, general: Channel) -> None:
    url = "https://tocsin.example.org/incidents/1"
    slack.unfurl_domains = {"tocsin.example.org"}
    async with over_http(slack) as bot:
        message = await slack.share_link(kate, general, url)
        await slack.share_link(kate, general, "https://elsewhere.example.org/")
        (event,) = bot.events("link_shared")
        assert event["links"] == [{"url": url, "domain": "tocsin.example.org"}]
        await bot.client.chat_unfurl(channel=general.id, ts=message.ts, unfurls={url: {"blocks": CARD[:1]}})
        assert slack.unfurls[0][:2] == (general.id, message.ts)


async def test_a_home_is_published(slack: SlackServer, kate: User) -> None:
    async with over_http(slack) as bot:
        await slack.open_home(kate)
        assert bot.events("app_home_opened")[0]["user"] == kate.id
        await bot.client.views_publish(user_id=kate.id, view={"type": "home", "blocks": CARD})
        home = slack.home_of(kate)
        assert home is not None
        await slack.click(kate, home, "Acknowledge")
        assert bot.heard[-1]["container"]["type"] == "view"


async def test_ordered_trouble_comes_as_often_as_ordered(slack: SlackServer, general: Channel) -> None:
    client = client_of(slack)
    slack.fail("chat.postMessage", "is_archived", times=1, channel=general)
    assert await refused(post(slack, general)) == "is_archived"
    slack.rate_limit("chat.postMessage", retry_after=2)
    with pytest.raises(SlackApiError) as caught:
        await post(slack, general)
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "2"
    slack.answer_500("chat.postMessage")
    with pytest.raises(SlackApiError) as caught:
        await post(slack, general)
    assert caught.value.response.status_code == 500
    assert slack.messages(general) == []
    slack.drop_answer("chat.postMessage")
    with pytest.raises(aiohttp.ClientError):
        await post(slack, general)
    assert len(slack.messages(general)) == 1
    slack.slow(0.05)
    started = time.monotonic()
    await client.auth_test()
    assert time.monotonic() - started >= 0.05
    slack.mend()
    slack.fail("*", "account_inactive", times=None)
    assert await refused(client.auth_test()) == "account_inactive"
    assert slack.count("chat.postMessage") == 4


async def test_a_channel_takes_a_message_per_second_and_three_at_once(
    slack: SlackServer, general: Channel, kate: User
) -> None:
    slack.limit_posts = True
    for _ in range(3):
        await post(slack, general)
    with pytest.raises(SlackApiError) as caught:
        await post(slack, general)
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "1")
    await client_of(slack).chat_postMessage(channel=kate.id, text="another channel")


async def test_slack_goes_down_and_comes_up_at_the_same_address(slack: SlackServer, general: Channel) -> None:
    await post(slack, general)
    slack.down()
    with pytest.raises(aiohttp.ClientConnectorError):
        await post(slack, general)
    slack.up()
    await post(slack, general)
    assert len(slack.messages(general)) == 2


async def test_the_bot_hears_what_happens_to_channels_and_people(
    slack: SlackServer, kate: User, general: Channel
) -> None:
    slack.events = {"channel_archive", "channel_rename", "user_change", "member_joined_channel"}
    bea = slack.add_user("bea", email="bea@example.org")
    async with over_sockets(slack) as bot:
        await slack.join(bea, general)
        await slack.rename(kate, general, "everything")
        await slack.change_user(bea, email="bea@example.com")
        await slack.archive(kate, general)
        heard = [body["event"] for body in bot.heard]
        assert [one["type"] for one in heard] == [
            "member_joined_channel",
            "channel_rename",
            "user_change",
            "channel_archive",
        ]
        assert heard[2]["user"]["profile"]["email"] == "bea@example.com"
        assert await refused(post(slack, general)) == "is_archived"
        assert await refused(bot.client.conversations_history(channel="C404")) == "channel_not_found"


async def test_a_picture_is_uploaded_as_slack_wants_it_now(slack: SlackServer, general: Channel) -> None:
    await client_of(slack).files_upload_v2(
        channel=general.id, filename="load.png", content=b"png", title="Load", initial_comment="Look:"
    )
    (message,) = slack.messages(general)
    assert (message.text, message.files[0]["title"]) == ("Look:", "Load")
    assert slack.workspace.contents[message.files[0]["id"]] == b"png"


async def test_people_can_only_do_what_slack_lets_them(
    slack: SlackServer, kate: User, general: Channel
) -> None:
    bea = slack.add_user("bea")
    slack.commands = {"/incident"}
    card = await post(slack, general, blocks=CARD)
    with pytest.raises(NotPossible, match="not a valid command"):
        await slack.command(kate, general, "/unheard")
    with pytest.raises(NotPossible, match="can't write"):
        await slack.say(bea, general, "hello")
    with pytest.raises(NotPossible, match="did not say"):
        await slack.edit(bea, card, "mine")
    await client_of(slack).chat_delete(channel=general.id, ts=card.ts)
    with pytest.raises(NotPossible, match="does not see"):
        await slack.click(kate, card, "Acknowledge")
