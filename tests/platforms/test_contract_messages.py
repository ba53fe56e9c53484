"""The contract of every chat platform: what people say, and what becomes of it."""

from datetime import datetime

from tests.platforms.contract.play import card_of, declare, last_direct, read, timeline
from tests.platforms.contract.stage import Answer, Chat, File, Stage

KEPT = "Message delivery to incident timeline is successful"


def is_kept(answer: Answer) -> bool:
    """Whether somebody is told, by words or by a mark, that a message is on the timeline."""
    return KEPT in answer.text or answer.sign


async def test_a_message_goes_to_the_timeline_with_its_author_text_and_time_and_twice_is_once(
    stage_on_both: Stage,
) -> None:
    stage = stage_on_both
    kate = await stage.add_person("Kate")
    room = await declare(stage)
    await stage.join(kate, room)
    said = await stage.say(kate, room, "The graphs jump & <fall> at 11:47")
    before = len(await stage.messages(room))
    kept = await stage.act(stage.owner, said, "timeline")
    assert KEPT in kept.text
    assert "INC-1" in kept.text
    again = await stage.act(stage.owner, said, "timeline")
    assert KEPT not in again.text
    assert "already" in again.text
    marked = await stage.pin(stage.owner, said)
    assert marked.sign or "already" in marked.text
    (entry,) = await timeline(stage)
    assert (entry["by"], entry["text"]) == ("Kate", "The graphs jump & <fall> at 11:47")
    assert said.at is not None
    assert abs((datetime.fromisoformat(entry["at"]) - said.at).total_seconds()) < 1
    assert entry["permalink"]
    assert len(await stage.messages(room)) == before, "the confirmation is for one person alone"


async def test_a_reaction_keeps_a_message_and_an_edit_follows(stage_each_way: Stage) -> None:
    stage = stage_each_way
    room = await declare(stage)
    said = await stage.say(stage.owner, room, "Release 41 went out")
    assert is_kept(await stage.pin(stage.owner, said))
    await stage.edit(stage.owner, said, "Release 42 went out")
    (entry,) = await timeline(stage)
    assert entry["text"] == "Release 42 went out"
    assert entry["edited_at"] is not None


async def test_a_deletion_takes_the_words_from_the_timeline(chat_each_way: Chat) -> None:
    chat = chat_each_way
    room = await declare(chat)
    said = await chat.say(chat.owner, room, "The password is swordfish")
    await chat.pin(chat.owner, said)
    await chat.delete(chat.owner, said)
    assert "swordfish" not in str(await read(chat, "incidents/INC-1/timeline?limit=200"))


async def test_a_reply_in_a_thread_and_its_file_are_kept(chat: Chat) -> None:
    room = await declare(chat)
    question = await chat.say(chat.owner, room, "What does the log say?")
    log = File("checkout.log", "text/plain", b"502 502 502")
    reply = await chat.say(chat.owner, room, "It says 502", question, [log])
    assert is_kept(await chat.pin(chat.owner, reply))
    (entry,) = await timeline(chat)
    assert entry["text"] == "It says 502"
    assert "checkout.log" in str(entry)


async def test_outside_of_a_room_the_action_asks_which_incident(chat: Chat) -> None:
    await declare(chat, line="Checkout is slow")
    await declare(chat, line="Mail is late")
    said = await chat.say(chat.owner, chat.lobby, "Customers call us")
    asked = await chat.act(chat.owner, said, "timeline")
    assert asked.form is not None
    (name,) = asked.form.values
    assert await timeline(chat, ref="INC-2") == []
    answer = await chat.fill(chat.owner, {name: "INC-2"})
    assert KEPT in answer.text
    assert [entry["text"] for entry in await timeline(chat, ref="INC-2")] == ["Customers call us"]
    assert await timeline(chat, ref="INC-1") == []


async def test_a_task_and_an_incident_from_a_message_are_asked_before_they_are_made(
    chat_each_way: Chat,
) -> None:
    chat = chat_each_way
    kate = await chat.add_person("Kate")
    room = await declare(chat)
    said = await chat.say(chat.owner, room, "Restart the gateway")
    asked = await chat.act(chat.owner, said, "task")
    assert asked.form is not None
    assert asked.form.values["title"] == "Restart the gateway"
    assert (await read(chat, "incidents/INC-1/tasks"))["items"] == []
    await chat.fill(chat.owner, {"due": "2h"})
    assert [task["title"] for task in (await read(chat, "incidents/INC-1/tasks"))["items"]] == [
        "Restart the gateway"
    ]

    seen = await chat.say(kate, chat.lobby, "Nobody can log in")
    asked = await chat.act(chat.owner, seen, "declare")
    assert asked.form is not None
    assert asked.form.values["title"] == "Nobody can log in"
    assert await chat.room_of("INC-2") == ""
    await chat.fill(chat.owner, {"priority": "P4"})
    assert "Nobody can log in" in (await card_of(chat, await chat.room_of("INC-2"))).title
    (entry,) = await timeline(chat, ref="INC-2")
    assert (entry["by"], entry["text"]) == ("Kate", "Nobody can log in")


async def test_the_message_menu_makes_a_task(stage: Stage) -> None:
    room = await declare(stage)
    said = await stage.say(stage.owner, room, "Restart the gateway")
    answer = await stage.act(stage.owner, said, "task")
    if answer.form is not None:
        await stage.fill(stage.owner, {})
    assert [task["title"] for task in (await read(stage, "incidents/INC-1/tasks"))["items"]] == [
        "Restart the gateway"
    ]


async def test_markup_mentions_of_everybody_and_emoji_harm_nobody(stage: Stage) -> None:
    nasty = "*_~`<!everyone> @channel @here <script>alert(1)</script> [x](javascript:1) 🔥 & </a>"
    await stage.house.send({"title": nasty, "priority": "P2", "service": "web", "description": nasty})
    room = await stage.room_of("INC-1")
    assert nasty in (await card_of(stage, room)).title
    assert nasty in (await last_direct(stage, stage.owner)).title
    written = "Look: 🔥 *bold* @channel & <b>"
    await stage.pin(stage.owner, await stage.say(stage.owner, room, written))
    (entry,) = await timeline(stage)
    assert entry["text"] == written
    await stage.type(stage.owner, room, f"/incident update {written}")
    (update,) = [one for one in await stage.messages(room) if "Update on INC-1" in one.title]
    assert written in update.text
    for place in (room, stage.announcements):
        assert not any(one.loud for one in await stage.messages(place) if one.author == "Tocsin")


async def test_five_thousand_characters_are_complete_or_end_with_a_way_to_the_rest(stage: Stage) -> None:
    room = await declare(stage)
    words = " ".join(f"word{number}" for number in range(650))
    assert len(words) > 5000
    words = words[: stage.longest]
    said = await stage.say(stage.owner, room, words)
    await stage.pin(stage.owner, said)
    (entry,) = await timeline(stage)
    assert entry["text"] == words
    await stage.type(stage.owner, room, f"/incident update {words[:1900]}")
    (update,) = [one for one in await stage.messages(room) if "Update on INC-1" in one.title]
    assert words[:1900] in " ".join(update.text.split())
    answer = await stage.type(stage.owner, room, "/incident timeline")
    assert words[-40:] in answer.text or "more in the Room" in answer.text or "did not fit" in answer.text
