"""The whole of Tocsin in a Discord: what only Discord has. What all platforms have in common is in the contract."""

from collections.abc import AsyncIterator

import pytest

from bot.flow.unit import Unit
from bot.oncall.groups import follow_schedules
from storage.models import Page, RoleHolder, Schedule
from storage.questions.catalog import list_named
from tests.house import open_house
from tests.platforms.contract.discord_stage import RESPONDERS, DiscordStage, open_discord_stage
from tests.platforms.contract.play import card_of, declare, last_direct, read, timeline
from tests.platforms.discord import Channel, DiscordServer, NotPossible
from tests.platforms.discord.things import CATEGORY
from tests.platforms.inbound import eventually


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[DiscordStage]:
    async with open_discord_stage(sqlite_url) as opened:
        yield opened


def lobby_of(discord: DiscordServer) -> Channel:
    lobby = discord.channel_named("general")
    assert lobby is not None
    return lobby


async def offered(stage: DiscordStage, person: str, path: str, option: str, typed: str = "") -> list[str]:
    """The names of the choices that somebody is offered in the lobby."""
    lobby = lobby_of(stage.discord)
    choices = await stage.discord.autocomplete(stage.people[person], lobby, path, option, typed)
    return [str(one["name"]) for one in choices]


# while somebody types


async def test_people_and_incidents_are_offered_while_somebody_types(stage: DiscordStage) -> None:
    await stage.add_person("Kate")
    await declare(stage, line="Checkout is slow")
    await declare(stage, line="Mail is late")
    assert any("Kate" in one for one in await offered(stage, "olivia", "incident invite", "person", "ka"))
    incidents = await offered(stage, "olivia", "incident resolve", "incident")
    assert any("Checkout is slow" in one for one in incidents)
    assert any("Mail is late" in one for one in incidents)
    found = await offered(stage, "olivia", "incident resolve", "incident", "mail")
    assert any("Mail is late" in one for one in found)
    assert not any("Checkout" in one for one in found)


async def test_a_private_incident_is_offered_to_its_own_people_only(stage: DiscordStage) -> None:
    await stage.add_person("Kate", team="")
    await declare(stage, line="Somebody reads our mail private:yes")
    assert len(await offered(stage, "olivia", "incident resolve", "incident")) == 1
    assert await offered(stage, "kate", "incident resolve", "incident") == []


async def test_no_more_choices_are_offered_than_discord_takes(stage: DiscordStage) -> None:
    for number in range(30):
        await stage.house.command(f"/incident declare Trouble {number}")
    assert 0 < len(await offered(stage, "olivia", "incident resolve", "incident")) <= 25


# where something is typed


async def test_commands_work_in_direct_messages(stage: DiscordStage) -> None:
    await declare(stage)
    olivia, direct = stage.owner.account, stage.discord.direct_channel(stage.owner.account)
    listed = await stage.discord.command(olivia, direct, "incident list")
    assert "Checkout is slow" in listed.words
    note = {"text": "It is the disk", "incident": "INC-1"}
    await stage.discord.command(olivia, direct, "incident note", note)
    await stage.settle()
    assert [entry["text"] for entry in await timeline(stage, "note")] == ["It is the disk"]


async def test_what_is_said_and_typed_in_a_thread_of_a_room_is_of_its_incident(stage: DiscordStage) -> None:
    room, olivia = stage.discord.guild.channels[await declare(stage)], stage.owner.account
    thread = await stage.discord.start_thread(olivia, room, "the database")
    said = await stage.discord.say(olivia, thread, "The disk is full")
    await stage.discord.react(olivia, said, "📌")
    await stage.settle()
    assert [entry["text"] for entry in await timeline(stage)] == ["The disk is full"]
    await stage.discord.command(olivia, thread, "incident priority", {"priority": "P4"})
    assert (await read(stage, "incidents/INC-1"))["priority"] == "P4"


async def test_somebody_is_paged_from_their_menu(stage: DiscordStage) -> None:
    kate, olivia = await stage.add_person("Kate"), stage.owner.account
    opened = await stage.discord.menu(olivia, kate.account, "Page", lobby_of(stage.discord))
    assert opened.modal is not None
    await stage.discord.submit(olivia, opened.modal, {"why": "We need a second pair of eyes"})
    await stage.settle()
    assert "second pair of eyes" in (await last_direct(stage, kate)).text
    assert kate.user is not None
    assert {page.user_id for page in await stage.house.rows(Page)} == {kate.user.id}


async def test_who_is_named_and_was_never_here_is_let_into_the_room(stage: DiscordStage) -> None:
    room = await declare(stage)
    await stage.add_stranger("Zoe")
    await stage.type(stage.owner, room, "/incident invite @zoe")
    assert await stage.members_of(room) == {"Olivia", "Zoe"}


# rooms that people change


async def test_nobody_but_its_people_sees_a_private_room(stage: DiscordStage) -> None:
    kate = await stage.add_person("Kate", team="")
    room = stage.discord.guild.channels[await declare(stage, line="Somebody reads our mail private:yes")]
    with pytest.raises(NotPossible):
        await stage.discord.say(kate.account, room, "What is here?")
    await stage.type(stage.owner, room.id, "/incident invite @kate")
    await stage.discord.say(kate.account, room, "I am here")
    assert await stage.members_of(room.id) == {"Olivia", "Kate"}


async def test_an_archived_room_is_read_and_not_written_in(stage: DiscordStage) -> None:
    room = stage.discord.guild.channels[await declare(stage)]
    await stage.type(stage.owner, room.id, "/incident close")
    await stage.house.at("24:01:00")
    with pytest.raises(NotPossible):
        await stage.discord.say(stage.owner.account, room, "One more thing")
    assert "Closed" in (await card_of(stage, room.id)).text


async def test_a_room_that_somebody_deletes_is_made_anew_and_the_ops_room_is_told(
    stage: DiscordStage,
) -> None:
    room = stage.discord.guild.channels[await declare(stage)]
    await stage.discord.delete_channel(stage.discord.owner, room)
    new = await stage.room_of("INC-1")
    assert new != room.id
    assert "Checkout is slow" in (await card_of(stage, new)).title
    assert any("deleted the room of INC-1" in one.text for one in await stage.messages(stage.ops))


async def test_a_room_that_somebody_put_away_comes_back_while_its_incident_is_open(
    stage: DiscordStage,
) -> None:
    room = stage.discord.guild.channels[await declare(stage)]
    archive = await stage.discord.create_channel(stage.discord.owner, "Incidents archive", CATEGORY)
    await stage.discord.move(stage.discord.owner, room, archive)
    assert not await stage.is_archived(room.id)
    assert any("archived the room of INC-1" in one.text for one in await stage.messages(stage.ops))


async def test_a_category_that_is_full_is_followed_by_another(stage: DiscordStage) -> None:
    first = stage.discord.guild.channels[await declare(stage)]
    category = stage.discord.guild.channels[first.parent_id or ""]
    for number in range(49):
        stage.discord.add_channel(f"old-{number}", category)
    await stage.type(stage.owner, stage.lobby, "/incident declare Mail is late")
    second = stage.discord.guild.channels[await stage.room_of("INC-2")]
    assert second.parent_id not in (None, category.id)


# the rest


async def test_a_role_follows_who_is_on_call(stage: DiscordStage) -> None:
    kate = await stage.add_person("Kate")
    role = stage.discord.add_role("On call")

    async def give(unit: Unit) -> None:
        (schedule,) = await list_named(unit.session, Schedule)
        schedule.chat_group = role.name
        await unit.session.flush()
        await follow_schedules(unit)

    await stage.house.parts.work.run(give)
    await stage.settle()
    assert role.id in stage.owner.account.roles
    await stage.type(kate, stage.lobby, "/oncall take 1h")
    assert role.id in kate.account.roles
    assert role.id not in stage.owner.account.roles


async def test_who_left_the_server_is_out_of_reach_and_that_is_recorded(stage: DiscordStage) -> None:
    await stage.discord.leave_guild(stage.owner.account)
    await stage.house.send({"title": "Disk is full", "priority": "P1", "service": "web"})
    failed = await timeline(stage, "page_failed")
    assert {entry["data"]["name"] for entry in failed} == {"Olivia"}
    assert len(failed) == 2, "the next step, which pages the whole team, comes at once"


async def test_old_buttons_and_forms_work_after_a_restart(sqlite_url: str) -> None:
    async with DiscordServer() as discord:
        environment = {
            "TOCSIN_DISCORD_BOT_TOKEN": discord.bot_token,
            "TOCSIN_DISCORD_API_URL": discord.api_url,
            "TOCSIN_DISCORD_GATEWAY_URL": discord.gateway_url,
            "TOCSIN_DISCORD_RESPONDERS": RESPONDERS,
        }
        zoe = discord.add_user("zoe")
        discord.add_role(RESPONDERS, zoe)
        lobby = discord.add_channel("general")
        async with open_house(sqlite_url, environment) as house:
            await house.parts.platforms["discord"].start(house.parts.inbound)
            await eventually(discord.commands)
            await discord.command(zoe, lobby, "incident declare", {"title": "Disk is full"})
            await house.settle()
            room = discord.channel_named("inc-1-disk-is-full")
            assert room is not None
            opened = await discord.command(zoe, room, "incident update")
            await house.parts.platforms["discord"].stop()
        async with open_house(sqlite_url, environment) as house:
            await house.parts.platforms["discord"].start(house.parts.inbound)
            await eventually(lambda: discord.gateway.identified == 2)
            assert opened.modal is not None
            sent = await discord.submit(zoe, opened.modal, {"text": "We cleaned up"})
            assert "INC-1" in sent.words
            card = next(one for one in room.pins if one.components)
            assert (await discord.click(zoe, card, "Take command")).ok
            await house.settle()
            assert "Zoe" in card.words
            assert len(await house.rows(RoleHolder)) == 1
            await house.parts.platforms["discord"].stop()
        assert discord.violations == []
