"""An alert on its way in, and what its stages look things up in. Plain values: nothing is written yet."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from bot.alerts.catalog import Catalog
from bot.alerts.events import AlertOpened
from bot.alerts.fields import Fields, read_fields
from bot.alerts.signal import Signal
from bot.flow.unit import Unit
from storage.models import Incident, Integration
from storage.words import Priority


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
    said_priority: Priority = field(init=False)
    """The most urgent one that its sender said, whatever the rules make of it."""
    released: bool = False
    """Whether it was held back before and comes again: what was changed about it then is not changed again."""
    is_counted: bool = False
    """Whether it is among the alerts that came lately already: it pages by itself, and is looked at again."""
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
    _fields: Fields | None = None

    def __post_init__(self) -> None:
        self.said_priority = self.signal.priority

    def count_again(self, priority: Priority) -> None:
        """It was sent once more, before it was looked at."""
        self.count += 1
        if priority < self.signal.priority:
            self.change(priority=priority)
            self.said_priority = priority

    def hold(self, by: str, until: datetime | None) -> None:
        """Keep it from paging and from opening an incident until then; None until somebody ends that. The longest hold
        counts."""
        if not self.held_by or (self.held_until is not None and (until is None or until > self.held_until)):
            self.held_by, self.held_until = by, until

    def call_responders(self) -> None:
        """Those whom the sender names are paged instead of the team, or beside those of the incident."""
        for one in self.signal.responders:
            if isinstance(one.get("id"), int):
                self.responders += [dict(one)] if one not in self.responders else []
            elif one.get("unknown") and (one["type"] != "team" or one["name"] != self.signal.team):
                self.say(
                    "route", "responder_unknown", type=one["type"], name=one["name"] or one.get("id", "")
                )

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
        if values:
            self.signal, self._fields = replace(self.signal, **values), None

    def say(self, stage: str, reason: str, **data: Any) -> None:
        self.trace.append({"stage": stage, "reason": reason, **data})

    @property
    def fields(self) -> Fields:
        """What rules and templates see of it now."""
        if self._fields is None:
            self._fields = read_fields(self.signal, self.integration.name)
        return self._fields


@dataclass
class Group:
    """What the alerts that one unit takes in have in common."""

    joined: dict[int, list[Arrival]] = field(default_factory=dict)
    """Arrivals by the incident that they joined."""
    called: set[tuple[int, int | None, int | None]] = field(default_factory=set)
    """(incident, team, service) that are known to be part of it."""
    open_incidents: dict[tuple[int, str], Incident] = field(default_factory=dict)
    """By rule and group: asked for once in a unit, however many alerts join."""
    counts: dict[object, int] = field(default_factory=dict)
    """How many alerts came lately, by what was asked: once in a unit, and counted on."""

    @staticmethod
    def of(unit: Unit) -> "Group":
        group: Group | None = unit.known.get(Group)
        if group is None:
            group = unit.known[Group] = Group()
        return group


Stage = Callable[[Unit, Arrival, Catalog], Awaitable[None]]
