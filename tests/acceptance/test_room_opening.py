"""What happens to an incident while its room is being opened is shown there, and nothing is delivered that shows nothing."""

from collections.abc import Awaitable, Callable

import pytest

from bot.chat.platform import NewRoom, Place
from bot.flow.unit import Unit
from bot.incidents.lives import change_priority, change_title
from storage.models import Incident
from storage.words import Priority
from tests.house import House, open_house
from tests.platforms.memory import MemoryPlatform


class SlowPlatform(MemoryPlatform):
    """Something happens before, or after, a room is opened there, and before Tocsin hears that it is."""

    def __init__(self) -> None:
        super().__init__()
        self.before: Callable[[], Awaitable[None]] | None = None
        self.after: Callable[[], Awaitable[None]] | None = None

    async def open_room(self, room: NewRoom) -> Place:
        if self.before is not None:
            await self.before()
        place = await super().open_room(room)
        if self.after is not None:
            await self.after()
        return place


def change_it(house: House) -> Callable[[], Awaitable[None]]:
    """A change, and the delivery of whatever follows from it that does not wait for the room."""

    async def change(unit: Unit) -> None:
        incident = await unit.session.get_one(Incident, 1)
        await unit.lock(incident)
        change_title(unit, incident, "All is down")
        change_priority(unit, incident, Priority.P1)

    async def change_and_deliver() -> None:
        await house.parts.work.run(change)
        await house.parts.outbox.drain()

    return change_and_deliver


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_change_while_the_room_is_opened_is_in_its_name_topic_and_card(
    database_url: str, moment: str
) -> None:
    chat = SlowPlatform()
    async with open_house(database_url, platforms=[chat]) as house:
        setattr(chat, moment, change_it(house))
        await house.command("/incident declare Checkout is slow priority:P3")
        (room,) = chat.rooms()
        (announced,) = chat.named("announcements").texts
    assert room.name == "inc-1-all-is-down"
    assert room.topic == "P1 · Investigating · All is down"
    assert "All is down" in room.cards[0].text
    assert "P1" in room.cards[0].text
    assert "P1" in announced


async def test_a_new_room_gets_each_thing_once(database_url: str) -> None:
    chat = MemoryPlatform()
    async with open_house(database_url, platforms=[chat]) as house:
        await house.command("/incident declare Checkout is slow")
        (room,) = chat.rooms()
    asked = {name: chat.calls[name] for name in ("open_room", "set_topic", "rename_room", "pin", "edit")}
    assert asked == {"open_room": 1, "set_topic": 0, "rename_room": 0, "pin": 1, "edit": 0}
    assert len(room.cards) == 1
