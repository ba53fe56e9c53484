"""The ways in: sockets that break, tokens that are wrong, requests that Slack has not signed."""

import asyncio
import json
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.chat.reply import Reply
from bot.chat.slack.platform import SlackPlatform
from bot.chat.templates import Templates
from bot.config import SlackSettings
from bot.secret import Secret
from tests.house import HandClock
from tests.platforms.inbound import Bot, Desk, eventually, open_bot
from tests.platforms.slack import SlackServer


@pytest.fixture
async def by_http() -> AsyncIterator[Bot]:
    async with open_bot("http") as opened:
        yield opened


@pytest.fixture
async def by_socket() -> AsyncIterator[Bot]:
    async with open_bot("socket") as opened:
        yield opened


def build_platform(slack: SlackServer, app_token: str = "") -> SlackPlatform:
    settings = SlackSettings(
        Secret(slack.bot_token), Secret(app_token or slack.app_token), api_url=slack.api_url
    )
    return SlackPlatform(settings, Templates(), "https://tocsin.example.org", HandClock().now)


# sockets


async def test_a_socket_that_is_cut_is_opened_again_and_nothing_said_meanwhile_is_lost(
    by_socket: Bot,
) -> None:
    kate = by_socket.slack.add_user("kate")
    room = by_socket.slack.add_channel("inc-1", members=[kate], with_bot=True)
    by_socket.desk.rooms.add(room.id)
    await by_socket.slack.drop_sockets()
    await by_socket.slack.say(kate, room, "still there?")
    await eventually(lambda: by_socket.desk.heard)
    assert by_socket.slack.sockets == 1
    assert by_socket.platform.listener is not None
    assert by_socket.platform.listener.is_connected


async def test_a_socket_that_slack_wants_replaced_is_replaced_without_a_gap(by_socket: Bot) -> None:
    kate = by_socket.slack.add_user("kate")
    general = by_socket.slack.add_channel("general", members=[kate])
    await by_socket.slack.refresh_sockets()
    for number in range(20):
        delivery = await by_socket.slack.command(kate, general, "/incident", f"show INC-{number}")
        assert delivery.ok
        await asyncio.sleep(0.02)
    await eventually(lambda: len(by_socket.desk.invoked) == 20)
    assert by_socket.slack.late == 0
    await eventually(lambda: by_socket.slack.sockets == 1)


async def test_slack_may_be_away_at_the_start_and_for_a_while() -> None:
    async with SlackServer() as slack:
        slack.down()
        platform = build_platform(slack)
        async with asyncio.timeout(20):  # and does not wait for Slack
            await platform.start(Desk())
        listener = platform.listener
        assert listener is not None
        await eventually(lambda: listener.last_error)
        assert not listener.is_connected
        assert listener.last_error.startswith("slack.unreachable")
        slack.up()
        await eventually(lambda: listener.is_connected, 8)
        assert listener.last_error == ""
        await platform.stop()


async def test_a_wrong_token_is_named() -> None:
    async with SlackServer() as slack:
        platform = build_platform(slack, "xapp-wrong")
        await platform.start(Desk())
        listener = platform.listener
        assert listener is not None
        await eventually(lambda: listener.last_error)
        assert listener.last_error == "slack.invalid_auth apps.connections.open"
        assert not listener.is_connected
        await platform.stop()


async def test_a_socket_that_says_nothing_any_more_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.chat.slack.socket.PING", 0.3)

    async def be_silent(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(autoping=False)
        await ws.prepare(request)
        await asyncio.sleep(60)
        return ws

    silent = web.Application()
    silent.add_routes([web.get("/link", be_silent)])
    async with SlackServer() as slack, TestServer(silent) as server:
        urls = [str(server.make_url("/link")).replace("http:", "ws:")]
        answer = slack.new_socket_url
        slack.new_socket_url = lambda: urls.pop() if urls else answer()  # type: ignore[method-assign]
        platform = build_platform(slack)
        await platform.start(Desk())
        await eventually(lambda: slack.sockets == 1, 8)
        assert urls == []
        await platform.stop()


async def test_two_processes_share_the_work() -> None:
    async with SlackServer() as slack:
        desks = [Desk(), Desk()]
        platforms = [build_platform(slack) for _ in desks]
        for platform, desk in zip(platforms, desks, strict=True):
            await platform.start(desk)
        await eventually(lambda: slack.sockets == 2)
        kate = slack.add_user("kate")
        general = slack.add_channel("general", members=[kate])
        for number in range(10):
            await slack.command(kate, general, "/incident", f"show INC-{number}")
        await eventually(lambda: sum(len(desk.invoked) for desk in desks) == 10)
        assert all(desk.invoked for desk in desks)
        for platform in platforms:
            await platform.stop()


async def test_what_is_going_on_is_finished_when_tocsin_stops(by_socket: Bot) -> None:
    kate = by_socket.slack.add_user("kate")
    general = by_socket.slack.add_channel("general", members=[kate])
    by_socket.desk.delay = 0.2
    await by_socket.slack.command(kate, general, "/incident", "list")
    await by_socket.platform.stop()
    assert by_socket.told(kate) == ["done: /incident list"]


async def test_the_removal_of_the_app_is_noticed(by_socket: Bot) -> None:
    listener = by_socket.platform.listener
    assert listener is not None
    by_socket.slack.tell({"type": "app_uninstalled", "event_ts": "1700000000.000100"})
    await eventually(lambda: listener.last_error)
    assert listener.last_error == "slack.app_uninstalled"
    assert not listener.is_connected


# over HTTP


def build_command(bot: Bot) -> bytes:
    kate = bot.slack.add_user("kate")
    body = {
        "command": "/incident",
        "text": "list",
        "user_id": kate.id,
        "channel_id": "C1",
        "trigger_id": "1.2",
    }
    return urlencode(body).encode()


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def test_what_slack_has_not_signed_is_refused_and_not_read(by_http: Bot) -> None:
    body = build_command(by_http)
    good = by_http.slack.courier.sign(body)
    wrong = [
        {},
        good | {"X-Slack-Signature": "v0=" + "0" * 64},
        good | {"X-Slack-Signature": "v0=ü"},
        good | {"X-Slack-Request-Timestamp": "soon"},
        {"X-Slack-Signature": good["X-Slack-Signature"]},
    ]
    for headers in wrong:
        delivery = await by_http.slack.send_raw("/slack/events", body, FORM | headers)
        assert delivery.status == 401
    assert (await by_http.slack.send_raw("/slack/events", body + b"&x=1", FORM | good)).status == 401
    assert (await by_http.slack.send_raw("/slack/events", b"\xff{", FORM | good)).status == 401
    assert by_http.desk.invoked == []
    assert (await by_http.slack.send_raw("/slack/events", body, FORM | good)).status == 200
    await eventually(lambda: by_http.desk.invoked)


@pytest.mark.parametrize("skew", [-400, 400])
async def test_an_old_request_is_refused(by_http: Bot, skew: int) -> None:
    by_http.slack.clock_skew = skew
    body = build_command(by_http)
    delivery = await by_http.slack.send_raw("/slack/events", body, FORM | by_http.slack.courier.sign(body))
    assert delivery.status == 401


async def test_slack_finds_the_address_right(by_http: Bot) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1a", "token": "x"}).encode()
    headers = {"Content-Type": "application/json"} | by_http.slack.courier.sign(body)
    delivery = await by_http.slack.send_raw("/slack/events", body, headers)
    assert (delivery.status, json.loads(delivery.body)) == (200, {"challenge": "3eZbrw1a"})


async def test_a_signed_request_that_makes_no_sense_is_no_error_of_ours(by_http: Bot) -> None:
    for body in (b"{", b"payload=%7B", b"", b"payload=%7B%22type%22%3A%22new_thing%22%7D", b"payload=[1]"):
        headers = FORM | by_http.slack.courier.sign(body)
        delivery = await by_http.slack.send_raw("/slack/events", body, headers)
        assert 400 <= delivery.status < 500
    assert by_http.desk.invoked == []


async def test_without_a_secret_nothing_is_taken_over_http(by_socket: Bot) -> None:
    assert by_socket.platform.listener is not None
    status, _, _ = await by_socket.platform.receive(b"{}", {})
    assert status == 404


async def test_a_burst_of_clicks_is_acknowledged_at_once(by_http: Bot) -> None:
    kate = by_http.slack.add_user("kate")
    general = by_http.slack.add_channel("general", members=[kate])
    by_http.desk.answer = lambda call: Reply(text="ok")
    commands = [by_http.slack.command(kate, general, "/incident", f"show INC-{one}") for one in range(50)]
    deliveries = await asyncio.gather(*commands)
    assert all(delivery.ok for delivery in deliveries)
    await eventually(lambda: len(by_http.desk.invoked) == 50)
