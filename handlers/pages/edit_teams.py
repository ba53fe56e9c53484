"""Teams in the Room: the list with their people and what is theirs, and a form to make and change them."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web
from multidict import MultiMapping

from bot.catalog.drafts import Entry
from bot.catalog.edit_teams import TEAMS
from bot.catalog.shapes import Chat
from bot.flow.unit import Unit
from handlers.pages.edit_pages import group, may_edit, read_choices
from handlers.pages.roster_pages import RosterPages
from handlers.pages.team_form import TeamForm, read_form, show_entry
from handlers.pages.visit import Values, Visit, signed_in
from handlers.parts import Parts
from storage.models import EscalationPolicy, Schedule, Service, Team, User
from storage.questions import catalog, config


@dataclass(frozen=True)
class TeamRow:
    """One team in the list."""

    team: Team
    members: list[str]
    policy: EscalationPolicy | None
    schedules: list[Schedule]
    services: list[str]


class TeamPages(RosterPages[Team]):
    editor = TEAMS
    root, template = "/teams", "pages/team"

    async def start(self, visit: Visit, unit: Unit) -> Entry:
        policies = await catalog.list_named(unit.session, EscalationPolicy)
        return {"name": "", "members": [], "policy": policies[0].slug if len(policies) == 1 else ""}

    def show_entry(self, entry: Entry) -> TeamForm:
        return show_entry(entry)

    def read_form(self, posted: MultiMapping[Any]) -> TeamForm:
        return read_form(posted)

    async def offer(self, visit: Visit, unit: Unit, row: Team | None) -> Values:
        choices = await read_choices(unit)
        return {
            "people": [group("People", choices["user"])],
            "policies": [group("Policies", choices["policy"])],
            "chats": [chat.value for chat in Chat],
        }


async def show_list(visit: Visit) -> web.StreamResponse:
    async def ask(unit: Unit) -> Values:
        session = unit.session
        teams = await config.list_all(session, Team)
        people = {user.id: user.name for user in await config.list_all(session, User) if user.active}
        members = await config.list_memberships(session, [team.id for team in teams])
        policies = {row.id: row for row in await catalog.list_named(session, EscalationPolicy)}
        schedules = await catalog.list_named(session, Schedule)
        services = await catalog.list_named(session, Service)
        rows = [
            TeamRow(
                team,
                sorted(
                    people[one.user_id] for one in members if one.team_id == team.id and one.user_id in people
                ),
                policies.get(team.policy_id or 0),
                [one for one in schedules if one.team_id == team.id],
                [one.name for one in services if one.team_id == team.id],
            )
            for team in teams
        ]
        return {"rows": sorted(rows, key=lambda row: not row.team.active)}

    if visit.wants_fragment:
        return await visit.show_part("pages/parts/teams", ask)
    return await visit.show("pages/teams", ask, may_edit=may_edit(visit))


def list_routes(parts: Parts) -> list[web.RouteDef]:
    pages = TeamPages()
    return [web.get(pages.root, signed_in(parts, show_list, "responder")), *pages.list_routes(parts)]
