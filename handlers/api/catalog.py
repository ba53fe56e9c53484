"""`/api/v1/services`, `/teams` and `/users`: what the organisation looks like."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from bot.access.people import get_user as find_user
from bot.catalog.edit_teams import TEAMS
from bot.catalog.teams import get_service as find_service
from bot.catalog.teams import get_team as find_team
from bot.flow.unit import Unit
from bot.oncall.holidays import find_places
from handlers.api.door import named_by
from handlers.api.edits import Edits
from handlers.api.operation import Call, Listing, NoBody, NoQuery, Operation, PathPart, build_listing
from handlers.api.values import (
    SLUG,
    Named,
    NamedQuery,
    Person,
    TeamedQuery,
    read_active,
    show_named,
    show_person,
)
from storage.models import EscalationPolicy, Service, Team, User
from storage.questions import catalog, lists
from storage.words import UserRole

SERVICE = PathPart("service", SLUG, "The service's slug.", "web")
TEAM = PathPart("team", SLUG, "The team's slug.", "first-team")
USER = PathPart("user", "^[A-Za-z0-9][A-Za-z0-9.@_+-]{0,253}$", "Handle or e-mail address.", "kate")


class ServiceItem(Struct, frozen=True):
    """A thing that can be impacted; `tier` 1 is the most important. `related` are the services that it needs or that
    need it; only a single service tells them."""

    id: int
    slug: str
    name: str
    team: Named | None
    tier: int
    description: str
    runbook: str
    active: bool
    related: list[Named] | None = None


class TeamItem(Struct, frozen=True):
    """People who own services and answer alerts. `policy` is whom its alerts escalate to; `platforms` are the chat platforms
    on which its incidents have a room, empty for all that are on; `holidays` is where its people have public holidays,
    unless they said so themselves, empty for nowhere."""

    id: int
    slug: str
    name: str
    policy: Named | None
    members: list[Person]
    platforms: list[str]
    holidays: str
    active: bool


class UserItem(Struct, frozen=True):
    """A person with what others may need: how to reach them, their time zone, their teams, and the places in which they
    have public holidays, as they or their teams say."""

    id: int
    handle: str
    name: str
    email: str
    zone: str
    role: UserRole
    teams: list[Named]
    holidays: list[str]
    active: bool
    created_at: datetime


async def list_services(call: Call[TeamedQuery, NoBody]) -> Listing[ServiceItem]:
    async def look(unit: Unit) -> Listing[ServiceItem]:
        team_id = await find_team_id(unit, call.query.team)
        active = read_active(call.query.active)
        found = await lists.list_named(
            unit.session, Service, call.query.wanted(), active=active, team_id=team_id
        )
        return build_listing(await _show_services(unit, found.rows), found.next_after)

    return await call.look(look)


async def get_service(call: Call[NoQuery, NoBody]) -> ServiceItem:
    async def look(unit: Unit) -> ServiceItem:
        service = await find_service(unit, call.part("service"))
        related = [show_named(row) for row in await catalog.list_related_services(unit.session, [service.id])]
        return (await _show_services(unit, [service], related))[0]

    return await call.look(look)


async def _show_services(
    unit: Unit, rows: Sequence[Service], related: list[Named] | None = None
) -> list[ServiceItem]:
    teams = await catalog.list_by_id(
        unit.session, Team, {row.team_id for row in rows if row.team_id is not None}
    )
    return [
        ServiceItem(
            row.id,
            row.slug,
            row.name,
            show_named(teams.get(row.team_id or 0)),
            row.tier,
            row.description,
            row.runbook,
            row.active,
            related,
        )
        for row in rows
    ]


async def find_team_id(unit: Unit, name: str) -> int | None:
    """The team that a filter names; None without a filter."""
    return (await named_by("team", find_team(unit, name))).id if name else None


async def list_teams(call: Call[NamedQuery, NoBody]) -> Listing[TeamItem]:
    async def look(unit: Unit) -> Listing[TeamItem]:
        active = read_active(call.query.active)
        found = await lists.list_named(unit.session, Team, call.query.wanted(), active=active)
        return build_listing(await _show_teams(unit, found.rows), found.next_after)

    return await call.look(look)


async def get_team(call: Call[NoQuery, NoBody]) -> TeamItem:
    async def look(unit: Unit) -> TeamItem:
        return (await _show_teams(unit, [await find_team(unit, call.part("team"))]))[0]

    return await call.look(look)


async def _show_teams(unit: Unit, rows: Sequence[Team]) -> list[TeamItem]:
    members = await lists.list_members(unit.session, [row.id for row in rows])
    ids = {row.policy_id for row in rows if row.policy_id is not None}
    policies = await catalog.list_by_id(unit.session, EscalationPolicy, ids)
    return [
        TeamItem(
            row.id,
            row.slug,
            row.name,
            show_named(policies.get(row.policy_id or 0)),
            [show_person(user) for user in members.get(row.id, [])],
            row.platforms,
            row.holidays,
            row.active,
        )
        for row in rows
    ]


async def list_users(call: Call[TeamedQuery, NoBody]) -> Listing[UserItem]:
    async def look(unit: Unit) -> Listing[UserItem]:
        team_id = await find_team_id(unit, call.query.team)
        active = read_active(call.query.active)
        found = await lists.list_named(
            unit.session, User, call.query.wanted(), active=active, team_id=team_id
        )
        return build_listing(await show_users(unit, found.rows), found.next_after)

    return await call.look(look)


async def get_user(call: Call[NoQuery, NoBody]) -> UserItem:
    async def look(unit: Unit) -> UserItem:
        return (await show_users(unit, [await find_user(unit, call.part("user"))]))[0]

    return await call.look(look)


async def show_users(unit: Unit, rows: Sequence[User]) -> list[UserItem]:
    teams = await lists.list_teams_of_users(unit.session, [row.id for row in rows])
    places = await find_places(unit, rows)
    return [
        UserItem(
            row.id,
            row.handle,
            row.name,
            row.email,
            row.zone,
            row.role,
            [show_named(team) for team in teams.get(row.id, [])],
            list(places[row.id]),
            row.active,
            row.created_at,
        )
        for row in rows
    ]


OPERATIONS = (
    Operation(
        "GET",
        "/services",
        "listServices",
        "Services.",
        list_services,
        Listing[ServiceItem],
        TeamedQuery,
        problems=(404,),
    ),
    Operation(
        "GET", "/services/{service}", "getService", "One service.", get_service, ServiceItem, parts=(SERVICE,)
    ),
    Operation("GET", "/teams", "listTeams", "Teams.", list_teams, Listing[TeamItem], NamedQuery),
    Operation("GET", "/teams/{team}", "getTeam", "One team.", get_team, TeamItem, parts=(TEAM,)),
    *Edits(TEAMS, "teams", TEAM).list_operations(),
    Operation(
        "GET", "/users", "listUsers", "People.", list_users, Listing[UserItem], TeamedQuery, problems=(404,)
    ),
    Operation("GET", "/users/{user}", "getUser", "One person.", get_user, UserItem, parts=(USER,)),
)
