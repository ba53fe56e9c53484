"""How a person wants to be paged, decided: no wish leaves a page unsent, and none makes it come twice."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.oncall.week import DAYS, find_end, is_within
from bot.paging.wishes import Planned, Way, plan_page
from storage.words import Priority

ROOM, MAIL, CHAT, PHONE = Way("room"), Way("email"), Way("slack"), Way("sms", 1, "phone")
ALL = [ROOM, CHAT, MAIL, PHONE]
NIGHT = {"windows": [{"days": [], "from": "22:00", "until": "07:00"}]}
AT_NIGHT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
BY_DAY = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def plan(
    paging: dict[str, Any],
    ways: list[Way] = ALL,
    priority: Priority = Priority.P2,
    now: datetime = BY_DAY,
    zone: str = "UTC",
) -> dict[str, float]:
    """Minutes until each way is used, by its name."""
    return {
        one.way.name: one.wait.total_seconds() / 60 for one in plan_page(ways, paging, zone, priority, now)
    }


def rule(*steps: tuple[int, list[str]], **more: Any) -> dict[str, Any]:
    return {"steps": [{"after": 60 * after, "by": by} for after, by in steps], **more}


def test_who_has_said_nothing_is_paged_by_everything_at_once() -> None:
    assert plan({}) == {"room": 0, "slack": 0, "email": 0, "phone": 0}


def test_the_first_rule_that_holds_counts_and_the_room_is_always_told() -> None:
    paging = {
        "rules": [
            rule((0, ["phone"]), priorities=["P1"]),
            rule((0, ["slack"]), (5, ["phone", "slack"]), windows=NIGHT["windows"]),
            rule((0, ["email"])),
        ]
    }
    assert plan(paging, priority=Priority.P1, now=AT_NIGHT) == {"room": 0, "phone": 0}
    assert plan(paging, now=AT_NIGHT) == {"room": 0, "slack": 0, "phone": 5}
    assert plan(paging) == {"room": 0, "email": 0}
    assert plan(paging, now=BY_DAY, zone="Pacific/Auckland") == {"room": 0, "slack": 0, "phone": 5}


def test_a_rule_names_all_of_a_kind_or_one_by_its_label() -> None:
    second = Way("sms", 2, "work")
    assert plan({"rules": [rule((0, ["sms"]))]}, [*ALL, second]) == {"room": 0, "phone": 0, "work": 0}
    assert plan({"rules": [rule((0, ["work"]))]}, [*ALL, second]) == {"room": 0, "work": 0}


def test_what_a_rule_names_by_its_label_does_not_come_with_its_kind() -> None:
    home = Way("email", 2, "home")
    late = {"rules": [rule((0, ["slack", "email"]), (5, ["home"]))]}
    assert plan(late, [*ALL, home]) == {"room": 0, "slack": 0, "email": 0, "home": 5}
    assert plan(late, [ROOM, home]) == {"room": 0, "home": 0}, (
        "the kind has no other, so nothing would come at once"
    )
    early = {"rules": [rule((0, ["home"]), (5, ["email"]))]}
    assert plan(early, [*ALL, home]) == {"room": 0, "home": 0, "email": 5}


def test_a_rule_of_which_nothing_works_now_is_not_followed() -> None:
    paging = {"rules": [rule((0, ["room"]), (5, ["phone"]))]}
    assert plan(paging, [ROOM, CHAT, MAIL]) == {"room": 0, "slack": 0, "email": 0}
    assert plan({"rules": [rule((0, ["room"]))]}, [ROOM, CHAT]) == {"room": 0}, "who wants only that gets it"


def test_in_quiet_hours_what_rings_waits_for_their_end_but_not_for_a_p1() -> None:
    paging = {"quiet": {**NIGHT, "p1": False}}
    assert plan(paging, now=AT_NIGHT) == {"room": 0, "email": 0, "slack": 240, "phone": 240}
    assert plan(paging, now=AT_NIGHT, priority=Priority.P1) == {"room": 0, "email": 0, "slack": 0, "phone": 0}
    assert plan({"quiet": {**NIGHT, "p1": True}}, now=AT_NIGHT, priority=Priority.P1)["phone"] == 240
    assert plan(paging) == {"room": 0, "email": 0, "slack": 0, "phone": 0}


def test_quiet_hours_that_would_leave_nothing_outside_the_room_do_not_count() -> None:
    assert plan({"quiet": NIGHT}, [ROOM, CHAT, PHONE], now=AT_NIGHT) == {"room": 0, "slack": 0, "phone": 0}


def test_a_step_that_would_fall_into_quiet_hours_waits_for_their_end() -> None:
    paging = {"quiet": NIGHT, "rules": [rule((0, ["slack"]), (10, ["phone"]))]}
    evening = datetime(2026, 11, 23, 21, 55, tzinfo=UTC)
    assert plan(paging, now=evening) == {"room": 0, "slack": 0, "phone": 545}


WINDOWS = st.lists(
    st.fixed_dictionaries(
        {
            "days": st.lists(st.sampled_from(DAYS), unique=True),
            "from": st.sampled_from(["00:00", "07:30", "12:00", "22:00"]),
            "until": st.sampled_from(["00:00", "07:30", "09:00", "23:59"]),
        }
    ),
    max_size=3,
)
NAMES = st.sampled_from(["room", "email", "slack", "phone", "sms", "gone"])
STEPS = st.lists(
    st.fixed_dictionaries({"after": st.integers(0, 7200), "by": st.lists(NAMES, min_size=1, max_size=3)}),
    min_size=1,
    max_size=4,
)
RULES = st.lists(
    st.fixed_dictionaries(
        {"priorities": st.lists(st.sampled_from(list(Priority))), "windows": WINDOWS, "steps": STEPS}
    ),
    max_size=3,
)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))


@given(
    ways=st.lists(st.sampled_from(ALL[1:]), unique=True),
    rules=RULES,
    quiet=st.fixed_dictionaries({"windows": WINDOWS, "p1": st.booleans()}),
    priority=st.sampled_from(list(Priority)),
    now=MOMENTS,
    zone=st.sampled_from(["UTC", "Europe/Paris", "Asia/Kathmandu"]),
)
def test_whatever_is_wished_nobody_is_lost_and_nothing_comes_twice(
    ways: list[Way],
    rules: list[dict[str, Any]],
    quiet: dict[str, Any],
    priority: Priority,
    now: datetime,
    zone: str,
) -> None:
    planned = plan_page([ROOM, *ways], {"rules": rules, "quiet": quiet}, zone, priority, now)
    assert planned[0] == Planned(ROOM)
    assert len({one.way for one in planned}) == len(planned)
    assert all(one.way in (ROOM, *ways) and one.wait >= timedelta() for one in planned)
    outside = planned[1:]
    wants_room_alone = any(
        all(name == "room" for step in each["steps"] for name in step["by"]) for each in rules
    )
    assert outside or not ways or wants_room_alone
    assert not outside or any(one.waits != "quiet" for one in outside)
    for one in outside:
        if one.waits == "quiet":
            assert one.way.rings
            assert one.wait <= timedelta(days=9)


@given(windows=WINDOWS, now=MOMENTS)
def test_the_end_of_quiet_hours_is_outside_of_them(windows: list[dict[str, Any]], now: datetime) -> None:
    hours = {"zone": "Europe/Paris", "windows": windows}
    end = find_end(hours, now)
    assert now <= end <= now + timedelta(days=7)
    if windows and end < now + timedelta(days=7):
        assert not is_within(hours, end)


def test_nights_and_a_weekend_are_quiet_until_monday() -> None:
    windows = [
        {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "22:00", "until": "07:00"},
        {"days": ["sat", "sun"], "from": "00:00", "until": "00:00"},
    ]
    friday = datetime(2026, 11, 27, 23, 0, tzinfo=UTC)
    end = find_end({"zone": "UTC", "windows": windows}, friday)
    assert end == datetime(2026, 11, 30, 0, 0, tzinfo=UTC)


CHANGES = [
    ("Europe/Paris", "2026-03-29T01:00"),
    ("Europe/Paris", "2026-10-25T01:00"),
    ("Europe/Dublin", "2026-10-25T01:00"),
    ("America/New_York", "2026-11-01T06:00"),
    ("America/Santiago", "2026-04-05T03:00"),
    ("America/Santiago", "2026-09-06T04:00"),
    ("Africa/Cairo", "2026-04-23T22:00"),
    ("Africa/Cairo", "2026-10-29T21:00"),
    ("Asia/Beirut", "2026-03-28T22:00"),
    ("Australia/Lord_Howe", "2026-04-04T15:00"),
    ("Australia/Lord_Howe", "2026-10-03T15:30"),
    ("Pacific/Chatham", "2026-04-04T14:00"),
]
QUARTER = timedelta(minutes=15)


@pytest.mark.parametrize(("zone", "change"), CHANGES)
@pytest.mark.parametrize("until", ["23:00", "23:30", "00:00", "00:30", "01:15", "01:45", "02:30", "03:15"])
def test_quiet_hours_end_when_a_watch_says_so_also_while_clocks_change(
    zone: str, change: str, until: str
) -> None:
    hours = {"zone": zone, "windows": [{"from": "22:00", "until": until}]}
    changes_at = datetime.fromisoformat(change).replace(tzinfo=UTC)
    for quarters in range(-16, 17):
        at = moment = changes_at + quarters * QUARTER
        while is_within(hours, moment):
            moment += QUARTER
        assert find_end(hours, at) == moment
