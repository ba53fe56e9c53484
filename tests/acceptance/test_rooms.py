"""The life of an incident's room on a chat platform: opened with everything in it, kept true quietly, found again when it is
lost, archived when it is over."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.access.profile import change_profile
from bot.chat.invocation import Visitor
from bot.errors import Lost, Rejected, Retry
from bot.flow.unit import Actor, Unit
from bot.oncall.groups import follow_schedules
from storage.models import IncidentRoom, OutboxRow, Rotation, Schedule, Service, User
from storage.questions.catalog import list_named
from storage.words import OutboxState, RotationKind
from tests.house import House, open_house
from tests.platforms.memory import Channel, MemoryPlatform

NOISE = {"title": "Checkout returns errors", "priority": "P1", "service": "web"}


@pytest.fixture
def chat() -> MemoryPlatform:
    return MemoryPlatform()


@pytest.fixture
async def house(database_url: str, chat: MemoryPlatform) -> AsyncIterator[House]:
    """The whole of Tocsin, with a chat platform besides the Room."""
    async with open_house(database_url, platforms=[chat]) as opened:
        yield opened


async def settle_in(house: House, chat: MemoryPlatform, name: str) -> tuple[User, Actor, str]:
    """Somebody who is on the chat platform, too."""
    address = chat.add_person(f"{name.lower()}@example.org")
    user = await house.add_person(name, f"{name.lower()}@example.org")
    actor = await house.parts.inbound.meet(Visitor(chat.name, address, name, user.email))
    assert actor is not None
    assert actor.user_id == user.id
    return user, actor, address


async def declare(house: House, chat: MemoryPlatform, line: str = "Checkout is slow") -> Channel:
    await house.command(f"/incident declare {line}")
    (room,) = chat.rooms()
    return room


def text_of_card(room: Channel) -> str:
    (card,) = room.cards
    return card.text


def is_archived(room: Channel) -> bool:
    return room.archived


async def parked(house: House) -> list[str]:
    rows = await house.rows(OutboxRow, OutboxRow.state == OutboxState.PARKED)
    return [f"{row.kind}: {row.error}" for row in rows]


# opening


async def test_a_room_opens_with_everything_that_belongs_into_it(house: House, chat: MemoryPlatform) -> None:
    async def write_down(unit: Unit) -> None:
        (service,) = await list_named(unit.session, Service)
        service.runbook = "https://wiki.example.org/web"

    await house.parts.work.run(write_down)
    _, _, kate = await settle_in(house, chat, "Kate")
    await house.command("/incident declare Zahlungen: 100 % langsam & müde! priority:P1 service:web")
    (room,) = chat.rooms()
    assert room.name == "inc-1-zahlungen-100-langsam-mude"
    assert room.topic == "P1 · Investigating · Zahlungen: 100 % langsam & müde!"
    assert "/INC-1" in room.purpose
    assert not room.private
    assert room.members == {kate}
    (card,) = room.messages
    assert room.pinned == [card]
    assert [(link.title, link.url.rpartition("/")[2]) for link in room.links] == [
        ("Incident in the Room", "INC-1"),
        ("Runbook", "web"),
    ]
    (announced,) = chat.named("announcements").messages.values()
    assert announced.message.card is not None
    assert announced.message.card.buttons[-1].command == f"https://memory.example.org/{room.id}"


@pytest.mark.parametrize(
    ("title", "name"),
    [("???", "inc-1"), ("支払いが遅い", "inc-1"), ("general", "inc-1-general"), ("Very long " * 20, None)],
)
async def test_any_title_makes_a_name_that_platforms_take(
    house: House, chat: MemoryPlatform, title: str, name: str | None
) -> None:
    room = await declare(house, chat, title)
    assert room.name == name or (name is None and len(room.name) <= 80 and not room.name.endswith("-"))
    assert len(room.topic) <= 250
    assert len(room.purpose) <= 250
    assert room.purpose.endswith("/INC-1")


async def test_a_card_whose_answer_was_lost_shows_what_is_true_now(
    house: House, chat: MemoryPlatform
) -> None:
    for _ in range(2):  # the card, and the announcement
        chat.drop_answer("post")
    await house.command("/incident declare Checkout is slow priority:P3")
    await house.command("/incident priority INC-1 P1")
    await house.at("05:00")
    (room,) = chat.rooms()
    assert "P1" in text_of_card(room)
    (announced,) = chat.named("announcements").texts
    assert "P1" in announced


async def test_the_room_of_a_private_incident_is_private_and_nobody_hears_of_it(
    house: House, chat: MemoryPlatform
) -> None:
    room = await declare(house, chat, "Somebody reads our mail private:yes")
    assert room.private
    await house.command("/incident update INC-1 We are looking")
    assert "announcements" not in [channel.name for channel in chat.channels.values()]
    await house.at("01:00")
    await house.command("/incident private INC-1 no")
    assert len(chat.named("announcements").messages) == 1


@pytest.mark.parametrize("method", ["open_room", "post", "pin", "set_links", "invite"])
@pytest.mark.parametrize("how", ["away", "answer lost"])
async def test_opening_goes_on_where_it_failed_and_nothing_is_there_twice(
    house: House, chat: MemoryPlatform, method: str, how: str
) -> None:
    _, _, kate = await settle_in(house, chat, "Kate")
    if how == "away":
        chat.fail(method, Retry("memory.away"), Retry("memory.away"))
    else:
        chat.drop_answer(method)
    await house.command("/incident declare Checkout is slow service:web")
    await house.at("01:00")
    (room,) = chat.rooms()
    assert len(room.cards) == 1
    assert set(room.pinned) == set(room.messages)
    assert room.members == {kate}
    assert room.links
    assert len(chat.named("announcements").messages) == 1


async def test_while_the_platform_is_away_everything_waits_and_comes_in_order(
    house: House, chat: MemoryPlatform
) -> None:
    chat.away = True
    await house.command("/incident declare Checkout is slow")
    await house.command("/incident call INC-1 https://meet.example.org/1")
    await house.command("/incident role INC-1 commander me")
    await house.command("/incident resolve INC-1 It was the cache")
    await house.at("09:00")
    assert len(await house.messages("incident-1")) >= 4
    chat.away = False
    await house.at("11:00")
    (room,) = chat.rooms()
    said = [text for text in room.texts if not text.startswith("INC-1 · Checkout")]
    assert [words for text in said for words in ("call", "Commander", "resolved") if words in text][:3] == [
        "call",
        "Commander",
        "resolved",
    ]
    assert "Resolved" in text_of_card(room)


async def test_a_platform_that_lets_no_room_be_opened_says_so_once_and_still_announces(
    house: House, chat: MemoryPlatform
) -> None:
    chat.fail("open_room", *[Rejected("memory.not_allowed")] * 20)
    await house.command("/incident declare Checkout is slow")
    await house.command("/incident role INC-1 commander me")
    assert await parked(house) == ["room.open: memory.not_allowed"]
    assert len(chat.named("announcements").messages) == 1


# quiet cards


async def test_what_is_not_on_the_card_costs_no_call(house: House, chat: MemoryPlatform) -> None:
    await declare(house, chat)
    await house.at("01:00")
    before = chat.total
    await house.command("/incident note INC-1 Rolled back release 41")
    await house.command("/incident follow INC-1")
    await house.at("02:00")
    assert chat.total == before


async def test_a_storm_of_alerts_is_a_few_calls_and_one_true_card(house: House, chat: MemoryPlatform) -> None:
    await settle_in(house, chat, "Kate")
    before = chat.total
    for second in range(50):
        await house.at(f"00:{second:02}")
        await house.send([{**NOISE, "alias": f"host-{second}-{number}"} for number in range(20)])
    await house.at("01:10")
    (room,) = chat.rooms()
    assert "1000 open of 1000" in text_of_card(room)
    assert len(room.messages) == 1
    assert chat.total - before <= 40, chat.calls


async def test_what_matters_is_shown_at_once_in_a_storm_and_not_more_often_than_once_a_second(
    house: House, chat: MemoryPlatform
) -> None:
    await house.send([{**NOISE, "alias": "first"}])
    await house.at("00:10")
    await house.send([{**NOISE, "alias": "second"}])
    await house.at("00:11")
    await house.send([{**NOISE, "alias": "third"}])
    (room,) = chat.rooms()
    assert "2 open of 2" in text_of_card(room)
    await house.command("/incident ack INC-1")
    assert "Acknowledged" in text_of_card(room)
    assert "3 open of 3" in text_of_card(room)
    edits = chat.calls["edit"]
    for number in range(30):
        await house.command(f"/incident summary INC-1 Version {number}")
    assert chat.calls["edit"] - edits <= 6  # card and announcement
    await house.at("00:15")
    assert "Version 29" in text_of_card(room)


async def test_a_card_that_can_not_be_edited_holds_up_no_message(house: House, chat: MemoryPlatform) -> None:
    room = await declare(house, chat)
    chat.fail("edit", *[Retry("memory.busy", 30.0)] * 4)
    await house.command("/incident role INC-1 commander me")
    await house.command("/incident call INC-1 https://meet.example.org/1")
    assert any("meet.example.org" in text for text in room.texts[1:])
    await house.at("02:00")
    assert "meet.example.org" in text_of_card(room)


# title, links


async def test_a_new_title_renames_the_room_once_unless_people_named_it(
    house: House, chat: MemoryPlatform
) -> None:
    _, kate, _ = await settle_in(house, chat, "Kate")
    room = await declare(house, chat)
    await house.command("/incident title INC-1 Checkout is down")
    assert room.name == "inc-1-checkout-is-down"
    assert room.topic.endswith("Checkout is down")
    await house.command("/incident title INC-1 Checkout is down!")
    assert chat.calls["rename_room"] == 1
    await chat.change_room(room, "renamed", kate, "war-room")
    await house.command("/incident title INC-1 All is down")
    assert room.name == "war-room"
    assert (await house.rows(IncidentRoom, IncidentRoom.platform == "memory"))[0].name == "war-room"


async def test_links_follow_the_incident(house: House, chat: MemoryPlatform) -> None:
    room = await declare(house, chat)
    await house.command("/incident call INC-1 https://meet.example.org/1")
    await house.command("/incident link INC-1 https://grafana.example.org/d/1 Error rate")
    assert [link.title for link in room.links] == ["Incident in the Room", "Call", "Error rate"]
    for number in range(12):
        await house.command(f"/incident link INC-1 https://example.org/{number}")
    assert len(room.links) == 10


# the end


async def test_a_closed_room_is_archived_a_day_later_and_says_so(house: House, chat: MemoryPlatform) -> None:
    room = await declare(house, chat)
    await house.command("/incident close INC-1")
    await house.at("23:59:00")
    assert not is_archived(room)
    await house.at("24:01:00")
    assert is_archived(room)
    assert "archived now" in room.texts[-1]
    assert "/INC-1" in room.texts[-1]
    assert "archived now" in (await house.messages("incident-1"))[-1].text
    before = chat.total
    await house.command("/incident note INC-1 A late thought")
    assert chat.total == before


async def test_a_merged_room_is_archived_too(house: House, chat: MemoryPlatform) -> None:
    await house.command("/incident declare First")
    await house.command("/incident declare Second")
    await house.command("/incident merge INC-2 INC-1")
    await house.at("24:01:00")
    assert [room.archived for room in chat.rooms()] == [False, True]


async def test_rooms_stay_where_archiving_is_off(sqlite_url: str, chat: MemoryPlatform) -> None:
    async with open_house(sqlite_url, {"TOCSIN_ARCHIVE_AFTER_HOURS": "0"}, [chat]) as house:
        room = await declare(house, chat)
        await house.command("/incident close INC-1")
        await house.at("90:00:00")
        assert not is_archived(room)


async def test_reopening_in_time_keeps_the_room_open(house: House, chat: MemoryPlatform) -> None:
    room = await declare(house, chat)
    await house.command("/incident close INC-1")
    await house.at("20:00:00")
    await house.command("/incident reopen INC-1")
    await house.at("30:00:00")
    assert not is_archived(room)
    assert chat.calls["restore"] == 0


async def test_reopening_later_brings_the_archived_room_back(house: House, chat: MemoryPlatform) -> None:
    room = await declare(house, chat)
    await house.command("/incident close INC-1")
    await house.at("24:01:00")
    await house.command("/incident reopen INC-1")
    assert not is_archived(room)
    assert chat.rooms() == [room]
    assert "reopened" in room.texts[-1]


async def test_where_a_room_can_not_be_restored_a_new_one_leads_to_the_old_one(
    house: House, chat: MemoryPlatform
) -> None:
    chat.restores = False
    _, _, kate = await settle_in(house, chat, "Kate")
    await declare(house, chat, "Checkout is slow service:web")
    await house.command("/incident close INC-1")
    await house.at("24:01:00")
    await house.command("/incident reopen INC-1")
    await house.at("24:02:00")
    old, new = chat.rooms()
    assert new.name == f"{old.name}-2"
    assert len(new.cards) == 1
    assert set(new.pinned) <= set(new.messages)
    assert new.pinned
    assert new.members == {kate}
    assert new.links
    assert any(f"https://memory.example.org/{old.id}" in text for text in new.texts)
    assert any("reopened" in text for text in new.texts)


# what is lost


async def test_what_was_meant_for_a_lost_room_is_said_in_a_new_one(
    house: House, chat: MemoryPlatform
) -> None:
    _, _, kate = await settle_in(house, chat, "Kate")
    room = await declare(house, chat, "Checkout is slow service:web")
    del chat.channels[room.id]
    await house.command("/incident call INC-1 https://meet.example.org/1")
    await house.at("01:00")
    (new,) = chat.rooms()
    assert new.id != room.id
    assert len([text for text in new.texts if "opened a call" in text]) == 1
    assert len(new.cards) == 1
    assert new.pinned
    assert new.members == {kate}
    assert new.links
    (announced,) = chat.named("announcements").messages.values()
    assert announced.message.card is not None
    assert announced.message.card.buttons[-1].command == f"https://memory.example.org/{new.id}"
    assert "room_lost" in await house.timeline()
    assert await parked(house) == []


async def test_a_lost_room_of_an_incident_that_is_over_is_let_go(house: House, chat: MemoryPlatform) -> None:
    room = await declare(house, chat)
    await house.command("/incident close INC-1")
    del chat.channels[room.id]
    await house.command("/incident note INC-1 A late thought")
    await house.command("/incident summary INC-1 It was the cache")
    await house.at("24:01:00")
    assert chat.rooms() == []
    assert await parked(house) == []


async def test_a_room_that_is_lost_again_and_again_is_opened_three_times_more(
    house: House, chat: MemoryPlatform
) -> None:
    await declare(house, chat)
    for number in range(6):
        await house.at(f"{number + 1:02}:00")
        for room in chat.rooms():
            del chat.channels[room.id]
        await house.command(f"/incident call INC-1 https://meet.example.org/{number}")
    assert chat.calls["open_room"] == 4
    assert any(reason.startswith("room.say: room.lost_too_often") for reason in await parked(house))


async def test_a_platform_that_loses_all_at_once_makes_no_loop(house: House, chat: MemoryPlatform) -> None:
    await declare(house, chat)
    chat.fail("post", *[Lost("memory.channel_gone")] * 500)
    await house.command("/incident call INC-1 https://meet.example.org/1")
    await house.at("30:00")
    assert chat.calls["open_room"] == 4


async def test_a_deleted_card_is_posted_and_pinned_anew(house: House, chat: MemoryPlatform) -> None:
    room = await declare(house, chat)
    (gone,) = room.messages
    del room.messages[gone]
    await house.at("01:00")
    await house.command("/incident ack INC-1")
    await house.command("/incident priority INC-1 P1")
    await house.at("02:00")
    assert "P1" in text_of_card(room)
    assert room.pinned[-1] in room.messages
    assert chat.calls["open_room"] == 1


async def test_a_deleted_announcement_is_posted_anew_and_not_for_ever(
    house: House, chat: MemoryPlatform
) -> None:
    await declare(house, chat)
    board = chat.named("announcements")
    for number in range(8):
        await house.at(f"{number + 1:02}:00")
        board.messages.clear()
        await house.command(f"/incident title INC-1 Trouble {number}")
        await house.at(f"{number + 1:02}:30")
        assert len(board.messages) == (1 if number < 3 else 0)


async def test_a_lost_announcements_room_is_made_again(house: House, chat: MemoryPlatform) -> None:
    await declare(house, chat)
    del chat.channels[chat.named("announcements").id]
    await house.command("/incident update INC-1 We rolled back")
    await house.at("01:00")
    texts = chat.named("announcements").texts
    assert any("Update on INC-1" in text for text in texts)
    assert any(text.startswith("INC-1 · Checkout is slow") for text in texts)


async def test_who_archives_the_room_of_an_open_incident_is_named_and_it_comes_back(
    house: House, chat: MemoryPlatform
) -> None:
    _, kate, _ = await settle_in(house, chat, "Kate")
    room = await declare(house, chat)
    await chat.change_room(room, "archived", kate)
    await house.settle()
    assert not is_archived(room)
    assert any("Kate archived the room of INC-1" in text for text in chat.named("ops").texts)
    await chat.change_room(room, "deleted", kate)
    await house.settle()
    (new,) = chat.rooms()
    assert len(new.cards) == 1
    assert any("Kate deleted the room of INC-1" in text for text in chat.named("ops").texts)


async def test_archiving_by_hand_when_it_is_over_is_left_alone(house: House, chat: MemoryPlatform) -> None:
    _, kate, _ = await settle_in(house, chat, "Kate")
    room = await declare(house, chat)
    await house.command("/incident close INC-1")
    await chat.change_room(room, "archived", kate)
    before = chat.total
    await house.at("24:01:00")
    assert chat.total == before
    assert is_archived(room)
    await chat.change_room(room, "restored", kate)
    assert (await house.rows(IncidentRoom, IncidentRoom.platform == "memory"))[0].archived_at is None


# people


async def test_nobody_is_invited_twice_and_who_left_can_be_invited_again(
    house: House, chat: MemoryPlatform
) -> None:
    _, kate, address = await settle_in(house, chat, "Kate")
    room = await declare(house, chat, "Checkout is slow service:web")
    assert room.members == {address}
    await house.command("/incident invite INC-1 @kate Have a look")
    assert chat.calls["invite"] == 1
    await chat.move(room, address, kate, joined=False)
    await house.settle()
    assert chat.calls["invite"] == 1
    await house.command("/incident invite INC-1 @kate Come back")
    assert room.members == {address}
    assert chat.calls["invite"] == 2


async def test_who_came_by_themselves_is_not_invited(house: House, chat: MemoryPlatform) -> None:
    room = await declare(house, chat)
    address = chat.add_person("mira@example.org")
    mira = await house.add_person("Mira", "mira@example.org", team="")
    actor = await house.parts.inbound.meet(Visitor(chat.name, address, "Mira", mira.email))
    assert actor is not None
    await chat.move(room, address, actor, joined=True)
    await house.settle()
    assert "person_joined" in await house.timeline()
    assert chat.calls["invite"] == 0


async def test_who_can_not_be_invited_is_told_once_and_so_is_the_room(
    house: House, chat: MemoryPlatform
) -> None:
    _, _, gus = await settle_in(house, chat, "Gus")
    _, _, kate = await settle_in(house, chat, "Kate")
    chat.refused[gus] = "guest"
    room = await declare(house, chat, "Checkout is slow service:web")
    assert room.members == {kate}
    await house.command("/incident title INC-1 Checkout is down")
    await settle_in(house, chat, "Mia")
    await house.command("/incident invite INC-1 @mia")
    await house.at("01:00")
    told = [text for text in chat.channels[gus].texts if "could not be added" in text]
    assert len(told) == 1
    assert "INC-1" in told[0]
    said = [text for text in room.texts if "Gus" in text and "guests" in text]
    assert len(said) == 1
    assert await parked(house) == []


# user groups


async def give_group(house: House, handle: str) -> None:
    async def give(unit: Unit) -> None:
        (schedule,) = await list_named(unit.session, Schedule)
        schedule.chat_group = handle
        await unit.session.flush()
        await follow_schedules(unit)

    await house.parts.work.run(give)
    await house.settle()


async def test_a_user_group_has_whoever_is_on_call(house: House, chat: MemoryPlatform) -> None:
    kate, _, kates = await settle_in(house, chat, "Kate")
    owners = chat.add_person("owner@example.org")
    await house.parts.work.run(
        lambda unit: change_profile(unit, house.owner.id, "Olivia", "owner@example.org", "UTC")
    )
    chat.groups["oncall"] = ()
    await give_group(house, "oncall")
    assert chat.groups["oncall"] == (owners,)
    await house.at("10:00")
    await house.command("/oncall take 1h", by=kate)
    assert chat.groups["oncall"] == (kates,)
    await house.at("01:10:01")
    assert chat.groups["oncall"] == (owners,)


async def test_the_group_follows_each_change_of_shift_by_itself(house: House, chat: MemoryPlatform) -> None:
    kate, _, kates = await settle_in(house, chat, "Kate")
    sam, _, sams = await settle_in(house, chat, "Sam")

    async def take_turns(unit: Unit) -> None:
        rotation = (await unit.session.scalars(select(Rotation))).one()
        rotation.kind, rotation.participants = RotationKind.DAILY, [kate.id, sam.id]

    await house.parts.work.run(take_turns)
    chat.groups["oncall"] = ()
    await give_group(house, "oncall")
    seen = [chat.groups["oncall"]]
    for _ in range(3):
        await house.move_to(house.clock.now() + timedelta(days=1))
        seen.append(chat.groups["oncall"])
    assert seen in ([(kates,), (sams,)] * 2, [(sams,), (kates,)] * 2)


async def test_a_group_that_can_not_follow_stays_and_the_doctor_says_why(
    house: House, chat: MemoryPlatform
) -> None:
    chat.groups["oncall"] = ("M0",)
    await give_group(house, "oncall")
    assert chat.groups["oncall"] == ("M0",)
    assert chat.calls["set_group"] == 0
    assert "@oncall" in await house.ask("/tocsin doctor")
    await give_group(house, "nonsense")
    await settle_in(house, chat, "Kate")
    await house.command("/oncall take 1h", by=house.people["Kate"])
    assert any(reason.startswith("group.show: memory.no_such_group") for reason in await parked(house))
