"""“Still on it?” is not asked about an alert that is held back, and is when nothing holds it any more."""

from pathlib import Path

from sqlalchemy import update

from bot.flow.unit import Unit
from storage.models import Alert, EscalationPolicy, Page
from tests.acceptance.test_rules import set_up
from tests.house import House
from tests.platforms.test_room_pages import open_browser


async def settle_in(house: House, folder: Path) -> None:
    """Nobody is paged in the first twenty minutes, and an acknowledgement counts for ten."""
    await set_up(house, folder, alert_policies={"wait": {"name": "Wait a bit", "delay": "20m"}})

    async def ask_soon(unit: Unit) -> None:
        await unit.session.execute(update(EscalationPolicy).values(ack_timeout=600))

    await house.parts.work.run(ask_soon)


async def read(house: House) -> tuple[str, bool, list[str]]:
    """What holds the alert, whether it is acknowledged, and why people were paged."""
    (alert,) = await house.rows(Alert)
    reasons = [page.reason["type"] for page in await house.rows(Page)]
    return alert.held_by, alert.acknowledged_at is not None, reasons


async def test_who_acknowledged_while_a_rule_held_it_is_asked_when_it_is_let_go(
    house: House, tmp_path: Path
) -> None:
    await settle_in(house, tmp_path)
    ines = await house.add_person("Ines", team="web")
    await house.send({"title": "Disk is full", "alias": "disk", "priority": "P3"})
    await house.at("02:00")
    assert not (await house.command("/alert ack 1", ines)).failed
    for minute in ("12:01", "19:59"):
        await house.at(minute)
        assert await read(house) == ("rule:wait", True, []), "nobody would be paged for it"
    await house.at("20:01")
    assert await read(house) == ("", True, []), "somebody is on it"
    await house.at("22:01")
    assert (await read(house))[2][:1] == ["still"], "the next time it was to be looked at"
    await house.at("26:59")
    assert (await read(house))[1]
    await house.at("27:01")
    _, acknowledged, reasons = await read(house)
    assert not acknowledged
    assert set(reasons) > {"still"}, "paging starts"
    assert "still" not in reasons[-1:]


async def test_a_silence_holds_the_question_back_as_well(house: House, tmp_path: Path) -> None:
    await settle_in(house, tmp_path)
    ines = await house.add_person("Ines", team="web")
    await house.send({"title": "Disk is full", "alias": "disk", "priority": "P3"})
    await house.at("21:00")
    before = (await read(house))[2]
    assert before
    await house.command("/alert ack 1", ines)
    await house.command("/tocsin silence 15m 1")
    assert (await read(house))[0].startswith("silence:")
    await house.at("35:59")
    assert (await read(house))[1:] == (True, before)
    await house.at("41:01")
    assert (await read(house))[2] == [*before, "still"]


async def test_the_end_of_a_snooze_says_when_it_is_still_held_back(house: House, tmp_path: Path) -> None:
    await settle_in(house, tmp_path)
    ines = await house.add_person("Ines", team="web")
    await house.send({"title": "Disk is full", "alias": "disk", "priority": "P3"})
    await house.command("/alert snooze 1 5m", ines)
    await house.at("05:01")
    assert await read(house) == ("rule:wait", False, [])
    browser = await open_browser(house, ines)
    page = (await browser.get("/alerts/1"))[1]
    assert "it is still held back, and pages nobody until that ends" in page
    await browser.http.close()
