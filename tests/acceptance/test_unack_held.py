"""Who takes an acknowledgement back hears whether anybody is paged by that."""

from pathlib import Path
from typing import Any

from storage.models import Alert
from tests.acceptance.test_rules import set_up
from tests.house import House


async def begin(house: House, folder: Path, **sections: Any) -> None:
    await set_up(house, folder, **sections)
    for number in (1, 2):
        await house.send({"title": "Disk is filling", "alias": f"disk {number}"})
        await house.command(f"/alert ack {number}")


async def test_what_a_silence_holds_back_is_not_said_to_page(house: House, tmp_path: Path) -> None:
    await begin(house, tmp_path)
    await house.command("/tocsin silence 1h 1")
    before = len(await house.pages())
    assert await house.ask("/alert unack 1") == (
        "Nobody is on alert 1 any more. Silence 1 holds it back, so nobody is paged for it until Mon 23 Nov 2026, 04:00 UTC."
    )
    assert len(await house.pages()) == before
    await house.at("01:00:01")
    assert len(await house.pages()) == before + 1, "then somebody is"


async def test_of_several_it_says_of_which(house: House, tmp_path: Path) -> None:
    await begin(house, tmp_path)
    await house.command("/tocsin silence 1h 2")
    assert await house.ask("/alert unack 1 2") == (
        "Nobody is on alerts 1, 2 any more; paging starts again for 1."
        " Silence 1 holds 2 back, so nobody is paged for it until Mon 23 Nov 2026, 04:00 UTC."
    )


async def test_a_rule_holds_it_for_as_long_as_it_is_there(house: House, tmp_path: Path) -> None:
    await begin(house, tmp_path, alert_policies={"calm": {"name": "Calm", "suppress": True}})
    said = await house.ask("/alert unack 1")
    assert said == (
        "Nobody is on alert 1 any more. Rule calm holds it back, so nobody is paged for it as long as that is so."
    )


async def test_otherwise_paging_starts_again(house: House, tmp_path: Path) -> None:
    await begin(house, tmp_path)
    before = len(await house.pages())
    assert await house.ask("/alert unack 1 2") == "Nobody is on alerts 1, 2 any more; paging starts again."
    assert len(await house.pages()) == before + 2
    assert all(alert.acknowledged_at is None for alert in await house.rows(Alert))
