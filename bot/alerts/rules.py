"""Whether a rule matches, and the templates in what it does. Pure: nothing here asks or changes the database."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.alerts.fields import Fields
from bot.alerts.filter import find_unmet
from bot.alerts.hours import is_within
from bot.alerts.signal import DESCRIPTION_LIMIT, TITLE_LIMIT
from bot.alerts.values import template_values
from bot.chat.sandbox import render_user_template
from bot.errors import Problem
from storage.models import Rule
from storage.words import Priority

Step = dict[str, Any]
"""{"stage": ..., "reason": ..., ...}: one line of a trace."""
LIMITS = {"title": TITLE_LIMIT, "description": DESCRIPTION_LIMIT}


def judge(rule: Rule, stage: str, fields: Fields, at: datetime) -> Step | None:
    """Why a rule does not match, as a line for the trace; None when it does."""
    if not is_within(rule.hours, at):
        return {"stage": stage, "reason": "rule_not_now", "rule": rule.name}
    unmet = find_unmet(rule.conditions, rule.match, fields)
    if not unmet:
        return None
    why = [
        {
            key: one.get(key)
            for key in ("field", "operation", "value", "not")
            if one.get(key) not in (None, False)
        }
        for one in unmet[:3]
    ]
    return {"stage": stage, "reason": "rule_no_match", "rule": rule.name, "unmet": why}


def list_matching(
    rules: Sequence[Rule], stage: str, fields: Fields, at: datetime, trace: list[Step]
) -> Iterator[Rule]:
    """The first rule that matches, and those after it as long as they say `go_on`. Those that don't leave a line."""
    for rule in rules:
        unmet = judge(rule, stage, fields, at)
        if unmet is not None:
            trace.append(unmet)
            continue
        yield rule
        if not rule.go_on:
            return


class Writer:
    """Renders the templates of one rule over one alert. A template that is wrong leaves what was there, and a line in the
    trace: an alert is never lost because of a rule."""

    def __init__(self, rule: Rule, stage: str, fields: Fields, trace: list[Step]) -> None:
        self.rule, self.stage, self.trace = rule, stage, trace
        self.values = template_values(fields)

    def write(self, name: str, source: str, otherwise: str) -> str:
        try:
            return render_user_template(source, self.values, name, LIMITS.get(name, 2_000)).strip()
        except Problem as problem:
            self.complain(name, str(problem.data.get("reason", problem.code)))
            return otherwise

    def complain(self, name: str, problem: str) -> None:
        self.trace.append(
            {
                "stage": self.stage,
                "reason": "template_wrong",
                "rule": self.rule.name,
                "field": name,
                "problem": problem[:200],
            }
        )

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
