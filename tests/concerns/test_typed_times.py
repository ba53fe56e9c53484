"""Times as people type them at night."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Invalid
from commands.kinds import parse_duration, parse_time
from tests.house import START, House

NOW = datetime(2026, 11, 29, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["1h30m", "1h 30m", "90 min", "1 h 30 min", "in 1h30m", "for 90m", "until 17:30"]
)
def test_what_is_written_in_one_place_is_read_in_all(text: str) -> None:
    assert parse_time(text, NOW, "Europe/Paris", forward=True) == NOW + timedelta(minutes=90)


@pytest.mark.parametrize(
    "text", ["tomorrow 09:00", "until tomorrow 09:00", "2026-11-30 09:00", "2026-11-30T08:00z"]
)
def test_tomorrow_is_the_next_day_by_the_clocks_of_whoever_types(text: str) -> None:
    assert parse_time(text, NOW, "Europe/Paris", forward=True) == datetime(2026, 11, 30, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("text", ["tomorrow", "tomorrow 25:00", "1h30", "1m1mi", "-5m", "until", "30"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_time(text, NOW, "Europe/Paris", forward=True)
    with pytest.raises(Invalid):
        parse_duration(text)


async def test_a_snooze_and_the_pager_take_them_too(house: House) -> None:
    await house.send({"title": "Disk is filling", "alias": "disk", "priority": "P4"})
    assert datetime(2026, 11, 23, 3, 0, tzinfo=UTC) == START
    assert "quiet until Mon 23 Nov 2026, 04:30 UTC" in await house.ask("/alert snooze 1 1h30m")
    assert "quiet until Tue 24 Nov 2026, 09:00 UTC" in await house.ask("/alert snooze 1 tomorrow 09:00")
    assert "Write 30m, 14:05, tomorrow 09:00, or 2026-11-23 14:05." in await house.ask("/alert snooze 1 soon")
    assert "until Mon 23 Nov 2026, 06:00 UTC" in await house.ask("/oncall take until 06:00")
    told = await house.ask("/oncall override @root until tomorrow 09:00 starts:2026-11-23T22:00")
    assert "Tue 24 Nov 2026, 09:00 UTC" in told
