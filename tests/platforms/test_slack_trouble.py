"""Tocsin in a Slack in trouble: the bot is put out of a channel, a card is gone before it is pinned, threads are long."""

from collections.abc import AsyncIterator

import pytest

from bot.chat.platform import Message, Once
from bot.errors import Retry
from tests.platforms.contract.play import card_of, declare, timeline
from tests.platforms.contract.slack_stage import SlackStage, open_slack_stage


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[SlackStage]:
    async with open_slack_stage("slack-http", sqlite_url) as opened:
        yield opened


@pytest.mark.parametrize(
    "line",
    [
        "/incident invite @kate",
        "/incident priority P1",
        "/incident title The disk is full",
        "/incident link https://wiki.example.org/disk",
    ],
)
async def test_who_is_put_out_of_a_room_comes_back_for_what_is_to_be_done_there(
    stage: SlackStage, line: str
) -> None:
    await stage.add_person("Kate", team="")
    room = await declare(stage)
    channel = stage.slack.workspace.channels[room]
    await stage.slack.remove_bot(stage.owner.account, channel)
    await stage.type(stage.owner, room, line)
    await stage.wait_for_heads()
    assert stage.slack.workspace.bot_user in channel.members
    assert await timeline(stage, "room_lost") == []
    assert await stage.room_of("INC-1") == room


async def test_a_room_from_which_the_bot_was_put_out_is_archived_in_the_end(stage: SlackStage) -> None:
    room = await declare(stage)
    await stage.type(stage.owner, room, "/incident close")
    await stage.slack.remove_bot(stage.owner.account, stage.slack.workspace.channels[room])
    await stage.house.at("24:01:00")
    assert await stage.is_archived(room)


async def test_a_card_that_is_deleted_before_it_is_pinned_costs_no_room(stage: SlackStage) -> None:
    stage.slack.fail("pins.add", "message_not_found")
    room = await declare(stage)
    assert await timeline(stage, "room_lost") == []
    cards = [one for one in await stage.messages(room) if "Checkout is slow" in one.title]
    assert len(cards) == 1


async def test_a_post_in_a_long_thread_whose_answer_was_lost_is_found_again(stage: SlackStage) -> None:
    room = await declare(stage)
    slack, kate = stage.slack, stage.owner.account
    channel, platform = slack.workspace.channels[room], stage.house.parts.platforms["slack"]
    head = await slack.say(kate, channel, "What do we know?")
    for number in range(600):  # Slack tells a thread from its beginning
        slack.remember(kate, channel, f"{number}", head)
    slack.drop_answer("chat.postMessage")
    with pytest.raises(Retry) as lost:
        await platform.post(room, Message("It is the disk"), Once("said-7"), head.ts)
    assert lost.value.maybe_sent
    await platform.post(room, Message("It is the disk"), Once("said-7", again=True), head.ts)
    posted = [one for one in channel.replies(head.ts) if "It is the disk" in one.words]
    assert len(posted) == 1


async def test_a_room_whose_topic_slack_refuses_is_a_room(stage: SlackStage) -> None:
    stage.slack.fail("conversations.setTopic", "user_is_restricted", times=None)
    stage.slack.fail("conversations.setPurpose", "user_is_restricted", times=None)
    room = await declare(stage)
    assert room
    assert "Checkout is slow" in (await card_of(stage, room)).title
