"""One incident in several rooms: what is said in one is shown in the others, once, as its author keeps it."""

import re
from collections.abc import AsyncIterator

import pytest

from bot.chat.discord.markdown import render_markdown
from bot.chat.invocation import File
from bot.chat.platform import NewRoom
from bot.chat.slack.mrkdwn import render_mrkdwn
from bot.errors import Rejected
from storage.models import OutboxRow, Saying, SayingCopy, TimelineEntry
from storage.words import OutboxState
from tests.talking import Talk, open_talk


@pytest.fixture
async def talk(database_url: str) -> AsyncIterator[Talk]:
    async with open_talk(database_url) as opened:
        yield opened


@pytest.fixture
async def sqlite_talk(sqlite_url: str) -> AsyncIterator[Talk]:
    async with open_talk(sqlite_url) as opened:
        yield opened


async def parked(talk: Talk) -> list[OutboxRow]:
    return await talk.house.rows(OutboxRow, OutboxRow.state == OutboxState.PARKED)


# what is said


async def test_what_is_said_in_one_room_is_said_in_all(talk: Talk) -> None:
    on_slack, on_discord = await talk.declare()
    await talk.say(talk.slack, "The graphs jump at 11:47")
    await talk.say_in_room("I roll back")
    await talk.say(talk.discord, "Thank you")
    owner = talk.house.owner.name
    words = [("Kate", "The graphs jump at 11:47"), (owner, "I roll back"), ("Kate", "Thank you")]
    assert on_slack.talk == on_discord.talk == await talk.room_talk() == words
    first, second = (
        on_slack.messages[on_slack.find("I roll back")],
        on_discord.messages[on_discord.find(words[0][1])],
    )
    assert first.text.startswith(f"**{owner}** on the Room\n")
    assert second.text.startswith("**Kate** on Slack\n")


async def test_the_room_shows_where_it_was_said(sqlite_talk: Talk) -> None:
    await sqlite_talk.declare()
    await sqlite_talk.say(sqlite_talk.slack, "It is the gateway")
    _, page = await sqlite_talk.browser.get("/INC-1")
    assert "Discord: inc-1-checkout-is-slow</a>" in page  # and where else people talk
    said = page.partition("It is the gateway")[0].rpartition("<li")[2]
    assert "<strong>Kate</strong>" in said
    assert ">Slack</span>" in said
    assert "on Slack" not in page.partition("It is the gateway")[2].partition("</li>")[0]


async def test_a_message_that_is_told_twice_is_shown_once(talk: Talk) -> None:
    on_slack, on_discord = await talk.declare()
    address = await talk.say(talk.slack, "On it")
    assert talk.slack.inbound is not None
    await talk.slack.inbound.said(talk.slack._said(on_slack, address))
    await talk.house.settle()
    assert on_discord.talk == await talk.room_talk() == [("Kate", "On it")]


async def test_a_copy_that_comes_back_goes_no_further(talk: Talk) -> None:
    """Platforms hand in nothing that the bot posts; should one do so, it ends here."""
    on_slack, on_discord = await talk.declare()
    await talk.say(talk.slack, "On it")
    assert talk.discord.inbound is not None
    await talk.discord.inbound.said(talk.discord._said(on_discord, on_discord.find("On it")))
    await talk.house.settle()
    assert on_slack.talk == on_discord.talk == await talk.room_talk() == [("Kate", "On it")]


async def test_order_holds_after_an_outage(talk: Talk) -> None:
    _, on_discord = await talk.declare()
    talk.discord.away = True
    for number in range(8):
        await talk.say(talk.slack, f"Line {number}")
        await talk.house.at(f"00:0{number}")
    talk.discord.away = False
    await talk.house.at("03:00")
    assert on_discord.talk == [("Kate", f"Line {number}") for number in range(8)]


# edited, deleted


async def test_an_edit_is_followed_and_costs_one_call(talk: Talk) -> None:
    on_slack, on_discord = await talk.declare()
    address = await talk.say(talk.slack, "At 11:47")
    await talk.slack.change(on_slack, address, "At 11:48")
    await talk.house.settle()
    assert on_discord.talk == await talk.room_talk() == [("Kate", "At 11:48")]
    assert on_discord.messages[on_discord.find("At 11:48")].edits == 1
    edits = talk.discord.calls["edit"]
    await talk.slack.change(on_slack, address, "At 11:48")
    await talk.house.settle()
    assert talk.discord.calls["edit"] == edits


async def test_what_is_edited_in_the_room_is_edited_elsewhere(talk: Talk) -> None:
    on_slack, _ = await talk.declare()
    number = await talk.say_in_room("At 11:47")
    await talk.browser.post(f"/messages/{number}/edit", text="At 11:48")
    assert [text for _, text in on_slack.talk] == ["At 11:48"]


async def test_an_edit_before_the_copy_makes_one_message(talk: Talk) -> None:
    on_slack, on_discord = await talk.declare()
    talk.discord.away = True
    address = await talk.say(talk.slack, "At 11:47")
    await talk.slack.change(on_slack, address, "At 11:48")
    talk.discord.away = False
    await talk.house.at("02:00")
    assert on_discord.talk == [("Kate", "At 11:48")]
    assert on_discord.messages[on_discord.find("At 11:48")].edits == 0


async def test_a_deleted_message_is_gone_everywhere_and_its_words_are_not_kept(talk: Talk) -> None:
    on_slack, on_discord = await talk.declare()
    secret = await talk.say(talk.slack, "The password is hunter2")
    await talk.slack.take_back(on_slack, secret)
    await talk.house.settle()
    assert on_discord.talk == await talk.room_talk() == []
    (saying,) = await talk.house.rows(Saying)
    assert saying.text == ""
    assert await talk.house.rows(SayingCopy) == []


async def test_what_is_deleted_before_it_was_copied_is_not_copied(talk: Talk) -> None:
    on_slack, on_discord = await talk.declare()
    talk.discord.away = True
    address = await talk.say(talk.slack, "The password is hunter2")
    await talk.slack.take_back(on_slack, address)
    talk.discord.away = False
    await talk.house.at("02:00")
    assert on_discord.talk == []


async def test_a_copy_that_somebody_took_away_stays_away(talk: Talk) -> None:
    on_slack, on_discord = await talk.declare()
    address = await talk.say(talk.slack, "At 11:47")
    del on_discord.messages[on_discord.find("At 11:47")]
    await talk.slack.change(on_slack, address, "At 11:48")
    await talk.slack.take_back(on_slack, address)
    await talk.house.settle()
    assert on_discord.talk == []
    assert len(talk.discord.rooms()) == 1
    assert await parked(talk) == []


# lost answers


async def test_a_post_whose_answer_was_lost_is_there_once_with_the_words_of_now(talk: Talk) -> None:
    on_slack, on_discord = await talk.declare()
    talk.discord.drop_answer("post")
    address = await talk.say(talk.slack, "At 11:47")
    await talk.slack.change(on_slack, address, "At 11:48")
    await talk.house.at("02:00")
    assert on_discord.talk == [("Kate", "At 11:48")]


async def test_an_answer_whose_post_was_lost_is_found_in_its_thread(talk: Talk) -> None:
    on_slack, on_discord = await talk.declare()
    question = await talk.say(talk.slack, "Who did it?")
    talk.discord.drop_answer("post")
    await talk.say(talk.slack, "I did", question)
    await talk.slack.take_back(on_slack, question)
    await talk.house.at("02:00")
    assert on_discord.talk == await talk.room_talk() == [("Kate", "I did")]


async def test_a_post_whose_answer_was_lost_is_found_to_be_deleted(talk: Talk) -> None:
    on_slack, on_discord = await talk.declare()
    talk.discord.drop_answer("post")
    address = await talk.say(talk.slack, "The password is hunter2")
    assert on_discord.talk != []
    await talk.slack.take_back(on_slack, address)
    await talk.house.at("02:00")
    assert on_discord.talk == []


async def test_a_message_that_one_platform_refuses_holds_up_no_other(talk: Talk) -> None:
    _, on_discord = await talk.declare()
    talk.discord.fail("post", Rejected("memory.refused"))
    await talk.say(talk.slack, "First")
    await talk.say(talk.slack, "Second")
    assert [text for _, text in on_discord.talk] == ["Second"]
    assert [text for _, text in await talk.room_talk()] == ["First", "Second"]
    assert [row.kind for row in await parked(talk)] == ["mirror.show"]


# words, files, threads


LOUD = "@everyone @here @channel <!channel> <!here> <@U0123ABCD> <@123456> <@&123456789> <#C0123ABCD> *bold* `rm -rf /` [a](http://x.y)"


async def test_nobody_is_called_by_a_copy(sqlite_talk: Talk) -> None:
    _, on_discord = await sqlite_talk.declare()
    await sqlite_talk.say(sqlite_talk.slack, LOUD)
    (copy,) = [one for one in on_discord.messages.values() if one.message.origin]
    assert copy.words == ("Kate", LOUD.replace("`", ""))
    for_slack, for_discord = render_mrkdwn(copy.text), render_markdown(copy.text)
    for call in ("<!", "<@", "<#", "@everyone", "@here", "@channel"):
        assert call not in for_slack
    assert not re.search(r"@everyone|@here|<@[!&]?\d+>|<#\d+>", for_discord)
    assert "`rm -rf /`" in for_slack


async def test_code_stays_code(sqlite_talk: Talk) -> None:
    _, on_discord = await sqlite_talk.declare()
    await sqlite_talk.say(sqlite_talk.slack, "Look:\n```\nTraceback\n    at line 3\n```\nwhat is `x_y_z`")
    (copy,) = [one for one in on_discord.messages.values() if one.message.origin]
    assert copy.text == "**Kate** on Slack\nLook\\:\n```\nTraceback\n    at line 3\n```\nwhat is `x_y_z`"


async def test_files_are_linked(sqlite_talk: Talk) -> None:
    on_slack, on_discord = await sqlite_talk.declare()
    picture = File("graph_1.png", "https://files.example.org/1", "image/png", 10)
    address = await sqlite_talk.slack.say(on_slack, sqlite_talk.kate["slack"], "", files=(picture,))
    await sqlite_talk.house.settle()
    (copy,) = [one for one in on_discord.messages.values() if one.message.origin]
    link = f"https://slack.example.org/{on_slack.id}/{address}"
    assert copy.text == f"**Kate** on Slack\n[graph\\_1.png]({link}) (file)"


async def test_answers_stay_in_their_thread_where_the_other_side_knows_it(talk: Talk) -> None:
    on_slack, on_discord = await talk.declare()
    question = await talk.say(talk.slack, "Who did it?")
    await talk.say(talk.slack, "I did", question)
    copy = on_discord.find("Who did it?")
    assert on_discord.messages[on_discord.find("I did")].thread == copy
    # an answer to a copy belongs to the message itself, and an answer to an answer too
    answer = await talk.say(talk.discord, "Why?", copy)
    await talk.say(talk.discord, "Really, why?", answer)
    for text in ("Why?", "Really, why?"):
        assert on_slack.messages[on_slack.find(text)].thread == question
    rows = {row.text: row for row in await talk.house.messages("incident-1")}
    assert rows["Why?"].thread_id == rows["Who did it?"].id
    _, page = await talk.browser.get("/INC-1")
    shown = page.partition(f'id="m{rows["Why?"].id}"')[2].partition("</li>")[0]
    assert f'<a href="#m{rows["Who did it?"].id}">↪ Kate: Who did it?</a>' in shown
    # what was said before there was another room, nobody knows there
    await talk.say(talk.slack, "About before", "T999999")
    assert on_discord.messages[on_discord.find("About before")].thread == ""


async def test_an_answer_to_the_card_belongs_to_the_card(talk: Talk) -> None:
    on_slack, on_discord = await talk.declare()
    (card,) = on_slack.pinned
    await talk.say(talk.slack, "Is that all?", card)
    assert [on_discord.messages[on_discord.find("Is that all?")].thread] == on_discord.pinned


async def test_an_answer_whose_head_was_taken_away_stands_by_itself(talk: Talk) -> None:
    _, on_discord = await talk.declare()
    question = await talk.say(talk.slack, "Who did it?")
    del on_discord.messages[on_discord.find("Who did it?")]
    await talk.say(talk.slack, "I did", question)
    assert on_discord.messages[on_discord.find("I did")].thread == ""
    assert len(talk.discord.rooms()) == 1


# whose rooms


async def test_a_private_incident_is_heard_of_in_its_own_rooms_only(talk: Talk) -> None:
    await talk.declare()
    quiet_slack, quiet_discord = await talk.declare("Somebody reads our mail private:yes")
    await talk.say(talk.slack, "It is Otto", room=quiet_slack)
    assert quiet_slack.private
    assert quiet_discord.private
    assert quiet_discord.talk == [("Kate", "It is Otto")]
    elsewhere = [one for one in talk.discord.channels.values() if one is not quiet_discord]
    assert not any("Otto" in text for one in elsewhere for text in one.texts)
    assert await talk.room_talk(1) == []


async def test_a_room_that_everybody_can_enter_hears_nothing_of_a_private_incident(talk: Talk) -> None:
    on_slack, on_discord = await talk.declare()
    await talk.say_in_room("All can read this")
    await talk.house.command("/incident private INC-1 yes")
    await talk.say_in_room("It is Otto")
    assert (
        [text for _, text in on_slack.talk] == [text for _, text in on_discord.talk] == ["All can read this"]
    )
    # a room that is opened now is one for those who are invited
    await talk.slack.change_room(on_slack, "deleted", talk.kate["slack"])
    await talk.house.settle()
    await talk.say_in_room("Otto it is")
    assert talk.slack.rooms()[-1].private
    assert [text for _, text in talk.slack.rooms()[-1].talk] == ["Otto it is"]


async def test_two_incidents_do_not_mix(talk: Talk) -> None:
    first, _ = await talk.declare()
    second, there = await talk.declare("Search is slow")
    await talk.say(talk.slack, "One", room=first)
    await talk.say(talk.slack, "Two", room=second)
    assert there.talk == await talk.room_talk(2) == [("Kate", "Two")]


# rooms that are lost, and the end


async def test_a_room_opened_anew_is_told_the_story_and_not_every_word(talk: Talk) -> None:
    on_slack, on_discord = await talk.declare()
    old = await talk.say(talk.slack, "Old words")
    await talk.slack.act(on_slack, old, "timeline", talk.kate["slack"])
    await talk.discord.change_room(on_discord, "deleted", talk.kate["discord"])
    await talk.house.settle()
    new = talk.discord.rooms()[-1]
    assert new is not on_discord
    assert new.talk == []
    (story,) = [text for text in new.texts if "Old words" in text]
    assert "[in the Room](http" in story
    # an edit of what stood in the old room is no news; what is said now is
    await talk.slack.change(on_slack, old, "Older words")
    await talk.say(talk.slack, "New words")
    assert new.talk == [("Kate", "New words")]
    await talk.say(talk.discord, "And back")
    assert on_slack.talk[-1] == ("Kate", "And back")


async def test_a_message_finds_that_the_room_is_lost(talk: Talk) -> None:
    _, on_discord = await talk.declare()
    del talk.discord.channels[on_discord.id]
    await talk.say(talk.slack, "Is anybody there?")
    assert talk.discord.rooms()[-1].talk == [("Kate", "Is anybody there?")]


async def test_after_the_end_it_goes_on_until_the_room_is_archived(talk: Talk) -> None:
    _, on_discord = await talk.declare()
    await talk.house.command("/incident close INC-1")
    await talk.say(talk.slack, "Well done")
    assert on_discord.talk[-1] == ("Kate", "Well done")
    await talk.house.at("24:01:00")
    assert on_discord.archived
    await talk.say_in_room("For the record")
    assert [text for _, text in on_discord.talk] == ["Well done"]
    assert await parked(talk) == []
    await talk.house.command("/incident reopen INC-1")
    await talk.say_in_room("Here we are again")
    assert [text for _, text in on_discord.talk] == ["Well done", "Here we are again"]


# one timeline


async def test_a_copy_that_is_marked_keeps_what_its_author_said_there(talk: Talk) -> None:
    on_slack, on_discord = await talk.declare()
    original = await talk.say(talk.slack, "The graphs jump")
    sent_at = talk.house.clock.now()
    await talk.house.at("05:00")
    mark = talk.kate["discord"]
    await talk.discord.act(on_discord, on_discord.find("The graphs jump"), "timeline", mark)
    await talk.slack.act(on_slack, original, "timeline", talk.kate["slack"])
    copy = next(row for row in await talk.house.messages("incident-1") if row.origin)
    await talk.browser.post(f"/messages/{copy.id}/react")
    (entry,) = await talk.house.rows(TimelineEntry, TimelineEntry.kind == "message")
    assert (entry.text, entry.actor_name, entry.at) == ("The graphs jump", "Kate", sent_at)
    assert entry.permalink == f"https://slack.example.org/{on_slack.id}/{original}"
    _, page = await talk.browser.get("/INC-1")
    assert "on the timeline" in page.partition(f'id="m{copy.id}"')[2].partition("</li>")[0]
    await talk.slack.change(on_slack, original, "The graphs jump at 11:47")
    (entry,) = await talk.house.rows(TimelineEntry, TimelineEntry.kind == "message")
    assert entry.text == "The graphs jump at 11:47"


async def test_open_pages_learn_that_a_message_was_marked_elsewhere(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    _, on_discord = await talk.declare()
    number = await talk.say_in_room("The graphs jump")
    before = next(row.change for row in await talk.house.messages("incident-1") if row.id == number)
    await talk.discord.act(on_discord, on_discord.find("The graphs jump"), "timeline", talk.kate["discord"])
    channel = await talk.browser.channel()
    _, changes = await talk.browser.get(f"/board/{channel}/messages?after={before}")
    assert "on the timeline" in changes.partition(f'id="m{number}"')[2]


async def test_a_task_and_an_incident_from_a_copy_have_its_words(talk: Talk) -> None:
    _, on_discord = await talk.declare()
    await talk.say(talk.slack, "Clean /var")
    copy, kate = on_discord.find("Clean /var"), talk.kate["discord"]
    reply = await talk.discord.act(on_discord, copy, "task", kate)
    assert "Clean /var" in reply.text
    reply = await talk.discord.act(on_discord, copy, "declare", kate)
    await talk.house.settle()
    assert "INC-2" in reply.text
    assert talk.discord.rooms()[-1].name == "inc-2-clean-var"


async def test_what_was_taken_back_can_not_be_marked_by_its_copy(talk: Talk) -> None:
    on_slack, on_discord = await talk.declare()
    address = await talk.say(talk.slack, "The password is hunter2")
    talk.discord.away = True
    await talk.slack.take_back(on_slack, address)
    await talk.house.settle()
    copy = on_discord.find("The password is hunter2")
    reply = await talk.discord.act(on_discord, copy, "timeline", talk.kate["discord"])
    assert reply.failed
    assert await talk.house.rows(TimelineEntry, TimelineEntry.kind == "message") == []


async def test_another_room_is_never_the_incidents(sqlite_talk: Talk) -> None:
    await sqlite_talk.declare()
    place = await sqlite_talk.slack.open_room(
        NewRoom("lunch", "", "", "lunch", sqlite_talk.house.clock.now())
    )
    await sqlite_talk.say(sqlite_talk.slack, "Pizza?", room=sqlite_talk.slack.channels[place.channel])
    assert await sqlite_talk.room_talk() == []
    assert await sqlite_talk.house.rows(Saying) == []
