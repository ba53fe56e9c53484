"""The connection to Discord: made again whatever ends it, resumed where it can be, and told of in the doctor."""

import asyncio
from pathlib import Path

import pytest

from bot.chat.discord import gateway
from bot.chat.discord.listener import Listener
from bot.chat.platform import Check
from bot.chat.templates import Templates
from bot.secret import Secret
from tests.platforms.discord import DiscordServer
from tests.platforms.discord_bot import Bot, build_platform, open_bot, shown
from tests.platforms.inbound import Desk, eventually

WORDS = Templates()


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of seconds are pauses of moments."""
    monkeypatch.setattr(gateway, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(gateway, "LONGEST_PAUSE", 0.2)
    monkeypatch.setattr(gateway, "LOOK", 0.05)


def ear(bot: Bot) -> Listener:
    assert bot.platform.listener is not None
    return bot.platform.listener


async def find_check(bot: Bot, code: str) -> Check | None:
    return next((one for one in await bot.platform.check() if one.code == code), None)


async def test_a_malformed_event_restarts_the_client_and_the_doctor_says_so() -> None:
    async with open_bot() as bot:
        kate, room = bot.discord.add_user("kate"), await bot.add_room()
        await bot.discord.send_malformed()
        await eventually(lambda: bot.discord.gateway.identified == 2 and ear(bot).is_connected)
        done = await bot.discord.command(kate, room, "incident priority", {"priority": "P1"})
        assert shown(done) == "done: /incident priority"
        restarts = await find_check(bot, "discord_restarts")
        assert restarts is not None
        assert restarts.is_fine
        assert restarts.data["count"] == 1
        assert restarts.data["reason"].startswith("discord.client_failed")
        text = str(WORDS.render_markup("replies/tocsin_doctor", findings=[restarts]))
        assert "begun anew once" in text


async def test_a_dropped_connection_is_resumed_and_nothing_is_missed() -> None:
    async with open_bot() as bot:
        kate, room = bot.discord.add_user("kate"), await bot.add_room()
        await bot.discord.drop_gateway()
        await bot.discord.say(kate, room, "while you were away")
        await eventually(lambda: bot.desk.heard)
        assert bot.desk.heard[0][1].text == "while you were away"
        assert (bot.discord.gateway.identified, bot.discord.gateway.resumed) == (1, 1)
        assert ear(bot).is_connected


async def test_a_connection_that_discord_wants_anew_is_resumed() -> None:
    async with open_bot() as bot:
        await bot.discord.ask_to_reconnect()
        await eventually(lambda: bot.discord.gateway.resumed == 1 and ear(bot).is_connected)
        assert ear(bot).gateway.restarts == 0


async def test_a_session_that_is_over_is_begun_anew() -> None:
    async with open_bot() as bot:
        kate, room = bot.discord.add_user("kate"), await bot.add_room()
        await bot.discord.invalidate_session()
        await eventually(lambda: bot.discord.gateway.identified == 2 and ear(bot).is_connected)
        assert (await bot.discord.command(kate, room, "incident show")).ok


async def test_what_happened_to_rooms_while_there_was_no_connection_is_known_after_it() -> None:
    async with open_bot() as bot:
        one, two = await bot.add_room("inc-1"), await bot.add_room("inc-2")
        await bot.discord.settle()
        bot.discord.down()
        await eventually(lambda: not ear(bot).is_connected)
        await bot.discord.delete_channel(bot.discord.owner, one)
        await bot.discord.rename(bot.discord.owner, two, "disk")
        bot.discord.gateway.sessions.clear()
        bot.discord.up()
        changes = await eventually(lambda: bot.desk.changes if len(bot.desk.changes) == 2 else None)
        assert {(change.channel, change.change) for change in changes} == {
            (one.id, "deleted"),
            (two.id, "renamed"),
        }


async def test_a_refused_token_is_told_and_tried_again() -> None:
    async with open_bot() as bot:
        old = bot.discord.bot_token
        await bot.discord.revoke_token()
        await eventually(lambda: ear(bot).last_error.startswith("discord.refused_token"))
        assert not ear(bot).is_connected
        (check,) = await bot.platform.check()
        assert (check.code, check.is_fine) == ("discord_token", False) or not check.is_fine
        text = str(WORDS.render_markup("replies/tocsin_doctor", findings=[check]))
        assert "does not accept the bot token" in text
        bot.discord.bot_token = old
        await eventually(lambda: ear(bot).is_connected)


async def test_a_token_that_was_replaced_in_its_file_is_used_without_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "token"
    async with DiscordServer() as discord:
        file.write_text(discord.bot_token)
        platform = build_platform(discord, bot_token=Secret(discord.bot_token, file))
        await platform.start(Desk())
        listener = platform.listener
        assert listener is not None
        await eventually(lambda: listener.is_connected)
        new = await discord.revoke_token()
        await eventually(lambda: listener.last_error.startswith("discord.refused_token"))
        file.write_text(f"{new}\n")
        await eventually(lambda: listener.is_connected)
        await platform.stop()


async def test_it_starts_at_once_while_discord_is_away_and_goes_on_trying() -> None:
    async with DiscordServer() as discord:
        platform, desk = build_platform(discord), Desk()
        discord.down()
        async with asyncio.timeout(20):
            await platform.start(desk)
        listener = platform.listener
        assert listener is not None
        await eventually(lambda: listener.last_error.startswith("discord.unreachable"))
        discord.up()
        await eventually(lambda: listener.is_connected and discord.commands())
        assert listener.last_error == ""
        await platform.stop()


async def test_discord_that_went_away_is_found_again() -> None:
    async with open_bot() as bot:
        bot.discord.down()
        await eventually(lambda: not ear(bot).is_connected)
        bot.discord.up()
        await eventually(lambda: ear(bot).is_connected)


async def test_the_bot_works_without_the_intents_that_are_off() -> None:
    async with DiscordServer() as discord:
        discord.intents.clear()
        platform, desk = build_platform(discord), Desk()
        await platform.start(desk)
        await eventually(discord.commands)
        kate, room = discord.add_user("kate"), discord.add_channel("inc-7")
        desk.rooms.add(room.id)
        assert (await discord.command(kate, room, "incident show")).ok
        await platform.stop()


async def test_intents_that_are_switched_on_are_used_without_a_restart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gateway, "LOOK_AT_INTENTS", 0.1)
    async with DiscordServer() as discord:
        discord.intents.clear()
        platform, desk = build_platform(discord), Desk()
        await platform.start(desk)
        await eventually(discord.commands)
        discord.intents.update(("members", "message_content"))
        await eventually(lambda: discord.gateway.identified == 2)
        kate, room = discord.add_user("kate"), discord.add_channel("inc-7")
        desk.rooms.add(room.id)
        await eventually(lambda: platform.listener is not None and platform.listener.is_connected)
        await discord.say(kate, room, "words")
        await eventually(lambda: desk.heard)
        assert desk.heard[0][1].text == "words"
        await platform.stop()


async def test_commands_are_told_to_discord_only_when_they_have_changed() -> None:
    async with open_bot() as bot:
        assert bot.discord.count("bulk_set_application_commands") == 1
        await bot.discord.invalidate_session()
        await eventually(lambda: bot.discord.gateway.identified == 2)
        await eventually(lambda: bot.discord.count("list_application_commands") == 2)
        assert bot.discord.count("bulk_set_application_commands") == 1


async def test_commands_that_discord_did_not_take_are_told_and_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from bot.chat.discord import listener

    monkeypatch.setattr(listener, "FIRST_PAUSE", 0.05)
    async with DiscordServer() as discord:
        discord.fail("bulk_set_application_commands", 403, 50001, "Missing Access")
        platform = build_platform(discord)
        await platform.start(Desk())
        await eventually(discord.commands)
        assert discord.count("bulk_set_application_commands") == 2
        await platform.stop()


async def test_a_bot_that_was_taken_out_of_the_server_is_told() -> None:
    async with open_bot() as bot:
        bot.discord.tell_raw("GUILD_DELETE", {"id": bot.discord.guild.id})
        await eventually(lambda: ear(bot).last_error == "discord.removed_from_server")
        check = await find_check(bot, "discord_gateway")
        assert check is not None
        assert not check.is_fine


async def test_stopping_ends_the_connection() -> None:
    async with open_bot() as bot:
        listener = ear(bot)
        await bot.platform.stop()
        await bot.discord.gateway.wait(0)
        assert not listener.is_connected
