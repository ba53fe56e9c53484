"""Handoffs and hours in the nights in which clocks change: each rule of docs/oncall.md once."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from bot.oncall.hours import read_hours
from bot.oncall.plan import Plan, Rotation, Slot
from bot.oncall.resolve import resolve, who
from bot.oncall.wall import get_wall_clock, instant_of, read_wall, wall_of
from storage.words import RotationKind

HOUR = timedelta(hours=1)


def make_rotation(
    number: int, starts: str, *people: int, hours: str = "", kind: str = "daily", length: int = 1
) -> Rotation:
    """`hours` are `02:15-02:45`, every day."""
    begin, _, end = hours.partition("-")
    windows = read_hours([{"from": begin, "until": end}] if hours else [])
    slots = tuple(Slot((person,)) for person in people)
    return Rotation(
        number, RotationKind(kind), length, datetime.fromisoformat(starts), slots, restrictions=windows
    )


def tell(zone: str, start: str, hours: int, *rotations: Rotation) -> str:
    """Who is on call from a time in UTC on, by the minute at which that begins, in UTC."""
    begin = datetime.fromisoformat(start).replace(tzinfo=UTC)
    spans = resolve(Plan(zone, rotations), begin, begin + hours * HOUR)
    return " ".join(f"{span.start:%d.%H:%M}={'+'.join(map(str, span.people)) or '-'}" for span in spans)


@pytest.mark.parametrize(
    ("start", "hours", "told"),
    [
        ("2026-03-28T22:00", "02:30-03:30", "28.22:00=- 29.01:00=1 29.01:30=-"),
        ("2026-03-28T22:00", "02:15-02:45", "28.22:00=-"),
        ("2026-03-28T22:00", "01:30-02:30", "28.22:00=- 29.00:30=1 29.01:00=-"),
        ("2026-10-24T22:00", "02:15-02:45", "24.22:00=- 25.00:15=1 25.00:45=-"),
        ("2026-10-24T22:00", "02:30-03:00", "24.22:00=- 25.00:30=1 25.02:00=-"),
        ("2026-10-24T22:00", "01:00-02:00", "24.22:00=- 24.23:00=1 25.00:00=-"),
    ],
)
def test_hours_in_paris_follow_the_wall(start: str, hours: str, told: str) -> None:
    rotation = make_rotation(1, "2026-01-01T00:00", 1, hours=hours)
    assert tell("Europe/Paris", start, 8, rotation) == told


@pytest.mark.parametrize("handoff", ["01:59", "02:00", "02:30", "02:59", "03:00"])
@pytest.mark.parametrize("day", ["2026-03-28T12:00", "2026-10-24T12:00"])
def test_hours_that_touch_leave_nobody_out_and_double_nobody(handoff: str, day: str) -> None:
    early = make_rotation(1, "2026-01-01T00:00", 1, hours=f"12:00-{handoff}")
    late = make_rotation(2, "2026-01-01T00:00", 2, hours=f"{handoff}-12:00")
    begin = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo("Europe/Paris"))
    spans = resolve(Plan("Europe/Paris", (early, late)), begin, begin + 20 * HOUR)
    assert [span.people for span in spans] == [(1,), (2,)]


def test_shifts_of_twelve_hours_keep_to_the_wall_all_year() -> None:
    plan = Plan("America/New_York", (make_rotation(1, "2026-01-01T08:00", 1, 2, kind="hourly", length=12),))
    begin = datetime(2026, 1, 2, tzinfo=UTC)
    for span in resolve(plan, begin, begin + timedelta(days=360))[1:]:
        assert f"{span.start.astimezone(ZoneInfo(plan.zone)):%H:%M}" in ("08:00", "20:00")


def test_an_hour_that_is_left_out_is_nobodys_and_one_that_comes_twice_is_one_turn() -> None:
    hourly = make_rotation(1, "2026-03-29T00:00", 1, 2, 3, 4, 5, kind="hourly")
    assert (
        tell("Europe/Paris", "2026-03-28T23:00", 4, hourly) == "28.23:00=1 29.00:00=2 29.01:00=4 29.02:00=5"
    )
    hourly = make_rotation(1, "2026-10-25T00:00", 1, 2, 3, 4, 5, kind="hourly")
    assert (
        tell("Europe/Paris", "2026-10-24T22:00", 5, hourly) == "24.22:00=1 24.23:00=2 25.00:00=3 25.02:00=4"
    )


def test_a_day_that_is_left_out_doubles_nobody() -> None:
    daily = make_rotation(1, "2011-12-28T09:00", 1, 2, 3, 4)
    told = tell("Pacific/Apia", "2011-12-28T19:00", 96, daily)
    assert told == "28.19:00=1 29.19:00=2 30.10:00=3 30.19:00=4 31.19:00=1"


def test_the_second_time_a_clock_shows_a_time_changes_nothing_back() -> None:
    plan = Plan("Europe/Paris", (make_rotation(1, "2026-10-24T02:30", 1, 2),))
    begin = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    for minutes in range(180):
        assert [duty.person for duty in who(plan, begin + timedelta(minutes=minutes))] == [2]


def test_in_every_zone_the_clock_never_runs_backwards_and_shows_local_time_otherwise() -> None:
    """Around the changes of three years with many of them; the watch looks every quarter of an hour."""
    changes = 0
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        for year in (2011, 2016, 2027):
            clock = get_wall_clock(name, datetime(year, 1, 1, tzinfo=UTC), datetime(year, 12, 31, tzinfo=UTC))
            for instant in clock.changes:
                change = datetime.fromtimestamp(instant // 1_000_000, UTC)
                if change.year != year:
                    continue
                changes += 1
                highest = 0
                for quarters in range(-16, 17):
                    moment = change + quarters * HOUR / 4
                    local = wall_of(moment.astimezone(zone).replace(tzinfo=None))
                    shown = read_wall(name, moment)
                    assert shown == clock.read(instant_of(moment)) >= max(local, highest), (name, moment)
                    assert shown == local or moment.astimezone(zone).fold
                    highest = shown
                walls = [clock.read(instant + 60_000_000 * one) for one in range(-200, 200, 7)]
                found = clock.find_all(walls)
                assert found == sorted(found)
                assert all(
                    clock.read(one) >= wall > clock.read(one - 1)
                    for one, wall in zip(found, walls, strict=True)
                )
    assert changes > 500
