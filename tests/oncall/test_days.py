"""A calendar shows each instant once, on the day that it has where the reader lives."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.oncall.days import DAY, View, choose_period, lay_out
from bot.oncall.plan import Plan, Rotation, Slot
from bot.oncall.resolve import resolve
from storage.words import RotationKind

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Africa/Cairo", "Australia/Lord_Howe"]
ROTATION = Rotation(1, RotationKind.DAILY, 1, datetime(2026, 1, 1, 9), (Slot((1,)), Slot((2,)), Slot()))


@settings(max_examples=80)
@given(
    st.sampled_from(ZONES),
    st.sampled_from(ZONES),
    st.sampled_from(View),
    st.dates(date(2026, 2, 1), date(2027, 1, 31)),
)
def test_the_days_of_a_period_are_whole_whatever_the_zones(
    viewer: str, zone: str, view: View, day: date
) -> None:
    period = choose_period(view, day)
    first, last = period.bounds(viewer)
    spans = resolve(Plan(zone, (ROTATION,)), first - DAY, last + DAY)
    days = lay_out(spans, period, viewer)
    assert [one.date for one in days] == [
        period.first + timedelta(days=number) for number in range((period.last - period.first).days)
    ]
    assert day in [one.date for one in days if one.own]
    parts = [part for one in days for part in one.parts]
    assert parts[0].start == first
    assert parts[-1].end == last
    assert all(before.end == after.start for before, after in zip(parts, parts[1:], strict=False))
    for one in days:
        for part in one.parts:
            assert part.span.start <= part.start < part.end <= part.span.end
            assert part.begins == (part.span.start == part.start and part.start != one.parts[0].start)
            assert part.ends == (part.span.end == part.end and part.end != one.parts[-1].end)


@pytest.mark.parametrize(
    ("view", "first", "last", "previous", "following"),
    [
        (View.DAY, "2026-11-25", "2026-11-26", "2026-11-24", "2026-11-26"),
        (View.WEEK, "2026-11-23", "2026-11-30", "2026-11-22", "2026-11-30"),
        (View.MONTH, "2026-10-26", "2026-12-07", "2026-10-31", "2026-12-01"),
    ],
)
def test_a_period_has_whole_weeks_and_knows_its_neighbours(
    view: View, first: str, last: str, previous: str, following: str
) -> None:
    period = choose_period(view, date(2026, 11, 25))
    assert (str(period.first), str(period.last)) == (first, last)
    assert (str(period.previous), str(period.following)) == (previous, following)


def test_the_day_of_a_change_of_clocks_is_as_long_as_it_is() -> None:
    period = choose_period(View.WEEK, date(2026, 10, 25))
    start, end = period.bounds("Europe/Berlin")
    assert end - start == timedelta(days=7, hours=1)
    days = lay_out(resolve(Plan("UTC"), start - DAY, end + DAY), period, "Europe/Berlin")
    (sunday,) = days[-1].parts
    assert (sunday.start, sunday.end) == (datetime(2026, 10, 24, 22, tzinfo=UTC), end)
