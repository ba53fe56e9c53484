"""Personal rules as lines: what is written is read, what is read is written back the same, and what is wrong is named."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Invalid
from bot.oncall.week import DAYS
from bot.paging.lines import parse_quiet, parse_rules, spell_rules, spell_windows
from storage.words import Priority


def test_a_line_says_when_and_how() -> None:
    (rule,) = parse_rules("P1, p2 mon-fri 22:00-7:00 = slack email, after 5m phone after 1h voice")
    assert rule == {
        "priorities": ["P1", "P2"],
        "windows": [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "22:00", "until": "07:00"}],
        "steps": [
            {"after": 0, "by": ["slack", "email"]},
            {"after": 300, "by": ["phone"]},
            {"after": 3600, "by": ["voice"]},
        ],
    }


def test_always_and_nothing_are_the_same() -> None:
    assert (
        parse_rules("always = room\n\n = room")
        == [{"priorities": [], "windows": [], "steps": [{"after": 0, "by": ["room"]}]}] * 2
    )


def test_quiet_hours_are_days_and_times() -> None:
    assert parse_quiet("22:00-07:00\nsat-sun") == [
        {"days": [], "from": "22:00", "until": "07:00"},
        {"days": ["sat", "sun"], "from": "00:00", "until": "00:00"},
    ]
    assert parse_quiet("fri-mon 20:00 to 08:00")[0]["days"] == ["mon", "fri", "sat", "sun"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("slack email", "paging.bad_rule"),
        ("P6 = slack", "paging.bad_when"),
        ("25:00-07:00 = slack", "paging.bad_when"),
        ("always =", "paging.bad_steps"),
        ("always = slack, after 5m", "paging.bad_steps"),
        ("always = slack after five phone", "paging.bad_steps"),
        ("always = after 99999d phone", "paging.bad_steps"),
        ("always = slack\n" * 21, "paging.too_many_lines"),
    ],
)
def test_what_is_wrong_is_named(text: str, code: str) -> None:
    with pytest.raises(Invalid) as wrong:
        parse_rules(text)
    assert (wrong.value.code, wrong.value.field) == (code, "rules")


@pytest.mark.parametrize("text", ["P1", "always", "night"])
def test_quiet_hours_without_a_time_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_quiet(text)


TIMES = st.builds(lambda hour, minute: f"{hour:02}:{minute:02}", st.integers(0, 23), st.integers(0, 59))
DAY_SETS = st.sets(st.sampled_from(DAYS)).map(lambda days: [day for day in DAYS if day in days])
NAMES = st.lists(st.sampled_from(["slack", "email", "phone-2", "my.ntfy"]), min_size=1, unique=True)


@st.composite
def rules(draw: Any) -> dict[str, Any]:
    windows = draw(
        st.lists(st.tuples(DAY_SETS, st.sampled_from(["00:00", "09:30"]) | TIMES, TIMES), max_size=3)
    )
    waits = sorted(draw(st.sets(st.integers(1, 7 * 86_400), max_size=2)))
    return {
        "priorities": draw(st.lists(st.sampled_from([one.value for one in Priority]), unique=True)),
        "windows": [{"days": days, "from": start, "until": until} for days, start, until in windows],
        "steps": [{"after": wait, "by": draw(NAMES)} for wait in [0, *waits]],
    }


@given(st.lists(rules(), max_size=4))
def test_what_is_spelled_is_read_as_the_same(given_rules: list[dict[str, Any]]) -> None:
    assert parse_rules(spell_rules(given_rules)) == given_rules


@given(rules())
def test_so_are_quiet_hours(rule: dict[str, Any]) -> None:
    assert parse_quiet(spell_windows(rule["windows"])) == rule["windows"]


@given(st.text(max_size=80))
def test_anything_is_read_or_refused(text: str) -> None:
    for parse in (parse_rules, parse_quiet):
        with contextlib.suppress(Invalid):
            assert isinstance(parse(text), list)
