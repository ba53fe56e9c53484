"""Tocsin in a Discord in trouble: servers that are away, other servers, categories that fill up, pins that are gone."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.chat.platform import Message, NewRoom, Once
from bot.errors import Retry
from tests.platforms.contract.discord_stage import DiscordStage, open_discord_stage
from tests.platforms.contract.play import card_of, declare, last_direct, timeline
from tests.platforms.discord.guild import Guild
from tests.platforms.discord.things import CATEGORY, TEXT
from tests.platforms.discord_bot import build_platform, open_bot, open_sender


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[DiscordStage]:
    async with open_discord_stage(sqlite_url) as opened:
        yield opened


def describe(guild: Guild, stage: DiscordStage) -> dict[str, Any]:
    """Another server, as the gateway tells of it."""
    return guild.to_json() | {
        "joined_at": guild.bot.joined_at,
        "large": False,
        "unavailable": False,
        "member_count": 1,
        "members": [stage.discord.guild.bot.to_member()],
        "channels": [guild.channel_json(one) for one in guild.list_channels()],
        "threads": [],
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


async def test_rooms_outlive_an_outage_of_the_server(stage: DiscordStage) -> None:
    room = await declare(stage)
    server = {"id": stage.discord.guild.id, "unavailable": True}
    listener = stage.platform.listener
    assert listener is not None
    stage.discord.tell("GUILD_DELETE", server)
    # "During an outage, the guild object may be marked as unavailable" (Discord's reference of Guild Create; see
    # also issue 5054 of discord/discord-api-docs): then it says nothing but its number.
    stage.discord.tell("GUILD_CREATE", server)
    await stage.settle()
    assert (listener.is_connected, listener.last_error) == (False, "discord.unavailable")
    stage.discord.tell("GUILD_CREATE", describe(stage.discord.guild, stage))
    await stage.settle()
    assert (listener.is_connected, listener.last_error) == (True, "")
    assert await stage.room_of("INC-1") == room
    assert await timeline(stage, "room_lost") == []


async def test_another_server_that_lets_the_bot_in_is_none_of_ours(stage: DiscordStage) -> None:
    room = await declare(stage)
    other = Guild()
    other.add_channel("general", TEXT)
    stage.discord.tell("GUILD_CREATE", describe(other, stage))
    await stage.settle()
    assert await timeline(stage, "room_lost") == []
    stage.discord.tell("GUILD_DELETE", {"id": other.id})
    await stage.settle()
    assert stage.platform.listener is not None
    assert stage.platform.listener.is_connected
    await stage.discord.rename(stage.discord.owner, stage.discord.guild.channels[room], "the-disk")
    await stage.settle()
    assert await stage.name_of(room) == "the-disk"
    await stage.discord.delete_channel(stage.discord.owner, stage.discord.guild.channels[room])
    assert await stage.room_of("INC-1") != room


async def test_incidents_of_one_moment_fill_a_category_once(stage: DiscordStage) -> None:
    first = stage.discord.guild.channels[await declare(stage)]
    category = stage.discord.guild.channels[first.parent_id or ""]
    for number in range(48):
        stage.discord.add_channel(f"old-{number}", category)
    declared = (stage.house.command(f"/incident declare Trouble {number}") for number in range(4))
    await asyncio.gather(*declared)
    await stage.settle()
    rooms = [stage.discord.guild.channels[await stage.room_of(f"INC-{number}")] for number in (2, 3, 4, 5)]
    parents = [stage.discord.guild.channels[one.parent_id or ""].name for one in rooms]
    assert sorted(parents) == ["Incidents", *["Incidents 2"] * 3]
    names = [one.name for one in stage.discord.guild.list_channels() if one.type == CATEGORY]
    assert len(names) == len(set(names))


async def test_a_category_that_another_process_fills_meanwhile_is_followed_by_another() -> None:
    async with open_sender() as (discord, platform):
        category, other = discord.add_category("Incidents"), build_platform(discord)
        for number in range(49):
            discord.add_channel(f"old-{number}", category)
        wanted = [
            NewRoom(f"inc-{number}-disk", "", "", f"incident-{number}", datetime.now(UTC))
            for number in (7, 8)
        ]
        discord.slow(0.2)  # each has counted before the other one comes
        outcomes = await asyncio.gather(
            platform.open_room(wanted[0]), other.open_room(wanted[1]), return_exceptions=True
        )
        discord.mend()
        ((late, failure),) = [
            (room, one) for room, one in zip(wanted, outcomes, strict=True) if isinstance(one, Exception)
        ]
        assert isinstance(failure, Retry)
        assert "the next one is taken" in str(platform.templates.explain_reason(failure.reason))
        await platform.open_room(late)
        made = discord.channel_named(late.name)
        assert made is not None
        assert discord.guild.channels[made.parent_id or ""].name == "Incidents 2"
        await other.stop()


async def test_a_card_that_is_deleted_before_it_is_pinned_costs_no_room(stage: DiscordStage) -> None:
    stage.discord.fail("create_pin", 404, 10008, "Unknown Message", times=2)
    room = await declare(stage)
    assert await timeline(stage, "room_lost") == []
    cards = [one for one in await stage.messages(room) if "Checkout is slow" in one.title]
    assert len(cards) == 1


async def test_a_page_can_be_answered_where_discord_does_not_take_our_address(sqlite_url: str) -> None:
    async with open_discord_stage(sqlite_url, TOCSIN_PUBLIC_URL="http://tocsin_app:8080") as stage:
        await stage.house.send({"title": "Disk is full", "priority": "P1", "service": "web"})
        await stage.settle()
        page = await last_direct(stage, stage.owner)
        assert "Disk is full" in page.title
        assert "Why you" in page.text
        await stage.press(stage.owner, page, "Acknowledge")
        assert "acknowledged by Olivia" in (await last_direct(stage, stage.owner)).text
        assert "Take command" in (await card_of(stage, await stage.room_of("INC-1"))).buttons
        assert all("URL" in one or "well formed" in one for one in stage.discord.violations)
        stage.discord.violations.clear()


async def test_people_are_answered_while_all_other_calls_have_to_wait() -> None:
    async with open_bot() as bot:
        zoe, room = bot.discord.add_user("zoe"), await bot.add_room()
        bot.discord.rate_limit("create_message", 30.0, channel=room, scope="global")
        with pytest.raises(Retry):
            await bot.platform.post(room.id, Message("x"), Once("1"))
        assert (await bot.discord.command(zoe, room, "incident list")).ok
