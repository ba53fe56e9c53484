"""What Tocsin does in Slack, as the strict Slack sees it: rooms, posts, people, groups, files, and each kind of trouble."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from bot.chat.card import Button, Card
from bot.chat.platform import Bookmark, Message, NewRoom, NotInvited, Once, Person
from bot.chat.slack.errors import LOST, TOKEN_WRONG, TROUBLE
from bot.chat.slack.platform import SlackPlatform
from bot.chat.templates import Templates
from bot.config import SlackSettings
from bot.errors import Lost, Rejected, Retry
from bot.secret import Secret
from tests.house import HandClock
from tests.platforms.slack import SlackServer

CARD = Message(
    card=Card("INC-1 · Disk full", "P1", buttons=(Button("Acknowledge", "/incident ack INC-1", "primary"),))
)


@dataclass
class Desk:
    """A workspace and a platform that works in it."""

    slack: SlackServer
    platform: SlackPlatform
    clock: HandClock

    def room(self, name: str = "inc-1-disk-full", private: bool = False) -> NewRoom:
        since = self.clock.now() - timedelta(seconds=1)
        return NewRoom(name, "P1 · Investigating", "Disk full: http://x/INC-1", "incident-1", since, private)


def build_platform(slack: SlackServer, clock: HandClock, **tokens: str) -> SlackPlatform:
    chosen = {"bot_token": slack.bot_token, "app_token": slack.app_token, **tokens}
    secrets = {name: Secret(value) for name, value in chosen.items()}
    settings = SlackSettings(**secrets, api_url=slack.api_url)  # type: ignore[arg-type]
    return SlackPlatform(settings, Templates(), "https://tocsin.example.org", clock.now)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with SlackServer() as slack:
        clock = HandClock(datetime.now(UTC))
        platform = build_platform(slack, clock)
        yield Desk(slack, platform, clock)
        await platform.stop()
        assert slack.violations == []


# rooms


async def test_a_room_has_its_name_topic_purpose_and_link(desk: Desk) -> None:
    place = await desk.platform.open_room(desk.room())
    channel = desk.slack.channel_named("inc-1-disk-full")
    assert channel is not None
    assert (place.channel, place.name) == (channel.id, "inc-1-disk-full")
    assert place.url.endswith(f"/archives/{channel.id}")
    assert (channel.topic["value"], channel.purpose["value"]) == (
        "P1 · Investigating",
        "Disk full: http://x/INC-1",
    )


async def test_a_private_room_is_private(desk: Desk) -> None:
    await desk.platform.open_room(desk.room(private=True))
    channel = desk.slack.channel_named("inc-1-disk-full")
    assert channel is not None
    assert channel.is_private


async def test_a_name_that_somebody_else_has_gets_a_number(desk: Desk) -> None:
    desk.slack.add_channel("inc-1-disk-full")
    assert (await desk.platform.open_room(desk.room())).name == "inc-1-disk-full-2"


async def test_a_room_whose_answer_was_lost_is_found_and_not_made_twice(desk: Desk) -> None:
    desk.slack.drop_answer("conversations.create")
    with pytest.raises(Retry) as lost:
        await desk.platform.open_room(desk.room())
    assert lost.value.maybe_sent
    place = await desk.platform.open_room(desk.room())
    assert place.name == "inc-1-disk-full"
    assert desk.slack.channel_named("inc-1-disk-full-2") is None


async def test_long_topics_are_cut_to_what_slack_takes(desk: Desk) -> None:
    place = await desk.platform.open_room(desk.room("inc-2-" + "x" * 100))
    assert len(place.name) <= 80
    await desk.platform.set_topic(place.channel, "Very long topic " * 50)


async def test_bookmarks_are_ours_alone(desk: Desk) -> None:
    place = await desk.platform.open_room(desk.room())
    links = (Bookmark("Room", "http://x/INC-1"), Bookmark("Call", "http://meet/1"))
    await desk.platform.set_links(place.channel, links)
    before = len(desk.slack.calls)
    await desk.platform.set_links(place.channel, links)
    assert [call.method for call in desk.slack.calls[before:]] == ["bookmarks.list"]
    await desk.platform.set_links(
        place.channel, (Bookmark("Room", "http://x/INC-1"), Bookmark("Call", "http://meet/2"))
    )
    channel = desk.slack.channel_named("inc-1-disk-full")
    assert channel is not None
    assert [(mark["title"], mark["link"]) for mark in channel.bookmarks] == [
        ("Room", "http://x/INC-1"),
        ("Call", "http://meet/2"),
    ]
    await desk.platform.set_links(place.channel, links[:1])
    assert [mark["title"] for mark in channel.bookmarks] == ["Room"]


async def test_who_cannot_be_invited_is_named_and_the_others_come(desk: Desk) -> None:
    place = await desk.platform.open_room(desk.room())
    kate, guest = desk.slack.add_user("kate"), desk.slack.add_user("gus", guest=True)
    gone = desk.slack.add_user("gone", deleted=True)
    refused = await desk.platform.invite(place.channel, (kate.id, guest.id, gone.id, "U0NOBODY"))
    channel = desk.slack.channel_named("inc-1-disk-full")
    assert channel is not None
    assert kate.id in channel.members
    assert {one.address for one in refused} >= {guest.id, "U0NOBODY"}
    assert NotInvited("U0NOBODY", "gone") in refused
    assert await desk.platform.invite(place.channel, (kate.id,)) == ()


async def test_a_standing_room_is_made_or_found_and_joined(desk: Desk) -> None:
    made = await desk.platform.find_standing_room("announcements")
    channel = desk.slack.channel_named("incidents")
    assert channel is not None
    assert channel.id == made
    there = desk.slack.add_channel("tocsin-ops")
    assert await desk.platform.find_standing_room("ops") == there.id
    await desk.platform.post(there.id, Message(text="Hello"), Once("one"))
    before = len(desk.slack.calls)
    await desk.platform.find_standing_room("ops")
    assert len(desk.slack.calls) == before


async def test_a_standing_room_that_is_hidden_is_named(desk: Desk) -> None:
    desk.slack.add_channel("incidents", private=True)
    with pytest.raises(Rejected, match="standing_hidden incidents"):
        await desk.platform.find_standing_room("announcements")


async def test_a_room_is_renamed_and_a_taken_name_gets_a_number(desk: Desk) -> None:
    place = await desk.platform.open_room(desk.room())
    desk.slack.add_channel("inc-1-mail-late")
    assert await desk.platform.rename_room(place.channel, "inc-1-mail-late") == "inc-1-mail-late-2"


async def test_only_a_persons_token_opens_an_archived_room_again(desk: Desk) -> None:
    place = await desk.platform.open_room(desk.room())
    await desk.platform.archive(place.channel)
    await desk.platform.archive(place.channel)
    with pytest.raises(Lost, match="cant_unarchive"):
        await desk.platform.restore(place.channel)
    other = build_platform(desk.slack, desk.clock, user_token=desk.slack.user_token)
    await other.restore(place.channel)
    await desk.platform.post(place.channel, Message(text="Back"), Once("back"))
    await other.stop()


# messages


async def test_a_card_is_posted_pinned_and_edited_in_place(desk: Desk) -> None:
    place = await desk.platform.open_room(desk.room())
    address = await desk.platform.post(place.channel, CARD, Once("card-1"))
    await desk.platform.pin(place.channel, address)
    await desk.platform.pin(place.channel, address)
    await desk.platform.edit(place.channel, address, Message(card=Card("INC-1 · Disk full", "resolved")))
    channel = desk.slack.channel_named("inc-1-disk-full")
    assert channel is not None
    (message,) = desk.slack.messages(channel)
    assert "Disk full" in message.words
    assert [pin["ts"] for pin in channel.pins] == [address]


@pytest.mark.parametrize("thread", [False, True])
async def test_a_post_whose_answer_was_lost_is_found_before_it_is_posted_again(
    desk: Desk, thread: bool
) -> None:
    place = await desk.platform.open_room(desk.room())
    above = await desk.platform.post(place.channel, Message(text="Above"), Once("above")) if thread else ""
    desk.slack.drop_answer("chat.postMessage")
    with pytest.raises(Retry) as lost:
        await desk.platform.post(place.channel, Message(text="Once"), Once("outbox-7"), above)
    assert lost.value.maybe_sent
    await desk.platform.post(place.channel, Message(text="Once"), Once("outbox-7", again=True), above)
    texts = [call.args.get("text") for call in desk.slack.calls if call.method == "chat.postMessage"]
    assert texts.count("Once") == 1


async def test_what_slack_cannot_draw_is_said_in_plain_words(desk: Desk) -> None:
    place = await desk.platform.open_room(desk.room())
    desk.slack.fail("chat.postMessage", "invalid_blocks")
    await desk.platform.post(place.channel, CARD, Once("card-1"))
    channel = desk.slack.channel_named("inc-1-disk-full")
    assert channel is not None
    (message,) = desk.slack.messages(channel)
    assert "Disk full" in message.text
    assert [block["type"] for block in message.blocks] == ["section", "actions"]
    desk.slack.fail("chat.postMessage", "invalid_blocks", times=2)
    await desk.platform.post(place.channel, CARD, Once("card-2"))
    assert desk.slack.messages(channel)[-1].blocks == []


async def test_a_page_is_a_direct_message_that_can_be_edited(desk: Desk) -> None:
    kate = desk.slack.add_user("kate")
    address = await desk.platform.post_direct(kate.id, CARD, Once("outbox-1"))
    await desk.platform.edit_direct(address, Message(card=Card("INC-1 · Disk full", "resolved")))
    (message,) = desk.slack.direct(kate)
    assert "Acknowledge" not in message.words
    assert desk.slack.count("conversations.open") == 1


# people, groups, files


async def test_people_are_found_by_their_email_address(desk: Desk) -> None:
    kate = desk.slack.add_user("kate", email="kate@example.org")
    desk.slack.add_user("bot", email="bot@example.org", bot=True)
    assert await desk.platform.find_person(Person(1, "kate@example.org")) == kate.id
    assert await desk.platform.find_person(Person(2, "nobody@example.org")) is None
    assert await desk.platform.find_person(Person(3, "bot@example.org")) is None
    assert await desk.platform.find_person(Person(4, "", "U9")) == "U9"


async def test_a_user_group_has_exactly_who_is_on_call(desk: Desk) -> None:
    kate, mark = desk.slack.add_user("kate"), desk.slack.add_user("mark")
    await desk.platform.client.call("usergroups.create", name="On call", handle="oncall")
    await desk.platform.set_group("@oncall", (kate.id,))
    await desk.platform.set_group("oncall", (mark.id, kate.id))
    changes = desk.slack.count("usergroups.users.update")
    await desk.platform.set_group("oncall", (kate.id, mark.id))
    assert desk.slack.count("usergroups.users.update") == changes == 2
    with pytest.raises(Rejected, match="no_such_group nobody"):
        await desk.platform.set_group("nobody", (kate.id,))


async def test_a_file_is_fetched_with_the_token_from_slack_alone(desk: Desk) -> None:
    kate = desk.slack.add_user("kate")
    general = desk.slack.add_channel("general", members=[kate])
    message = await desk.slack.say(
        kate, general, "Look", files=[("graph.png", "image/png", b"\x89PNG" + b"x" * 5000)]
    )
    (file,) = message.files
    address = str(file["url_private_download"])
    assert (await desk.platform.fetch_file(address, 10_000)).startswith(b"\x89PNG")
    with pytest.raises(Rejected, match="file_too_large"):
        await desk.platform.fetch_file(address, 1000)
    for elsewhere in ("http://127.0.0.1:9/x", "https://slack.com.evil.example/x", "http://files.slack.com/x"):
        with pytest.raises(Rejected, match="foreign_file"):
            await desk.platform.fetch_file(elsewhere, 1000)
    stranger = build_platform(desk.slack, desk.clock, bot_token="xoxb-wrong")
    with pytest.raises(Retry, match="invalid_auth"):
        await stranger.fetch_file(address, 10_000)
    await stranger.stop()


# trouble


@pytest.mark.parametrize(
    "error", sorted(TOKEN_WRONG | TROUBLE | LOST | {"restricted_action", "missing_scope"})
)
async def test_each_error_of_slack_has_its_outcome_and_its_sentence(desk: Desk, error: str) -> None:
    place = await desk.platform.open_room(desk.room())
    if error == "not_in_channel":
        desk.slack.fail("conversations.join", "method_not_supported_for_channel_type")
    desk.slack.fail("chat.postMessage", error)
    with pytest.raises((Retry, Rejected)) as failure:
        await desk.platform.post(place.channel, CARD, Once("card-1"))
    outcome = failure.value
    assert isinstance(outcome, Retry | Rejected)
    assert isinstance(outcome, Retry) == (error in TOKEN_WRONG | TROUBLE)
    assert isinstance(outcome, Lost) == (error in LOST and error != "not_in_channel")
    if isinstance(outcome, Retry):
        assert outcome.lasting == (error in TOKEN_WRONG)
        assert outcome.maybe_sent == (error in TROUBLE)
    sentence = Templates().explain_reason(outcome.reason)
    assert outcome.reason not in sentence
    assert len(sentence) > 20


async def test_a_limit_holds_for_its_method_and_channel_only(desk: Desk) -> None:
    first = await desk.platform.open_room(desk.room())
    second = await desk.platform.open_room(desk.room("inc-2-mail"))
    address = await desk.platform.post(second.channel, CARD, Once("card-2"))
    desk.slack.rate_limit("chat.postMessage", retry_after=7)
    with pytest.raises(Retry) as limited:
        await desk.platform.post(first.channel, CARD, Once("card-1"))
    assert limited.value.after == 7
    assert not limited.value.maybe_sent
    asked = desk.slack.count("chat.postMessage")
    desk.clock.time += timedelta(seconds=3)
    with pytest.raises(Retry) as held:
        await desk.platform.post(first.channel, CARD, Once("card-1"))
    assert held.value.after == pytest.approx(4)
    assert desk.slack.count("chat.postMessage") == asked  # it was not even asked
    await desk.platform.edit(second.channel, address, CARD)
    await desk.platform.post(second.channel, CARD, Once("card-3"))
    desk.clock.time += timedelta(seconds=4)
    await desk.platform.post(first.channel, CARD, Once("card-1"))


async def test_slack_away_or_broken_means_later(desk: Desk) -> None:
    place = await desk.platform.open_room(desk.room())
    desk.slack.answer_500("chat.postMessage", times=1)
    with pytest.raises(Retry) as broken:
        await desk.platform.post(place.channel, CARD, Once("card-1"))
    assert broken.value.maybe_sent
    desk.slack.down()
    with pytest.raises(Retry, match=r"slack\.") as away:
        await desk.platform.post(place.channel, CARD, Once("card-1"))
    assert away.value.after is None
    desk.slack.up()
    await asyncio.sleep(0.05)
    await desk.platform.post(place.channel, CARD, Once("card-1"))


# the doctor


async def test_the_doctor_finds_everything_in_order(desk: Desk) -> None:
    found = await desk.platform.check()
    assert [check for check in found if not check.is_fine] == []
    assert {check.code for check in found} >= {
        "slack_token",
        "slack_scopes",
        "slack_channel",
        "slack_socket",
        "slack_clock",
    }


async def test_the_doctor_names_what_is_missing(desk: Desk) -> None:
    desk.slack.scopes -= {"bookmarks:write", "usergroups:read"}
    desk.slack.clock_skew = -400
    desk.slack.fail("apps.connections.open", "invalid_auth")
    desk.slack.add_channel("incidents", private=True)
    wrong = {(check.code, *check.data.values()) for check in await desk.platform.check() if not check.is_fine}
    codes = {one[0] for one in wrong}
    assert ("slack_scope", "bookmarks:write", "bookmarks") in wrong
    assert codes == {"slack_scope", "slack_channel", "slack_socket", "slack_clock"}
    sentences = Templates().render_markup("replies/tocsin_doctor", findings=await desk.platform.check())
    assert "bookmarks:write" in sentences


async def test_the_doctor_says_that_the_token_is_wrong() -> None:
    async with SlackServer() as slack:
        platform = build_platform(slack, HandClock(datetime.now(UTC)), bot_token="xoxb-wrong")
        (check,) = await platform.check()
        assert (check.code, check.is_fine) == ("slack_token", False)
        assert "token" in Templates().explain_reason(str(check.data["reason"]))
        await platform.stop()
