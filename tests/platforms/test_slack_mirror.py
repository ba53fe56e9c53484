"""One incident in Slack and in the Room when Slack is in trouble: each thing that was said stands there once, in order."""

from collections.abc import AsyncIterator

import pytest

from bot.chat.platform import Message, Once
from storage.models import BoardMessage, OutboxRow
from tests.platforms.contract.play import declare
from tests.platforms.contract.slack_stage import SlackStage, open_slack_stage
from tests.platforms.test_room_pages import Browser, open_browser


class Scene:
    """Slack, the incident's channel there, and its page."""

    def __init__(self, stage: SlackStage, room: str, browser: Browser) -> None:
        self.stage = stage
        self.slack = stage.slack
        self.room = room
        self.browser = browser

    async def say(self, text: str) -> int:
        await self.browser.post(f"/board/{await self.browser.channel()}/say", text=text)
        return int((await self.stage.house.rows(BoardMessage, BoardMessage.text == text))[-1].id)

    async def later(self, seconds: int = 90) -> None:
        clock = self.stage.house.clock
        until = clock.time.timestamp() + seconds
        await self.stage.house.move_to(clock.time.fromtimestamp(until, clock.time.tzinfo))

    async def copies(self) -> list[str]:
        """The last line of each message that came from the Room."""
        return [
            one.text.splitlines()[-1]
            for one in await self.stage.messages(self.room)
            if "on the Room" in one.text
        ]


@pytest.fixture
async def scene(sqlite_url: str) -> AsyncIterator[Scene]:
    async with open_slack_stage("slack-socket", sqlite_url) as stage:
        room = await declare(stage)
        browser = await open_browser(stage.house, stage.owner.user)
        async with browser.http:
            yield Scene(stage, room, browser)
        assert stage.faults() == []


async def test_a_copy_whose_answer_was_lost_is_one_copy_with_the_words_of_now(scene: Scene) -> None:
    scene.slack.drop_answer("chat.postMessage")
    number = await scene.say("At 11:47")
    await scene.browser.post(f"/messages/{number}/edit", text="At 11:48")
    scene.slack.rate_limit("conversations.history", retry_after=2)
    await scene.later()
    assert await scene.copies() == ["At 11:48"]


async def test_a_copy_whose_answer_was_lost_goes_with_its_message(scene: Scene) -> None:
    scene.slack.drop_answer("chat.postMessage")
    number = await scene.say("The password is hunter2")
    await scene.browser.post(f"/messages/{number}/delete")
    await scene.later()
    assert await scene.copies() == []


async def test_deleting_survives_trouble_and_a_copy_that_is_gone(scene: Scene) -> None:
    first, second = await scene.say("One"), await scene.say("Two")
    scene.slack.drop_answer("chat.delete")
    await scene.browser.post(f"/messages/{first}/delete")
    await scene.later()
    scene.slack.answer_500("chat.delete", times=2)
    await scene.browser.post(f"/messages/{second}/delete")
    await scene.later()
    assert await scene.copies() == []
    assert await scene.stage.house.rows(OutboxRow) == []


async def test_slacks_limit_of_posts_keeps_the_order(scene: Scene) -> None:
    scene.slack.rate_limit("chat.postMessage", retry_after=3, times=3)
    for number in range(5):
        await scene.say(f"Line {number}")
    await scene.later()
    assert await scene.copies() == [f"Line {number}" for number in range(5)]


async def test_a_message_of_the_bot_is_taken_away_and_twice_is_once(scene: Scene) -> None:
    platform = scene.stage.platform
    address = await platform.post(scene.room, Message("Passing"), Once("passing"))
    for _ in range(2):
        await platform.delete(scene.room, address)
    assert [one for one in await scene.stage.messages(scene.room) if "Passing" in one.text] == []
    await platform.delete("C0NOSUCHCHANNEL", address)
