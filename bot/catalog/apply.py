"""Makes the database say what a configuration file says, in one unit of work.

Things are found by handle or slug, whoever made them, and belong to the file from then on. What came from a file or
from the first start and is not in this one is switched off, never deleted: its alerts, pages and timelines stay.
Escalations under way keep the steps that they started with. A second time changes nothing.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.access.secrets import digest, make_secret
from bot.catalog.contacts import keep_paged
from bot.catalog.effects import SECTION_OF, Ids, columns_of
from bot.catalog.integrations import get_own_integration
from bot.catalog.ledger import FILE, Ledger, Values
from bot.catalog.maintenance import columns_of_maintenance
from bot.catalog.members import put_members
from bot.catalog.rotations import put_rotations
from bot.catalog.shapes import Config, PersonShape, TeamShape
from bot.catalog.steps import Known, put_steps
from bot.flow.unit import Unit
from bot.logs import get_logger
from storage.models import (
    Dependency,
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
from storage.questions import oncall

log = get_logger(__name__)
SETTINGS = {"mapping", "secret_env", "secret_file", "topics", "endpoint", "certificate_file"}
"""What the file says about an integration that is for its source alone."""
APART = 1_000
"""Between the positions of two rules of the file, so that rules that people make stand where they put them."""


async def apply_config(unit: Unit, config: Config) -> int:
    """Apply it; returns how many things were created, changed or removed."""
    ledger = Ledger(unit)
    users = await _keep_users(ledger, config)
    _keep_holidays(ledger, config.users, users)
    await keep_paged(ledger, config.users, users)
    policies = await ledger.keep(
        EscalationPolicy,
        {slug: entry.model_dump(exclude={"steps"}) for slug, entry in config.policies.items()},
    )
    teams = await ledger.keep(
        Team,
        {
            slug: {
                "name": entry.name,
                "policy_id": policies[entry.policy].id if entry.policy else None,
                "platforms": [one.value for one in dict.fromkeys(entry.platforms)],
            }
            for slug, entry in config.teams.items()
        },
    )
    _keep_holidays(ledger, config.teams, teams)
    schedules = await ledger.keep(
        Schedule,
        {
            slug: {
                "name": entry.name,
                "zone": entry.zone,
                "combine": entry.combine,
                "team_id": _find_id(teams, entry.team),
                "chat_group": entry.chat_group or "",
            }
            for slug, entry in config.schedules.items()
        },
    )
    services = await ledger.keep(
        Service,
        {
            slug: {
                **entry.model_dump(include={"name", "tier", "description"}),
                "runbook": entry.runbook or "",
                "team_id": _find_id(teams, entry.team),
            }
            for slug, entry in config.services.items()
        },
    )
    integrations = await _keep_integrations(ledger, config, teams)
    await _keep_heartbeats(ledger, config, teams, services)
    await _keep_maintenance(ledger, config)
    await _forget_removed_teams(ledger)
    things: dict[str, Mapping[str, Any]] = {
        "user": users,
        "team": teams,
        "policy": policies,
        "schedule": schedules,
        "service": services,
        "integration": integrations,
    }
    ids = {word: {slug: row.id for slug, row in rows.items()} for word, rows in things.items()}
    await _keep_rules(ledger, config, ids)
    await _keep_members(ledger, config, teams, users)
    await _keep_rotations(ledger, config, schedules, ids)
    await _keep_steps(ledger, config, policies, {"user": users, "team": teams, "schedule": schedules})
    await _keep_dependencies(ledger, config, services)
    await unit.session.flush()
    count = ledger.write()
    log.info(
        "config.applied",
        created=len(ledger.created),
        changed=len(ledger.changed),
        removed=len(ledger.removed),
    )
    return count


def _find_id(teams: Mapping[str, Team], slug: str | None) -> int | None:
    return teams[slug].id if slug else None


async def _keep_users(ledger: Ledger, config: Config) -> dict[str, User]:
    """What the file does not say about a person stays as the person set it."""
    wanted: dict[str, Values] = {}
    for handle, entry in config.users.items():
        said = {"name": entry.name, "role": entry.role, "email": entry.email, "zone": entry.zone}
        wanted[handle] = {name: value for name, value in said.items() if value is not None}
    return await ledger.keep(User, wanted, {handle: {"created_at": ledger.unit.now} for handle in wanted})


def _keep_holidays(
    ledger: Ledger,
    entries: Mapping[str, PersonShape] | Mapping[str, TeamShape],
    rows: Mapping[str, User | Team],
) -> None:
    """Where people and teams have public holidays is as the file says; what it does not say stays as people set it, and what
    it does not say any more nobody says."""
    for slug, row in rows.items():
        said = entries[slug].holidays
        if said is None and row.holidays_origin != FILE:
            continue
        wanted = ("", "") if said is None else (said, FILE)
        if (row.holidays, row.holidays_origin) != wanted:
            row.holidays, row.holidays_origin = wanted
            ledger.note(row, "holidays")


async def _keep_integrations(
    ledger: Ledger, config: Config, teams: Mapping[str, Team]
) -> dict[str, Integration]:
    """A key from outside belongs to the integration that names it; without one, a new integration gets a key that
    nobody knows until `tocsin integration key` makes another."""
    wanted: dict[str, Values] = {}
    born: dict[str, Values] = {}
    for slug, entry in config.integrations.items():
        said = entry.model_dump(include=SETTINGS)
        settings: dict[str, Any] = {name: value for name, value in said.items() if value}
        values = {"name": entry.name, "source": entry.source, "team_id": _find_id(teams, entry.team)}
        born[slug] = {"created_at": ledger.unit.now}
        if entry.secret is not None:
            settings["key_from"] = entry.secret.source
            values["digest"] = entry.secret.digest
        else:
            born[slug] = {**born[slug], "digest": digest(make_secret("int"))}
        wanted[slug] = {**values, "settings": settings}
    owners = {values["digest"]: slug for slug, values in wanted.items() if "digest" in values}
    for row in await ask.list_all(ledger.unit.session, Integration):
        if owners.get(row.digest, row.slug) != row.slug:
            ledger.set(row, "digest", digest(make_secret("int")))
    await ledger.unit.session.flush()
    return await ledger.keep(Integration, wanted, born)


async def _keep_heartbeats(
    ledger: Ledger, config: Config, teams: Mapping[str, Team], services: Mapping[str, Service]
) -> None:
    """Keys are as for integrations: from outside, or one that `tocsin heartbeat key` replaces."""
    if not config.heartbeats and not await ask.list_all(ledger.unit.session, Heartbeat):
        return
    own = await get_own_integration(ledger.unit, "heartbeat", "Heartbeats")
    wanted: dict[str, Values] = {}
    born: dict[str, Values] = {}
    for slug, entry in config.heartbeats.items():
        values = entry.model_dump(include={"name", "description", "priority", "message"})
        born[slug] = {"created_at": ledger.unit.now, "integration_id": own.id}
        if entry.secret is not None:
            values["digest"] = entry.secret.digest
        else:
            born[slug] = {**born[slug], "digest": digest(make_secret("hb"))}
        wanted[slug] = {
            **values,
            "interval": entry.every,
            "tags": list(entry.tags),
            "team_id": _find_id(teams, entry.team),
            "service_id": services[entry.service].id if entry.service else None,
            "key_from": entry.secret.source if entry.secret else "",
        }
    owners = {values["digest"]: slug for slug, values in wanted.items() if "digest" in values}
    for row in await ask.list_all(ledger.unit.session, Heartbeat):
        if owners.get(row.digest, row.slug) != row.slug:
            ledger.set(row, "digest", digest(make_secret("hb")))
    await ledger.unit.session.flush()
    await ledger.keep(Heartbeat, wanted, born)


async def _keep_maintenance(ledger: Ledger, config: Config) -> None:
    """Only what it is to be: its windows begin and end by `bot.alerts.maintenance.follow_file`, which comes after this."""
    wanted = {slug: columns_of_maintenance(entry) for slug, entry in config.maintenance.items()}
    author = Path(ledger.unit.installation.config_file).name or FILE
    born = {"created_at": ledger.unit.now, "creator_name": author[:120]}
    await ledger.keep(Maintenance, wanted, dict.fromkeys(wanted, born))


async def _forget_removed_teams(ledger: Ledger) -> None:
    """What people gave to a team that is gone now has no team, so that its alerts go to one that is there."""
    gone = {row.id for row in ledger.removed if isinstance(row, Team)}
    session = ledger.unit.session
    owned: list[Service | Schedule | Integration | Heartbeat] = [
        *await ask.list_all(session, Service),
        *await ask.list_all(session, Schedule),
        *await ask.list_all(session, Integration),
        *await ask.list_all(session, Heartbeat),
    ]
    for row in owned:
        if row.active and row.team_id in gone:
            ledger.set(row, "team_id", None)


async def _keep_rules(ledger: Ledger, config: Config, ids: Ids) -> None:
    wanted: dict[str, Values] = {}
    for kind, section in SECTION_OF.items():
        for position, (slug, entry) in enumerate(getattr(config, section).items(), 1):
            wanted[slug] = {**columns_of(kind, entry, ids), "position": position * APART}
    await ledger.keep(Rule, wanted, {slug: {"created_at": ledger.unit.now} for slug in wanted})


async def _keep_members(
    ledger: Ledger, config: Config, teams: Mapping[str, Team], users: Mapping[str, User]
) -> None:
    rows = await ask.list_memberships(ledger.unit.session, [team.id for team in teams.values()])
    for slug, team in teams.items():
        wanted = [users[handle].id for handle in config.teams[slug].members]
        if await put_members(ledger.unit, team, wanted, [row for row in rows if row.team_id == team.id]):
            ledger.note(team, "members")


async def _keep_rotations(
    ledger: Ledger, config: Config, schedules: Mapping[str, Schedule], ids: Ids
) -> None:
    rows = await oncall.list_rotations(ledger.unit.session, [schedule.id for schedule in schedules.values()])
    for slug, schedule in schedules.items():
        old = [row for row in rows if row.schedule_id == schedule.id]
        if await put_rotations(ledger.unit, schedule, config.schedules[slug].rotations, ids, old):
            ledger.note(schedule, "rotations")


async def _keep_dependencies(ledger: Ledger, config: Config, services: Mapping[str, Service]) -> None:
    rows = await ask.list_dependencies(ledger.unit.session, [service.id for service in services.values()])
    for slug, service in services.items():
        old = {row.needs_id: row for row in rows if row.service_id == service.id}
        new = [services[name].id for name in config.services[slug].needs]
        if set(old) == set(new):
            continue
        ledger.note(service, "needs")
        for needs_id in set(old) - set(new):
            await ledger.unit.session.delete(old[needs_id])
        ledger.unit.session.add_all(
            Dependency(service_id=service.id, needs_id=needs_id) for needs_id in new if needs_id not in old
        )


async def _keep_steps(
    ledger: Ledger, config: Config, policies: Mapping[str, EscalationPolicy], known: Known
) -> None:
    rows = await ask.list_steps(ledger.unit.session, [policy.id for policy in policies.values()])
    for slug, policy in policies.items():
        old = [row for row in rows if row.policy_id == policy.id]
        if await put_steps(ledger.unit, policy, config.policies[slug].steps, known, old):
            ledger.note(policy, "steps")
