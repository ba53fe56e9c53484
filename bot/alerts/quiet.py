"""What keeps an alert quiet: the stages that ask whether a maintenance or a silence is for it.

Making and ending them is in `bot.alerts.silences` and `bot.alerts.maintenance`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.alerts.matchers import LABEL, Matcher, read_matchers, spell_matchers
from bot.flow.unit import Unit
from storage.engine import Conflict
from storage.models import Alert, Integration, Service, Silence, Team
from storage.questions import silences as ask

if TYPE_CHECKING:
    from bot.alerts.arrival import Arrival
    from bot.alerts.catalog import Catalog


@dataclass(frozen=True)
class Quiet:
    """A silence or a window of maintenance, ready to be asked."""

    row: Silence
    matchers: tuple[Matcher, ...]

    @staticmethod
    def of(row: Silence) -> "Quiet":
        return Quiet(row, read_matchers(row.matchers))

    @property
    def by(self) -> str:
        """What alerts that it holds say they are held by."""
        return name_holder(self.row)

    @property
    def stage(self) -> str:
        return "silence" if self.row.maintenance_id is None else "maintenance"

    @property
    def reason(self) -> dict[str, Any]:
        """What the trace of an alert says of it."""
        row = self.row
        is_silence = row.maintenance_id is None
        return {
            "stage": self.stage,
            "reason": "held",
            "number": row.id if is_silence else row.maintenance_id,
            "name": spell_matchers(self.matchers) if is_silence else row.comment,
            "until": row.ends_at.isoformat(),
        }

    def is_on(self, now: datetime) -> bool:
        return self.row.starts_at <= now < self.row.ends_at

    def covers(self, integration_id: int, fields: Mapping[str, str]) -> bool:
        if self.row.integration_id not in (None, integration_id):
            return False
        answers = [matcher.holds(fields) for matcher in self.matchers]
        return any(answers) or not answers if self.row.match == "any" else all(answers)


def name_holder(row: Silence) -> str:
    return f"maintenance:{row.maintenance_id}" if row.maintenance_id is not None else f"silence:{row.id}"


async def read_quiet(unit: Unit) -> list[Quiet]:
    """What keeps alerts quiet now or will do so; the one that ends last comes first."""
    return [Quiet.of(row) for row in await ask.list_not_over(unit.session, unit.now)]


async def match_maintenance(unit: Unit, arrival: "Arrival", known: "Catalog") -> None:
    """A maintenance that is on holds the alerts of what is worked on until its window ends."""
    await _match(unit, arrival, known, "maintenance")


async def match_silences(unit: Unit, arrival: "Arrival", known: "Catalog") -> None:
    """A silence that matches holds the alert until it ends."""
    await _match(unit, arrival, known, "silence")


async def _match(unit: Unit, arrival: "Arrival", known: "Catalog", stage: str) -> None:
    active = [quiet for quiet in known.quiet if quiet.stage == stage and quiet.is_on(unit.now)]
    fields = _read_arrival(arrival, known) if active else {}
    for quiet in active:
        if quiet.covers(arrival.integration.id, fields):
            await _keep(unit, quiet)
            arrival.hold(quiet.by, quiet.row.ends_at)
            arrival.trace.append(quiet.reason)


async def _keep(unit: Unit, quiet: Quiet) -> None:
    """Let nobody end or change it before what it holds is stored: that would be held on, for as long as it was to last. When
    somebody has, the unit is run again."""
    question = ("quiet", quiet.row.id)
    if not unit.writes or question in unit.known:
        return
    unit.known[question] = await ask.keep_silence(unit.session, quiet.row.id)
    if unit.known[question] != (quiet.row.updated_at, quiet.row.ends_at):
        raise Conflict(f"silence {quiet.row.id} was changed")


def _read_arrival(arrival: "Arrival", known: "Catalog") -> dict[str, str]:
    signal = arrival.signal
    return {
        **{f"{LABEL}{name}": value for name, value in signal.labels.items()},
        "title": signal.title or signal.alias,
        "description": signal.description,
        "priority": signal.priority.value,
        "alias": signal.alias,
        "source": signal.source,
        "entity": signal.entity,
        "integration": arrival.integration.slug,
        "service": next((row.slug for row in known.services if row.id == arrival.service_id), ""),
        "team": next((row.slug for row in known.teams if row.id == arrival.team_id), ""),
    }


def read_alert(
    alert: Alert | ask.Coverable,
    integrations: Mapping[int, Integration],
    services: Mapping[int, Service],
    teams: Mapping[int, Team],
) -> dict[str, str]:
    """The fields of an alert that was stored, as matchers see them; services, teams and senders by their slug."""
    service, team = services.get(alert.service_id or 0), teams.get(alert.team_id or 0)
    integration = integrations.get(alert.integration_id)
    return {
        **{f"{LABEL}{name}": str(value) for name, value in alert.labels.items()},
        "title": alert.title,
        "description": alert.description,
        "priority": alert.priority.value,
        "alias": alert.alias,
        "source": alert.source,
        "entity": alert.entity,
        "integration": integration.slug if integration else "",
        "service": service.slug if service else "",
        "team": team.slug if team else "",
    }
