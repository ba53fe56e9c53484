"""Which of many rules match, and what the others say: as if each had been asked in its order."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.fields import read_fields
from bot.alerts.rules import TOLD, ReadyRule, ReadyRules, list_matching
from bot.alerts.signal import Action, Signal
from bot.alerts.traces import Step
from storage.models import Rule
from storage.words import RuleKind

AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
NIGHT = {"zone": "UTC", "windows": [{"from": "01:00", "until": "05:00"}]}
DAY = {"zone": "UTC", "windows": [{"from": "09:00", "until": "17:00"}]}
words = st.sampled_from(["", "eu", "us"])
conditions = st.fixed_dictionaries(
    {
        "field": st.sampled_from(["labels.region", "labels.zone", "title", "tags"]),
        "operation": st.sampled_from(["equals", "equals", "equals", "contains", "is_empty"]),
        "value": words,
        "not": st.sampled_from([False, False, False, True]),
    }
)
rules = st.builds(
    lambda **values: ReadyRule(Rule(id=1, kind=RuleKind.ROUTE, then={}, name="", **values)),
    conditions=st.lists(conditions, max_size=2),
    match=st.sampled_from(["all", "any"]),
    hours=st.sampled_from([{}, {}, {}, NIGHT, DAY]),
    go_on=st.booleans(),
    team_id=st.sampled_from([None, None, 1, 2]),
)
many = st.lists(rules, max_size=3 * TOLD) | st.lists(rules, min_size=TOLD, max_size=TOLD + 4)


def ask_each(
    asked: list[ReadyRule], fields: dict[str, Any], *, every: bool, team_id: int | None
) -> tuple[list[ReadyRule], list[Step]]:
    """One after the other, and every line of them."""
    matching, trace = [], []
    for rule in asked:
        line = rule.judge(fields, AT)
        if team_id is not None and rule.team_id not in (None, team_id):
            line = rule.tell("rule_of_other_team")
        if line is not None:
            trace.append(line)
            continue
        matching.append(rule)
        trace.append({"matched": rule})
        if not (rule.go_on or every):
            break
    return matching, trace


def shorten(trace: list[Step]) -> list[Step]:
    """Of many lines in a row the last ones are only counted."""
    short: list[Step] = []
    row = 0
    for line in trace:
        row = 0 if "matched" in line else row + 1
        if row <= TOLD:
            short.append(line)
        elif row == TOLD + 1:
            short.append({"stage": "route", "reason": "more", "count": 1})
        else:
            short[-1]["count"] += 1
    return short


@given(many, words, words, words, st.booleans(), st.sampled_from([None, 1, 2]))
def test_each_rule_is_found_as_if_it_had_been_asked(
    asked: list[ReadyRule], region: str, zone: str, title: str, every: bool, team_id: int | None
) -> None:
    labels = {name: text for name, text in {"region": region, "zone": zone}.items() if text}
    fields = read_fields(Signal(Action.TRIGGER, "a", title, labels=labels, tags=("eu",)), "Sender")
    trace: list[Step] = []
    matching = []
    for rule in list_matching(ReadyRules(asked), fields, AT, trace, every=every, team_id=team_id):
        matching.append(rule)
        trace.append({"matched": rule})
    expected, lines = ask_each(asked, fields, every=every, team_id=team_id)
    assert [id(rule) for rule in matching] == [id(rule) for rule in expected]
    assert trace == shorten(lines)


def test_a_rule_that_cannot_match_is_not_asked() -> None:
    def equals(place: int) -> ReadyRule:
        condition = {"field": "labels.region", "operation": "equals", "value": f"r{place}"}
        return ReadyRule(
            Rule(id=place, kind=RuleKind.ROUTE, then={}, name="", conditions=[condition], match="all")
        )

    found = ReadyRules([equals(place) for place in range(500)])
    fields = read_fields(Signal(Action.TRIGGER, "a", labels={"region": "r77"}), "Sender")
    assert found.find_places(fields) == [77]
