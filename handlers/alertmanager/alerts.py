"""`GET /api/v2/alerts`, `/alerts/groups` and `/receivers`: the open alerts of one sender, and what silences them.

A receiver is the team to which an alert goes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import re2
from aiohttp import web
from msgspec import UNSET

from bot.alerts.expiry import DEFAULT
from bot.alerts.matchers import LABEL, matches_all
from bot.alerts.quiet import Quiet, read_alert, read_quiet
from bot.errors import Malformed
from bot.flow.unit import Unit
from handlers.alertmanager.door import Visit, list_doors, send
from handlers.alertmanager.posting import fingerprint
from handlers.alertmanager.wire import (
    AlertGroup,
    AlertStatus,
    GettableAlert,
    Receiver,
    spell_instant,
)
from handlers.parts import Parts
from storage.models import Alert, Integration, Service, Team
from storage.questions import catalog
from storage.questions import expiry as ask

MOST = 20_000
NOBODY = "tocsin"
"""The receiver of an alert that belongs to no team."""
LINKS = {"Runbook": "runbook_url", "Dashboard": "dashboard_url"}


@dataclass(frozen=True)
class Wanted:
    """Which alerts are asked for."""

    visit: Visit

    def takes(self, alert: GettableAlert) -> bool:
        visit, status = self.visit, alert.status
        if status.state == "active" and not visit.flag("active"):
            return False
        if status.silenced_by and not visit.flag("silenced"):
            return False
        fields = {f"{LABEL}{name}": value for name, value in alert.labels.items()}
        return matches_all(visit.matchers("filter"), fields)

    def takes_receiver(self, name: str) -> bool:
        """Receivers have no labels of their own here."""
        pattern = self.visit.request.query.get("receiver", "")
        if not matches_all(self.visit.matchers("receiver_matchers"), {}):
            return False
        try:
            return not pattern or re2.compile(pattern, _options()).fullmatch(name) is not None
        except re2.error as error:
            raise Malformed("filter.pattern", "receiver", reason=str(error)) from error


def list_routes(parts: Parts) -> list[web.RouteDef]:
    return [
        *list_doors(parts, "GET", "/alerts", list_alerts),
        *list_doors(parts, "GET", "/alerts/groups", list_groups),
        *list_doors(parts, "GET", "/receivers", list_receivers),
    ]


async def list_alerts(visit: Visit) -> web.Response:
    return send(await visit.look(lambda unit, sender: _find(unit, sender, visit)))


async def list_groups(visit: Visit) -> web.Response:
    """Alerts of one name for one receiver are a group."""
    groups: dict[tuple[str, str], list[GettableAlert]] = {}
    for alert in await visit.look(lambda unit, sender: _find(unit, sender, visit)):
        groups.setdefault((alert.receivers[0].name, alert.labels.get("alertname", "")), []).append(alert)
    shown = [
        AlertGroup(alerts, {"alertname": name} if name else {}, Receiver(receiver))
        for (receiver, name), alerts in sorted(groups.items())
        if visit.flag("muted") or any(alert.status.state == "active" for alert in alerts)
    ]
    return send(shown)


async def list_receivers(visit: Visit) -> web.Response:
    async def find(unit: Unit, _: Integration) -> list[Receiver]:
        wanted = Wanted(visit)
        names = [team.slug for team in await catalog.list_named(unit.session, Team)] or [NOBODY]
        return [Receiver(name) for name in names if wanted.takes_receiver(name)]

    return send(await visit.look(find))


async def _find(unit: Unit, sender: Integration, visit: Visit) -> list[GettableAlert]:
    wanted = Wanted(visit)
    for name in ("active", "silenced", "inhibited", "unprocessed"):
        visit.flag(name)
    shown = await show_alerts(unit, sender, await ask.list_open_of_sender(unit.session, sender.id, MOST))
    return [one for one in shown if wanted.takes(one) and wanted.takes_receiver(one.receivers[0].name)]


async def show_alerts(unit: Unit, sender: Integration, alerts: Sequence[Alert]) -> list[GettableAlert]:
    services = {row.id: row for row in await catalog.list_named(unit.session, Service, everything=True)}
    teams = {row.id: row for row in await catalog.list_named(unit.session, Team, everything=True)}
    ends = await ask.list_expiries(unit.session, sender.id, [alert.alias for alert in alerts])
    active = [quiet for quiet in await read_quiet(unit) if quiet.is_on(unit.now)]
    shown = []
    for alert in alerts:
        fields = read_alert(alert, {sender.id: sender}, services, teams)
        team = teams.get(alert.team_id or 0)
        end = ends.get(alert.alias, alert.last_at + DEFAULT)
        labels = {name: str(value) for name, value in alert.labels.items()}
        links = {link["title"]: link["url"] for link in alert.links}
        told = {"summary": alert.title, "description": alert.description}
        told |= {name: links[title] for title, name in LINKS.items() if title in links}
        shown.append(
            GettableAlert(
                annotations={name: text for name, text in told.items() if text},
                ends_at=spell_instant(end),
                fingerprint=fingerprint(labels),
                receivers=[Receiver(team.slug if team else NOBODY)],
                starts_at=spell_instant(alert.first_at),
                status=_judge(quiet for quiet in active if quiet.covers(sender.id, fields)),
                updated_at=spell_instant(alert.last_at),
                labels=labels,
                generator_url=links.get("Graph", UNSET),
            )
        )
    return shown


def _judge(quiets: Iterable[Quiet]) -> AlertStatus:
    found = list(quiets)
    silenced = [quiet.row.uid for quiet in found if quiet.row.maintenance_id is None]
    muted = [quiet.by for quiet in found if quiet.row.maintenance_id is not None]
    return AlertStatus("suppressed" if found else "active", silenced, muted)


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    return options
