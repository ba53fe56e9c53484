"""Whether a rule matches, and the templates in what it does. Pure: nothing here asks or changes the database."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from bot.alerts.fields import TEXTS, Fields
from bot.alerts.filter import Condition, Test, make_test
from bot.alerts.hours import is_within
from bot.alerts.signal import DESCRIPTION_LIMIT, TITLE_LIMIT
from bot.alerts.values import template_values
from bot.chat.sandbox import render_user_template
from bot.errors import Problem
from storage.models import Rule
from storage.words import Priority

Step = dict[str, Any]
"""{"stage": ..., "reason": ..., ...}: one line of a trace."""
TOLD = 10
"""So many rules that don't match, one after the other, are told one by one."""
REWRITES = frozenset((*TEXTS, "tags", "labels", "priority"))
"""Names in what a rule does that change an alert's fields."""
LIMITS = {"title": TITLE_LIMIT, "description": DESCRIPTION_LIMIT}


class ReadyRule:
    """A rule, ready to be asked of many alerts: its conditions are tests, and what it says when it does not match is made
    once."""

    __slots__ = (
        "_lines",
        "_not_now",
        "go_on",
        "hours",
        "id",
        "matched_at",
        "name",
        "rewrites",
        "row",
        "team_id",
        "then",
    )

    def __init__(self, row: Rule) -> None:
        self.row, self.id, self.name, self.team_id = row, row.id, row.name, row.team_id
        self.then, self.go_on, self.hours = row.then, row.go_on, row.hours
        self.matched_at = row.last_matched_at
        self.rewrites = any(row.then.get(name) for name in REWRITES)
        self._not_now = self.tell("rule_not_now")
        tests = [make_test(condition) for condition in row.conditions]
        if row.match == "any" and tests:
            self._lines = [(_any_of(tests), self._tell_unmet(row.conditions[:2]))]
        else:
            self._lines = [
                (test, self._tell_unmet([condition]))
                for test, condition in zip(tests, row.conditions, strict=True)
            ]

    def judge(self, fields: Fields, at: datetime) -> Step | None:
        """Why it does not match, as a line for the trace that many alerts may share; None when it does."""
        if self.hours and not is_within(self.hours, at):
            return self._not_now
        for test, line in self._lines:
            if not test(fields):
                return line
        return None

    def tell(self, reason: str) -> Step:
        return {"stage": self.row.kind.value, "reason": reason, "rule": self.name}

    def _tell_unmet(self, conditions: Sequence[Condition]) -> Step:
        unmet = [{key: value for key, value in one.items() if value not in ("", False)} for one in conditions]
        return {**self.tell("rule_no_match"), "unmet": unmet}


def _any_of(tests: Sequence[Test]) -> Test:
    return lambda fields: any(test(fields) for test in tests)


def list_matching(
    rules: Sequence[ReadyRule],
    fields: Fields,
    at: datetime,
    trace: list[Step],
    *,
    every: bool = False,
    team_id: int | None = None,
) -> Iterator[ReadyRule]:
    """The first rule that matches, and those after it as long as they say `go_on`, or `every` one that does. Those that
    don't leave a line; of many in a row the last ones are only counted. With `team_id`, rules of other teams don't match."""
    told = 0
    for rule in rules:
        if team_id is not None and rule.team_id not in (None, team_id):
            unmet: Step | None = rule.tell("rule_of_other_team")
        else:
            unmet = rule.judge(fields, at)
        if unmet is None:
            yield rule
            if not (rule.go_on or every):
                return
            told = 0
            continue
        told += 1
        if told <= TOLD:
            trace.append(unmet)
        elif told == TOLD + 1:
            trace.append({"stage": unmet["stage"], "reason": "more", "count": 1})
        else:
            trace[-1]["count"] += 1


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
