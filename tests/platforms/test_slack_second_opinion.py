"""The life of an incident's channel once more, at the Slack that others have written."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.chat.card import Button, Card
from bot.chat.platform import Bookmark, Message, NewRoom, Once, Person
from bot.chat.slack.platform import SlackPlatform
from bot.chat.templates import Templates
from bot.config import SlackSettings
from tests.house import HandClock
from tests.platforms.emulate import Emulated, run_emulate
from tests.platforms.emulate.emulated import BOT_TOKEN, SECRET


@pytest.fixture
async def emulated(tmp_path: Path) -> AsyncIterator[Emulated]:
    async with run_emulate(tmp_path) as running:
        yield running


async def test_a_channel_from_its_first_to_its_last_day(emulated: Emulated) -> None:
    clock = HandClock(datetime.now(UTC))
    settings = SlackSettings(BOT_TOKEN, signing_secret=SECRET, api_url=emulated.api_url)
    slack = SlackPlatform(settings, Templates(), "https://tocsin.example.org", clock.now)

    place = await slack.open_room(
        NewRoom(
            "inc-1-disk-full",
            "P1 · Investigating",
            "https://tocsin.example.org/INC-1",
            "incident-1",
            clock.now(),
        )
    )
    channel = await emulated.find_channel("inc-1-disk-full")
    assert channel is not None
    assert (channel["id"], channel["topic"]["value"]) == (place.channel, "P1 · Investigating")

    kate = await slack.find_person(Person(1, "kate@example.org"))
    assert kate == (await emulated.find_user("kate"))["id"]
    assert await slack.find_person(Person(2, "nobody@example.org")) is None
    assert await slack.invite(place.channel, (kate,)) == ()
    assert await slack.invite(place.channel, (kate,)) == ()
    assert (
        kate in (await emulated.ask("conversations.members", as_bot=True, channel=place.channel))["members"]
    )

    card = Card("INC-1 · Disk full", "P1", buttons=(Button("Acknowledge", "/incident ack INC-1", "primary"),))
    address = await slack.post(place.channel, Message(card=card), Once("card-1"))
    await slack.pin(place.channel, address)
    await slack.pin(place.channel, address)
    await slack.set_links(place.channel, (Bookmark("Room", "https://tocsin.example.org/INC-1"),))
    below = await slack.post(place.channel, Message(text="Rolled *back*"), Once("outbox-2"), address)
    await slack.edit(place.channel, address, Message(card=Card("INC-1 · Disk full", "resolved")))
    (shown,) = [one for one in await emulated.history(place.channel) if one["ts"] == address]
    assert "Acknowledge" not in str(shown["blocks"])
    thread = (await emulated.ask("conversations.replies", as_bot=True, channel=place.channel, ts=address))[
        "messages"
    ]
    assert [one["ts"] for one in thread] == [address, below]
    marks = (await emulated.ask("bookmarks.list", as_bot=True, channel_id=place.channel))["bookmarks"]
    assert [mark["title"] for mark in marks] == ["Room"]

    page = await slack.post_direct(kate, Message(card=card), Once("outbox-3"))
    await slack.edit_direct(page, Message(card=Card("INC-1 · Disk full", "resolved")))

    await slack.set_topic(place.channel, "P2 · Monitoring")
    assert await slack.rename_room(place.channel, "inc-1-mail-late") == "inc-1-mail-late"
    await slack.archive(place.channel)
    await slack.archive(place.channel)
    found = await emulated.find_channel("inc-1-mail-late")
    assert found is not None
    assert found["is_archived"]
    assert found["topic"]["value"] == "P2 · Monitoring"
    await slack.stop()
