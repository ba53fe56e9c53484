"""The doctor says who is paged in the Room alone, where nobody is woken; a first start is told, and is not ill for it."""

from tests.acceptance.test_outage_pages import give_account
from tests.house import House, open_house
from tests.platforms.memory import MemoryPlatform


async def test_a_first_start_is_told_and_is_well(house: House) -> None:
    told = await house.ask("/tocsin doctor")
    (line,) = [one for one in told.splitlines() if "Room alone" in one]
    assert line.lstrip("- ").startswith("✓")
    assert "can be paged" not in told
    assert house.owner.name in line
    assert "/me/paging" in line


async def test_who_is_in_the_room_alone_is_named(house: House) -> None:
    await house.add_person("Kate")
    await house.add_person("Bo", role="stakeholder")
    told = await house.ask("/tocsin doctor")
    (line,) = [one for one in told.splitlines() if "Room alone" in one]
    assert line.lstrip("- ").startswith("✗")
    assert "Kate" in line
    assert "Bo" not in line


async def test_whoever_has_another_way_is_not(sqlite_url: str) -> None:
    chat = MemoryPlatform("chat")
    async with open_house(sqlite_url, {}, [chat]) as house:
        kate = await house.add_person("Kate")
        for user in (house.owner, kate):
            await give_account(house, chat, user, f"{user.handle}@example.org")
        assert "People: 2, each can be paged" in await house.ask("/tocsin doctor")


async def test_of_many_some_are_named(house: House) -> None:
    for number in range(12):
        await house.add_person(f"Person {number:02}")
    assert "and 3 more" in await house.ask("/tocsin doctor")
