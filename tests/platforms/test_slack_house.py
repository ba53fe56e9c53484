"""The whole of Tocsin in a Slack: what people do there is recorded as theirs, and shown to those it concerns."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from storage.models import Incident, Participant, Task, TimelineEntry, User
from tests.house import House, open_house
from tests.platforms.inbound import eventually
from tests.platforms.slack import Channel, SlackServer
from tests.platforms.slack import User as Member


@dataclass
class Scene:
    slack: SlackServer
    house: House
    kate: Member
    general: Channel

    async def declare(self, title: str = "Disk full") -> Channel:
        """Declare by a command, and return the incident's room."""
        before = len(await self.house.rows(Incident))
        await self.slack.command(self.kate, self.general, "/incident", f"declare {title}")
        await eventually(lambda: self.slack.ephemerals_of(self.kate))
        await self.house.settle()
        name = f"inc-{before + 1}-" + title.lower().replace(" ", "-")
        room: Channel = await eventually(lambda: self.slack.channel_named(name))
        return room

    async def entries(self) -> list[str]:
        rows = await self.house.rows(TimelineEntry, TimelineEntry.kind == "message")
        return [row.text for row in rows]

    async def has_entries(self, *texts: str) -> bool:
        return await self.entries() == list(texts)

    async def has_no_words(self, text: str) -> bool:
        return text not in await self.entries()


@pytest.fixture(params=["http", "socket"])
async def scene(request: pytest.FixtureRequest, sqlite_url: str) -> AsyncIterator[Scene]:
    async with SlackServer() as slack:
        way = (
            {"TOCSIN_SLACK_SIGNING_SECRET": slack.signing_secret}
            if request.param == "http"
            else {"TOCSIN_SLACK_APP_TOKEN": slack.app_token}
        )
        environment = {
            "TOCSIN_SLACK_BOT_TOKEN": slack.bot_token,
            "TOCSIN_SLACK_API_URL": slack.api_url,
            "TOCSIN_PUBLIC_URL": "https://tocsin.example.org",
            "TOCSIN_SLACK_REACTIONS": "pushpin=timeline,memo=task",
            **way,
        }
        kate = slack.add_user("kate", real_name="Kate Lin", email="kate@example.org")
        general = slack.add_channel("general", members=[kate], with_bot=True)
        for name in ("incidents", "tocsin-ops"):
            slack.add_channel(name, members=[kate])
        async with open_house(sqlite_url, environment) as house:
            platform = house.parts.platforms["slack"]
            await platform.start(house.parts.inbound)
            if request.param == "http":
                slack.request_url = f"{house.url}/slack/events"
            else:
                await eventually(lambda: slack.sockets)
            await house.add_person("Kate", "kate@example.org")
            yield Scene(slack, house, kate, general)
            await platform.stop()
        assert slack.violations == []


async def test_an_incident_is_declared_by_who_typed_it_and_has_its_room(scene: Scene) -> None:
    room = await scene.declare()
    (incident,) = await scene.house.rows(Incident)
    assert incident.title == "Disk full"
    assert "INC-1" in scene.slack.ephemerals_of(scene.kate)[0].words
    assert scene.kate.id in room.members
    people = await scene.house.rows(User, User.email == "kate@example.org")
    assert [person.name for person in people] == ["Kate"]


async def test_a_form_says_at_its_question_what_is_wrong(scene: Scene) -> None:
    room = await scene.declare()
    await scene.slack.command(scene.kate, room, "/incident", "note")
    view = await eventually(lambda: scene.slack.form_of(scene.kate))
    await scene.slack.submit(scene.kate, view, {"text": "Mounted read-only", "at": "tomorrow at noon"})
    assert set(view.errors) == {"at"}
    await scene.slack.submit(scene.kate, view, {"at": "10m ago"})
    assert scene.slack.modal_of(scene.kate) is None
    await eventually(lambda: "INC-1" in scene.slack.ephemerals_of(scene.kate)[-1].words)
    entries = await scene.house.rows(TimelineEntry, TimelineEntry.kind == "note")
    assert [entry.text for entry in entries] == ["Mounted read-only"]


async def test_a_marked_message_is_on_the_timeline_and_follows_its_author(scene: Scene) -> None:
    room = await scene.declare()
    message = await scene.slack.say(scene.kate, room, "The disk is ful")
    await scene.slack.react(scene.kate, message, "pushpin")
    await eventually(lambda: len(scene.slack.ephemerals_of(scene.kate)) == 2)
    assert await scene.entries() == ["The disk is ful"]
    await scene.slack.edit(scene.kate, message, "The disk is full")
    await eventually(lambda: scene.has_entries("The disk is full"))
    await scene.slack.delete(scene.kate, message)
    await eventually(lambda: scene.has_no_words("The disk is full"))


async def test_from_elsewhere_a_message_finds_its_incident(scene: Scene) -> None:
    await scene.declare()
    message = await scene.slack.say(scene.kate, scene.general, "It is the backup")
    await scene.slack.message_shortcut(scene.kate, message, "message-timeline")
    view = await eventually(lambda: scene.slack.form_of(scene.kate))
    await scene.slack.submit(scene.kate, view, {"about_incident": "INC-1"})
    assert scene.slack.modal_of(scene.kate) is None
    assert await scene.entries() == ["It is the backup"]


async def test_a_task_from_a_message_is_a_task_of_this_room(scene: Scene) -> None:
    room = await scene.declare()
    message = await scene.slack.say(scene.kate, room, "Clean /var")
    await scene.slack.message_shortcut(scene.kate, message, "message-task")
    view = await eventually(lambda: scene.slack.form_of(scene.kate))
    await scene.slack.submit(scene.kate, view)
    (task,) = await scene.house.rows(Task)
    assert (task.title, task.incident_id) == ("Clean /var", 1)


async def test_the_home_tab_shows_open_incidents(scene: Scene) -> None:
    await scene.declare()
    await scene.slack.open_home(scene.kate)
    home = await eventually(lambda: scene.slack.home_of(scene.kate))
    assert "INC-1" in home.words


async def test_an_unknown_command_names_those_that_are_near(scene: Scene) -> None:
    await scene.slack.command(scene.kate, scene.general, "/incident", "declair Disk full")
    (told,) = await eventually(lambda: scene.slack.ephemerals_of(scene.kate))
    assert "/incident declare" in told.words


async def test_who_comes_into_the_room_takes_part(scene: Scene) -> None:
    room = await scene.declare()
    robert = scene.slack.add_user("robert", email="robert@example.org")
    await scene.slack.join(robert, room)
    (person,) = await eventually(lambda: scene.house.rows(User, User.email == "robert@example.org"))
    await eventually(lambda: scene.house.rows(Participant, Participant.user_id == person.id))
    assert person.name == "robert"
