"""The contract of every chat platform beside the Room: one incident, worked on in both, is one conversation."""

from collections.abc import AsyncIterator

import pytest

from bot.chat.markup import render_text
from storage.models import BoardMessage, TimelineEntry
from tests.platforms.contract.play import declare, read, timeline
from tests.platforms.contract.stage import Chat, File, Seen
from tests.platforms.test_room_pages import Browser, open_browser


class Both:
    """A chat platform, and the Room's page of the same incident."""

    def __init__(self, chat: Chat, room: str, browser: Browser) -> None:
        self.chat = chat
        self.room = room
        self.browser = browser

    async def in_chat(self, text: str) -> list[Seen]:
        """The messages there that have these words."""
        await self.chat.house.settle()
        return [one for one in await self.chat.messages(self.room) if text in one.text]

    async def find(self, text: str) -> Seen:
        (found,) = await self.in_chat(text)
        return found

    async def in_room(self) -> list[tuple[str, str]]:
        """Whose words stand in the Room, of those that came from the chat platform."""
        await self.chat.messages(self.room)
        await self.chat.house.settle()
        rows = await self.chat.house.rows(BoardMessage, BoardMessage.origin != "")
        return [(row.author, render_text(row.text)) for row in rows if row.deleted_at is None]

    async def say(self, text: str) -> int:
        """The owner says something in the Room; returns its number."""
        await self.browser.post(f"/board/{await self.browser.channel()}/say", text=text)
        return int((await self.chat.house.rows(BoardMessage, BoardMessage.text == text))[-1].id)


@pytest.fixture
async def both(chat_each_way: Chat) -> AsyncIterator[Both]:
    room = await declare(chat_each_way)
    browser = await open_browser(chat_each_way.house, chat_each_way.owner.user)
    yield Both(chat_each_way, room, browser)
    await browser.http.close()
    assert chat_each_way.faults() == []


async def test_what_is_said_in_one_is_said_in_the_other_once(both: Both) -> None:
    chat = both.chat
    kate = await chat.add_person("Kate")
    await chat.join(kate, both.room)
    await chat.say(kate, both.room, "The graphs jump & <fall> at 11:47")
    assert await both.in_room() == [("Kate", "The graphs jump & <fall> at 11:47")]
    await both.say("I roll back")
    copy = await both.find("I roll back")
    assert copy.author == "Tocsin"
    assert chat.owner.name in copy.text
    assert "on the Room" in copy.text
    # what the bot posted came back as an event, and went no further
    assert await both.in_room() == [("Kate", "The graphs jump & <fall> at 11:47")]
    assert len(await both.in_chat("I roll back")) == len(await both.in_chat("The graphs jump")) == 1


async def test_edits_and_deletions_are_followed_both_ways(both: Both) -> None:
    chat = both.chat
    said = await chat.say(chat.owner, both.room, "At 11:47")
    await chat.edit(chat.owner, said, "At 11:48")
    assert await both.in_room() == [(chat.owner.name, "At 11:48")]
    await chat.delete(chat.owner, said)
    assert await both.in_room() == []
    number = await both.say("Release 41")
    await both.find("Release 41")
    await both.browser.post(f"/messages/{number}/edit", text="Release 42")
    assert "Release 42" in (await both.find("Release 42")).text
    await both.browser.post(f"/messages/{number}/delete")
    assert await both.in_chat("Release 4") == []
    rows = await chat.house.rows(BoardMessage, BoardMessage.id == number)
    assert rows[0].text == ""


async def test_a_thread_is_one_on_both_sides(both: Both) -> None:
    chat = both.chat
    number = await both.say("Who did it?")
    await chat.say(chat.owner, both.room, "I did", await both.find("Who did it?"))
    assert await both.in_room() == [(chat.owner.name, "I did")]
    (answer,) = await chat.house.rows(BoardMessage, BoardMessage.origin != "")
    assert answer.thread_id == number


async def test_a_copy_calls_nobody(both: Both) -> None:
    await both.say("@everyone @here @channel <!channel> <!everyone> <@U0123ABCD> <@123456789> <@&123456789>")
    copy = await both.find("everyone")
    assert not copy.loud


async def test_the_file_of_a_message_is_linked(both: Both) -> None:
    chat = both.chat
    log = File("checkout.log", "text/plain", b"502 502 502")
    await chat.say(chat.owner, both.room, "It says 502", files=[log])
    ((_, text),) = await both.in_room()
    assert "It says 502" in text
    assert "checkout.log (http" in text


async def test_whoever_marks_a_copy_keeps_what_was_said(both: Both) -> None:
    chat = both.chat
    number = await both.say("The graphs jump at 11:47")
    (row,) = await chat.house.rows(BoardMessage, BoardMessage.id == number)
    copy = await both.find("The graphs jump")
    await chat.pin(chat.owner, copy)
    assert "already" in (await chat.act(chat.owner, copy, "timeline")).text
    await both.browser.post(f"/messages/{number}/react")
    (entry,) = await timeline(chat)
    assert (entry["by"], entry["text"]) == (chat.owner.name, "The graphs jump at 11:47")
    assert entry["permalink"].endswith(f"/INC-1#m{number}")
    (kept,) = await chat.house.rows(TimelineEntry, TimelineEntry.kind == "message")
    assert (kept.platform, kept.at) == ("room", row.sent_at)
    await both.browser.post(f"/messages/{number}/edit", text="The graphs jump at 11:48")
    (entry,) = await timeline(chat)
    assert entry["text"] == "The graphs jump at 11:48"


async def test_whoever_marks_a_copy_in_the_room_keeps_what_was_said_there(both: Both) -> None:
    chat = both.chat
    said = await chat.say(chat.owner, both.room, "It is the gateway")
    await both.in_room()
    (copy,) = await chat.house.rows(BoardMessage, BoardMessage.origin != "")
    await both.browser.post(f"/messages/{copy.id}/react")
    assert "already" in (await chat.act(chat.owner, said, "timeline")).text
    (entry,) = await timeline(chat)
    assert (entry["by"], entry["text"]) == (chat.owner.name, "It is the gateway")
    assert entry["permalink"].startswith("http")


async def test_a_task_from_a_copy_has_the_words_and_not_the_line_above_them(both: Both) -> None:
    chat = both.chat
    await both.say("Restart the gateway")
    asked = await chat.act(chat.owner, await both.find("Restart"), "task")
    assert asked.form is not None
    assert asked.form.values["title"] == "Restart the gateway"
    await chat.fill(chat.owner, {})
    (task,) = (await read(chat, "incidents/INC-1/tasks"))["items"]
    assert task["title"] == "Restart the gateway"
