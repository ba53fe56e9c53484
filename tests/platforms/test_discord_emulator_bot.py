"""A bot made with discord.py lives with the emulator of Discord: gateway, events, commands, components, modals."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest
from discord import app_commands

from tests.platforms.discord import Channel, DiscordServer, Member, NotPossible, Permission
from tests.platforms.discord.clients import Bot, all_intents, run_bot
from tests.platforms.inbound import eventually


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as opened:
        yield opened
        assert opened.violations == []


@pytest.fixture
def lobby(server: DiscordServer) -> Channel:
    return server.add_channel("lobby")


@pytest.fixture
def kate(server: DiscordServer) -> Member:
    return server.add_user("kate")


class Ask(discord.ui.Modal, title="Declare"):
    subject: discord.ui.TextInput[Any] = discord.ui.TextInput(label="Title", custom_id="title", max_length=20)
    more: discord.ui.TextInput[Any] = discord.ui.TextInput(label="More", custom_id="more", required=False)

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"Declared {self.subject.value}", ephemeral=True)


class Card(discord.ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="Acknowledge", custom_id="ack")
    async def ack(self, interaction: discord.Interaction, _: Any) -> None:
        await interaction.response.edit_message(content=f"Acknowledged by {interaction.user.name}", view=None)

    @discord.ui.button(label="Declare", custom_id="declare")
    async def declare(self, interaction: discord.Interaction, _: Any) -> None:
        await interaction.response.send_modal(Ask())

    @discord.ui.select(
        custom_id="more",
        options=[
            discord.SelectOption(label="Resolve", value="r"),
            discord.SelectOption(label="Merge", value="m"),
        ],
    )
    async def more(self, interaction: discord.Interaction, select: Any) -> None:
        await interaction.response.defer()
        await interaction.followup.send(f"You chose {select.values[0]}", ephemeral=True)


def with_commands(bot: Bot) -> Bot:
    """Some of each kind."""

    @bot.tree.command()
    @app_commands.choices(priority=[app_commands.Choice(name="Urgent", value="P1")])
    async def page(
        interaction: discord.Interaction, who: discord.Member, why: str, priority: str = "P3"
    ) -> None:
        """Page somebody"""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.followup.send(f"{who.name}: {why} {priority}")

    @page.autocomplete("why")
    async def suggest(_: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=one, value=one) for one in ("disk", "mail") if typed in one]

    @bot.tree.command()
    async def slow(interaction: discord.Interaction) -> None:
        """Answers late"""
        await eventually(lambda: bot.is_closed() or bot.let_go)
        bot.failures.append(await answer_code(interaction))

    @bot.tree.command()
    async def twice(interaction: discord.Interaction) -> None:
        """Answers twice"""
        await interaction.response.send_message("One")
        interaction.response._response_type = None  # discord.py itself would not ask again
        bot.failures.append(await answer_code(interaction))

    @bot.tree.context_menu(name="Add to timeline")
    async def keep(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"Kept: {message.content}", ephemeral=True)

    @bot.tree.context_menu(name="Page this person")
    async def page_them(interaction: discord.Interaction, member: discord.Member) -> None:
        await interaction.response.send_message(f"Paged {member.name}", ephemeral=True)

    return bot


async def answer_code(interaction: discord.Interaction) -> int:
    """The error with which Discord meets an answer; 0 when it takes it."""
    try:
        await interaction.response.send_message("Here it is")
    except discord.HTTPException as failure:
        return failure.code
    return 0


# the gateway


async def test_a_bot_comes_in_and_knows_all_that_is_there(
    server: DiscordServer, lobby: Channel, kate: Member
) -> None:
    server.add_role("on-call", kate)
    async with run_bot(server, Bot()) as bot:
        (guild,) = bot.guilds
        assert {channel.name for channel in guild.channels} == {"lobby"}
        assert {member.name for member in guild.members} == {"tocsin", "owner", "kate"}
        found = guild.get_member(int(kate.id))
        assert found is not None
        assert "on-call" in {role.name for role in found.roles}
        assert guild.me.guild_permissions.manage_channels
        assert not guild.me.guild_permissions.administrator


async def test_a_bad_token_and_intents_that_are_off_end_the_bot(server: DiscordServer) -> None:
    server.intents = {"members"}
    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with run_bot(server, Bot()):
            pass
    server.intents.add("message_content")
    with pytest.raises(discord.LoginFailure):
        async with run_bot(server, Bot(), token="Other.To.Ken"):
            pass


async def test_what_was_missed_is_told_once_after_a_cut(
    server: DiscordServer, lobby: Channel, kate: Member
) -> None:
    async with run_bot(server, Bot()) as bot:
        await server.drop_gateway()
        await server.say(kate, lobby, "while you were away")
        await bot.hear("resumed")
        await server.say(kate, lobby, "and now")
        await bot.hear("message", 2)
        assert [one.content for name, one in bot.heard if name == "message"] == [
            "while you were away",
            "and now",
        ]
        assert (server.gateway.identified, server.gateway.resumed) == (1, 1)


async def test_a_bot_that_is_asked_to_reconnect_resumes(server: DiscordServer) -> None:
    async with run_bot(server, Bot()) as bot:
        await server.ask_to_reconnect()
        await bot.hear("resumed")
        await server.close_gateway(4000)
        await bot.hear("resumed", 2)
        assert server.gateway.identified == 1


async def test_a_bot_whose_session_is_over_begins_anew(
    server: DiscordServer, lobby: Channel, kate: Member
) -> None:
    async with run_bot(server, Bot()) as bot:
        await server.invalidate_session()
        await bot.hear("ready", 2)
        assert server.gateway.identified == 2
        await server.say(kate, lobby, "Hello again")
        assert (await bot.hear("message")).content == "Hello again"


async def test_it_goes_away_and_the_bot_comes_back(
    server: DiscordServer, lobby: Channel, kate: Member
) -> None:
    async with run_bot(server, Bot()) as bot:
        server.down()
        await bot.hear("disconnect")
        server.up()
        await server.wait_connected()
        await server.say(kate, lobby, "Hello again")
        assert (await bot.hear("message")).content == "Hello again"


async def test_a_malformed_event_ends_the_loop_of_discord_py(server: DiscordServer) -> None:
    async with run_bot(server, Bot()) as bot:
        await server.send_malformed()
        await eventually(bot.is_dead)
        assert len(server.gateway.open) == 1, "and nobody is told: the line stays open"


async def test_a_revoked_token_ends_the_bot(server: DiscordServer) -> None:
    bot = Bot()
    async with run_bot(server, bot):
        await server.revoke_token()
        await eventually(bot.is_closed)


async def test_a_bot_that_asks_for_no_words_gets_none_but_its_own(
    server: DiscordServer, lobby: Channel, kate: Member
) -> None:
    intents = all_intents()
    intents.message_content = False
    async with run_bot(server, Bot(intents=intents)) as bot:
        await server.say(kate, lobby, "secret", files=[("a.txt", "text/plain", b"a")])
        heard = await bot.hear("message")
        assert (heard.content, heard.attachments) == ("", [])
        await server.say(kate, lobby, f"{server.guild.bot.mention} help")
        assert "help" in (await bot.hear("message", 2)).content
        await server.say(kate, server.direct_channel(kate), "just us")
        assert (await bot.hear("message", 3)).content == "just us"


async def test_a_bot_hears_only_of_what_it_sees_and_asks_for(
    server: DiscordServer, lobby: Channel, kate: Member
) -> None:
    secret = server.add_channel("secret", private_to=[kate])
    intents = all_intents()
    intents.reactions = False
    async with run_bot(server, Bot(intents=intents)) as bot:
        await server.say(kate, secret, "not for you")
        said = await server.say(kate, lobby, "for you")
        await server.react(kate, said, "📌")
        await server.edit(kate, said, "for you all")
        await bot.hear("raw_message_edit")
        assert bot.names().count("message") == 1
        assert "raw_reaction_add" not in bot.names()


async def test_what_is_told_twice_comes_twice(server: DiscordServer, lobby: Channel, kate: Member) -> None:
    async with run_bot(server, Bot()) as bot:
        server.deliver_twice = True
        await server.say(kate, lobby, "Hello")
        await bot.hear("message", 2)


async def test_what_people_do_is_heard(server: DiscordServer, lobby: Channel, kate: Member) -> None:
    async with run_bot(server, Bot()) as bot:
        said = await server.say(kate, lobby, "Disk full")
        answered = await server.say(server.owner, lobby, "On it", reply_to=said)
        assert (await bot.hear("message", 2)).reference.message_id == int(said.id)
        await server.edit(kate, said, "Disk nearly full")
        assert (await bot.hear("raw_message_edit")).data["content"] == "Disk nearly full"
        await server.react(kate, answered, "📌")
        assert (await bot.hear("raw_reaction_add")).emoji.name == "📌"
        await server.unreact(kate, answered, "📌")
        assert (await bot.hear("raw_reaction_remove")).user_id == int(kate.id)
        await server.delete(kate, said)
        assert (await bot.hear("raw_message_delete")).message_id == int(said.id)
        thread = await server.start_thread(kate, answered, "About disks")
        assert (await bot.hear("thread_create")).name == "About disks"
        await server.say(kate, thread, "In here")
        await server.archive(kate, thread)
        assert (await bot.hear("raw_thread_update")).thread.archived
        made = await server.create_channel(server.owner, "War Room")
        assert (await bot.hear("guild_channel_create")).name == "war-room"
        await server.rename(server.owner, made, "peace-room")
        await bot.hear("guild_channel_update")
        await server.delete_channel(server.owner, made)
        assert (await bot.hear("guild_channel_delete")).name == "peace-room"
        mark = await server.join_guild("mark")
        assert (await bot.hear("member_join")).name == "mark"
        await server.change_nick(mark, "Marky")
        await bot.hear("member_update")
        role = server.add_role("on-call")
        await server.give_role(mark, role)
        await bot.hear("member_update", 2)
        await server.change_role(role, int(Permission.MANAGE_MESSAGES))
        await server.leave_guild(mark)
        assert (await bot.hear("raw_member_remove")).user.name == "mark"


# commands


@pytest.fixture
async def bot(server: DiscordServer, lobby: Channel, kate: Member) -> AsyncIterator[Bot]:
    async with run_bot(server, with_commands(Bot())) as running:
        yield running


async def test_a_command_is_answered_to_who_typed_it(
    server: DiscordServer, bot: Bot, lobby: Channel, kate: Member
) -> None:
    done = await server.command(
        kate, lobby, "page", {"who": server.owner, "why": "disk", "priority": "Urgent"}
    )
    assert done.ok
    assert done.deferred
    assert done.words == "owner: disk P1"
    assert server.ephemerals_of(kate) == [done.message]
    assert lobby.messages == []


@pytest.mark.parametrize(
    "options",
    [
        {"why": "disk"},
        {"who": "kate", "why": "disk"},
        {"why": "disk", "priority": "P9"},
        {"why": "  "},
        {"why": 7},
        {"why": "x" * 6001},
        {"why": "disk", "where": "here"},
    ],
)
async def test_what_discord_would_not_let_somebody_type(
    server: DiscordServer, bot: Bot, lobby: Channel, kate: Member, options: dict[str, Any]
) -> None:
    given = options if options == {"why": "disk"} else {"who": kate, **options}
    with pytest.raises(NotPossible):
        await server.command(kate, lobby, "page", given)
    with pytest.raises(NotPossible):
        await server.command(kate, lobby, "pge", {})
    server.guild.people.permissions &= ~Permission.USE_APPLICATION_COMMANDS
    with pytest.raises(NotPossible):
        await server.command(kate, lobby, "page", {"who": kate, "why": "disk"})


async def test_choices_are_offered_while_somebody_types(
    server: DiscordServer, bot: Bot, lobby: Channel, kate: Member
) -> None:
    offered = await server.autocomplete(kate, lobby, "page", "why", "di")
    assert [one["value"] for one in offered] == ["disk"]
    with pytest.raises(NotPossible):
        await server.autocomplete(kate, lobby, "page", "priority", "P")


async def test_who_answers_too_late_is_not_heard(
    server: DiscordServer, bot: Bot, lobby: Channel, kate: Member
) -> None:
    server.patience = 0.05
    assert not (await server.command(kate, lobby, "slow")).ok
    bot.let_go = True
    await eventually(lambda: bot.failures)
    assert bot.failures == [10062]


async def test_who_answers_twice_is_told_so(
    server: DiscordServer, bot: Bot, lobby: Channel, kate: Member
) -> None:
    assert (await server.command(kate, lobby, "twice")).ok
    await eventually(lambda: bot.failures)
    assert bot.failures == [40060]
    assert [one.content for one in lobby.messages] == ["One"]


async def test_a_token_is_good_for_a_quarter_of_an_hour(
    server: DiscordServer, bot: Bot, lobby: Channel, kate: Member
) -> None:
    await server.command(kate, lobby, "page", {"who": kate, "why": "disk"})
    interaction = bot.last("interaction")
    assert (await interaction.original_response()).content == "kate: disk P3"
    server.interactions.token_life = 0.0
    with pytest.raises(discord.HTTPException) as failure:
        await interaction.followup.send("Late")
    assert failure.value.code == 50027


async def test_menus_of_messages_and_people(
    server: DiscordServer, bot: Bot, lobby: Channel, kate: Member
) -> None:
    said = await server.say(kate, lobby, "Release 41 went out")
    assert (await server.menu(kate, said, "Add to timeline")).words == "Kept: Release 41 went out"
    assert (await server.menu(kate, server.owner, "Page this person", lobby)).words == "Paged owner"
    with pytest.raises(NotPossible):
        await server.menu(kate, said, "Page this person")


async def test_buttons_selects_and_modals(
    server: DiscordServer, bot: Bot, lobby: Channel, kate: Member
) -> None:
    channel: Any = bot.get_channel(int(lobby.id))
    await channel.send("Disk full", view=Card())
    (card,) = lobby.messages
    opened = await server.click(kate, card, "Declare")
    modal = server.modal_of(kate)
    assert opened.modal is modal is not None
    with pytest.raises(NotPossible):
        await server.submit(kate, modal)
    with pytest.raises(NotPossible):
        await server.submit(kate, modal, {"title": "x" * 21})
    with pytest.raises(NotPossible):
        await server.submit(server.owner, modal, {"title": "Mail"})
    sent = await server.submit(kate, modal, {"title": "Mail is late"})
    assert sent.words == "Declared Mail is late"
    assert server.modal_of(kate) is None
    chosen = await server.choose(kate, card, "Merge")
    await eventually(lambda: chosen.follow_ups)
    assert chosen.words.endswith("You chose m")
    await server.click(kate, card, "Acknowledge")
    assert (card.content, card.components) == ("Acknowledged by kate", [])
    with pytest.raises(NotPossible):
        await server.click(kate, card, "Acknowledge")


async def test_a_limit_is_waited_out_by_discord_py(server: DiscordServer, bot: Bot, lobby: Channel) -> None:
    channel: Any = bot.get_channel(int(lobby.id))
    server.rate_limit("create_message", 0.05)
    await channel.send("after all")
    assert [call.status for call in server.calls if call.route == "create_message"] == [429, 200]
    server.block("create_message")
    with pytest.raises(discord.HTTPException):
        await channel.send("not behind a wall")
    assert len(lobby.messages) == 1


async def test_rooms_of_a_bot(server: DiscordServer, bot: Bot, kate: Member) -> None:
    (guild,) = bot.guilds
    hidden: dict[Any, discord.PermissionOverwrite] = {
        guild.default_role: discord.PermissionOverwrite(view_channel=False),
        guild.me: discord.PermissionOverwrite(view_channel=True),
    }
    category = await guild.create_category("Incidents")
    room: Any = await guild.create_text_channel("INC-1 Disk full", category=category, overwrites=hidden)
    made = server.guild.channels[str(room.id)]
    with pytest.raises(NotPossible):
        await server.say(kate, made, "May I?")
    member = guild.get_member(int(kate.id))
    assert member is not None
    await room.set_permissions(member, view_channel=True)
    await server.say(kate, made, "I may")
    card = await room.send("Card", embed=discord.Embed(title="INC-1"), file=discord.File(__file__, "log.txt"))
    await card.pin()
    await card.add_reaction("🔥")
    assert [one.content async for one in room.pins()] == ["Card"]
    assert await card.attachments[0].read() != b""
    await (await member.create_dm()).send("You are paged")
    assert [one.content for one in server.direct(kate)] == ["You are paged"]
    await asyncio.gather(card.delete(), room.edit(topic="Resolved"))
    await room.delete()
    assert made.is_deleted
