"""Much at once, and much that fails by chance: in Discord everything arrives, once, and in time."""

from collections import Counter
from collections.abc import AsyncIterator
from random import Random

import pytest

from storage.models import OutboxRow
from storage.words import OutboxState
from tests.platforms.contract.discord_stage import DiscordStage, open_discord_stage
from tests.platforms.contract.play import announcement_of, card_of
from tests.platforms.contract.stage import Seen

INCIDENTS = 12


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[DiscordStage]:
    async with open_discord_stage(sqlite_url) as opened:
        opened.discord.strict_limits = True
        yield opened


async def parked(stage: DiscordStage) -> list[str]:
    rows = await stage.house.rows(OutboxRow, OutboxRow.state == OutboxState.PARKED)
    return [f"{row.kind}: {row.error}" for row in rows]


def cards(seen: list[Seen], ref: str) -> list[str]:
    return [one.title for one in seen if f"{ref} " in one.title and not one.thread]


async def test_a_dozen_incidents_at_once_are_all_opened_and_announced_within_a_minute(
    stage: DiscordStage,
) -> None:
    for number in range(1, INCIDENTS + 1):
        await stage.house.command(f"/incident declare Trouble {number} priority:P1 service:web")
    await stage.house.at("01:00")
    announced = await stage.messages(stage.announcements)
    for number in range(1, INCIDENTS + 1):
        ref = f"INC-{number}"
        assert len(cards(announced, ref)) == 1
        room = await stage.room_of(ref)
        assert f"Trouble {number}" in (await card_of(stage, room)).title
        assert await stage.members_of(room) == {"Olivia"}
    limited = [call.route for call in stage.discord.calls if call.status == 429]
    assert limited == [], "Discord counts too many of these, and shuts out whoever goes on"
    assert await parked(stage) == []


async def test_a_page_is_not_held_up_by_what_else_is_said(stage: DiscordStage) -> None:
    for number in range(1, INCIDENTS + 1):
        await stage.house.command(f"/incident declare Trouble {number} priority:P3 service:web")
    await stage.house.send({"title": "Disk is full", "priority": "P1", "service": "web", "alias": "disk"})
    await stage.settle()
    assert any("Disk is full" in one.title for one in await stage.directs(stage.owner))


@pytest.mark.parametrize("seed", range(4))
async def test_where_one_call_in_five_fails_by_chance_nothing_is_lost_or_doubled(
    stage: DiscordStage, seed: int
) -> None:
    stage.discord.fail_by_chance(Random(seed), 0.2)
    await stage.house.send({"title": "Disk is full", "priority": "P1", "service": "web", "alias": "disk"})
    await stage.house.at("01:00")
    await stage.house.command("/incident ack INC-1")
    for number in range(5):
        await stage.house.command(f"/incident update INC-1 Step {number} is done")
        await stage.house.at(f"{number + 2:02}:00")
    await stage.house.command("/incident resolve INC-1 It was the log")
    await stage.house.at("30:00")
    stage.discord.mend()
    await stage.house.at("32:00")
    room = await stage.room_of("INC-1")
    assert "Resolved" in (await card_of(stage, room)).text
    assert "Resolved" in (await announcement_of(stage)).text
    said = Counter(
        number for one in await stage.messages(room) for number in range(5) if f"Step {number} is" in one.text
    )
    assert said == dict.fromkeys(range(5), 1)
    pages = [one for one in await stage.directs(stage.owner) if "Disk is full" in one.title]
    assert len(pages) == 1
    names = [one.name for one in stage.discord.guild.list_channels() if one.name.startswith("inc-")]
    assert names == ["inc-1-disk-is-full"]
    assert await parked(stage) == []
