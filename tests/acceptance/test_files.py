"""Messages that the timeline keeps: their files, their threads, their authors; in a strict Slack, over the real Web API."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from bot.chat.invocation import File, Invocation, MessageAction, Said, Visitor
from bot.chat.markup import render_text
from bot.chat.reply import Reply
from bot.flow.unit import Actor
from storage.models import Attachment, OutboxRow, Task, TimelineEntry, User
from storage.words import OutboxState
from tests.house import House, open_house
from tests.platforms.slack import SlackServer

PNG = b"\x89PNG\r\n\x1a\n" + b"picture" * 20
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@dataclass
class Chat:
    """A house that works in a Slack workspace, and a person there."""

    house: House
    slack: SlackServer
    ann: Actor
    channel: Any
    slack_ann: Any

    async def say(self, text: str, *files: tuple[str, str, bytes], thread: str = "") -> Said:
        """Somebody writes in a channel that is no incident's room."""
        message = await self.slack.say(self.slack_ann, self.channel, text, files=list(files))
        sent = [
            File(one["name"], one["url_private_download"], one["mimetype"], one["size"])
            for one in message.files
        ]
        return Said(
            "slack",
            self.channel.id,
            message.ts,
            self.ann,
            text,
            self.house.clock.now() - timedelta(minutes=5),
            f"https://acme.slack.com/archives/{self.channel.id}/p{message.ts}",
            tuple(sent),
            thread,
        )

    async def act(self, action: str, said: Said, incident: str = "") -> Reply:
        reply = await self.house.parts.inbound.acted(MessageAction(action, said, self.ann, incident))
        await self.house.settle()
        return reply

    async def files(self) -> list[Attachment]:
        return await self.house.rows(Attachment)

    async def get(self, path: str, user: User | None = None) -> tuple[int, dict[str, str], bytes]:
        """What a signed-in person's browser gets."""
        jar = aiohttp.CookieJar(unsafe=True)  # the test's server is an IP address
        async with aiohttp.ClientSession(cookie_jar=jar) as browser:
            async with browser.post(await self.house.sign_in_url(user), allow_redirects=False):
                pass
            async with browser.get(f"{self.house.url}{path}", allow_redirects=False) as answer:
                return answer.status, dict(answer.headers), await answer.read()

    async def timeline(self) -> list[dict[str, Any]]:
        headers = {"Authorization": f"Bearer {await self.house.key('read')}"}
        url = f"{self.house.url}/api/v1/incidents/INC-1/timeline?kind=message"
        async with self.house.http.get(url, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            return list((await answer.json())["items"])


@pytest.fixture
async def chat(database_url: str) -> AsyncIterator[Chat]:
    async with SlackServer() as slack:
        environment = {
            "TOCSIN_SLACK_BOT_TOKEN": slack.bot_token,
            "TOCSIN_SLACK_APP_TOKEN": slack.app_token,
            "TOCSIN_SLACK_API_URL": slack.api_url,
            "TOCSIN_FILE_LIMIT_MB": "0.01",
        }
        async with open_house(database_url, environment) as house:
            member = slack.add_user("ann", real_name="Ann Lee", email="ann@example.org")
            channel = slack.add_channel("general", members=[member], private=False)
            ann = await house.parts.inbound.meet(
                Visitor("slack", member.id, "Ann Lee", email="ann@example.org")
            )
            assert ann is not None
            await house.command("/incident declare Checkout returns errors")
            yield Chat(house, slack, ann, channel, member)
            await house.parts.platforms["slack"].stop()


async def test_files_of_a_message_are_kept_shown_and_served(chat: Chat) -> None:
    said = await chat.say("look", ("graph.png", "image/png", PNG), ("notes <1>.txt", "text/plain", b"notes"))
    reply = await chat.act("timeline", said, "INC-1")
    assert not reply.failed
    picture, notes = await chat.files()
    assert (picture.name, picture.is_here, picture.size) == ("graph.png", True, len(PNG))

    status, headers, body = await chat.get(f"/files/{picture.id}")
    assert (status, headers["Content-Type"], body) == (200, "image/png", PNG)
    assert headers["Content-Disposition"].startswith("inline")
    status, headers, body = await chat.get(f"/files/{notes.id}")
    assert (status, headers["Content-Type"], body) == (200, "application/octet-stream", b"notes")
    assert headers["Content-Disposition"].startswith('attachment; filename="notes <1>.txt"')
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]

    _, _, page = await chat.get("/INC-1/panel/timeline")
    assert f'<img src="/files/{picture.id}" alt="graph.png"' in page.decode()
    assert "notes &lt;1&gt;.txt</a>" in page.decode()
    (entry,) = await chat.timeline()
    assert [(one["name"], one["url"] != "") for one in entry["files"]] == [
        ("graph.png", True),
        ("notes <1>.txt", True),
    ]
    await chat.act("timeline", said, "INC-1")
    assert len(await chat.files()) == 2


async def test_only_who_is_signed_in_gets_a_file(chat: Chat) -> None:
    await chat.act("timeline", await chat.say("look", ("graph.png", "image/png", PNG)), "INC-1")
    (picture,) = await chat.files()
    async with chat.house.http.get(f"{chat.house.url}/files/{picture.id}", allow_redirects=False) as answer:
        assert answer.status == 303
        assert answer.headers["Location"] == "/login"
    assert (await chat.get("/files/4711"))[0] == 404


async def test_a_file_of_a_private_incident_is_not_there_for_others(chat: Chat) -> None:
    await chat.act("timeline", await chat.say("look", ("graph.png", "image/png", PNG)), "INC-1")
    (picture,) = await chat.files()
    mark = await chat.house.add_person("Mark", team="")
    assert (await chat.get(f"/files/{picture.id}", mark))[0] == 200
    await chat.house.command("/incident private INC-1 yes")
    assert (await chat.get(f"/files/{picture.id}", mark))[0] == 404
    assert (await chat.get(f"/files/{picture.id}"))[0] == 200


async def test_what_could_run_in_a_browser_is_only_saved(chat: Chat) -> None:
    said = await chat.say(
        "look", ("evil.png", "image/png", SVG), ("page.html", "text/html", b"<script>alert(1)</script>")
    )
    await chat.act("timeline", said, "INC-1")
    disguised, refused = await chat.files()
    _, headers, _ = await chat.get(f"/files/{disguised.id}")
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"].startswith("attachment")
    assert refused.is_here is ("slack.file_refused" not in refused.error)


async def test_a_file_that_is_too_large_or_gone_stays_as_its_name_and_calls_nobody(chat: Chat) -> None:
    said = await chat.say(
        "look", ("big.bin", "application/zip", b"x" * 20_000), ("gone.txt", "text/plain", b"?")
    )
    broken = said.files[1].address.replace("gone.txt", "other.txt").replace("/files-pri/", "/files-gone/")
    files = (said.files[0], File("gone.txt", broken, "text/plain", 1))
    await chat.act("timeline", Said(**{**vars(said), "files": files}), "INC-1")
    big, gone = await chat.files()
    assert (big.is_here, big.error) == (False, "file.too_large")
    assert (gone.is_here, gone.error.split()[0]) == (False, "slack.file_refused")
    _, _, page = await chat.get("/INC-1/panel/timeline")
    assert "larger than the limit" in page.decode()
    assert "does not give the file out" in page.decode()
    assert (await chat.get(f"/files/{big.id}"))[0] == 404
    assert await chat.house.rows(OutboxRow, OutboxRow.state == OutboxState.PARKED) == []


async def test_what_the_author_deletes_is_gone_and_what_is_edited_stays(chat: Chat) -> None:
    said = await chat.say("look", ("graph.png", "image/png", PNG))
    await chat.act("timeline", said, "INC-1")
    without = Said(**{**vars(said), "text": "look here", "files": ()})
    await chat.house.parts.inbound.edited(without)
    (picture,) = await chat.files()
    assert (await chat.timeline())[0]["sentence"] == "Ann Lee wrote: look here"
    await chat.house.parts.inbound.deleted(said)
    assert await chat.files() == []
    assert (await chat.get(f"/files/{picture.id}"))[0] == 404
    assert (await chat.timeline())[0]["sentence"] == "Ann Lee deleted a message"


async def test_a_message_outside_of_a_room_asks_which_incident(chat: Chat) -> None:
    said = await chat.say("the disk is full")
    reply = await chat.act("timeline", said)
    assert reply.problem is not None
    assert reply.problem.code == "incident.not_a_room"
    assert not (await chat.act("timeline", said, "INC-1")).failed
    (entry,) = await chat.timeline()
    assert (entry["by"], entry["text"], entry["permalink"]) == (
        "Ann Lee",
        "the disk is full",
        said.permalink,
    )


async def test_a_bots_message_and_an_answer_in_a_thread_say_so(chat: Chat) -> None:
    said = await chat.say("Deployed release 41", thread="111.222")
    by_bot = Said(**{**vars(said), "actor": Actor("deploybot", None, "slack")})
    await chat.act("timeline", by_bot, "INC-1")
    (entry,) = await chat.timeline()
    assert entry["sentence"] == "deploybot wrote in a thread: Deployed release 41"
    assert entry["data"]["thread"] == "111.222"
    assert entry["person"] is None


async def test_a_message_without_words_is_told_by_its_files_also_in_the_postmortem(chat: Chat) -> None:
    await chat.act("timeline", await chat.say("", ("graph.png", "image/png", PNG)), "INC-1")
    await chat.act("timeline", await chat.say("see", ("log.txt", "text/plain", b"log")), "INC-1")
    assert [one["sentence"] for one in await chat.timeline()][-1] == "Ann Lee shared graph.png"
    await chat.house.command("/incident resolve INC-1")
    await chat.house.command("/incident postmortem INC-1")
    headers = {"Authorization": f"Bearer {await chat.house.key('read')}"}
    url = f"{chat.house.url}/api/v1/incidents/INC-1/postmortem"
    async with chat.house.http.get(url, headers=headers) as answer:
        text = render_text(str(await answer.json()))
    assert "shared graph.png" in text
    assert "wrote: see (log.txt)" in text


async def test_a_form_opened_from_a_message_keeps_the_message(chat: Chat) -> None:
    said = await chat.say("Payments are slow", ("graph.png", "image/png", PNG))

    async def submit(text: str, incident: str = "", **values: str) -> Reply:
        reply = await chat.house.parts.inbound.invoke(
            Invocation(text, chat.ann, "slack", chat.channel.id, incident, values, submitted=True, about=said)
        )
        await chat.house.settle()
        return reply

    await submit("/incident declare", title="Payments are slow")
    entries = await chat.house.rows(TimelineEntry, TimelineEntry.incident_id == 2)
    first = min(entries, key=lambda entry: (entry.at, entry.id))
    assert (first.kind, first.text, first.actor_id) == ("message", "Payments are slow", chat.ann.user_id)
    assert len(await chat.files()) == 1

    await submit("/incident task", "INC-1", title="Look at the payments")
    (task,) = await chat.house.rows(Task)
    assert (task.incident_id, task.title) == (1, "Look at the payments")
    (kept,) = await chat.timeline()
    assert kept["permalink"] == said.permalink
