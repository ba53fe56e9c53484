"""Matchers: what is written is what is judged, and what is shown is read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.matchers import (
    FIELDS,
    LABEL,
    Matcher,
    check_matchers,
    matches_all,
    parse_matchers,
    spell_matchers,
)
from bot.errors import Invalid

values = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=30)
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True).map(
    lambda name: name if name in FIELDS else LABEL + name
)
names |= values.filter(bool).map(lambda name: LABEL + name)
plain = st.builds(Matcher, names, st.sampled_from(["is", "is_not"]), values)
patterns = st.builds(
    Matcher,
    names,
    st.sampled_from(["matches", "not_matches"]),
    st.sampled_from(["", "db.*", "a|b", "(x)?", r"\d+", 'say "hi", or {not}', "~tilde"]),
)


@given(st.lists(plain | patterns, min_size=1, max_size=5).map(tuple))
def test_what_is_spelled_is_read_back(matchers: tuple[Matcher, ...]) -> None:
    assert parse_matchers(spell_matchers(matchers)) == matchers
    assert parse_matchers("{" + spell_matchers(matchers) + "}") == matchers


@given(plain | patterns, st.dictionaries(names, values, max_size=4))
def test_a_matcher_and_its_opposite_never_agree(matcher: Matcher, fields: dict[str, str]) -> None:
    other = {"is": "is_not", "is_not": "is", "matches": "not_matches", "not_matches": "matches"}
    opposite = Matcher(matcher.name, other[matcher.operation], matcher.value)
    assert matcher.holds(fields) is not opposite.holds(fields)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = parse_matchers(text)
    except Invalid:
        return
    assert all(matcher.name and "\x00" not in matcher.value for matcher in found)


@pytest.mark.parametrize(
    ("text", "labels", "expected"),
    [
        ("alertname=Disk", {"alertname": "Disk"}, True),
        ("alertname=~Dis", {"alertname": "Disk"}, False),  # a pattern is for the whole value
        ("alertname=~Dis.*", {"alertname": "Disk"}, True),
        ("alertname!~Dis.*", {"alertname": "Disk"}, False),
        ("cluster!=eu", {}, True),  # a label that is missing is empty
        ('cluster=""', {}, True),
        ("a=1 b=2", {"a": "1", "b": "3"}, False),
        ('a="1",b="2"', {"a": "1", "b": "2"}, True),
        ("a=1,", {"a": "1"}, True),
    ],
)
def test_it_judges_as_alertmanager_does(text: str, labels: dict[str, str], expected: bool) -> None:
    fields = {LABEL + name: value for name, value in labels.items()}
    assert matches_all(parse_matchers(text), fields) is expected


@pytest.mark.parametrize("text", ["", "a!=b", 'a=""', "a=~.*", "a!~b", "a=~|x"])
def test_what_would_match_everything_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        check_matchers(parse_matchers(text))
