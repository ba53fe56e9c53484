"""Whoever's shifts somebody else moves is told at once, however far ahead; whoever did it, and all others, are not."""

from datetime import timedelta

import pytest

from storage.models import User
from tests.acceptance.test_oncall import set_rotations
from tests.acceptance.test_shift_notices import list_told
from tests.house import START, House

DAY = timedelta(days=1)
SATURDAY = "starts:2026-11-28T18:00 until:2026-11-28T22:00"


@pytest.fixture
async def people(house: House) -> tuple[User, User, User]:
    """Kate, Sam and Ines take turns of a day from 09:00 on; on 28 November it is Sam's."""
    kate, sam, ines = [await house.add_person(name) for name in ("Kate", "Sam", "Ines")]
    await set_rotations(house, {"name": "Daily", "participants": [kate.id, sam.id, ines.id]})
    return kate, sam, ines


async def list_moves(house: House, *people: User) -> list[str]:
    return [one for user in people for one in await list_told(house, user) if "not what they were" in one]


async def test_an_override_and_its_end_are_told_to_whom_they_move(house: House, people) -> None:
    kate, sam, ines = people
    await house.command(f"/oncall override @ines {SATURDAY}", kate)
    (told,) = await list_told(house, ines)
    assert told.startswith("**Your shifts in Primary on-call are not what they were**, by Kate:")
    assert (
        "Sat 28 Nov 2026, 18:00 UTC until Sat 28 Nov 2026, 22:00 UTC: you are on call, instead of Sam."
        in told.replace("\\", "")
    )
    (told,) = await list_told(house, sam)
    assert (
        "Sat 28 Nov 2026, 18:00 UTC until Sat 28 Nov 2026, 22:00 UTC: you are not on call, Ines is."
        in told.replace("\\", "")
    )
    assert await list_told(house, kate) == []
    await house.command("/oncall cancel override-1", ines)
    assert "you are on call, instead of Ines" in (await list_told(house, sam))[1]
    assert [len(await list_told(house, one)) for one in people] == [0, 2, 1]


async def test_a_gap_is_told_to_whose_shift_it_was(house: House, people) -> None:
    kate, sam, _ = people
    await house.command(f"/oncall override nobody {SATURDAY}", kate)
    assert "you are not on call, nobody is." in (await list_told(house, sam))[0]


async def test_forwarding_and_time_off_are_told_to_whoever_has_the_shifts_then(house: House, people) -> None:
    kate, sam, ines = people
    await house.command("/oncall forward @kate 1d starts:2026-11-28T09:00", sam)
    assert "you are on call, instead of Sam" in (await list_told(house, kate))[0]
    await house.command("/oncall cancel forwarding-1", sam)
    assert "you are not on call, Sam is" in (await list_told(house, kate))[1]
    await house.command("/oncall off 1d starts:2026-11-28T09:00", sam)
    assert "you are on call, instead of Sam" in (await list_told(house, ines))[0]
    assert await list_told(house, sam) == []


async def test_what_changes_now_is_told_once_by_the_notices_of_shifts(house: House, people) -> None:
    *_, ines = people
    await house.command("/oncall take 2h", ines)
    await house.move_to(START + timedelta(minutes=1))
    assert await list_moves(house, *people) == []


async def test_a_taken_shift_is_told_by_its_card_alone(house: House, people) -> None:
    _, sam, ines = people
    await house.command("/oncall swap next", sam)
    await house.command("/oncall take-swap 1", ines)
    assert await list_moves(house, *people) == []
