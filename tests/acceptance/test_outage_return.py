"""Ten minutes without a chat platform in the middle of an incident: nothing is lost, nothing floods, and it is true."""

from collections.abc import AsyncIterator

import pytest

from bot.errors import Retry
from storage.models import OutboxRow
from tests.house import House, open_house
from tests.platforms.memory import MemoryPlatform

URGENT = {"title": "Checkout returns errors", "alias": "checkout", "priority": "P1", "service": "web"}


@pytest.fixture
async def chat() -> MemoryPlatform:
    return MemoryPlatform("chat")


@pytest.fixture
async def house(sqlite_url: str, chat: MemoryPlatform) -> AsyncIterator[House]:
    async with open_house(sqlite_url, {}, [chat]) as opened:
        yield opened


async def work_through_it(house: House) -> None:
    """What people and machines do in ten minutes, with a promise that is broken and kept."""
    kate = await house.add_person("Kate")
    await house.command("/incident role INC-1 commander kate")
    await house.at("01:30")
    await house.command("/incident update INC-1 We look at the gateway next:2m")
    await house.command("/incident role INC-1 commander me", by=house.owner)
    await house.command("/incident title INC-1 Checkout is slow")
    await house.command("/incident title INC-1 Checkout is down in Europe")
    await house.command("/incident call INC-1 https://meet.example.org/one")
    await house.command("/incident call INC-1 https://meet.example.org/two")
    await house.send([{**URGENT, "alias": f"a{number}"} for number in range(100)])
    await house.at("05:00")
    await house.command("/incident priority INC-1 P2")
    await house.command("/incident priority INC-1 P1")
    await house.command("/incident task INC-1 Restart the gateway")
    await house.command("/incident role INC-1 commander kate", by=kate)
    await house.at("08:00")
    await house.command("/incident update INC-1 The gateway was restarted", by=kate)
    await house.command("/incident ack INC-1", by=kate)
    await house.command("/incident resolve INC-1", by=kate)
    await house.at("09:00")
    await house.command("/incident reopen INC-1", by=kate)


async def test_what_people_said_arrives_once_in_order_and_the_rest_is_one_edit(
    house: House, chat: MemoryPlatform
) -> None:
    await house.send(URGENT)
    await house.at("01:00")
    (room,) = chat.rooms()
    said = len(room.messages)
    chat.away = True
    await work_through_it(house)
    await house.at("11:00")
    chat.away = False
    before = chat.calls.copy()
    await house.at("11:30")
    assert await house.rows(OutboxRow) == []

    new = room.texts[said:]
    told = "\n".join(new)
    assert told.index("We look at the gateway") < told.index("The gateway was restarted")
    assert "Kate** is now Commander" in told
    assert "meet.example.org/two" in told
    assert "meet.example.org/one" not in told
    assert "A status update on INC-1 is due" not in told
    assert "is resolved" not in told
    assert told.count("reopened INC-1") == 1
    assert len(new) == 5
    (card,) = room.cards
    assert "Checkout is down in Europe" in card.text
    assert room.name == "inc-1-checkout-is-down-in-europe"

    made = chat.calls - before
    assert made["edit"] <= 3  # the card, the announcement, the page of whoever was paged
    assert made["post"] <= 5 + 2  # and both updates under the announcement
    assert made["set_topic"] == made["rename_room"] == made["set_links"] == 1


async def test_an_incident_that_was_opened_meanwhile_gets_its_room_and_updates_under_its_post(
    house: House, chat: MemoryPlatform
) -> None:
    chat.away = True
    await house.send(URGENT)
    await house.at("01:00")
    await house.command("/incident update INC-1 We look at the gateway")
    await house.at("25:00")
    chat.away = False
    await house.at("25:30")
    (room,) = chat.rooms()
    said = [posted.text for posted in room.messages.values() if posted not in room.cards]
    assert ["We look at the gateway" in text for text in said].count(True) == 1
    post, update = chat.named("announcements").messages.items()
    assert update[1].thread == post[0]


async def test_a_platform_that_is_away_is_asked_by_one_row_and_not_by_all(
    house: House, chat: MemoryPlatform
) -> None:
    for number in range(20):
        await house.command(f"/incident declare Trouble {number}")
    before = chat.total
    chat.away = True
    for number in range(20):
        await house.command(f"/incident title INC-{number + 1} Worse trouble {number}")
    at_once = chat.total - before
    await house.at("10:00")
    assert len(await house.rows(OutboxRow)) > 75
    assert at_once <= 8 + 20
    assert chat.total - before <= at_once + 70  # ten minutes, one every ten seconds
    chat.away = False
    await house.at("10:15")
    assert await house.rows(OutboxRow) == []
    assert [room.name for room in chat.rooms()][-1] == "inc-20-worse-trouble-19"


async def test_one_message_that_fails_holds_up_no_other(house: House, chat: MemoryPlatform) -> None:
    await house.send(URGENT)
    chat.fail("edit", *[Retry("memory.fatal_error")] * 3)
    await house.command("/incident declare Another one")
    await house.command("/incident title INC-1 Checkout is slow")
    await house.at("00:10")
    assert len(chat.rooms()) == 2
    assert await house.rows(OutboxRow) == []
