"""What somebody types with a time is answered with that time, in their zone and with its day."""

from storage.models import Postmortem
from tests.house import House


async def test_a_note_for_earlier_says_for_when(sqlite_house: House) -> None:
    house = sqlite_house
    await house.command("/incident declare Checkout is slow")
    await house.at("12:00:00")
    assert "INC-1, at " not in await house.ask("/incident note INC-1 It began")
    told = await house.ask("/incident note INC-1 Deployed at:23:59")
    assert ", 23:59 " in told
    day = told.partition("INC-1, at ")[2].partition(",")[0].rpartition(" ")[0]
    for question in ("/incident timeline INC-1", "/incident catchup INC-1"):
        shown = await house.ask(question)
        assert f"{day} 23:59" in shown  # it was yesterday
    assert "one person takes part" in await house.ask("/incident catchup INC-1")
    await house.command("/incident postmortem INC-1")
    (postmortem,) = await house.rows(Postmortem)
    assert f"- {day} 23" in postmortem.sections["mitigation"]


async def test_a_task_says_when_it_is_due(sqlite_house: House) -> None:
    house = sqlite_house
    await house.command("/incident declare Checkout is slow")
    told = await house.ask("/incident task INC-1 Call the bank owner:me due:2027-01-07 18:00")
    assert "Call the bank (" in told
    assert "due Thu 7 Jan 2027, 18:00" in told
    assert "due Thu 7 Jan 2027, 18:00" in await house.ask("/incident tasks INC-1")
    await house.command("/incident task INC-1 done:1")
    assert "due" not in await house.ask("/incident tasks INC-1")


async def test_an_update_on_what_is_over_promises_no_next_one_and_says_so(sqlite_house: House) -> None:
    house = sqlite_house
    await house.command("/incident declare Checkout is slow")
    await house.command("/incident resolve INC-1")
    told = await house.ask("/incident update INC-1 Still fine next:20m")
    assert "No next one is promised, as INC-1 is resolved." in told
    assert "promised" not in await house.ask("/incident update INC-1 Still fine")
