"""What Tocsin does in Discord: rooms, posts, direct messages, roles, files; and what each error of Discord becomes."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.chat.card import Button, Card
from bot.chat.discord.errors import NAMES, explain
from bot.chat.platform import Bookmark, Message, NewRoom, NotInvited, Once, Person
from bot.chat.templates import Templates
from bot.errors import Lost, Rejected, Retry
from tests.platforms.discord import Channel, DiscordServer, Permission
from tests.platforms.discord_bot import open_sender

SINCE = datetime.now(UTC) - timedelta(minutes=1)
WORDS = Templates()
OUTCOMES = {
    "unknown_channel": Lost,
    "unknown_message": Lost,
    "missing_access": Lost,
    "not_our_message": Lost,
    "thread_archived": Lost,
    "thread_locked": Lost,
    "slow_mode": Retry,
    "write_limit": Retry,
    "too_many_edits": Retry,
    "overloaded": Retry,
    "unavailable": Retry,
    "refused_token": Retry,
}
"""All others are Rejected."""


def new_room(key: str = "incident-7", **about: object) -> NewRoom:
    return NewRoom(
        **{"name": "inc-7-disk", "topic": "P1", "purpose": "", "key": key, "since": SINCE, **about}  # type: ignore[arg-type]
    )


def room_in(discord: DiscordServer, channel: str) -> Channel:
    return discord.guild.channels[channel]


# errors


@pytest.mark.parametrize(("code", "name"), sorted(NAMES.items()))
def test_each_error_has_its_outcome_and_its_sentence(code: int, name: str) -> None:
    outcome = explain(403, {"code": code, "message": "x"}, "POST channels/messages")
    assert type(outcome) is OUTCOMES.get(name, Rejected)
    assert outcome.reason.startswith(f"discord.{name} ")
    sentence = str(WORDS.explain_reason(outcome.reason))
    assert sentence != str(WORDS.explain_reason(f"discord.999999 {outcome.reason.partition(' ')[2]}"))


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_fault_of_discord_is_tried_again_after_a_look(status: int) -> None:
    outcome = explain(status, None, "POST channels/messages")
    assert isinstance(outcome, Retry)
    assert outcome.maybe_sent


async def test_an_error_says_which_part_is_wrong() -> None:
    errors = {"embeds": {"0": {"title": {"_errors": [{"code": "BASE_TYPE_MAX_LENGTH", "message": "x"}]}}}}
    outcome = explain(400, {"code": 50035, "errors": errors}, "POST channels/messages")
    assert outcome.reason.endswith("embeds.0.title BASE_TYPE_MAX_LENGTH")


async def test_a_page_in_html_is_no_answer_of_discord() -> None:
    outcome = explain(403, None, "POST channels/messages")
    assert isinstance(outcome, Retry)
    assert not outcome.lasting


async def test_a_refused_token_waits_for_another_one() -> None:
    async with open_sender() as (discord, platform):
        await discord.revoke_token()
        with pytest.raises(Retry) as refused:
            await platform.post("1", Message("x"), Once("1"))
        assert refused.value.lasting
        assert refused.value.reason.startswith("discord.refused_token")


async def test_a_limit_waits_as_long_as_discord_says_for_that_channel_only() -> None:
    async with open_sender() as (discord, platform):
        one, two = discord.add_channel("one"), discord.add_channel("two")
        discord.rate_limit("create_message", 42.0, channel=one)
        with pytest.raises(Retry) as limited:
            await platform.post(one.id, Message("x"), Once("1"))
        assert limited.value.after == 42.0
        with pytest.raises(Retry):
            await platform.post(one.id, Message("x"), Once("1"))
        assert discord.count("create_message") == 1
        await platform.post(two.id, Message("y"), Once("2"))
        assert [message.content for message in two.messages] == ["y"]


async def test_a_global_limit_holds_everything() -> None:
    async with open_sender() as (discord, platform):
        one, two = discord.add_channel("one"), discord.add_channel("two")
        discord.rate_limit("create_message", 9.0, channel=one, scope="global")
        for channel in (one, two):
            with pytest.raises(Retry):
                await platform.post(channel.id, Message("x"), Once("1"))
        assert discord.count("create_message") == 1


async def test_what_stands_before_discord_can_limit_too() -> None:
    async with open_sender() as (discord, platform):
        channel = discord.add_channel("one")
        discord.block("create_message")
        with pytest.raises(Retry) as limited:
            await platform.post(channel.id, Message("x"), Once("1"))
        assert limited.value.reason.startswith("discord.rate_limited")


async def test_a_name_that_was_changed_too_often_waits_and_nothing_else_does() -> None:
    async with open_sender() as (discord, platform):
        place = await platform.open_room(new_room())
        discord.rate_limit("update_channel", 540.0, scope="shared")
        with pytest.raises(Retry) as limited:
            await platform.rename_room(place.channel, "inc-7-other")
        assert limited.value.after == 540.0
        await platform.post(place.channel, Message("x"), Once("1"))
        await platform.archive(place.channel)


async def test_discord_that_is_away_is_tried_again() -> None:
    async with open_sender() as (discord, platform):
        discord.down()
        with pytest.raises(Retry) as away:
            await platform.post("1", Message("x"), Once("1"))
        assert away.value.reason.startswith("discord.unreachable")
        assert not away.value.maybe_sent


# posts


async def test_a_post_whose_answer_was_lost_is_found_again() -> None:
    async with open_sender() as (discord, platform):
        channel = discord.add_channel("one")
        card = Card("INC-7 · Disk full", url="https://tocsin.example.org/INC-7", body="first")
        for message in (Message(card=card), Message("in words")):
            discord.drop_answer("create_message")
            with pytest.raises(Retry) as lost:
                await platform.post(channel.id, message, Once(f"post-{message.text}"))
            assert lost.value.maybe_sent
        for posted in channel.messages:  # minutes pass: Discord remembers no nonce
            posted.nonce = None
        changed = Message(card=Card(card.title, url=card.url, body="changed since"))
        found = await platform.post(channel.id, changed, Once("post-", again=True))
        also = await platform.post(channel.id, Message("in words"), Once("post-in words", again=True))
        assert [found, also] == [one.id for one in channel.messages]


async def test_the_same_post_within_minutes_is_one_message() -> None:
    async with open_sender() as (discord, platform):
        channel = discord.add_channel("one")
        first = await platform.post(channel.id, Message("x"), Once("1"))
        assert await platform.post(channel.id, Message("x"), Once("1")) == first
        assert len(channel.messages) == 1


async def test_a_card_is_edited_and_one_that_is_gone_is_lost() -> None:
    async with open_sender() as (discord, platform):
        channel = discord.add_channel("one")
        address = await platform.post(channel.id, Message(card=Card("One")), Once("1"))
        await platform.edit(channel.id, address, Message(card=Card("Two", buttons=(Button("Go", "/go"),))))
        assert "Two" in channel.messages[0].words
        await platform.delete(channel.id, address)
        await platform.delete(channel.id, address)
        assert channel.messages == []
        with pytest.raises(Lost):
            await platform.edit(channel.id, address, Message("x"))


async def test_a_post_answers_a_message_and_mentions_nobody() -> None:
    async with open_sender() as (discord, platform):
        channel, kate = discord.add_channel("one"), discord.add_user("kate")
        first = await platform.post(channel.id, Message("first"), Once("1"))
        await platform.post(channel.id, Message(f"<@{kate.id}> @everyone"), Once("2"), thread=first)
        answer = channel.messages[1]
        assert answer.replied_to is channel.messages[0]
        assert (answer.mentions, answer.mention_everyone) == ([], False)


async def test_what_discord_finds_fault_with_is_posted_in_plain_words() -> None:
    async with open_sender() as (discord, platform):
        channel = discord.add_channel("one")
        discord.fail("create_message", 400, 50035, "Invalid Form Body")
        await platform.post(channel.id, Message(card=Card("INC-7", body="Disk full")), Once("1"))
        assert channel.messages[0].content == "INC-7\nDisk full"


async def test_direct_messages_show_the_page_in_the_notification_and_are_edited() -> None:
    async with open_sender() as (discord, platform):
        kate = discord.add_user("kate")
        address = await platform.post_direct(
            kate.id, Message(card=Card("P1 · Disk full"), summary="P1 Disk full"), Once("page-1")
        )
        (page,) = discord.direct(kate)
        assert "P1 Disk full" in page.content
        await platform.edit_direct(address, Message(card=Card("Acknowledged")))
        assert "Acknowledged" in page.words


async def test_closed_direct_messages_are_rejected_at_once() -> None:
    async with open_sender() as (discord, platform):
        kate = discord.add_user("kate", accepts_direct=False)
        with pytest.raises(Rejected) as closed:
            await platform.post_direct(kate.id, Message("x"), Once("1"))
        assert closed.value.reason.startswith("discord.closed_direct")
        assert not isinstance(closed.value, Lost)


# rooms


async def test_a_room_is_a_channel_in_its_category_and_made_once() -> None:
    async with open_sender() as (discord, platform):
        discord.drop_answer("create_guild_channel", times=2)
        for _ in range(2):  # the category, then the channel
            with pytest.raises(Retry):
                await platform.open_room(new_room())
        place = await platform.open_room(new_room())
        room = room_in(discord, place.channel)
        category = discord.guild.channels[str(room.parent_id)]
        assert (room.name, room.topic, category.name) == ("inc-7-disk", "P1", "Incidents")
        assert place.url == f"https://discord.com/channels/{discord.guild.id}/{room.id}"
        named = [one for one in discord.guild.list_channels() if one.name == "inc-7-disk"]
        assert named == [room]


async def test_a_full_category_is_followed_by_another_one() -> None:
    async with open_sender() as (discord, platform):
        category = discord.add_category("Incidents")
        for number in range(50):
            discord.add_channel(f"old-{number}", category)
        room = room_in(discord, (await platform.open_room(new_room())).channel)
        assert discord.guild.channels[str(room.parent_id)].name == "Incidents 2"


async def test_a_private_room_is_seen_by_those_who_are_let_in() -> None:
    async with open_sender() as (discord, platform):
        kate, ann = discord.add_user("kate"), discord.add_user("ann")
        gone = discord.add_user("bob", is_present=False)
        place = await platform.open_room(new_room(private=True))
        assert await platform.invite(place.channel, (kate.id, gone.id)) == (NotInvited(gone.id, "gone"),)
        room = room_in(discord, place.channel)
        discord.allow(kate, room, Permission.SEND_MESSAGES)
        with pytest.raises(AssertionError):
            discord.allow(ann, room)
        await platform.post(place.channel, Message("x"), Once("1"))


async def test_invitations_go_on_where_a_limit_stopped_them() -> None:
    async with open_sender() as (discord, platform):
        people = [discord.add_user(f"p{number}") for number in range(3)]
        place = await platform.open_room(new_room())
        await platform.invite(place.channel, (people[0].id,))
        before = discord.count("set_channel_permission_overwrite")
        await platform.invite(place.channel, tuple(one.id for one in people))
        assert discord.count("set_channel_permission_overwrite") == before + 2


@pytest.mark.parametrize("private", [False, True])
async def test_an_archived_room_is_read_only_and_comes_back(private: bool) -> None:
    async with open_sender() as (discord, platform):
        kate = discord.add_user("kate")
        place = await platform.open_room(new_room(private=private))
        await platform.invite(place.channel, (kate.id,))
        room = room_in(discord, place.channel)
        await platform.archive(place.channel)
        await platform.archive(place.channel)
        assert discord.guild.channels[str(room.parent_id)].name == "Incidents archive"
        discord.allow(kate, room)
        with pytest.raises(AssertionError):
            discord.allow(kate, room, Permission.SEND_MESSAGES)
        await platform.restore(place.channel)
        assert discord.guild.channels[str(room.parent_id)].name == "Incidents"
        discord.allow(kate, room, Permission.SEND_MESSAGES)
        await platform.post(place.channel, Message("x"), Once("1"))


async def test_a_room_with_rights_that_the_bot_has_not_is_archived_all_the_same() -> None:
    async with open_sender() as (discord, platform):
        kate = discord.add_user("kate")
        place = await platform.open_room(new_room())
        room = room_in(discord, place.channel)
        discord.fail("update_channel", 403, 50013, "Missing Permissions")
        await platform.archive(place.channel)
        assert discord.guild.channels[str(room.parent_id)].name == "Incidents archive"
        with pytest.raises(AssertionError):
            discord.allow(kate, room, Permission.SEND_MESSAGES)
        discord.fail("update_channel", 403, 50013, "Missing Permissions")
        await platform.restore(place.channel)
        discord.allow(kate, room, Permission.SEND_MESSAGES)


async def test_topic_and_name_follow_and_a_deleted_room_is_lost() -> None:
    async with open_sender() as (discord, platform):
        place = await platform.open_room(new_room())
        await platform.set_topic(place.channel, "P2 · identified")
        assert await platform.rename_room(place.channel, "inc-7-database") == "inc-7-database"
        room = room_in(discord, place.channel)
        assert (room.topic, room.name) == ("P2 · identified", "inc-7-database")
        await discord.delete_channel(discord.owner, room)
        for call in (platform.set_topic(room.id, "x"), platform.archive(room.id), platform.restore(room.id)):
            with pytest.raises(Lost):
                await call


async def test_links_are_one_pinned_message_that_is_edited() -> None:
    async with open_sender() as (discord, platform):
        channel = discord.add_channel("one")
        address = await platform.post(channel.id, Message(card=Card("INC-7")), Once("card"))
        await platform.pin(channel.id, address)
        for call in ("https://meet.example.org/1", "https://meet.example.org/2"):
            await platform.set_links(
                channel.id, (Bookmark("Room", "https://t.example.org"), Bookmark("Call", call))
            )
        pinned = channel.pins
        links = [one for one in pinned if "🔗" in one.words]
        assert (len(pinned), len(links)) == (2, 1)
        assert "[Call](<https://meet.example.org/2>)" in links[0].words
        await platform.set_links(channel.id, ())
        assert [one.id for one in channel.pins] == [address]


async def test_a_voice_channel_stands_among_the_links_and_one_that_is_not_there_is_told() -> None:
    async with open_sender(voice="war room") as (discord, platform):
        channel = discord.add_channel("one")
        assert "discord_voice" in [one.code for one in await platform.check() if not one.is_fine]
        await platform.set_links(channel.id, (Bookmark("Room", "https://t.example.org"),))
        assert "war room" not in channel.pins[0].words
        voice = discord.guild.add_channel("War room", 2)
        await platform.set_links(channel.id, (Bookmark("Room", "https://t.example.org"),))
        assert f"https://discord.com/channels/{discord.guild.id}/{voice.id}" in channel.pins[0].words
        assert [one.code for one in await platform.check() if not one.is_fine] == []


async def test_standing_rooms_are_found_by_name_or_number_or_made() -> None:
    async with open_sender(announcements="status") as (discord, platform):
        status = discord.add_channel("status")
        assert await platform.find_standing_room("announcements") == status.id
        ops = await platform.find_standing_room("ops")
        assert room_in(discord, ops).name == "tocsin-ops"
        assert await platform.guild.find_standing(status.id) == status.id


async def test_a_standing_room_is_found_by_the_name_that_discord_made_of_ours() -> None:
    async with open_sender(announcements="Status Board") as (discord, platform):
        first = await platform.find_standing_room("announcements")
        platform.guild.forget_standing(first)
        assert await platform.find_standing_room("announcements") == first
        assert room_in(discord, first).name == "status-board"


async def test_a_standing_room_that_was_deleted_is_made_anew() -> None:
    async with open_sender() as (discord, platform):
        first = await platform.find_standing_room("ops")
        await discord.delete_channel(discord.owner, room_in(discord, first))
        with pytest.raises(Lost):
            await platform.post(first, Message("x"), Once("1"))
        assert await platform.find_standing_room("ops") != first


async def test_rooms_can_be_threads_of_the_announcements_channel() -> None:
    async with open_sender(rooms="threads") as (discord, platform):
        kate = discord.add_user("kate")
        discord.drop_answer("create_thread")
        with pytest.raises(Retry):
            await platform.open_room(new_room())
        place = await platform.open_room(new_room())
        room = room_in(discord, place.channel)
        assert (room.name, room.is_thread) == ("inc-7-disk", True)
        assert len([one for one in discord.guild.channels.values() if one.is_thread]) == 1
        assert await platform.invite(place.channel, (kate.id,)) == ()
        assert kate.id in room.thread_members
        await platform.archive(place.channel)
        assert (room.thread["archived"], room.thread["locked"]) == (True, True)
        await platform.restore(place.channel)
        address = await platform.post(place.channel, Message("x"), Once("1"))
        await discord.archive(discord.owner, room)  # as Discord does after a week
        await platform.edit(place.channel, address, Message("y"))
        assert room.messages[-1].content == "y"


async def test_the_server_is_the_only_one_or_the_one_that_is_named() -> None:
    async with open_sender(guild="123456789012345678") as (_, platform):
        (check,) = [one for one in await platform.check() if one.code == "discord_server"]
        assert not check.is_fine


# people, roles, files


async def test_only_known_accounts_are_found() -> None:
    async with open_sender() as (_, platform):
        assert await platform.find_person(Person(1, "kate@example.org")) is None
        assert await platform.find_person(Person(1, "kate@example.org", "42")) == "42"


async def test_a_role_follows_who_is_on_call() -> None:
    async with open_sender() as (discord, platform):
        kate, ann = discord.add_user("kate"), discord.add_user("ann")
        role = discord.add_role("On Call", kate)
        await platform.set_group("@on call", (ann.id,))
        assert (role.id in kate.roles, role.id in ann.roles) == (False, True)
        await platform.set_group("on call", ())
        assert role.id in ann.roles
        discord.intents.discard("members")
        with pytest.raises(Rejected) as hidden:
            await platform.set_group("on call", (kate.id,))
        assert hidden.value.reason == "discord.members_intent_off"
        with pytest.raises(Rejected) as unknown:
            await platform.set_group("nobody", (ann.id,))
        assert unknown.value.reason == "discord.no_such_role nobody"


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example.org/attachments/1/2/x.png",
        "https://cdn.discordapp.com.evil.example.org/x.png",
        "http://cdn.discordapp.com/x.png",
        "https://cdn.discordapp.com:8443/x.png",
        "http://127.0.0.1:1/x",
    ],
)
async def test_files_are_fetched_from_discord_only(address: str) -> None:
    async with open_sender() as (_, platform):
        with pytest.raises(Rejected) as refused:
            await platform.fetch_file(address, 1_000)
        assert refused.value.reason == "discord.foreign_file"


async def test_a_file_that_is_too_large_or_gone_is_rejected_and_an_old_address_is_renewed() -> None:
    async with open_sender() as (discord, platform):
        channel, kate = discord.add_channel("one"), discord.add_user("kate")
        said = await discord.say(kate, channel, "look", files=[("a.txt", "text/plain", b"12345")])
        url = discord.guild.message_json(said)["attachments"][0]["url"]
        assert await platform.fetch_file(url, 5) == b"12345"
        with pytest.raises(Rejected) as large:
            await platform.fetch_file(url, 4)
        assert large.value.reason == "discord.file_too_large"
        tomorrow = discord.guild.now() + 90_000
        discord.guild.now = lambda: tomorrow
        assert await platform.fetch_file(url, 5) == b"12345"
        await discord.delete(kate, said)
        with pytest.raises(Rejected) as gone:
            await platform.fetch_file(url, 5)
        assert gone.value.reason.startswith("discord.file_refused")


# the doctor


async def test_the_doctor_finds_nothing_wrong_where_all_is_well() -> None:
    async with open_sender() as (_, platform):
        assert [one.code for one in await platform.check() if not one.is_fine] == []


async def test_the_doctor_names_each_permission_and_intent_that_is_missing() -> None:
    async with open_sender() as (discord, platform):
        discord.intents.clear()
        lacking = Permission.MANAGE_CHANNELS | Permission.PIN_MESSAGES
        discord.guild.bot_role.permissions &= ~lacking
        checks = [one for one in await platform.check() if not one.is_fine]
        assert {one.data["intent"] for one in checks if one.code == "discord_intent"} == {
            "members",
            "message_content",
        }
        missing = {one.data["permission"] for one in checks if one.code == "discord_permission"}
        assert missing == {"manage_channels", "pin_messages"}
        text = str(WORDS.render_markup("replies/tocsin_doctor", findings=checks))
        assert "“Manage Channels”" in text
        assert "Message Content Intent" in text
