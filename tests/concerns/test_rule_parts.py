"""The pure parts of rules: conditions against a plain oracle, hours against the calendar, templates as in Opsgenie."""

import contextlib
import re
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.fields import find_value
from bot.alerts.filter import OPERATIONS, make_test
from bot.alerts.rules import ReadyRule
from bot.chat.sandbox import Text, render_user_template
from bot.errors import Invalid
from bot.oncall.week import DAYS, is_within, next_time
from storage.models import Rule
from storage.words import RuleKind

WORDS = st.sampled_from(["", "a", "A", "ab", "a b", "P1", "P3", "10", "9", "x,y", "y"])
FIELDS = st.fixed_dictionaries(
    {
        "title": WORDS,
        "priority": st.sampled_from(["P1", "P2", "P3"]),
        "tags": st.lists(WORDS, max_size=3),
        "labels": st.dictionaries(st.sampled_from(["a", "b.c"]), WORDS, max_size=2),
        "payload": st.fixed_dictionaries({"a": st.fixed_dictionaries({"b": WORDS}), "n": st.integers(0, 20)}),
    }
)
NAMES = st.sampled_from(
    ["title", "priority", "tags", "labels", "labels.a", "labels.b.c", "payload.a.b", "payload.n"]
)


def rank(text: str) -> tuple[int, Any]:
    if re.fullmatch(r"P\d", text):
        return (0, -int(text[1:]))
    return (1, float(text)) if re.fullmatch(r"\d+", text) else (2, text)


def oracle(operation: str, value: Any, wanted: str) -> bool:
    """The same, said one after the other, for a text, a list or a map."""
    if operation == "is_empty":
        return value in ("", [], {})
    if operation == "has_key":
        return isinstance(value, dict) and wanted in value
    if not isinstance(value, str):
        return any(
            oracle(operation, one, wanted) for one in (value.values() if isinstance(value, dict) else value)
        )
    left, right = rank(value), rank(wanted)
    order: float = (
        (left[1] > right[1]) - (left[1] < right[1])
        if left[0] == right[0]
        else float("nan")
        if right[0] == 1
        else (value > wanted) - (value < wanted)
    )
    return {
        "equals": value == wanted,
        "has_value": value == wanted,
        "equals_ignoring_case": value.lower() == wanted.lower(),
        "equals_ignoring_spaces": value.replace(" ", "") == wanted.replace(" ", ""),
        "contains": value.find(wanted) >= 0,
        "starts_with": value[: len(wanted)] == wanted,
        "ends_with": value[len(value) - len(wanted) :] == wanted if len(wanted) <= len(value) else False,
        "matches": re.search(wanted, value) is not None,
        "matches_whole": re.fullmatch(wanted, value) is not None,
        "one_of": any(value == part.strip() for part in wanted.split(",")),
        "at_least": value != "" and order >= 0,
        "at_most": value != "" and order <= 0,
        "greater_than": value != "" and order > 0,
        "less_than": value != "" and order < 0,
    }[operation]


@given(FIELDS, NAMES, st.sampled_from(sorted(OPERATIONS)), WORDS, st.booleans())
def test_a_condition_agrees_with_a_plain_oracle(
    fields: dict[str, Any], name: str, operation: str, wanted: str, negate: bool
) -> None:
    condition = {"field": name, "operation": operation, "value": wanted, "not": negate}
    assert make_test(condition)(fields) is (oracle(operation, find_value(fields, name), wanted) is not negate)


@given(FIELDS, st.lists(st.tuples(NAMES, WORDS), max_size=4))
def test_all_and_any(fields: dict[str, Any], pairs: list[tuple[str, str]]) -> None:
    conditions = [{"field": name, "operation": "equals", "value": value} for name, value in pairs]
    answers = [make_test(condition)(fields) for condition in conditions]
    unmet = [
        {"field": name, "operation": "equals", **({"value": value} if value else {})} for name, value in pairs
    ]
    for match, holds in (("all", all(answers)), ("any", any(answers) or not answers)):
        row = Rule(name="r", kind=RuleKind.POLICY, match=match, conditions=conditions, hours={}, then={})
        line = ReadyRule(row).judge(fields, datetime(2026, 11, 23, 3, 0, tzinfo=UTC))
        assert (line is None) is holds
        if line is not None:
            assert line["unmet"] == (unmet[:2] if match == "any" else [unmet[answers.index(False)]])


def test_values_of_the_sender_are_found_on_any_way() -> None:
    fields = {"payload": {"a": [{"b.c": None}, {"d": True}], "e": {"f": [1, {"g": 2}]}}, "labels": {}}
    assert find_value(fields, "payload.a.0.b.c") == ""
    assert find_value(fields, "payload.a.1.d") == "true"
    assert find_value(fields, "payload.a.7.d") == ""
    deep: Any = []
    for _ in range(900):
        deep = [deep]
    assert find_value({"payload": {"a": deep}, "labels": {}}, "payload.a") == ["[" * 900 + "]" * 900]
    assert find_value(fields, "payload.e.f") == ["1", '{"g":2}']


CLOCKS = st.integers(0, 47).map(lambda half: f"{half // 2:02}:{half % 2 * 30:02}")
ZONES = st.sampled_from(["UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe"])


@given(
    st.lists(st.sampled_from(DAYS), unique=True),
    CLOCKS,
    CLOCKS,
    ZONES,
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
)
def test_windows_of_the_week_agree_with_the_calendar(
    days: list[str], start: str, until: str, zone: str, naive: datetime
) -> None:
    at = naive.replace(tzinfo=UTC)
    hours = {"zone": zone, "windows": [{"days": days, "from": start, "until": until}]}
    local = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    inside = False
    for back in (0, 1):
        day = (local - timedelta(days=back)).date()
        begins = datetime.combine(day, time.fromisoformat(start))
        ends = datetime.combine(day, time.fromisoformat(until))
        ends += timedelta(days=1) if ends <= begins else timedelta()
        inside |= (not days or DAYS[day.weekday()] in days) and begins <= local < ends
    assert is_within(hours, at) is inside
    assert is_within({}, at)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), CLOCKS, ZONES)
def test_the_next_time_of_day_is_within_a_day_and_a_bit(naive: datetime, clock: str, zone: str) -> None:
    at = naive.replace(tzinfo=UTC)
    found = next_time(at, clock, zone)
    assert at < found <= at + timedelta(days=2)
    shown = found.astimezone(ZoneInfo(zone)).strftime("%H:%M")
    wall = datetime.combine(found.astimezone(ZoneInfo(zone)).date(), time.fromisoformat(clock))
    skipped = (
        wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        != wall
    )
    assert shown == clock or skipped


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ m.toLowerCase() }}", "disk /var full, id=42 [custom]p2"),
        ("{{ m.toUpperCase().substring(0, 4) }}", "DISK"),
        ("{{ m.substringAfter('[custom]').toUpperCase() }}", "P2"),
        ("{{ m.substringBefore(',') }}", "Disk /var full"),
        ("{{ m.substringBetween('/', ' ') }}", "var"),
        (r"{{ m.extract(/id=(\d+)/) }}", "42"),
        (r"{{m.extract( /\/(\w+)/ )}}", "var"),
        ("{{ m.split(' ').get(1) }}", "/var"),
        ("{{ m.replace('full', 'empty').substringBeforeLast(',') }}", "Disk /var empty"),
        (r"{{ m.replaceAll(/[0-9]+/, 'n').substringAfterLast(' id=') }}", "n [custom]pn"),
        ("{{ t.toDate('yyyy-MM-dd HH:mm', 'Europe/Paris') }}", "2026-11-24 19:20"),
        ("{{ ms.toDate() }}", "2026-11-24 18:20:00 UTC"),
        ("{{ m.length() }}{{ ' yes' if m.contains('full') }}", "32 yes"),
        ("no braces at all", "no braces at all"),
    ],
)
def test_the_string_methods_of_opsgenie(template: str, text: str) -> None:
    values = {
        "m": Text("Disk /var full, id=42 [custom]p2"),
        "t": Text("2026-11-24T18:20:00Z"),
        "ms": Text("1795544400000"),
    }
    assert render_user_template(template, values) == text


@pytest.mark.parametrize(
    "template",
    [
        "{{ nope }}",
        "{{ m.nope }}",
        "{{ m.nope() }}",
        "{{ labels.nope }}",
        "{{ m.extract(/z(z)/) }}",
        "{{ m.extract(/(/) }}",
        "{{ m.split('.').get(4) }}",
        "{{ m.toDate() }}",
        "{{ m.replace('', m).replace('', m).replace('', m).replace('', m) }}" * 40,
        "{{ m.__class__ }}",
        "{{ m.encode() }}",
    ],
)
def test_what_is_not_there_is_a_mistake_and_never_an_empty_text(template: str) -> None:
    with pytest.raises(Invalid):
        render_user_template(template, {"m": Text("x" * 300), "labels": {}})


@given(st.text(max_size=60))
def test_no_template_breaks_anything_else(template: str) -> None:
    with contextlib.suppress(Invalid):
        render_user_template("{{" + template + "}}", {"m": Text("abc"), "labels": {"a": Text("b")}})
