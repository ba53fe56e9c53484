"""The life of an incident's channel once more, at the Slack that others have written."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.chat.card import Button, Card
from bot.chat.platform import Bookmark, Message, NewRoom, Once, Person
from bot.chat.slack.platform import SlackPlatform
from bot.chat.templates import Templates
from bot.config import SlackSettings
from bot.secret import Secret
from storage.models import TimelineEntry
from tests.house import HandClock, House, open_house
from tests.platforms.emulate import Emulated, run_emulate
from tests.platforms.emulate.emulated import BOT_TOKEN, SECRET


@pytest.fixture
async def emulated(tmp_path: Path) -> AsyncIterator[Emulated]:
    async with run_emulate(tmp_path) as running:
        yield running


async def test_a_channel_from_its_first_to_its_last_day(emulated: Emulated) -> None:
    clock = HandClock(datetime.now(UTC))
    settings = SlackSettings(Secret(BOT_TOKEN), signing_secret=Secret(SECRET), api_url=emulated.api_url)
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

    kate = str((await emulated.find_user("kate"))["id"])
    assert await slack.find_person(Person(1, "kate@example.org")) == kate
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


class Kate:
    """A person at the second Slack, which sends nothing by itself: what she does is signed and sent for her."""

    def __init__(self, house: House, slack: Emulated, user: dict[str, Any]) -> None:
        self.house, self.slack, self.id, self.name = house, slack, str(user["id"]), str(user["name"])
        self.door = f"{house.url}/slack/events"

    async def settle(self) -> None:
        platform = self.house.parts.platforms["slack"]
        assert isinstance(platform, SlackPlatform)
        assert platform.listener is not None
        for _ in range(2):
            await platform.listener.errands.stop(5.0)
            await self.house.settle()

    async def type(self, channel: str, command: str, text: str) -> None:
        fields = {
            "command": command,
            "text": text,
            "user_id": self.id,
            "user_name": self.name,
            "channel_id": channel,
            "team_id": "T000000001",
            "api_app_id": "A000000001",
            "trigger_id": await self.slack.trigger(self.id),
        }
        assert (await self.slack.send(self.door, fields))[0] == 200
        await self.settle()

    async def interact(self, kind: str, channel: str, **more: Any) -> tuple[int, str]:
        payload = {
            "type": kind,
            "team": {"id": "T000000001"},
            "api_app_id": "A000000001",
            "user": {"id": self.id, "name": self.name, "username": self.name, "team_id": "T000000001"},
            "channel": {"id": channel, "name": "x"},
            "trigger_id": await self.slack.trigger(self.id),
            "response_url": "",
            **more,
        }
        answer = await self.slack.send(self.door, {"payload": json.dumps(payload)})
        await self.settle()
        return answer


async def test_an_incident_lives_and_ends_in_its_channel(emulated: Emulated, sqlite_url: str) -> None:
    environment = {
        "TOCSIN_SLACK_BOT_TOKEN": BOT_TOKEN,
        "TOCSIN_SLACK_SIGNING_SECRET": SECRET,
        "TOCSIN_SLACK_API_URL": emulated.api_url,
        "TOCSIN_ARCHIVE_AFTER_HOURS": "1",
    }
    async with open_house(sqlite_url, environment) as house:
        slack = house.parts.platforms["slack"]
        await slack.start(house.parts.inbound)
        await house.add_person("Kate Lin", "kate@example.org")
        kate = Kate(house, emulated, await emulated.find_user("kate"))
        general = await emulated.find_channel("general")
        assert general is not None

        # declared by a command: a channel with its card, and Kate in it
        await kate.type(general["id"], "/incident", "declare Disk full priority:P1")
        channel = await emulated.find_channel("inc-1-disk-full")
        assert channel is not None
        place = str(channel["id"])
        assert "Disk full" in channel["topic"]["value"]
        members = (await emulated.ask("conversations.members", as_bot=True, channel=place))["members"]
        assert kate.id in members
        (card,) = [one for one in await emulated.history(place) if "Take command" in str(one.get("blocks"))]
        pins = (await emulated.ask("pins.list", as_bot=True, channel=place))["items"]
        assert [pin["message"]["ts"] for pin in pins] == [card["ts"]]
        marks = (await emulated.ask("bookmarks.list", as_bot=True, channel_id=place))["bookmarks"]
        assert marks
        incidents = await emulated.find_channel("incidents")
        assert incidents is not None
        assert len([one for one in await emulated.history(incidents["id"]) if one.get("blocks")]) == 1

        # a message shortcut keeps a message on the timeline, and says so to Kate alone
        said = await emulated.ask("chat.postMessage", channel=place, text="We rolled back release 41")
        message = {**said["message"], "ts": said["ts"], "user": kate.id}
        shortcut = {"callback_id": "message-timeline", "message": message, "message_ts": said["ts"]}
        assert (await kate.interact("message_action", place, **shortcut))[0] == 200
        entries = await house.rows(TimelineEntry, TimelineEntry.kind == "message")
        assert [(entry.text, entry.actor_name) for entry in entries] == [
            ("We rolled back release 41", "Kate Lin")
        ]
        wrong = await emulated.send(kate.door, {"payload": "{}"}, secret="wrong")
        assert wrong[0] == 401

        # a button of the card opens a modal within three seconds, and what is filled in is done
        button = {
            "type": "button",
            "action_id": "run-1",
            "value": "/incident update INC-1",
            "action_ts": said["ts"],
        }
        await kate.interact(
            "block_actions", place, actions=[button], message=card, container={"type": "message"}
        )
        view = emulated.newest("views.open")["view"]
        filled = {"text": {"value": {"type": "plain_text_input", "value": "We are watching it"}}}
        status, body = await kate.interact(
            "view_submission", place, view={**view, "state": {"values": filled}}
        )
        assert (status, json.loads(body)["response_action"]) == (200, "clear")
        assert "We are watching it" in str(await emulated.history(place))

        # resolved, closed, archived
        await kate.type(place, "/incident", "resolve Done")
        await kate.type(place, "/incident", "close")
        await house.at("00:30")
        (shown,) = [one for one in await emulated.history(place) if one["ts"] == card["ts"]]
        assert "Closed" in str(shown["blocks"])
        await house.at("02:00:00")
        gone = await emulated.find_channel("inc-1-disk-full")
        assert gone is not None
        assert gone["is_archived"]
        await slack.stop()
