"""What is set up for alerts (teams, services, senders, rules, silences), as the stages look things up in it.

It is read once and used until the database says that something was changed: triggers count a version up, whoever makes the
change (`catalog_version`; see migration 0011).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from bot.alerts.quiet import Quiet, read_quiet
from bot.alerts.rules import ReadyRule
from bot.flow.unit import Unit
from storage.models import Integration, Rule, Service, Team
from storage.questions import catalog as ask
from storage.questions.catalog_version import find_version
from storage.questions.rules import mark_matched
from storage.words import RuleKind

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
    _sorted: dict[tuple[RuleKind, int], list[ReadyRule]] = field(default_factory=dict)
    _names: dict[int, str] = field(default_factory=dict)
    _of_team: dict[tuple[RuleKind, int, int | None], list[ReadyRule]] = field(default_factory=dict)

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
        )

    def detach(self, unit: Unit) -> "Catalog":
        """Let its rows outlive the unit, however that ends: a unit that fails makes those of its session unreadable."""
        quiet = [one.row for one in self.quiet]
        rules = [one.row for one in self.rules]
        for row in (*self.teams, *self.services, *self.integrations.values(), *rules, *quiet):
            unit.session.expunge(row)
        return self

    def list_rules(self, kind: RuleKind, integration_id: int) -> list[ReadyRule]:
        """The rules of a kind, in order: those of this sender and those of any."""
        key = (kind, integration_id)
        if key not in self._sorted:
            self._sorted[key] = [
                rule
                for rule in self.rules
                if rule.row.kind is kind and rule.row.integration_id in (None, integration_id)
            ]
        return self._sorted[key]

    def list_rules_of_team(self, kind: RuleKind, integration_id: int, team_id: int | None) -> list[ReadyRule]:
        """Those of them that are one team's; None for those that are for every team."""
        key = (kind, integration_id, team_id)
        if key not in self._of_team:
            rules = self.list_rules(kind, integration_id)
            self._of_team[key] = [rule for rule in rules if rule.team_id == team_id]
        return self._of_team[key]

    def list_actions(self, integration_id: int) -> list[ReadyRule]:
        """The integration's own actions, in order."""
        rules = self.list_rules(RuleKind.ACTION, integration_id)
        return [rule for rule in rules if rule.row.integration_id == integration_id]

    def find_service(self, name: str) -> Service | None:
        wanted = name.lower()
        return next((row for row in self.services if wanted in (row.slug.lower(), row.name.lower())), None)

    def find_team(self, name: str) -> Team | None:
        wanted = name.lower()
        return next((row for row in self.teams if wanted in (row.slug.lower(), row.name.lower())), None)

    def name_team(self, team_id: int | None) -> str:
        if not self._names:
            self._names.update((team.id, team.name) for team in self.teams)
        return self._names.get(team_id or 0, "")


def remember_match(unit: Unit, rule: ReadyRule) -> None:
    """Write down that a rule matched, not more than once an hour."""
    if unit.writes and (rule.matched_at is None or unit.now - rule.matched_at >= REMEMBERED):
        rule.matched_at = unit.now
        unit.gather(_write_matches, rule.id)


async def _write_matches(unit: Unit, rules: Sequence[int]) -> None:
    await mark_matched(unit.session, rules, unit.now)
