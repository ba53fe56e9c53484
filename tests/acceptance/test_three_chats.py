"""The main job in Slack, Discord and the Room at once: people on each act in the same minute, and it is one incident."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from bot.chat.markup import render_text
from storage.models import BoardMessage, IncidentRoom
from tests.acceptance.test_main_job import FIRING
from tests.house import House, open_house
from tests.platforms.contract.discord_stage import DiscordStage, settle_discord
from tests.platforms.contract.play import card_of, last_direct, read, timeline
from tests.platforms.contract.slack_stage import SlackStage, settle_slack
from tests.platforms.contract.stage import Person, Seen
from tests.platforms.discord import DiscordServer
from tests.platforms.slack import SlackServer
from tests.platforms.test_room_pages import Browser, open_browser

SAID = ("web-1 times out", "Release 41 went out at 02:50", "I look at the database")


@dataclass
class Three:
    """Olivia is everywhere, Kate in Slack and Mark in Discord."""

    house: House
    slack: SlackStage
    discord: DiscordStage
    browser: Browser
    kate: Person
    mark: Person

    async def settle(self) -> None:
        """Until nobody has anything more to tell the others."""
        for _ in range(3):
            await self.slack.settle()
            await self.discord.settle()

    async def room(self, stage: SlackStage | DiscordStage) -> str:
        return await stage.room_of("INC-1")

    async def card(self, stage: SlackStage | DiscordStage) -> str:
        """The words of the one card of a room."""
        return " ".join((await card_of(stage, await self.room(stage))).text.split())

    async def seen(self, stage: SlackStage | DiscordStage, words: str) -> list[Seen]:
        return [one for one in await stage.messages(await self.room(stage)) if words in one.text]

    async def heard(self, *words: str) -> dict[str, list[str]]:
        """Which of these words each room shows, in its order, as often as it does."""
        rows = await self.house.rows(BoardMessage)
        texts = {
            "room": [render_text(row.text) for row in rows if not row.card and row.deleted_at is None],
            "slack": [one.text for one in await self.slack.messages(await self.room(self.slack))],
            "discord": [one.text for one in await self.discord.messages(await self.room(self.discord))],
        }
        return {
            name: [word for text in there for word in words if word in text] for name, there in texts.items()
        }

    async def say_in_the_room(self, text: str) -> None:
        await self.browser.post(f"/board/{await self.browser.channel()}/say", text=text)


@asynccontextmanager
async def open_three(database_url: str) -> AsyncIterator[Three]:
    async with SlackServer() as slack, DiscordServer() as discord:
        environment = settle_slack(slack, by_http=False) | settle_discord(discord)
        async with open_house(database_url, environment) as house:
            in_slack, in_discord = SlackStage("slack", house, slack), DiscordStage(house, discord)
            await in_slack.start(by_http=False)
            await in_discord.start()
            kate, mark = await in_slack.add_person("Kate"), await in_discord.add_person("Mark")
            browser = await open_browser(house, house.owner)
            three = Three(house, in_slack, in_discord, browser, kate, mark)
            try:
                yield three
                await three.settle()
            finally:
                await browser.http.close()
                await in_slack.close()
                await in_discord.close()
        assert slack.violations == discord.violations == []


@pytest.fixture
async def three(database_url: str) -> AsyncIterator[Three]:
    async with open_three(database_url) as opened:
        yield opened


async def test_people_on_three_platforms_work_on_one_incident_in_the_same_minute(three: Three) -> None:
    house, slack, discord = three.house, three.slack, three.discord

    # 00:00 a warning fires: Olivia is paged everywhere, and the incident has a room with one card everywhere
    await house.send(FIRING, "alertmanager")
    await three.settle()
    for stage in (slack, discord):
        assert "5xx above 5 %" in (await last_direct(stage, stage.owner)).title
        assert "Acknowledge" in (await card_of(stage, await three.room(stage))).buttons
    assert len(await house.messages("incident-1")) > 0

    # 01:00 Kate in Slack and Mark in Discord acknowledge at once: it is acknowledged once, and every copy says so
    await house.at("01:00")
    await slack.join(three.kate, await three.room(slack))
    pages = [card_of(slack, await three.room(slack)), card_of(discord, await three.room(discord))]
    first, second = await asyncio.gather(*pages)
    await asyncio.gather(
        slack.press(three.kate, first, "Acknowledge"), discord.press(three.mark, second, "Acknowledge")
    )
    await three.settle()
    by = (await read(slack, "incidents/INC-1"))["acknowledged_by"]["name"]
    assert by in ("Kate", "Mark")
    for stage in (slack, discord):
        assert f"Acknowledged: {by}" in await three.card(stage)
        page = await last_direct(stage, stage.owner)
        assert f"acknowledged by {by}" in page.text
        assert "Acknowledge" not in page.buttons
    kinds = [entry["kind"] for entry in (await read(slack, "incidents/INC-1/timeline"))["items"]]
    assert kinds.count("incident_acknowledged") == 1

    # 02:00 each says something, in the same minute: it stands in each room, once
    await house.at("02:00")
    kates, marks, _ = await asyncio.gather(
        slack.say(three.kate, await three.room(slack), SAID[0]),
        discord.say(three.mark, await three.room(discord), SAID[1]),
        three.say_in_the_room(SAID[2]),
    )
    await three.settle()
    for name, heard in (await three.heard(*SAID)).items():
        assert sorted(heard) == sorted(SAID), name
    (copy,) = await three.seen(discord, SAID[0])
    assert "Kate" in copy.text
    assert "Slack" in copy.text

    # Mark keeps the copy of what Kate said, Kate keeps the original: it is one entry, and it is Kate's
    await asyncio.gather(discord.pin(three.mark, copy), slack.pin(three.kate, kates))
    await three.settle()
    entries = [entry for entry in await timeline(slack) if entry["text"] == SAID[0]]
    assert [entry["by"] for entry in entries] == ["Kate"]

    # 03:00 Mark corrects himself while Kate takes the command: both are seen everywhere
    await house.at("03:00")
    await asyncio.gather(
        discord.edit(three.mark, marks, "Release 42 went out at 02:50"),
        slack.type(three.kate, await three.room(slack), "/incident role commander @kate"),
    )
    await three.settle()
    assert await three.heard("Release 41", "Release 42") == {
        name: ["Release 42"] for name in ("room", "slack", "discord")
    }
    for stage in (slack, discord):
        assert "Commander: Kate" in await three.card(stage)

    # 04:00 Mark resolves it in Discord; every card says so, and a day later both channels are archived
    await house.at("04:00")
    await discord.type(three.mark, await three.room(discord), "/incident resolve Rolled back")
    await three.settle()
    for stage in (slack, discord):
        assert "Resolved" in await three.card(stage)
    await slack.type(three.kate, await three.room(slack), "/incident close")
    await house.at("25:00:00")
    await three.settle()
    rooms = await house.rows(IncidentRoom)
    assert sorted(room.platform for room in rooms) == ["discord", "room", "slack"]
    assert all(room.archived_at for room in rooms)


async def test_ten_minutes_without_slack_in_the_middle_of_it(three: Three) -> None:
    house, slack, discord = three.house, three.slack, three.discord
    await house.send(FIRING, "alertmanager")
    await three.settle()
    channel = await three.room(slack)

    # 01:00 Slack goes away; the others go on
    await house.at("01:00")
    slack.slack.down()
    first = await discord.say(three.mark, await three.room(discord), "Slack does not load for me")
    await house.at("02:00")
    await three.say_in_the_room("We go on in Discord")
    await house.settle()
    await discord.press(discord.owner, await card_of(discord, await three.room(discord)), "Acknowledge")
    await house.at("04:00")
    await discord.edit(three.mark, first, "Slack is down")
    passing = await discord.say(three.mark, await three.room(discord), "A slip of the finger")
    await discord.delete(three.mark, passing)
    assert "Slack" in await three.card(discord), "its card says that Slack does not answer"
    assert [found["lane"] for found in (await _ready(three))["away"]] == ["slack"]
    await discord.type(three.mark, await three.room(discord), "/incident priority P1")
    calls = len(slack.slack.calls)

    # 11:00 it is back: what was said stands there once and in its order, as it is now, and the card is true
    await house.at("11:00")
    slack.slack.up()
    await house.at("11:30")
    await three.settle()
    words = ("Slack does not load", "Slack is down", "We go on in Discord", "A slip of the finger")
    for heard in (await three.heard(*words)).values():
        assert heard == ["Slack is down", "We go on in Discord"]
    assert await three.room(slack) == channel
    card = await three.card(slack)
    assert "Acknowledged: Olivia" in card
    assert "P1" in card
    posts = [call for call in slack.slack.calls[calls:] if call.ok and call.method == "chat.postMessage"]
    edits = [call for call in slack.slack.calls[calls:] if call.ok and call.method == "chat.update"]
    assert len([call for call in posts if call.args.get("channel") == channel]) == 3, (
        "two sayings, one reminder"
    )
    assert len({str(call.args["ts"]) for call in edits}) == len(edits), "one edit for each card"
    assert "does not answer" not in await three.card(discord)
    assert (await _ready(three))["away"] == []


async def _ready(three: Three) -> dict[str, list[dict[str, str]]]:
    async with three.house.http.get(f"{three.house.url}/readyz") as response:
        found: dict[str, list[dict[str, str]]] = await response.json()
        return found
