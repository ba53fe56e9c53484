"""Escalation policies in the Room: the list with whom each step would page now, and a form to make and change them."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web
from multidict import MultiMapping

from bot.catalog.drafts import Entry
from bot.catalog.edit_policies import POLICIES
from bot.flow.unit import Unit
from bot.paging.explain import explain_policy, list_dead_steps
from handlers.pages.edit_pages import EditPages, group, may_edit, read_choices
from handlers.pages.policy_form import PolicyForm, read_form, show_entry, start_entry
from handlers.pages.visit import Values, Visit, signed_in
from handlers.parts import Parts
from storage.models import EscalationPolicy, Schedule, Team
from storage.questions import catalog, config

PICKED = (
    ("People", "user", "user:", "{}"),
    ("Whoever is on call", "schedule", "schedule:", "on call in {}"),
    ("Whoever is on call next", "schedule", "next:", "next in {}"),
    ("Whoever was on call before", "schedule", "previous:", "previous in {}"),
    ("Teams, all of their people", "team", "team:", "all of {}"),
    ("One of a team, by chance", "team", "random:", "one of {}, by chance"),
    ("The admins of a team", "team", "admins:", "admins of {}"),
)
"""What a step may page: title, kind of thing, what stands before its name, and what is said of it."""


@dataclass(frozen=True)
class PolicyRow:
    """One policy in the list. `said` is who would be paged now, as markup; `dead` are the numbers of steps that reach
    nobody."""

    policy: EscalationPolicy
    teams: list[str]
    said: str
    dead: list[int]


class PolicyPages(EditPages[EscalationPolicy]):
    editor = POLICIES
    root, template = "/policies", "pages/policy"

    async def start(self, visit: Visit, unit: Unit) -> Entry:
        schedules = await catalog.list_named(unit.session, Schedule)
        return start_entry(schedules[0].slug if schedules else "")

    def show_entry(self, entry: Entry) -> PolicyForm:
        return show_entry(entry)

    def read_form(self, posted: MultiMapping[Any]) -> PolicyForm:
        return read_form(posted)

    async def offer(self, visit: Visit, unit: Unit, row: EscalationPolicy | None) -> Values:
        choices = await read_choices(unit)
        return {
            "recipients": [group(title, choices[word], before, said) for title, word, before, said in PICKED]
        }

    async def preview(self, visit: Visit, unit: Unit, slug: str, entry: Entry) -> tuple[str, list[int]]:
        return await explain(visit, unit, await self.attempt(visit, unit, slug, entry))


async def explain(visit: Visit, unit: Unit, policy: EscalationPolicy) -> tuple[str, list[int]]:
    """Who would be paged now, as markup, and the numbers of the steps that reach nobody."""
    explained = await explain_policy(unit, policy, unit.now)
    return visit.parts.templates.render_markup("policy", explained=explained), list_dead_steps(explained)


async def show_list(visit: Visit) -> web.StreamResponse:
    async def ask(unit: Unit) -> Values:
        teams = await catalog.list_named(unit.session, Team)
        rows = [
            PolicyRow(
                policy,
                [team.name for team in teams if team.policy_id == policy.id],
                *(await explain(visit, unit, policy) if policy.active else ("", [])),
            )
            for policy in await config.list_all(unit.session, EscalationPolicy)
        ]
        return {"rows": sorted(rows, key=lambda row: not row.policy.active)}

    if visit.wants_fragment:
        return await visit.show_part("pages/parts/policies", ask)
    return await visit.show("pages/policies", ask, may_edit=may_edit(visit))


def list_routes(parts: Parts) -> list[web.RouteDef]:
    pages = PolicyPages()
    return [web.get(pages.root, signed_in(parts, show_list, "responder")), *pages.list_routes(parts)]
