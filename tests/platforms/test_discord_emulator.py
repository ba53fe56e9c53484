"""The emulator of Discord is as strict as Discord: its answers, limits and permissions, asked directly."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.platforms.discord import Channel, DiscordServer, NotPossible, Permission
from tests.platforms.discord.answers import ROUTES
from tests.platforms.discord.clients import Caller
from tests.platforms.discord.contract import operation_names

BUTTON = {"type": 2, "style": 1, "label": "Acknowledge", "custom_id": "ack"}
ROW = {"type": 1, "components": [BUTTON]}
NOBODY = "1234567890"


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as opened:
        yield opened
        assert [one for one in opened.violations if "own answer" in one] == []


@pytest.fixture
async def caller(server: DiscordServer) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession() as http:
        yield Caller(server, http)


@pytest.fixture
def lobby(server: DiscordServer) -> Channel:
    return server.add_channel("lobby")


async def test_who_has_no_good_token_is_refused(server: DiscordServer, caller: Caller) -> None:
    assert (await caller.ask("GET", "/users/@me", token="Bad.To.Ken")).error == (401, 0)
    old = server.bot_token
    assert (await caller.ask("GET", "/users/@me")).status == 200
    new = await server.revoke_token()
    assert (await caller.ask("GET", "/users/@me", token=old)).status == 401
    assert (await caller.ask("GET", "/users/@me", token=new)).status == 200


async def test_what_is_no_route_of_discord_is_a_violation(server: DiscordServer, caller: Caller) -> None:
    assert (await caller.ask("GET", "/channels")).status == 404
    assert "there is no such route" in server.violations[0]


@pytest.mark.parametrize(
    ("method", "path", "error"),
    [
        ("GET", f"/channels/{NOBODY}", (404, 10003)),
        ("GET", "/channels/{lobby}/messages/" + NOBODY, (404, 10008)),
        ("PATCH", "/channels/{lobby}/messages/" + NOBODY, (404, 10008)),
        ("GET", "/guilds/{guild}/members/" + NOBODY, (404, 10013)),
        ("GET", "/guilds/{guild}/members/{away}", (404, 10007)),
        ("GET", f"/users/{NOBODY}", (404, 10013)),
        ("GET", f"/guilds/{NOBODY}/channels", (404, 10004)),
        ("GET", "/applications/{bot}/commands/" + NOBODY, (404, 10063)),
        ("PUT", "/channels/{lobby}/permissions/" + NOBODY, (404, 10009)),
        ("POST", f"/interactions/{NOBODY}/token/callback", (404, 10062)),
        ("PATCH", "/webhooks/{bot}/token/messages/@original", (404, 10015)),
    ],
)
async def test_what_is_not_there_has_its_own_code(
    server: DiscordServer,
    caller: Caller,
    lobby: Channel,
    method: str,
    path: str,
    error: tuple[int, int],
) -> None:
    away = server.add_user("away", is_present=False)
    filled = path.format(lobby=lobby.id, guild=server.guild.id, away=away.id, bot=server.guild.application_id)
    bodies: dict[str, Any] = {
        "PATCH": {"content": "x"},
        "PUT": {"type": 1, "allow": "0"},
        "POST": {"type": 5},
    }
    assert (await caller.ask(method, filled, bodies.get(method))).error == error
    assert server.violations == []


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"content": "x" * 2001}, "content"),
        ({"content": "x", "nonce": "n" * 26}, "nonce"),
        ({"embeds": [{"title": "x" * 257}]}, "embeds.0.title"),
        ({"embeds": [{"description": "x" * 4000}, {"description": "x" * 2001}]}, "embeds"),
        ({"embeds": [{"fields": [{"name": "x", "value": ""}]}]}, "embeds.0.fields.0.value"),
        ({"embeds": [{"fields": [{"name": "x", "value": "y"}] * 26}]}, "embeds.0.fields"),
        ({"embeds": [{"title": "x", "url": "javascript:1"}]}, "embeds.0.url"),
        ({"content": "x", "components": [ROW] * 6}, "components"),
        ({"content": "x", "components": [ROW, ROW]}, "components.1.components.0.custom_id"),
        (
            {"content": "x", "components": [{"type": 1, "components": [BUTTON] * 6}]},
            "components.0.components",
        ),
        (
            {"content": "x", "components": [{"type": 1, "components": [{**BUTTON, "custom_id": "x" * 101}]}]},
            "components.0.components.0.custom_id",
        ),
        ({"content": "x", "message_reference": {"message_id": NOBODY}}, "message_reference"),
    ],
)
async def test_a_message_that_discord_would_refuse_is_refused_at_its_place(
    server: DiscordServer, caller: Caller, lobby: Channel, body: dict[str, Any], place: str
) -> None:
    answer = await caller.post(lobby, **body)
    assert answer.error == (400, 50035)
    errors = answer.body["errors"]
    for part in place.split("."):
        errors = errors[part]
    assert errors["_errors"][0]["code"]
    assert lobby.messages == []
    assert len(server.violations) == 1


async def test_an_empty_message_and_broken_json_are_refused(
    server: DiscordServer, caller: Caller, lobby: Channel
) -> None:
    assert (await caller.post(lobby, content="  ")).error == (400, 50006)
    headers = {"Authorization": f"Bot {server.bot_token}", "User-Agent": "DiscordBot (x, 1)"}
    url = f"{server.api_url}/channels/{lobby.id}/messages"
    kind = {"Content-Type": "application/json"}
    async with caller.http.post(url, data="{", headers=headers | kind) as response:
        assert (await response.json())["code"] == 50109


async def test_a_nonce_that_is_enforced_makes_one_message(
    server: DiscordServer, caller: Caller, lobby: Channel
) -> None:
    first = await caller.post(lobby, content="Once", nonce="key-1", enforce_nonce=True)
    again = await caller.post(lobby, content="Once", nonce="key-1", enforce_nonce=True)
    other = await caller.post(lobby, content="Once", nonce="key-2", enforce_nonce=True)
    assert first.body["id"] == again.body["id"] != other.body["id"]
    assert first.body["nonce"] == "key-1"
    assert len(lobby.messages) == 2
    history = (await caller.ask("GET", f"/channels/{lobby.id}/messages")).body
    assert not any("nonce" in one for one in history), "history has no nonces"
    now = server.guild.now()
    server.guild.now = lambda: now + 3600
    later = await caller.post(lobby, content="Once", nonce="key-1", enforce_nonce=True)
    assert later.body["id"] != first.body["id"], "Discord remembers a nonce for some minutes only"


async def test_history_is_read_from_both_ends(caller: Caller, lobby: Channel) -> None:
    ids = [(await caller.post(lobby, content=str(number))).body["id"] for number in range(5)]

    async def read(query: str) -> list[str]:
        found = await caller.ask("GET", f"/channels/{lobby.id}/messages?{query}")
        return [one["content"] for one in found.body]

    assert await read("limit=2") == ["4", "3"]
    assert await read(f"limit=2&before={ids[3]}") == ["2", "1"]
    assert await read(f"limit=2&after={ids[0]}") == ["2", "1"]
    assert (await caller.ask("GET", f"/channels/{lobby.id}/messages?limit=101")).error == (400, 50035)


async def test_who_may_not_see_a_channel_is_told_so_and_nothing_else(
    server: DiscordServer, caller: Caller
) -> None:
    kate = server.add_user("kate")
    secret = server.add_channel("secret", private_to=[kate])
    assert (await caller.ask("GET", f"/channels/{secret.id}")).error == (403, 50001)
    assert (await caller.post(secret, content="x")).error == (403, 50001)
    await server.let_in(server.owner, secret, server.guild.bot, Permission.SEND_MESSAGES)
    assert (await caller.post(secret, content="x")).status == 200
    mark = server.add_user("mark")
    with pytest.raises(NotPossible):
        await server.say(mark, secret, "What is here?")


@pytest.mark.parametrize(
    ("permission", "method", "path", "body"),
    [
        (Permission.SEND_MESSAGES, "POST", "/channels/{lobby}/messages", {"content": "x"}),
        (Permission.EMBED_LINKS, "POST", "/channels/{lobby}/messages", {"embeds": [{"title": "x"}]}),
        (Permission.MANAGE_CHANNELS, "POST", "/guilds/{guild}/channels", {"name": "x"}),
        (Permission.MANAGE_CHANNELS, "PATCH", "/channels/{lobby}", {"topic": "x"}),
        (Permission.MANAGE_CHANNELS, "DELETE", "/channels/{lobby}", None),
        (Permission.MANAGE_ROLES, "PUT", "/channels/{lobby}/permissions/{bot}", {"type": 1, "allow": "1024"}),
        (Permission.PIN_MESSAGES, "PUT", "/channels/{lobby}/messages/pins/{message}", None),
        (
            Permission.CREATE_PUBLIC_THREADS,
            "POST",
            "/channels/{lobby}/messages/{message}/threads",
            {"name": "x"},
        ),
        (Permission.ADD_REACTIONS, "PUT", "/channels/{lobby}/messages/{message}/reactions/🔥/@me", None),
        (Permission.MANAGE_MESSAGES, "DELETE", "/channels/{lobby}/messages/{message}", None),
    ],
)
async def test_what_the_bot_may_not_do_is_refused(
    server: DiscordServer,
    caller: Caller,
    lobby: Channel,
    permission: Permission,
    method: str,
    path: str,
    body: Any,
) -> None:
    said = await server.say(server.owner, lobby, "Hello")
    server.guild.bot_role.permissions &= ~permission
    guild, bot = server.guild, server.guild.bot
    server.guild.people.permissions &= ~permission
    filled = path.format(lobby=lobby.id, guild=guild.id, bot=bot.id, message=said.id)
    assert (await caller.ask(method, filled, body)).error == (403, 50013)
    server.guild.bot_role.permissions |= permission
    assert (await caller.ask(method, filled, body)).status < 300


async def test_the_bot_can_neither_grant_nor_deny_what_it_may_not_do_itself(
    server: DiscordServer, caller: Caller, lobby: Channel
) -> None:
    bits = str(int(Permission.MENTION_EVERYONE))
    kate = server.add_user("kate")
    path = f"/channels/{lobby.id}/permissions/{kate.id}"
    assert (await caller.ask("PUT", path, {"type": 1, "allow": bits})).error == (403, 50013)
    made = {"name": "x", "permission_overwrites": [{"id": kate.id, "type": 1, "deny": bits}]}
    assert (await caller.ask("POST", f"/guilds/{server.guild.id}/channels", made)).error == (403, 50013)
    seen = {"type": 1, "allow": str(int(Permission.VIEW_CHANNEL))}
    assert (await caller.ask("PUT", path, seen)).status == 204


async def test_whose_conversation_is_closed_gets_nothing(server: DiscordServer, caller: Caller) -> None:
    kate = server.add_user("kate")
    opened = await caller.ask("POST", "/users/@me/channels", {"recipient_id": kate.id})
    assert opened.body["recipients"][0]["username"] == "kate"
    assert (await caller.post(server.direct_channel(kate), content="x")).status == 200
    server.close_direct(kate)
    assert (await caller.post(server.direct_channel(kate), content="x")).error == (403, 50007)
    assert len(server.direct(kate)) == 1


async def test_a_guild_a_category_and_pins_are_full_at_some_time(
    server: DiscordServer, caller: Caller, lobby: Channel
) -> None:
    path = f"/guilds/{server.guild.id}/channels"
    category = server.add_category("Incidents")
    for number in range(50):
        server.add_channel(f"c{number}", category)
    full = await caller.ask("POST", path, {"name": "one-more", "parent_id": category.id})
    assert full.error == (400, 50035)
    assert full.body["errors"]["parent_id"]["_errors"][0]["code"] == "CHANNEL_PARENT_MAX_CHANNELS"
    assert (await caller.ask("PATCH", f"/channels/{lobby.id}", {"parent_id": category.id})).code == 50035
    server.guild.most_channels = len(server.guild.list_channels())
    assert (await caller.ask("POST", path, {"name": "one-more"})).error == (400, 30013)
    server.guild.most_pins = 1
    said = [await server.say(server.owner, lobby, text) for text in ("a", "b")]
    pins = f"/channels/{lobby.id}/messages/pins"
    assert (await caller.ask("PUT", f"{pins}/{said[0].id}")).status == 204
    assert (await caller.ask("PUT", f"{pins}/{said[1].id}")).error == (400, 30003)
    listed = (await caller.ask("GET", pins)).body["items"]
    assert [one["message"]["content"] for one in listed] == ["a"]


async def test_a_channel_gets_the_name_that_discord_makes_of_it(
    server: DiscordServer, caller: Caller
) -> None:
    path = f"/guilds/{server.guild.id}/channels"
    made = await caller.ask("POST", path, {"name": "INC-1 Größe: it's (slow)!"})
    assert (made.status, made.body["name"]) == (201, "inc-1-größe-its-slow")
    assert (await caller.ask("POST", path, {"name": "Old incidents", "type": 4})).body[
        "name"
    ] == "Old incidents"
    assert (await caller.ask("POST", path, {"name": "!!!"})).error == (400, 50035)
    assert (await caller.ask("POST", path, {"name": "x", "topic": "y" * 1025})).error == (400, 50035)


async def test_name_and_topic_change_twice_in_ten_minutes(
    server: DiscordServer, caller: Caller, lobby: Channel
) -> None:
    now = server.guild.now()
    server.guild.now = lambda: now
    path = f"/channels/{lobby.id}"
    assert (await caller.ask("PATCH", path, {"name": "one"})).status == 200
    assert (await caller.ask("PATCH", path, {"name": "one", "topic": None})).status == 200, "nothing changed"
    assert (await caller.ask("PATCH", path, {"topic": "two"})).status == 200
    limited = await caller.ask("PATCH", path, {"name": "three"})
    assert limited.status == 429
    assert limited.body["retry_after"] == 600
    assert limited.headers["Via"]
    server.guild.now = lambda: now + 601
    assert (await caller.ask("PATCH", path, {"name": "three"})).status == 200
    assert lobby.name == "three"


async def test_each_route_of_each_channel_has_its_own_limit(
    server: DiscordServer, caller: Caller, lobby: Channel
) -> None:
    server.strict_limits = True
    other = server.add_channel("other")
    answers = [await caller.post(lobby, content="x") for _ in range(6)]
    assert [one.status for one in answers] == [200] * 5 + [429]
    assert [one.headers.get("X-RateLimit-Remaining") for one in answers[:5]] == ["4", "3", "2", "1", "0"]
    assert answers[0].headers["X-RateLimit-Bucket"] == answers[1].headers["X-RateLimit-Bucket"]
    assert answers[5].body["retry_after"] > 0
    assert answers[5].body["global"] is False
    assert (await caller.post(other, content="x")).status == 200


async def test_troubles_come_as_ordered(server: DiscordServer, caller: Caller, lobby: Channel) -> None:
    server.fail("create_message", 400, 30046, "Maximum number of edits reached", channel=lobby)
    assert (await caller.post(server.add_channel("other"), content="x")).status == 200
    assert (await caller.post(lobby, content="x")).error == (400, 30046)
    server.rate_limit("create_message", 2.5)
    limited = await caller.post(lobby, content="x")
    assert (limited.status, limited.body["retry_after"], limited.headers["Retry-After"]) == (429, 2.5, "3")
    server.block("create_message")
    walled = await caller.post(lobby, content="x")
    assert walled.status == 429
    assert "Via" not in walled.headers
    server.answer_500("*", status=502)
    assert (await caller.post(lobby, content="x")).status == 502
    assert lobby.messages == []
    server.drop_answer("create_message")
    with pytest.raises(aiohttp.ClientError):
        await caller.post(lobby, content="it is there")
    assert [one.content for one in lobby.messages] == ["it is there"]
    server.fail("*", 500, 0, times=None)
    server.mend()
    assert (await caller.post(lobby, content="x")).status == 200
    with pytest.raises(ValueError, match="no operation"):
        server.fail("post_message", 400, 1)


async def test_it_goes_away_and_comes_back_with_all_it_had(
    server: DiscordServer, caller: Caller, lobby: Channel
) -> None:
    await caller.post(lobby, content="before")
    server.down()
    with pytest.raises(aiohttp.ClientError):
        await caller.post(lobby, content="meanwhile")
    server.up()
    assert (await caller.ask("GET", f"/channels/{lobby.id}/messages")).body[0]["content"] == "before"


async def test_a_file_is_served_to_everybody_for_a_day(
    server: DiscordServer, caller: Caller, lobby: Channel
) -> None:
    said = await server.say(server.owner, lobby, "The log", files=[("web 1.log", "text/plain", b"502")])

    async def address() -> str:
        seen = await caller.ask("GET", f"/channels/{lobby.id}/messages/{said.id}")
        return str(seen.body["attachments"][0]["url"])

    url, now = await address(), server.guild.now()
    assert await caller.get(url) == (200, b"502")
    assert (await caller.get(url.partition("?")[0]))[0] == 404
    server.guild.now = lambda: now + 90_000
    assert (await caller.get(url))[0] == 404
    assert await caller.get(await address()) == (200, b"502")


async def test_only_what_the_bot_wrote_can_it_change(
    server: DiscordServer, caller: Caller, lobby: Channel
) -> None:
    said = await server.say(server.owner, lobby, "Mine")
    path = f"/channels/{lobby.id}/messages"
    assert (await caller.ask("PATCH", f"{path}/{said.id}", {"content": "x"})).error == (403, 50005)
    own = (await caller.post(lobby, content="a", components=[ROW])).body["id"]
    assert (await caller.ask("PATCH", f"{path}/{own}", {"content": ""})).body["content"] == ""
    assert (await caller.ask("PATCH", f"{path}/{own}", {"components": []})).error == (400, 50006)


async def test_mentions_call_whom_they_may_call(
    server: DiscordServer, caller: Caller, lobby: Channel
) -> None:
    kate = server.add_user("kate")
    role = server.add_role("on-call", mentionable=True)
    closed = server.add_role("board")
    text = f"{kate.mention} {role.mention} {closed.mention} @everyone `<@{server.owner.id}>`"
    called = (await caller.post(lobby, content=text)).body
    assert [one["username"] for one in called["mentions"]] == ["kate"]
    assert called["mention_roles"] == [role.id]
    assert called["mention_everyone"] is False, "the bot may not"
    server.guild.bot_role.permissions |= Permission.MENTION_EVERYONE
    assert (await caller.post(lobby, content="@here")).body["mention_everyone"] is True
    quiet = (await caller.post(lobby, content=text, allowed_mentions={"parse": []})).body
    assert (quiet["mentions"], quiet["mention_roles"], quiet["mention_everyone"]) == ([], [], False)


async def test_an_archived_thread_can_only_be_opened_again(
    server: DiscordServer, caller: Caller, lobby: Channel
) -> None:
    said = await caller.post(lobby, content="Announcement")
    made = await caller.ask(
        "POST", f"/channels/{lobby.id}/messages/{said.body['id']}/threads", {"name": "INC 1"}
    )
    thread = server.guild.channels[made.body["id"]]
    assert (made.status, thread.id, thread.parent_id) == (201, said.body["id"], lobby.id)
    posted = await caller.post(thread, content="Update")
    path = f"/channels/{thread.id}"
    assert (await caller.ask("PATCH", path, {"archived": True, "locked": True})).status == 200
    edit = await caller.ask("PATCH", f"{path}/messages/{posted.body['id']}", {"content": "x"})
    assert edit.error == (400, 50083)
    assert (await caller.post(thread, content="x")).error == (400, 50083)
    assert (await caller.ask("PATCH", path, {"name": "x"})).error == (400, 50083)
    assert (await caller.ask("PATCH", path, {"archived": False, "locked": False})).status == 200
    assert (await caller.post(thread, content="x")).status == 200
    await server.archive(server.owner, thread)
    assert (await caller.post(thread, content="x")).status == 200, "who writes opens it"
    assert thread.thread["archived"] is False


async def test_commands_are_judged_and_keep_their_ids(server: DiscordServer, caller: Caller) -> None:
    path = f"/applications/{server.guild.application_id}/guilds/{server.guild.id}/commands"
    page = {"name": "page", "description": "Page somebody", "type": 1}
    first = (await caller.ask("PUT", path, [page])).body
    again = (await caller.ask("PUT", path, [page | {"description": "Page a person"}])).body
    assert first[0]["id"] == again[0]["id"]
    assert first[0]["version"] != again[0]["version"]
    wrong = await caller.ask("PUT", path, [page | {"name": "Page Me"}])
    assert wrong.body["errors"]["0"]["name"]["_errors"][0]["code"] == "APPLICATION_COMMAND_INVALID_NAME"
    late = {"type": 3, "name": "who", "description": "x", "required": True}
    options = [{"type": 3, "name": "why", "description": "x"}, late]
    assert (await caller.ask("PUT", path, [page | {"options": options}])).error == (400, 50035)
    assert list(server.commands()) == ["page"]
    other = f"/applications/{server.guild.id}/commands"
    assert (await caller.ask("GET", other)).error == (403, 20012)


async def test_a_role_above_the_bot_is_not_its_to_give(server: DiscordServer, caller: Caller) -> None:
    kate, role = server.add_user("kate"), server.add_role("on-call")
    path = f"/guilds/{server.guild.id}/members/{kate.id}/roles"
    assert (await caller.ask("PUT", f"{path}/{role.id}")).status == 204
    assert role.id in kate.roles
    role.position = server.guild.bot_role.position + 1
    assert (await caller.ask("DELETE", f"{path}/{role.id}")).error == (403, 50013)


async def test_a_slow_discord_does_at_once_what_it_answers_later(
    server: DiscordServer, caller: Caller, lobby: Channel
) -> None:
    server.slow(60)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await caller.post(lobby, content="it is there")
    assert [one.content for one in lobby.messages] == ["it is there"]
    server.mend()
    assert (await caller.post(lobby, content="x")).status == 200


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (["{"], 4002),
        ([{"op": 3, "d": {}}], 4003),
        ([{"op": 2, "d": {"token": "Bad.To.Ken", "intents": 1, "properties": {}}}], 4004),
        (["identify", "identify"], 4005),
        (["identify", {"op": 99, "d": None}], 4001),
        ([{"op": 2, "d": {"token": "good", "properties": {}}}], 4013),
        ([{"op": 6, "d": {"token": "Bad.To.Ken", "session_id": "x", "seq": 0}}], 4004),
    ],
)
async def test_the_gateway_closes_on_who_does_not_keep_to_its_rules(
    server: DiscordServer, caller: Caller, sent: list[Any], code: int
) -> None:
    identify = {"op": 2, "d": {"token": server.bot_token, "intents": 1, "properties": {}}}
    async with caller.http.ws_connect(f"{server.gateway_url}?v=10&encoding=json") as line:
        assert (await line.receive_json())["op"] == 10
        await line.send_json({"op": 1, "d": None})
        assert (await line.receive_json())["op"] == 11
        for one in sent:
            said = identify if one == "identify" else one
            text = (
                said
                if isinstance(said, str)
                else json.dumps(said).replace('"good"', json.dumps(server.bot_token))
            )
            await line.send_str(text)
        async for _ in line:
            pass
        assert line.close_code == code


async def test_a_session_that_is_not_known_is_invalid(server: DiscordServer, caller: Caller) -> None:
    async with caller.http.ws_connect(f"{server.gateway_url}?v=10&encoding=json") as line:
        assert (await line.receive_json())["op"] == 10
        about = {"token": server.bot_token, "session_id": "gone", "seq": 7}
        await line.send_json({"op": 6, "d": about})
        answer = await line.receive_json()
        assert (answer["op"], answer["d"]) == (9, False)


async def test_every_route_answers_what_discord_describes(
    server: DiscordServer, caller: Caller, lobby: Channel
) -> None:
    kate, guild = server.add_user("kate"), server.guild
    said = await server.say(kate, lobby, "Hello")
    await server.react(kate, said, "🔥")
    thread = await server.start_thread(kate, said, "About it")
    hook = (await caller.ask("POST", f"/channels/{lobby.id}/webhooks", {"name": "Alerts"})).body
    role = (await caller.ask("POST", f"/guilds/{guild.id}/roles", {"name": "on-call"})).body
    told = {"content": "From a hook"}
    hooked = (await caller.ask("POST", f"/webhooks/{hook['id']}/{hook['token']}?wait=1", told)).body
    assert hooked["webhook_id"] == hook["id"]
    commands = f"/applications/{guild.application_id}/commands"
    page = {"name": "page", "description": "Page somebody"}
    command = (await caller.ask("POST", commands, page)).body
    seen = {"type": 1, "allow": str(int(Permission.VIEW_CHANNEL))}
    for method, path, body in (
        ("GET", "/users/@me", None),
        ("GET", f"/users/{kate.id}", None),
        ("GET", "/users/@me/guilds", None),
        ("GET", "/oauth2/applications/@me", None),
        ("GET", "/applications/@me", None),
        ("GET", "/gateway", None),
        ("GET", "/gateway/bot", None),
        ("GET", f"/guilds/{guild.id}?with_counts=true", None),
        ("GET", f"/guilds/{guild.id}/channels", None),
        ("GET", f"/guilds/{guild.id}/roles", None),
        ("GET", f"/guilds/{guild.id}/members?limit=10", None),
        ("GET", f"/guilds/{guild.id}/members/search?query=ka", None),
        ("GET", f"/guilds/{guild.id}/threads/active", None),
        ("GET", f"/channels/{lobby.id}/webhooks", None),
        ("GET", f"/channels/{lobby.id}/messages/{said.id}/reactions/🔥", None),
        ("PUT", f"/channels/{lobby.id}/messages/{said.id}/reactions/🔥/@me", None),
        ("DELETE", f"/channels/{lobby.id}/messages/{said.id}/reactions/🔥/@me", None),
        ("DELETE", f"/channels/{lobby.id}/messages/{said.id}/reactions/🔥/{kate.id}", None),
        ("PUT", f"/channels/{lobby.id}/pins/{said.id}", None),
        ("GET", f"/channels/{lobby.id}/pins", None),
        ("DELETE", f"/channels/{lobby.id}/messages/pins/{said.id}", None),
        ("POST", f"/channels/{lobby.id}/typing", None),
        ("PUT", f"/channels/{lobby.id}/permissions/{kate.id}", seen),
        ("DELETE", f"/channels/{lobby.id}/permissions/{kate.id}", None),
        ("PUT", f"/channels/{thread.id}/thread-members/@me", None),
        ("PUT", f"/channels/{thread.id}/thread-members/{guild.owner.id}", None),
        ("GET", f"/channels/{thread.id}/thread-members", None),
        ("DELETE", f"/channels/{thread.id}/thread-members/{guild.owner.id}", None),
        ("DELETE", f"/channels/{thread.id}/thread-members/@me", None),
        ("PATCH", f"/channels/{thread.id}", {"archived": True}),
        ("GET", f"/channels/{lobby.id}/threads/archived/public", None),
        ("GET", f"/channels/{lobby.id}/threads/archived/private", None),
        ("POST", f"/channels/{lobby.id}/threads", {"name": "private", "type": 12, "invitable": False}),
        ("GET", commands, None),
        ("GET", f"{commands}/{command['id']}", None),
        ("PATCH", f"{commands}/{command['id']}", {"description": "Page a person"}),
        ("DELETE", f"{commands}/{command['id']}", None),
        ("DELETE", f"/guilds/{guild.id}/roles/{role['id']}", None),
        ("DELETE", f"/channels/{lobby.id}/messages/{said.id}", None),
        ("DELETE", f"/channels/{lobby.id}", None),
    ):
        answer = await caller.ask(method, path, body)
        assert answer.status < 300, (method, path, answer.body)
    assert server.violations == []


def test_every_route_of_the_emulator_is_one_of_discord() -> None:
    assert set(ROUTES) <= operation_names()
