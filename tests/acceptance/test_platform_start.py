"""A chat platform that cannot be made or started stops nothing else, is named, and comes later."""

from dataclasses import replace

import pytest

from bot.chat.platform import Inbound, Platform
from storage.models import OutboxRow
from tests.house import House, open_house
from tests.platforms.inbound import eventually
from tests.platforms.memory import MemoryPlatform
from tests.platforms.slack import SlackServer

URGENT = {"title": "Checkout returns errors", "alias": "checkout", "priority": "P1", "service": "web"}


class Stubborn(MemoryPlatform):
    """It starts at the third attempt."""

    attempts = 0

    async def start(self, inbound: Inbound) -> None:
        self.attempts += 1
        if self.attempts < 3:
            raise RuntimeError("no such gateway")
        await super().start(inbound)


def add_makers(house: House, **made: MemoryPlatform) -> None:
    """As if the settings named these platforms."""
    known = house.parts.work.installation
    house.parts.work.installation = replace(
        known, platforms=(*known.platforms, *made), methods=(*known.methods, *made)
    )
    house.parts.starter.makers = {name: lambda one=one: one for name, one in made.items()}  # type: ignore[misc]
    house.parts.starter.first_pause = 0.01


async def test_one_that_fails_at_its_start_stops_neither_the_others_nor_the_webhooks(
    sqlite_house: House,
) -> None:
    house = sqlite_house
    bad, good = Stubborn("bad"), MemoryPlatform("good")
    add_makers(house, bad=bad, good=good)
    house.parts.starter.start(house.parts.inbound)
    await eventually(lambda: good.inbound)
    status, _ = await house.send(URGENT)
    assert status == 202
    assert len(good.rooms()) == 1
    await eventually(lambda: bad.inbound)
    assert house.parts.starter.check() == []
    await house.at("00:15")
    assert len(bad.rooms()) == 1
    await house.parts.starter.stop()
    assert (bad.inbound, good.inbound) == (None, None)


async def test_one_that_cannot_be_made_waits_and_the_doctor_says_why(sqlite_house: House) -> None:
    house = sqlite_house
    chat = MemoryPlatform("chat")
    faults = [ValueError("a token with a line break")] * 3

    def make() -> Platform:
        if faults:
            raise faults.pop()
        return chat

    add_makers(house, chat=chat)
    house.parts.starter.makers = {"chat": make}
    house.parts.starter.first_pause = 0.2
    house.parts.starter.start(house.parts.inbound)
    await eventually(house.parts.starter.check)
    await house.send(URGENT)
    told = await house.ask("/tocsin doctor")
    assert "Chat has not started: ValueError: a token with a line break" in told
    assert "Chat has not answered since" in told
    await eventually(lambda: chat.inbound)
    await house.at("00:15")
    assert len(chat.rooms()) == 1
    assert await house.rows(OutboxRow) == []
    assert "has not started" not in await house.ask("/tocsin doctor")
    await house.parts.starter.stop()


async def test_a_slack_that_cannot_be_made_does_not_end_the_process(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("no random numbers left")

    async with SlackServer() as slack:
        monkeypatch.setattr("bot.chat.slack.platform.SlackPlatform.__init__", fail)
        environment = {
            "TOCSIN_SLACK_BOT_TOKEN": slack.bot_token,
            "TOCSIN_SLACK_SIGNING_SECRET": slack.signing_secret,
            "TOCSIN_SLACK_API_URL": slack.api_url,
        }
        async with open_house(sqlite_url, environment) as house:
            assert (await house.send(URGENT))[0] == 202
            assert len(await house.messages("incident-1")) > 0
            assert "Slack has not started: OSError" in await house.ask("/tocsin doctor")
            async with house.http.post(f"{house.url}/slack/events", data=b"{}") as answer:
                assert answer.status == 503
            monkeypatch.undo()
            house.parts.starter.first_pause = 0.01
            house.parts.starter.start(house.parts.inbound)
            await eventually(lambda: "slack" in house.parts.platforms)
            await house.at("00:15")
            assert slack.channel_named("inc-1-checkout-returns-errors") is not None
            async with house.http.post(f"{house.url}/slack/events", data=b"{}") as answer:
                assert answer.status == 401
            await house.parts.starter.stop()
