"""The contract of every chat platform: the life of a room, who is in it, and what may come twice."""

from tests.platforms.contract.play import (
    announcement_of,
    card_of,
    declare,
    last_direct,
    participants,
    read,
    timeline,
)
from tests.platforms.contract.stage import Chat, Stage


async def test_an_update_goes_to_the_room_under_the_announcement_and_to_who_follows(stage: Stage) -> None:
    mark = await stage.add_person("Mark", role="stakeholder", team="")
    ann = await stage.add_person("Ann", role="stakeholder", team="")
    room = await declare(stage)
    await stage.press(mark, await announcement_of(stage), "Follow")
    await stage.type(stage.owner, room, "/incident update We rolled back status:monitoring next:20m")
    (posted,) = [one for one in await stage.messages(room) if "Update on INC-1" in one.title]
    assert "We rolled back" in posted.text
    announcement = await announcement_of(stage)
    assert "Monitoring" in announcement.text
    (under,) = [one for one in await stage.messages(stage.announcements) if one.thread]
    assert under.thread == announcement.id
    assert "We rolled back" in under.text
    assert "We rolled back" in (await last_direct(stage, mark)).text
    assert await stage.directs(ann) == []


async def test_who_joins_or_speaks_takes_part_and_who_leaves_does_not(stage_each_way: Stage) -> None:
    stage = stage_each_way
    kate = await stage.add_person("Kate", team="")
    room = await declare(stage)
    assert "Kate" not in await participants(stage)
    await stage.join(kate, room)
    assert "Kate" in await participants(stage)
    await stage.leave(kate, room)
    assert "Kate" not in await participants(stage)
    await stage.join(kate, room)
    await stage.say(kate, room, "I am back")
    assert "Kate" in await participants(stage)


async def test_those_who_are_called_are_in_the_room(chat: Chat) -> None:
    kate = await chat.add_person("Kate", team="")
    room = await declare(chat)
    assert await chat.members_of(room) == {chat.owner.name}
    await chat.type(chat.owner, room, "/incident invite @kate")
    assert await chat.members_of(room) == {chat.owner.name, kate.name}


async def test_a_new_title_and_priority_show_in_topic_name_and_card(stage: Stage) -> None:
    room = await declare(stage)
    await stage.type(stage.owner, room, "/incident title Payment portal is down")
    await stage.type(stage.owner, room, "/incident priority P1")
    await stage.wait_for_heads()
    assert "P1" in await stage.topic_of(room)
    assert await stage.name_of(room) == "inc-1-payment-portal-is-down"
    card = await card_of(stage, room)
    assert "Payment portal is down" in card.title
    assert "P1" in card.text
    assert "Payment portal is down" in (await announcement_of(stage)).title


async def test_a_room_is_archived_a_day_after_closing_and_can_be_used_again_after_reopening(
    chat: Chat,
) -> None:
    room = await declare(chat)
    await chat.type(chat.owner, room, "/incident resolve")
    await chat.type(chat.owner, room, "/incident close")
    await chat.house.at("23:59:00")
    assert not await chat.is_archived(room)
    await chat.house.at("24:01:00")
    assert await chat.is_archived(room)
    await chat.type(chat.owner, chat.lobby, "/incident reopen INC-1")
    used = await chat.room_of("INC-1")
    assert used
    assert not await chat.is_archived(used)
    assert "Investigating" in (await card_of(chat, used)).text
    await chat.join(chat.owner, used)
    said = await chat.say(chat.owner, used, "It is back")
    await chat.pin(chat.owner, said)
    assert [entry["text"] for entry in await timeline(chat)] == ["It is back"]


async def test_a_private_incident_is_no_incident_for_others(chat: Chat) -> None:
    kate = await chat.add_person("Kate", team="")
    room = await declare(chat, line="Somebody reads our mail private:yes")
    assert await chat.is_private(room)
    assert "Kate" not in await chat.members_of(room)
    assert "🔒" in (await card_of(chat, room)).text
    assert await chat.messages(chat.announcements) == []
    hidden = await chat.type(kate, chat.lobby, "/incident show INC-1")
    nothing = await chat.type(kate, chat.lobby, "/incident show INC-9")
    assert hidden.text.replace("INC-1", "INC-9") == nothing.text
    assert "mail" not in (await chat.type(kate, chat.lobby, "/incident list")).text
    assert "mail" in (await chat.type(chat.owner, chat.lobby, "/incident show INC-1")).text


async def test_somebody_unknown_acts_under_their_own_name_and_is_asked_once_to_link(chat: Chat) -> None:
    zoe = await chat.add_stranger("Zoe")
    await chat.house.send({"title": "Disk is full", "priority": "P1", "service": "web"})
    room = await chat.room_of("INC-1")
    await chat.join(zoe, room)
    first = await chat.press(zoe, await card_of(chat, room), "Acknowledge")
    assert "/tocsin link" in first.text
    assert "Zoe" in (await card_of(chat, room)).text
    assert [entry["by"] for entry in await timeline(chat, "incident_acknowledged")] == ["Zoe"]
    second = await chat.press(zoe, await card_of(chat, room), "Take command")
    assert "/tocsin link" not in second.text
    assert (await read(chat, "incidents/INC-1"))["commander"]["name"] == "Zoe"


async def test_what_is_delivered_twice_is_done_once(chat_each_way: Chat) -> None:
    chat = chat_each_way
    await chat.deliver_twice(True)
    room = await declare(chat)
    assert await chat.room_of("INC-2") == ""
    opened = await chat.type(chat.owner, room, "/incident task")
    assert opened.form is not None
    await chat.fill(chat.owner, {"title": "Restart the gateway"})
    said = await chat.say(chat.owner, room, "Release 41 went out")
    await chat.pin(chat.owner, said)
    await chat.press(chat.owner, await card_of(chat, room), "Take command")
    assert len((await read(chat, "incidents/INC-1/tasks"))["items"]) == 1
    assert len(await timeline(chat)) == 1
    assert len(await timeline(chat, "role_taken")) == 1


async def test_what_is_posted_again_is_one_message(chat: Chat) -> None:
    room = await declare(chat)
    before = len(await chat.messages(room))
    first = await chat.deliver_again(room, "key-1", "The database is away")
    second = await chat.deliver_again(room, "key-1", "The database is away")
    other = await chat.deliver_again(room, "key-2", "The database is away")
    assert first == second != other
    assert len(await chat.messages(room)) == before + 2
