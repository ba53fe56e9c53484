"""What is set up for alerts (teams, services, senders, rules, silences), as the stages look things up in it.

It is read once and used until the database says that something was changed: triggers count a version up, whoever makes the
change (`catalog_version`; see migration 0011).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from bot.alerts.quiet import Quiet, read_quiet
from bot.alerts.rules import ReadyRule, ReadyRules
from bot.alerts.said import list_asked
from bot.alerts.traces import keep_lines
from bot.flow.unit import Unit
from storage.models import Integration, Rule, Service, Team
from storage.questions import catalog as ask
from storage.questions.catalog_version import find_version
from storage.questions.rules import mark_matched
from storage.words import RuleKind

T = TypeVar("T", Service, Team)
REMEMBERED = timedelta(hours=1)
"""How exactly it is known when a rule matched last."""


@dataclass
class Catalog:
    """Nothing of it changes: other units may look things up in it, too."""

    version: int
    teams: Sequence[Team]
    services: Sequence[Service]
    integrations: Mapping[int, Integration]
    """Also those that are switched off."""
    rules: Sequence[ReadyRule]
    """Every rule that is on, in order."""
    quiet: Sequence[Quiet]
    """Silences and maintenance that are not over, also those that have not begun."""
    counts_repeats: bool
    """Whether an alert may wait for having been sent several times."""
    asked: tuple[str, ...] = ()
    """What of messages its rules ask for again, when an alert is let go."""
    keeps_lines: bool = False
    """Whether what its rules say in traces is kept for certain."""
    _lists: dict[tuple[object, ...], ReadyRules] = field(default_factory=dict)
    _teams_by_id: dict[int, str] = field(default_factory=dict)
    _by_name: dict[type, dict[str, Any]] = field(default_factory=dict)

    @staticmethod
    async def read(unit: Unit, last: "Catalog | None" = None) -> "Catalog":
        """What is set up now: `last` itself, unless something was changed since."""
        version = await find_version(unit.session)
        if last is not None and last.version == version:
            return last
        rows = await ask.list_named(unit.session, Rule)
        rules = [ReadyRule(row) for row in sorted(rows, key=lambda row: (row.position, row.id))]
        senders = await ask.list_named(unit.session, Integration, everything=True)
        return Catalog(
            version,
            await ask.list_named(unit.session, Team),
            await ask.list_named(unit.session, Service),
            {row.id: row for row in senders},
            rules,
            await read_quiet(unit),
            any(rule.then.get("count") for rule in rules if rule.row.kind is RuleKind.POLICY),
            list_asked(rules),
        )

    async def keep_lines(self, unit: Unit) -> None:
        """Let the traces of this unit name what its rules say."""
        if not self.keeps_lines:
            await keep_lines(unit, (line for rule in self.rules for line in rule.lines))

    def detach(self, unit: Unit) -> "Catalog":
        """Let its rows outlive the unit, however that ends: a unit that fails makes those of its session unreadable."""
        quiet = [one.row for one in self.quiet]
        rules = [one.row for one in self.rules]
        for row in (*self.teams, *self.services, *self.integrations.values(), *rules, *quiet):
            unit.session.expunge(row)
        return self

    def list_rules(self, kind: RuleKind, integration_id: int) -> ReadyRules:
        """The rules of a kind, in order: those of this sender and those of any."""
        return self._list(kind, integration_id, lambda rule: True)

    def list_rules_of_team(self, kind: RuleKind, integration_id: int, team_id: int | None) -> ReadyRules:
        """Those of them that are one team's; None for those that are for every team."""
        return self._list(kind, integration_id, lambda rule: rule.team_id == team_id, team_id)

    def list_actions(self, integration_id: int) -> ReadyRules:
        """The integration's own actions, in order."""
        return self._list(RuleKind.ACTION, integration_id, lambda rule: rule.row.integration_id is not None)

    def _list(
        self, kind: RuleKind, integration_id: int, is_wanted: Callable[[ReadyRule], bool], *more: object
    ) -> ReadyRules:
        key = (kind, integration_id, *more)
        if key not in self._lists:
            self._lists[key] = ReadyRules(
                rule
                for rule in self.rules
                if rule.row.kind is kind
                and rule.row.integration_id in (None, integration_id)
                and is_wanted(rule)
            )
        return self._lists[key]

    def find_service(self, name: str) -> Service | None:
        return self._find(Service, self.services, name)

    def find_team(self, name: str) -> Team | None:
        return self._find(Team, self.teams, name)

    def _find(self, model: type[T], rows: Sequence[T], name: str) -> T | None:
        """The one whose slug this is, or else the first of this name, in any case of its letters."""
        if model not in self._by_name:
            names = {row.name.lower(): row for row in reversed(rows)}
            self._by_name[model] = {**names, **{row.slug.lower(): row for row in reversed(rows)}}
        return self._by_name[model].get(name.lower())

    def name_team(self, team_id: int | None) -> str:
        if not self._teams_by_id:
            self._teams_by_id.update((team.id, team.name) for team in self.teams)
        return self._teams_by_id.get(team_id or 0, "")


def remember_match(unit: Unit, rule: ReadyRule) -> None:
    """Write down that a rule matched, not more than once an hour."""
    if unit.writes and (rule.matched_at is None or unit.now - rule.matched_at >= REMEMBERED):
        rule.matched_at = unit.now
        unit.gather(_write_matches, rule.id)


async def _write_matches(unit: Unit, rules: Sequence[int]) -> None:
    await mark_matched(unit.session, rules, unit.now)
