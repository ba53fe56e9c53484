"""Discord in trouble: nothing is lost, nothing is there twice, and whoever acts is told what came of it."""

from collections.abc import AsyncIterator, Callable

import pytest

from storage.models import Incident, OutboxRow
from storage.words import OutboxState
from tests.platforms.contract.discord_stage import DiscordStage, open_discord_stage
from tests.platforms.contract.play import announcement_of, card_of, declare, last_direct, read, timeline
from tests.platforms.discord import DiscordServer, Permission
from tests.platforms.inbound import eventually

ALERT = {"title": "Disk is full", "priority": "P1", "service": "web", "alias": "disk"}
ROUTES = (
    "create_guild_channel",
    "create_message",
    "create_pin",
    "set_channel_permission_overwrite",
    "create_dm",
    "list_guild_channels",
    "update_message",
)


def drop(discord: DiscordServer, route: str) -> None:
    discord.drop_answer(route, times=2)


def break_(discord: DiscordServer, route: str) -> None:
    discord.answer_500(route, times=2, status=502)


def limit(discord: DiscordServer, route: str) -> None:
    discord.rate_limit(route, 20, times=2)


def limit_all(discord: DiscordServer, route: str) -> None:
    discord.rate_limit(route, 20, scope="global")


def wall(discord: DiscordServer, route: str) -> None:
    discord.block(route)


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[DiscordStage]:
    async with open_discord_stage(sqlite_url) as opened:
        yield opened


async def parked(stage: DiscordStage) -> list[str]:
    rows = await stage.house.rows(OutboxRow, OutboxRow.state == OutboxState.PARKED)
    return [f"{row.kind}: {row.error}" for row in rows]


async def see_all_once(stage: DiscordStage) -> str:
    """One room with one pinned card, whoever is on call in it, one announcement, one page; returns the room."""
    names = [one.name for one in stage.discord.guild.list_channels() if one.name.startswith("inc-")]
    assert names == ["inc-1-disk-is-full"]
    room = await stage.room_of("INC-1")
    assert "Disk is full" in (await card_of(stage, room)).title
    assert sum("INC-1" in one.title for one in await stage.messages(room)) == 1
    assert await stage.members_of(room) == {"Olivia"}
    assert "Disk is full" in (await announcement_of(stage)).title
    assert ["Disk is full" in one.title for one in await stage.directs(stage.owner)] == [True]
    assert await parked(stage) == []
    return room


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("trouble", [drop, break_, limit, limit_all, wall])
async def test_an_alert_in_trouble_is_all_there_once(
    stage: DiscordStage, route: str, trouble: Callable[[DiscordServer, str], None]
) -> None:
    trouble(stage.discord, route)
    await stage.house.send(ALERT)
    await stage.house.at("04:00")
    room = await see_all_once(stage)
    await stage.press(stage.owner, await card_of(stage, room), "Acknowledge")
    await stage.house.at("08:00")
    assert "Acknowledged: Olivia" in (await card_of(stage, room)).text


async def test_a_discord_that_is_away_gets_everything_when_it_is_back(stage: DiscordStage) -> None:
    stage.discord.down()
    await stage.house.send(ALERT)
    await stage.house.at("03:00")
    stage.discord.up()
    await stage.house.at("04:30")
    await see_all_once(stage)
    await eventually(lambda: stage.discord.gateway.open)
    await stage.press(stage.owner, await last_direct(stage, stage.owner), "Acknowledge")
    assert (await read(stage, "incidents/INC-1"))["acknowledged_by"]["name"] == "Olivia"


async def test_what_people_do_while_the_line_is_cut_is_taken_in_once(stage: DiscordStage) -> None:
    room = await declare(stage)
    stage.discord.gateway.cut()
    said = await stage.discord.say(stage.owner.account, stage.discord.guild.channels[room], "It is the disk")
    await stage.discord.react(stage.owner.account, said, "📌")
    await eventually(lambda: stage.discord.gateway.resumed)
    await stage.settle()
    assert [entry["text"] for entry in await timeline(stage)] == ["It is the disk"]


async def test_after_an_event_that_nobody_can_read_people_are_heard_again(stage: DiscordStage) -> None:
    await stage.discord.send_malformed()
    await eventually(lambda: stage.discord.gateway.identified == 2)
    await declare(stage)
    assert len(await stage.house.rows(Incident)) == 1


@pytest.mark.parametrize("trouble", [drop, break_])
async def test_a_press_whose_answer_is_lost_is_done_once(
    stage: DiscordStage, trouble: Callable[[DiscordServer, str], None]
) -> None:
    room = await declare(stage)
    card = await card_of(stage, room)
    trouble(stage.discord, "create_interaction_response")
    pressed = await stage.discord.click(stage.owner.account, card.handle, "Take command")
    await stage.settle()
    assert pressed.ok
    assert len(await timeline(stage, "role_taken")) == 1


async def test_a_right_that_was_taken_is_told_and_pages_go_on(stage: DiscordStage) -> None:
    stage.discord.guild.bot_role.permissions &= ~Permission.MANAGE_CHANNELS
    await stage.house.send(ALERT)
    assert "Disk is full" in (await last_direct(stage, stage.owner)).title
    assert any(reason.startswith("room.open: discord.missing_permissions") for reason in await parked(stage))
    told = await stage.type(stage.owner, stage.lobby, "/tocsin doctor")
    assert "Manage Channels" in told.text or "manage_channels" in told.text


async def test_who_takes_no_direct_messages_is_not_counted_as_paged(stage: DiscordStage) -> None:
    kate = await stage.add_person("Kate")
    stage.discord.close_direct(stage.owner.account)
    await stage.house.send(ALERT)
    assert await stage.directs(stage.owner) == []
    assert {entry["data"]["name"] for entry in await timeline(stage, "page_failed")} == {"Olivia"}
    assert "Disk is full" in (await last_direct(stage, kate)).title
