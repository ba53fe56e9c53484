"""An alert on its way in, and what its stages look things up in. Plain values: nothing is written yet."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from bot.alerts.events import AlertOpened
from bot.alerts.fields import Fields, read_fields
from bot.alerts.signal import Signal
from bot.flow.unit import Unit
from storage.models import Incident, Integration, Rule, Service, Team
from storage.questions import catalog
from storage.words import RuleKind

REMEMBERED = timedelta(hours=1)
"""How exactly it is known when a rule matched last."""


@dataclass
class Arrival:
    """A new alert on its way in: what was sent, and what the stages decide about it."""

    signal: Signal
    integration: Integration
    at: datetime
    """When it came."""
    uid: str
    count: int = 1
    alert_id: int = 0
    team_id: int | None = None
    service_id: int | None = None
    incident_id: int | None = None
    policy_id: int | None = None
    """The escalation policy that a rule chose, where that is not the team's."""
    place: int = 0
    """The place of its delivery in the group that is stored together."""
    released: bool = False
    """Whether it was held back before and comes again: what was changed about it then is not changed again."""
    responders: list[dict[str, Any]] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    held_by: str = ""
    held_until: datetime | None = None
    held_count: int | None = None
    close_after: int = 0
    """Seconds after which it closes by itself; 0 for never."""
    restart: dict[str, int] = field(default_factory=dict)
    """{"after": seconds, "times": n}: how often it pages again from the first step while it is open."""
    trace: list[dict[str, Any]] = field(default_factory=list)

    def hold(self, by: str, until: datetime | None) -> None:
        """Keep it from paging and from opening an incident until then; None until somebody ends that. The longest hold
        counts."""
        if not self.held_by or (self.held_until is not None and (until is None or until > self.held_until)):
            self.held_by, self.held_until = by, until

    def call_responders(self) -> None:
        """Those whom the sender names are paged instead of the team; those of an incident are called by the incident."""
        if self.incident_id is None:
            named = [dict(one) for one in self.signal.responders if isinstance(one.get("id"), int)]
            self.responders += [one for one in named if one not in self.responders]

    def opened(self, awake: bool = True) -> AlertOpened:
        """What to say once it is written."""
        return AlertOpened(
            self.alert_id,
            self.incident_id,
            self.team_id,
            bool(self.held_by) or not awake,
            self.policy_id,
            tuple(self.responders),
        )

    def change(self, **values: Any) -> None:
        """Change what was sent."""
        self.signal = replace(self.signal, **values)

    def say(self, stage: str, reason: str, **data: Any) -> None:
        self.trace.append({"stage": stage, "reason": reason, **data})

    @property
    def fields(self) -> Fields:
        """What rules and templates see of it now."""
        return read_fields(self.signal, self.integration.name)


@dataclass
class Catalog:
    """What the stages look things up in, read once per unit of work."""

    teams: Sequence[Team]
    services: Sequence[Service]
    rules: Sequence[Rule]
    """Every rule that is on, in order."""
    joined: dict[int, list[Arrival]] = field(default_factory=dict)
    """Arrivals by the incident that they joined."""
    called: set[tuple[int, int | None, int | None]] = field(default_factory=set)
    """(incident, team, service) that are known to be part of it."""
    open_incidents: dict[tuple[int, str], Incident] = field(default_factory=dict)
    """By rule and group: asked for once in a unit, however many alerts join."""
    counts: dict[object, int] = field(default_factory=dict)
    """How many alerts came lately, by what was asked: once in a unit, and counted on."""

    _sorted: dict[tuple[RuleKind, int], list[Rule]] = field(default_factory=dict)

    @staticmethod
    async def read(unit: Unit) -> "Catalog":
        rules = await catalog.list_named(unit.session, Rule)
        return Catalog(
            await catalog.list_named(unit.session, Team),
            await catalog.list_named(unit.session, Service),
            sorted(rules, key=lambda rule: (rule.position, rule.id)),
        )

    def list_rules(self, kind: RuleKind, integration_id: int) -> list[Rule]:
        """The rules of a kind, in order: those of this sender and those of any."""
        key = (kind, integration_id)
        if key not in self._sorted:
            self._sorted[key] = [
                rule
                for rule in self.rules
                if rule.kind is kind and rule.integration_id in (None, integration_id)
            ]
        return self._sorted[key]

    def list_actions(self, integration_id: int) -> list[Rule]:
        """The integration's own actions, in order."""
        return [
            rule
            for rule in self.list_rules(RuleKind.ACTION, integration_id)
            if rule.integration_id == integration_id
        ]

    @property
    def counts_repeats(self) -> bool:
        """Whether an alert may wait for having been sent several times."""
        return any(rule.then.get("count") for rule in self.rules if rule.kind is RuleKind.POLICY)

    def find_service(self, name: str) -> Service | None:
        wanted = name.lower()
        return next((row for row in self.services if wanted in (row.slug.lower(), row.name.lower())), None)

    def find_team(self, name: str) -> Team | None:
        wanted = name.lower()
        return next((row for row in self.teams if wanted in (row.slug.lower(), row.name.lower())), None)

    def name_team(self, team_id: int | None) -> str:
        return next((team.name for team in self.teams if team.id == team_id), "")


def remember_match(unit: Unit, rule: Rule) -> None:
    """Write down that a rule matched, not more than once an hour."""
    if not unit.writes:
        return
    if rule.last_matched_at is None or unit.now - rule.last_matched_at >= REMEMBERED:
        rule.last_matched_at = unit.now


Stage = Callable[[Unit, Arrival, Catalog], Awaitable[None]]
