"""Where an incident has rooms: its teams choose the platforms, people add one. And what it costs to talk there."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.catalog.apply import apply_config
from bot.catalog.file import read_config
from bot.catalog.teams import get_team
from bot.chat.invocation import Invocation
from bot.chat.markup import render_text
from bot.errors import Rejected
from bot.flow.unit import Unit
from storage.models import AuditEntry, IncidentRoom, OutboxRow, Saying, Team
from tests.house import House
from tests.platforms.memory import MemoryPlatform
from tests.talking import Talk, open_talk


@pytest.fixture
async def talk(sqlite_url: str) -> AsyncIterator[Talk]:
    async with open_talk(sqlite_url) as opened:
        yield opened


async def choose(house: House, *platforms: str, team: str = "first-team") -> None:
    async def change(unit: Unit) -> None:
        (await get_team(unit, team)).platforms = list(platforms)

    await house.parts.work.run(change)


async def platforms_of(house: House, incident: int = 1) -> list[str]:
    rooms = await house.rows(IncidentRoom, IncidentRoom.incident_id == incident)
    return sorted(room.platform for room in rooms if room.channel)


def told_elsewhere(platform: MemoryPlatform) -> list[str]:
    """What of the incident is said where it has no room."""
    texts = [text for channel in platform.channels.values() for text in channel.texts]
    return [text for text in texts if "Checkout is slow" in text]


async def test_a_team_that_has_not_chosen_works_everywhere(talk: Talk) -> None:
    await talk.declare()
    assert await platforms_of(talk.house) == ["discord", "room", "slack"]


async def test_an_incident_has_rooms_where_its_team_works_and_is_announced_there(talk: Talk) -> None:
    await choose(talk.house, "slack")
    await talk.house.command("/incident declare Checkout is slow")
    await talk.house.command("/incident update INC-1 We are looking")
    await talk.house.command("/incident resolve INC-1")
    assert await platforms_of(talk.house) == ["room", "slack"]
    assert talk.discord.calls["open_room"] == 0
    assert told_elsewhere(talk.discord) == []
    assert len(talk.slack.named("announcements").messages) == 2


async def test_alerts_open_rooms_where_their_team_works(talk: Talk) -> None:
    await choose(talk.house, "discord")
    await talk.house.send({"title": "Checkout is slow", "priority": "P1", "service": "web"})
    assert await platforms_of(talk.house) == ["discord", "room"]


async def test_who_declares_has_a_room_at_hand(talk: Talk) -> None:
    await choose(talk.house, "slack")
    assert talk.discord.inbound is not None
    kate = talk.kate["discord"]
    await talk.discord.inbound.invoke(
        Invocation("/incident declare Checkout is slow", kate, "discord", "C99")
    )
    await talk.house.settle()
    assert await platforms_of(talk.house) == ["discord", "room", "slack"]


async def test_two_teams_work_where_either_does(talk: Talk) -> None:
    await choose(talk.house, "slack")
    await talk.house.add_second_team("Data", "Dana", "warehouse")
    await choose(talk.house, "discord", team="data")
    await talk.house.command("/incident declare Checkout is slow team:first-team service:warehouse")
    assert await platforms_of(talk.house) == ["discord", "room", "slack"]


async def test_a_team_that_is_called_in_brings_its_platform(talk: Talk) -> None:
    await choose(talk.house, "slack")
    await talk.house.add_second_team("Data", "Dana", "warehouse")
    await choose(talk.house, "discord", team="data")
    await talk.house.command("/incident declare Checkout is slow team:first-team")
    await talk.say(talk.slack, "It is the warehouse")
    assert await platforms_of(talk.house) == ["room", "slack"]
    await talk.house.command("/incident services INC-1 warehouse")
    assert await platforms_of(talk.house) == ["discord", "room", "slack"]
    (room,) = talk.discord.rooms()
    assert any("This room was opened while the incident was under way" in text for text in room.texts)
    assert room.talk == []


async def test_the_room_alone(talk: Talk) -> None:
    await choose(talk.house, "room")
    await talk.house.command("/incident declare Checkout is slow")
    await talk.say_in_room("Nobody else hears this")
    assert await platforms_of(talk.house) == ["room"]
    assert talk.slack.calls["open_room"] == talk.discord.calls["open_room"] == 0
    assert told_elsewhere(talk.slack) == told_elsewhere(talk.discord) == []
    assert await talk.house.rows(Saying) == []


# one more room


async def test_a_room_is_added_with_everything_in_it_and_the_story(talk: Talk) -> None:
    await choose(talk.house, "slack")
    await talk.house.command("/incident declare Checkout is slow")
    await talk.house.command("/incident note INC-1 The gateway was updated at 11:40")
    for number in range(30):
        await talk.say(talk.slack, f"Line {number}")
    answer = await talk.house.ask("/incident room INC-1")
    assert "Slack: inc-1-checkout-is-slow" in answer
    assert "/incident room discord" in answer
    answer = await talk.house.ask("/incident room INC-1 discord")
    assert "INC-1 gets a room on Discord" in answer
    (room,) = talk.discord.rooms()
    card, story = room.messages.values()
    assert card.message.card is not None
    assert "The gateway was updated at 11:40" in render_text(story.text)
    assert room.pinned
    assert room.links
    assert room.members == {talk.discord.people["kate@example.org"]}
    assert len(talk.discord.named("announcements").messages) == 1
    assert "room_opened" in await talk.house.timeline()
    await talk.say(talk.slack, "From now on")
    await talk.say(talk.discord, "Welcome")
    assert room.talk == [("Kate", "From now on"), ("Kate", "Welcome")]
    assert talk.slack.rooms()[0].talk[-1] == ("Kate", "Welcome")


async def test_what_is_said_while_a_room_is_being_added_is_said_there(talk: Talk) -> None:
    await choose(talk.house, "slack")
    await talk.house.command("/incident declare Checkout is slow")
    talk.discord.away = True
    await talk.house.command("/incident room INC-1 discord")
    assert "on its way" in await talk.house.ask("/incident room INC-1")
    await talk.say(talk.slack, "Can you hear me?")
    talk.discord.away = False
    await talk.house.at("02:00")
    assert talk.discord.rooms()[0].talk == [("Kate", "Can you hear me?")]


async def test_a_room_that_is_there_is_not_opened_again(talk: Talk) -> None:
    await talk.declare()
    calls = talk.discord.total
    assert "has a room on Discord already" in await talk.house.ask("/incident room INC-1 discord")
    assert talk.discord.total == calls


async def test_a_platform_that_is_off_and_an_incident_that_is_over_get_no_room(talk: Talk) -> None:
    await choose(talk.house, "slack")
    await talk.house.command("/incident declare Checkout is slow")
    reply = await talk.house.command("/incident room INC-1 teams")
    assert reply.failed
    assert "There is no Teams here; there is Slack, Discord." in reply.text.replace("\\", "")
    await talk.house.command("/incident close INC-1")
    assert (await talk.house.command("/incident room INC-1 discord")).failed
    assert talk.discord.calls["open_room"] == 0
    assert told_elsewhere(talk.discord) == []


async def test_a_room_that_could_not_be_opened_can_be_asked_for_again(talk: Talk) -> None:
    talk.discord.fail("open_room", *[Rejected("memory.no_permission")] * 4)
    await talk.house.command("/incident declare Checkout is slow")
    assert await platforms_of(talk.house) == ["room", "slack"]
    await talk.house.command("/incident room INC-1 discord")
    assert await platforms_of(talk.house) == ["discord", "room", "slack"]


async def test_a_private_incident_gets_a_private_room_that_nobody_else_hears_of(talk: Talk) -> None:
    await choose(talk.house, "slack")
    await talk.house.command("/incident declare Somebody reads our mail private:yes")
    await talk.house.command("/incident room INC-1 discord")
    (room,) = talk.discord.rooms()
    assert room.private
    await talk.say_in_room("It is Otto")
    assert [text for _, text in room.talk] == ["It is Otto"]
    assert "announcements" not in [one.name for one in talk.discord.channels.values()]


# the configuration file


FILE = """
users:
  kate: {name: Kate, role: owner}
teams:
  payments: {name: Payments, members: [kate], policy: payments, platforms: [slack]}
  search: {name: Search, members: [kate], policy: payments}
policies:
  payments: {name: Payments, steps: [{page: [user:kate]}]}
"""


async def test_the_file_says_where_a_team_works(talk: Talk, tmp_path: Path) -> None:
    path = tmp_path / "tocsin.yaml"
    path.write_text(FILE)

    async def apply() -> int:
        return await talk.house.parts.work.run(lambda unit: apply_config(unit, read_config(path, {})))

    await apply()
    chosen = {row.slug: row.platforms for row in await talk.house.rows(Team) if row.active}
    assert chosen == {"payments": ["slack"], "search": []}
    assert await apply() == 0
    path.write_text(FILE.replace("[slack]", "[room, discord]"))
    assert await apply() == 1
    (entry,) = await talk.house.rows(AuditEntry, AuditEntry.what == "team.changed")
    assert entry.data["changed"] == ["platforms"]
    headers = {"Authorization": f"Bearer {await talk.house.key()}"}
    async with talk.house.http.get(f"{talk.house.url}/api/v1/teams/payments", headers=headers) as answer:
        assert (await answer.json())["platforms"] == ["room", "discord"]


async def test_people_of_a_platform_that_is_off_are_in_the_room(talk: Talk) -> None:
    """A file may name a platform that this installation does not have (yet)."""
    await choose(talk.house, "matrix")
    await talk.house.command("/incident declare Checkout is slow", by=None)
    assert await platforms_of(talk.house) == ["room"]


# what it costs


def count(asked: list[str], *verbs: str) -> int:
    return sum(1 for one in asked if one.split()[0] in verbs)


async def test_a_message_in_an_incident_with_one_room_costs_no_more_than_itself(talk: Talk) -> None:
    """One transaction that writes one row: the message. (Before there were other rooms it took as many statements.)"""
    await choose(talk.house, "room")
    await talk.house.command("/incident declare Checkout is slow")
    await talk.say_in_room("First words, by which the owner takes part")
    channel = await talk.browser.channel()
    async with talk.statements() as asked:
        await talk.browser.post(f"/board/{channel}/say", text="And more")
    assert count(asked, "INSERT", "UPDATE", "DELETE") == 1
    assert (
        count(asked, "SELECT") <= 14
    )  # with those of the outbox, which looks whether there is something to do


async def test_a_message_that_is_shown_elsewhere_costs_little(talk: Talk) -> None:
    slack, _ = await talk.declare()
    await talk.say(talk.slack, "First words, by which Kate takes part")
    async with talk.statements() as asked:
        await talk.slack.say(slack, talk.kate["slack"], "And more")
    assert count(asked, "SELECT") <= 8
    assert count(asked, "INSERT", "UPDATE", "DELETE") == 2
    rows = await talk.house.rows(OutboxRow)
    assert sorted(row.stream for row in rows) == ["INC-1@discord", "INC-1@room"]
    jobs = [job for job in await talk.house.parts.outbox.claim(16) if job.stream.endswith("@discord")]
    async with talk.statements() as asked:
        outcome = await talk.house.parts.outbox.deliverers["mirror.show"](jobs[0])
        assert outcome is not None
    assert count(asked, "SELECT") == 2
    assert count(asked, "INSERT", "UPDATE", "DELETE") == 0
