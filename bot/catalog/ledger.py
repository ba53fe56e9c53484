"""Brings rows to what a configuration file says of them, and writes down each difference once, in the audit log.

A row that is as it should be is not touched. Called by `bot.catalog.apply` only.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from bot.access.people import PersonSwitchedOff, audit
from bot.flow.unit import Unit
from storage.models import (
    EscalationPolicy,
    Heartbeat,
    Integration,
    Maintenance,
    Rule,
    Schedule,
    Service,
    Team,
    User,
)
from storage.questions import config as ask
from storage.questions.access import end_access

FILE, SEED = "file", "seed"
Thing = TypeVar(
    "Thing", User, Team, Service, Schedule, EscalationPolicy, Rule, Integration, Heartbeat, Maintenance
)
AnyThing = User | Team | Service | Schedule | EscalationPolicy | Rule | Integration | Heartbeat | Maintenance
Values = Mapping[str, Any]

KINDS: dict[type[AnyThing], str] = {
    User: "user",
    Team: "team",
    Service: "service",
    Schedule: "schedule",
    EscalationPolicy: "policy",
    Rule: "rule",
    Integration: "integration",
    Heartbeat: "heartbeat",
    Maintenance: "maintenance",
}
SLUG: dict[type[AnyThing], str] = {User: "handle"}


class Ledger:
    """What one application of a file creates, changes and removes."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.created: dict[AnyThing, None] = {}
        self.removed: list[AnyThing] = []
        self.changed: dict[AnyThing, list[str]] = {}

    async def keep(
        self, model: type[Thing], wanted: Mapping[str, Values], born: Mapping[str, Values] | None = None
    ) -> dict[str, Thing]:
        """The rows of these slugs (handles), brought to the values wanted; `born` has values that only a new row gets.

        Rows that came from a file or from the first start, and are not wanted, are switched off.
        """
        rows = {get_slug(row): row for row in await ask.list_all(self.unit.session, model)}
        kept: dict[str, Thing] = {}
        for slug, values in wanted.items():
            row = rows.get(slug)
            if row is None:
                row = model(
                    **{SLUG.get(model, "slug"): slug},
                    **(born or {}).get(slug, {}),
                    **values,
                    active=True,
                    origin=FILE,
                )
                self.unit.session.add(row)
                self.created[row] = None
            else:
                for name, value in {**values, "active": True, "origin": FILE}.items():
                    self.set(row, name, value)
            kept[slug] = row
        for slug, row in rows.items():
            if slug not in wanted and row.active and row.origin in (FILE, SEED):
                row.active = False
                self.removed.append(row)
                if isinstance(row, User):
                    await end_access(self.unit.session, row.id)
                    self.unit.emit(PersonSwitchedOff(row.id))
        await self.unit.session.flush()
        return kept

    def set(self, row: AnyThing, name: str, value: object) -> None:
        if getattr(row, name) != value:
            setattr(row, name, value)
            self.note(row, name)

    def note(self, row: AnyThing, name: str) -> None:
        """Something that belongs to this row changed."""
        if row not in self.created and name not in self.changed.setdefault(row, []):
            self.changed[row].append(name)

    def write(self) -> int:
        """Write the audit log; returns how many things are different now."""
        for row in self.created:
            verb = "added" if isinstance(row, User) else "created"
            audit(self.unit, f"{_kind(row)}.{verb}", _subject(row), row.name)
        for row, names in self.changed.items():
            shown = sorted("key" if name == "digest" else name for name in names)
            audit(self.unit, f"{_kind(row)}.changed", _subject(row), row.name, changed=shown)
        for row in self.removed:
            audit(self.unit, f"{_kind(row)}.removed", _subject(row), row.name)
        return len(self.created) + len(self.changed) + len(self.removed)


def get_slug(row: AnyThing) -> str:
    """Empty for what people made and what is known by a number."""
    return row.handle if isinstance(row, User) else row.slug or ""


def _kind(row: AnyThing) -> str:
    return KINDS[type(row)]


def _subject(row: AnyThing) -> str:
    return f"{_kind(row)}:{row.id}"
