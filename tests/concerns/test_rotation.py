"""Turns of a rotation: no gap, no overlap, wall-clock handoffs, in every zone, compared with a minute-by-minute oracle."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.oncall.rotation import Turns, find_turn, list_turns, start_of_turn
from storage.words import RotationKind

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Casablanca",
)
MOMENTS = st.datetimes(datetime(2025, 6, 1), datetime(2027, 12, 1)).map(lambda at: at.replace(tzinfo=UTC))
TURNS = st.builds(
    Turns,
    kind=st.sampled_from(list(RotationKind)),
    length=st.integers(1, 5),
    starts=st.datetimes(datetime(2025, 1, 1), datetime(2026, 6, 1)).map(
        lambda at: at.replace(second=0, microsecond=0)
    ),
    zone=st.sampled_from(ZONES),
    participants=st.lists(st.integers(1, 4) | st.none(), min_size=1, max_size=4).map(tuple),
)


@given(TURNS, MOMENTS)
def test_the_turn_found_covers_the_moment(turns: Turns, at: datetime) -> None:
    turn = find_turn(turns, at)
    if turn is None:
        assert at < start_of_turn(turns, 0)
    else:
        assert turn.starts_at <= at < turn.ends_at


@settings(max_examples=50)
@given(TURNS, MOMENTS)
def test_turns_follow_each_other_without_gap_or_overlap(turns: Turns, at: datetime) -> None:
    found = list(list_turns(turns, at, at + timedelta(days=40)))
    for before, after in zip(found, found[1:], strict=False):
        assert before.ends_at == after.starts_at
    for turn in found:
        assert turn.starts_at < turn.ends_at


@settings(max_examples=40)
@given(TURNS, MOMENTS)
def test_participants_take_turns_in_order(turns: Turns, at: datetime) -> None:
    """The oracle counts turns from the start, one by one."""
    turn = find_turn(turns, at)
    if turn is None or at - start_of_turn(turns, 0) > timedelta(days=400):
        return
    index = 0
    while start_of_turn(turns, index + 1) <= at:
        index += 1
    assert turn.user_id == turns.participants[index % len(turns.participants)]


@given(st.sampled_from(ZONES), st.integers(0, 23))
def test_daily_handoff_keeps_its_wall_clock_time(zone: str, hour: int) -> None:
    turns = Turns(RotationKind.DAILY, 1, datetime(2026, 1, 1, hour, 30), zone, (1, 2))
    for day in range(365):
        local = start_of_turn(turns, day).astimezone(ZoneInfo(zone))
        wanted = datetime(2026, 1, 1, hour, 30) + timedelta(days=day)
        exists = wanted.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).astimezone(ZoneInfo(zone)).hour == hour
        if exists:
            assert (local.hour, local.minute) == (hour, 30)


def test_handoff_in_the_hour_that_does_not_exist_happens_after_the_jump() -> None:
    turns = Turns(RotationKind.DAILY, 1, datetime(2026, 3, 28, 2, 30), "Europe/Berlin", (1, 2))
    jump = start_of_turn(turns, 1)  # 29 March 2026, 02:30 does not exist in Berlin
    assert jump.astimezone(ZoneInfo("Europe/Berlin")).strftime("%d %H:%M") == "29 03:30"


def test_handoff_in_the_hour_that_exists_twice_happens_the_first_time() -> None:
    turns = Turns(RotationKind.DAILY, 1, datetime(2026, 10, 24, 2, 30), "Europe/Berlin", (1, 2))
    assert start_of_turn(turns, 1) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
