"""A timer whose handler fails again and again is told of in the ops room, once."""

from bot.chat.markup import render_text
from bot.flow.unit import Unit
from storage.models import Timer
from tests.house import House

TOLD = "Something is not done at its time"


async def read_told(house: House) -> list[str]:
    cards = [one.card for one in await house.messages("ops") if one.card]
    return [render_text(card["body"]) for card in cards if card["title"] == TOLD]


async def break_timers(house: House, *subjects: str) -> None:
    """Rows that no release has written: what they need is not in them."""

    async def plan(unit: Unit) -> None:
        for subject in subjects:
            unit.plan("ack_over", subject, unit.now, {})

    await house.parts.work.run(plan)


async def test_the_ops_room_hears_of_it_once(house: House) -> None:
    for number in (1, 2):
        await house.command(f"/incident declare Trouble {number}")
        await house.command(f"/incident ack INC-{number}")
    await break_timers(house, "incident:1", "incident:2")
    await house.at("00:14")
    assert [one.attempts for one in await house.rows(Timer, Timer.kind == "ack_over")] == [2, 2]
    assert await read_told(house) == []
    await house.at("00:16")
    (told,) = await read_told(house)
    assert told.startswith("ack_over for incident:")
    assert "(KeyError)" in told
    assert "It pages nobody until this is mended" in told
    await house.at("10:00")
    assert min(one.attempts for one in await house.rows(Timer, Timer.kind == "ack_over")) > 5
    assert len(await read_told(house)) == 1


async def test_what_is_mended_is_done_and_told_of_anew_when_it_breaks_again(house: House) -> None:
    await house.command("/incident declare Trouble")
    await house.command("/incident ack INC-1")
    for count in (1, 2):
        await break_timers(house, "incident:1")
        await house.at(f"{20 * count - 1}:00")
        assert len(await read_told(house)) == count

        async def mend(unit: Unit) -> None:
            unit.plan("ack_over", "incident:1", unit.now, {"asked_at": unit.now.isoformat()})

        await house.parts.work.run(mend)
        await house.at(f"{20 * count}:00")
        assert await house.rows(Timer, Timer.kind == "ack_over") == []
        await house.command("/incident ack INC-1")


async def test_nothing_of_a_private_incident_is_told(sqlite_house: House) -> None:
    await sqlite_house.command("/incident declare Salaries leaked", private="yes")
    await sqlite_house.command("/incident ack INC-1")
    await break_timers(sqlite_house, "incident:1")
    await sqlite_house.at("01:00")
    (told,) = await read_told(sqlite_house)
    assert told.startswith("ack_over for a private incident failed")
