"""Whether a rule matches, and the templates in what it does. Pure: nothing here asks or changes the database."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from bot.alerts.fields import TEXTS, Fields
from bot.alerts.filter import Condition, Test, make_reader, make_test, read_equality
from bot.alerts.signal import DESCRIPTION_LIMIT, TITLE_LIMIT
from bot.alerts.traces import SharedLine, Step
from bot.alerts.values import template_values
from bot.chat.sandbox import render_user_template
from bot.errors import Problem
from bot.oncall.week import is_within
from storage.models import Rule
from storage.words import Priority

TOLD = 10
"""So many rules that don't match, one after the other, are told one by one."""
REWRITES = frozenset((*TEXTS, "tags", "labels", "priority"))
"""Names in what a rule does that change an alert's fields; a rule has those of its own."""
LIMITS = {"title": TITLE_LIMIT, "description": DESCRIPTION_LIMIT}


class ReadyRule:
    """A rule, ready to be asked of many alerts: its conditions are tests, and what it says when it does not match is made
    once."""

    __slots__ = (
        "_lines",
        "_not_now",
        "begins",
        "go_on",
        "hours",
        "id",
        "matched_at",
        "name",
        "of_other_team",
        "rewrites",
        "row",
        "stage",
        "team_id",
        "then",
        "unmet",
    )

    def __init__(self, row: Rule) -> None:
        self.row, self.id, self.name, self.team_id = row, row.id, row.name, row.team_id
        self.stage = row.kind.value
        self.then, self.go_on, self.hours = row.then, row.go_on, row.hours
        self.matched_at = row.last_matched_at
        self.rewrites = frozenset(name for name in REWRITES if row.then.get(name))
        self._not_now = SharedLine(self.tell("rule_not_now"))
        self.of_other_team = SharedLine(self.tell("rule_of_other_team"))
        tests = [make_test(condition) for condition in row.conditions]
        if row.match == "any" and tests:
            self._lines = [(_any_of(tests), self._tell_unmet(row.conditions[:2]))]
        else:
            self._lines = [
                (test, self._tell_unmet([condition]))
                for test, condition in zip(tests, row.conditions, strict=True)
            ]
        is_plain = not row.hours and (row.match != "any" or len(row.conditions) == 1)
        self.begins = read_equality(row.conditions[0]) if is_plain and row.conditions else None
        """The text that a field must have for it to match, where that is asked first."""
        self.unmet = self._lines[0][1] if self._lines else SharedLine({})
        """What it says when its first condition is not met."""

    @property
    def lines(self) -> list[SharedLine]:
        """All that it may say when it does not match."""
        return [self._not_now, self.of_other_team, *(line for _, line in self._lines)]

    def judge(self, fields: Fields, at: datetime) -> Step | None:
        """Why it does not match, as a line for the trace that many alerts may share; None when it does."""
        if self.hours and not is_within(self.hours, at):
            return self._not_now
        for test, line in self._lines:
            if not test(fields):
                return line
        return None

    def tell(self, reason: str) -> Step:
        return {"stage": self.stage, "reason": reason, "rule": self.name}

    def _tell_unmet(self, conditions: Sequence[Condition]) -> SharedLine:
        unmet = [{key: value for key, value in one.items() if value not in ("", False)} for one in conditions]
        return SharedLine({**self.tell("rule_no_match"), "unmet": unmet})


def _any_of(tests: Sequence[Test]) -> Test:
    return lambda fields: any(test(fields) for test in tests)


class ReadyRules:
    """Rules in their order. Most begin by asking whether one field is one text ("is it of this cluster?"), so those of them
    that can match at all are found by the alert's own text, however many others there are."""

    def __init__(self, rules: Iterable[ReadyRule]) -> None:
        self.rules = tuple(rules)
        self.are_of_teams = any(rule.team_id is not None for rule in self.rules)
        self.unmet = [rule.unmet for rule in self.rules]
        self._asked: list[int] = []
        """The places of those that have to be asked."""
        self._found: dict[str, dict[str, list[int]]] = {}
        """The places of the others, by their first field and what it has to be."""
        for place, rule in enumerate(self.rules):
            if rule.begins is None:
                self._asked.append(place)
            else:
                name, text = rule.begins
                self._found.setdefault(name, {}).setdefault(text, []).append(place)
        self._reads = [(make_reader(name), places) for name, places in self._found.items()]

    def __len__(self) -> int:
        return len(self.rules)

    def find_places(self, fields: Fields) -> list[int]:
        """The places, in order, of the rules that may match; the others don't, because of their first condition."""
        places = self._asked
        for read, by_text in self._reads:
            found = by_text.get(read(fields))
            if found:
                places = places + found
        return places if places is self._asked else sorted(places)


def list_matching(
    rules: ReadyRules,
    fields: Fields,
    at: datetime,
    trace: list[Step],
    *,
    every: bool = False,
    team_id: int | None = None,
) -> Iterator[ReadyRule]:
    """The first rule that matches, and those after it as long as they say `go_on`, or `every` one that does. Those that
    don't leave a line; of many in a row the last ones are only counted. With `team_id`, rules of other teams don't match."""
    row = _InARow(rules, trace, team_id if rules.are_of_teams else None)
    for place in rules.find_places(fields):
        rule = rules.rules[place]
        line = row.tell_of_other_team(rule) or rule.judge(fields, at)
        if line is not None:
            row.said[place] = line
            continue
        row.tell_until(place)
        yield rule
        if not (rule.go_on or every):
            return
    row.tell_until(len(rules.rules))


class _InARow:
    """The lines of rules in a row that don't match: what those that were asked said; the others' first condition is not
    met."""

    def __init__(self, rules: ReadyRules, trace: list[Step], team_id: int | None) -> None:
        self.rules, self.trace, self.team_id = rules, trace, team_id
        self.said: dict[int, Step] = {}
        self._next = 0

    def tell_of_other_team(self, rule: ReadyRule) -> Step | None:
        is_other = self.team_id is not None and rule.team_id not in (None, self.team_id)
        return rule.of_other_team if is_other else None

    def tell_until(self, place: int) -> None:
        """Write down those before this place, where a rule matches or the rules end."""
        start, self._next = self._next, place + 1
        told = min(place, start + TOLD)
        lines: list[Step] = [*self.rules.unmet[start:told]]
        if self.team_id is not None:
            lines = [self.tell_of_other_team(rule) or rule.unmet for rule in self.rules.rules[start:told]]
        for one, line in self.said.items():
            if start <= one < told:
                lines[one - start] = line
        self.trace += lines
        if place > told:
            stage = self.rules.rules[told].stage
            self.trace.append({"stage": stage, "reason": "more", "count": place - told})


class Writer:
    """Renders the templates of one rule over one alert. A template that is wrong leaves what was there, and a line in the
    trace: an alert is never lost because of a rule."""

    def __init__(self, rule: ReadyRule, fields: Fields, trace: list[Step]) -> None:
        self.rule, self.fields, self.trace = rule, fields, trace

    @cached_property
    def values(self) -> dict[str, Any]:
        return template_values(self.fields)

    def write(self, name: str, source: str, otherwise: str) -> str:
        limit = LIMITS.get(name, 2_000)
        if "{" not in source and len(source) <= limit:
            return source.strip()
        try:
            return render_user_template(source, self.values, name, limit).strip()
        except Problem as problem:
            self.complain(name, str(problem.data.get("reason", problem.code)))
            return otherwise

    def complain(self, name: str, problem: str) -> None:
        self.trace.append({**self.rule.tell("template_wrong"), "field": name, "problem": problem[:200]})

    def rewrite(
        self, then: Mapping[str, Any], names: Sequence[str], old: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The fields of a signal that the rule writes anew: texts, tags and labels (added), the priority."""
        new: dict[str, Any] = {
            name: self.write(name, then[name], old[name]) for name in names if then.get(name)
        }
        if then.get("tags"):
            more = [self.write("tags", str(tag), "") for tag in then["tags"]]
            new["tags"] = tuple(dict.fromkeys([*old["tags"], *filter(None, more)]))
        if then.get("labels"):
            more_labels = {
                str(name): self.write(f"labels.{name}", str(source), "")
                for name, source in then["labels"].items()
            }
            new["labels"] = {**old["labels"], **{name: text for name, text in more_labels.items() if text}}
        if then.get("priority"):
            said = self.write("priority", str(then["priority"]), "").upper()
            if said in Priority.__members__:
                new["priority"] = Priority(said)
            elif said:
                self.complain("priority", f"{said} is no priority")
        return new
