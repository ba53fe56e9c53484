"""What a start says to the first person, until they have signed in."""

from pathlib import Path

import pytest

from bot.catalog.first_start import greet
from bot.config import find_own_zone
from storage.models import Integration
from tests.house import House


async def count_senders(house: House) -> int:
    return len(await house.rows(Integration, Integration.name == "Test sender"))


async def test_a_test_sender_that_was_used_is_the_only_one(house: House) -> None:
    welcome = await house.parts.work.run(greet)
    again = await house.parts.work.run(greet)
    assert welcome is not None
    assert again is not None
    assert again.key != welcome.key, "an unused one gets another key, which can be shown"
    assert await count_senders(house) == 1
    house.hooks["generic"] = f"{house.url}/hooks/generic/{again.key}"
    assert (await house.send({"title": "Disk full"}))[0] == 202
    last = await house.parts.work.run(greet)
    assert last is not None
    assert (last.source, last.key) == ("", ""), "whoever sends with that key goes on"
    assert await count_senders(house) == 1
    assert (await house.send({"title": "Disk full"}))[0] == 202


@pytest.mark.parametrize(
    ("named", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("Etc/UTC", "UTC"),  # what Debian calls it; only UTC gives way to the zone of the owner's browser
        ("Etc/Universal", "UTC"),
        ("Zulu", "UTC"),
        ("Atlantis/Capital", "UTC"),
    ],
)
def test_a_machine_without_a_place_is_in_utc(tmp_path: Path, named: str, zone: str) -> None:
    clock = tmp_path / "localtime"
    clock.symlink_to(f"/usr/share/zoneinfo/{named}")
    assert find_own_zone(clock) == zone
