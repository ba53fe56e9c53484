"""`/oncall rotation`: another order of those who take turns is shown before it is saved, and told to whom it moves."""

import pytest

from storage.models import Rotation, User
from tests.acceptance.test_moved_shifts import list_moves
from tests.acceptance.test_oncall import set_rotations
from tests.house import START, House


@pytest.fixture
async def people(house: House) -> tuple[User, User, User]:
    """Kate and Sam take turns of a day from 09:00 on; at 03:00 on 23 November it is Sam's, and Ines is new."""
    kate, sam, ines = [await house.add_person(name) for name in ("Kate", "Sam", "Ines")]
    await set_rotations(house, {"name": "Daily", "participants": [kate.id, sam.id]})
    return kate, sam, ines


async def find_rotation(house: House) -> Rotation:
    found: list[Rotation] = await house.rows(Rotation)
    return found[0]


async def test_it_is_shown_first_and_done_by_the_line_that_it_gives(house: House, people) -> None:
    kate, sam, ines = people
    before = (await find_rotation(house)).participants
    reply = await house.command("/oncall rotation kate, ines, sam")
    assert reply.card is not None
    assert (await find_rotation(house)).participants == before
    line = reply.data["line"]
    assert line.startswith("/oncall rotation kate, ines, sam schedule:primary starts:2026-11-")
    assert len(f"run:{line}") <= 100, "Discord's buttons carry it"
    on_call = await house.ask("/oncall who")
    assert "kate, ines, sam take turns" in await house.ask(line)
    rotation = await find_rotation(house)
    assert rotation.participants == [kate.id, ines.id, sam.id]
    assert await house.ask("/oncall who") == on_call, "whoever has the turn keeps it"
    assert len(await list_moves(house, ines)) == 1
    assert "you are on call" in (await list_moves(house, ines))[0]


async def test_what_is_shown_is_what_moves(house: House, people) -> None:
    reply = await house.command("/oncall rotation @ines @kate nobody length:2")
    shown = str(reply.card)
    done = await house.ask(reply.data["line"])
    moves = [line for line in done.splitlines() if line.startswith("- ")]
    assert len(moves) > 3, (moves, shown)
    assert all(line.removeprefix("- ") in shown.replace("\\", "").replace("**", "") for line in moves)
    assert "nobody" in shown


async def test_a_first_handoff_of_ones_own_begins_the_turns_anew(house: House, people) -> None:
    await house.command("/oncall rotation sam, kate starts:2026-11-24T12:00 save:yes")
    rotation = await find_rotation(house)
    assert rotation.starts == "2026-11-24T12:00"
    assert "nobody" in (await house.ask("/oncall who")).lower()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kate, kat", "kat"),
        ("kate, team:none", "no team"),
        ("nobody", "nobody takes part"),
        ("kate length:0", "length"),
        ("kate length:400", "length"),
        ("kate starts:tomorrow", "no time like"),
        ("kate starts:2026-02-30T09:00", "no such day"),
        ("kate rotation:none", "Daily"),
    ],
)
async def test_what_is_wrong_is_said_and_changes_nothing(house: House, people, text: str, said: str) -> None:
    before = await find_rotation(house)
    answer = await house.ask(f"/oncall rotation {text} save:yes")
    assert said in answer
    after = await find_rotation(house)
    assert (before.participants, before.starts) == (after.participants, after.starts)


async def test_only_admins_change_who_takes_turns(house: House, people) -> None:
    kate, *_ = people
    assert "admin" in await house.ask("/oncall rotation kate save:yes", kate)


async def test_a_schedule_of_the_file_is_changed_there(house: House, people) -> None:
    from storage.models import Schedule

    async def mark(unit) -> None:
        (await unit.session.get_one(Schedule, 1)).origin = "file"

    await house.parts.work.run(mark)
    assert "configuration file" in await house.ask("/oncall rotation kate")
    assert house.clock.now() == START
