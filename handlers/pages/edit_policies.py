"""Escalation policies in the Room: the list with whom each step would page now, and a form to make and change them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web
from multidict import MultiMapping

from bot.catalog.drafts import Entry
from bot.catalog.edit_policies import POLICIES
from bot.errors import Invalid
from bot.flow.unit import Unit
from bot.paging.explain import explain_policy, list_dead_steps
from handlers.pages.edit_pages import EditPages, group, may_edit, read_choices
from handlers.pages.policy_form import PolicyForm, read_form, show_entry, start_entry
from handlers.pages.visit import Values, Visit, signed_in
from handlers.parts import Parts
from storage.models import EscalationPolicy, Schedule, Team
from storage.questions import catalog, config
from storage.words import Priority

YEARS = range(2000, 2100)
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
    """One policy in the list, and who would be paged now if it is on."""

    policy: EscalationPolicy
    teams: list[str]
    paged: "Paged | None"


class PolicyPages(EditPages[EscalationPolicy]):
    editor = POLICIES
    root, template = "/policies", "pages/policy"

    async def create(self, visit: Visit, unit: Unit, entry: Entry) -> EscalationPolicy:
        return await POLICIES.create(unit, entry)

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
            "recipients": [group(title, choices[word], before, said) for title, word, before, said in PICKED],
            "paged_now": await explain(visit, unit, row, unit.now) if row and row.active else None,
        }

    async def frame(self, visit: Visit) -> Values:
        posted = await visit.form()
        return {
            "at": posted.get("at", ""),
            "priority": posted.get("priority", Priority.P1.value),
            "pairs": [(one.value, one.value) for one in Priority],
        }

    async def preview(self, visit: Visit, unit: Unit, slug: str, entry: Entry) -> "Paged":
        policy = await self.attempt(visit, unit, slug, entry)
        posted = await visit.form()
        at = read_moment(posted.get("at", ""), visit.user.zone) or unit.now
        return await explain(visit, unit, policy, at, read_priority(posted.get("priority", "")))


@dataclass(frozen=True)
class Paged:
    """Who would be paged at a moment, as markup, and the numbers of the steps that would reach nobody."""

    at: datetime
    priority: Priority
    said: str
    dead: list[int]


async def explain(
    visit: Visit, unit: Unit, policy: EscalationPolicy, at: datetime, priority: Priority = Priority.P1
) -> Paged:
    """Whom a policy would page at a moment."""
    explained = await explain_policy(unit, policy, at, priority)
    said = visit.parts.templates.render_markup("policy", explained=explained)
    return Paged(at, priority, said, list_dead_steps(explained))


def read_moment(text: str, zone: str) -> datetime | None:
    """A date and a time by the clocks of a zone; None for now. Raises Invalid."""
    if not text.strip():
        return None
    try:
        local: datetime | None = datetime.strptime(text.strip()[:16], "%Y-%m-%dT%H:%M")  # noqa: DTZ007 (the zone comes after)
    except ValueError:
        local = None
    if local is None or local.year not in YEARS:
        reason = "it should be a date and a time of day like 2026-11-23T03:00"
        raise Invalid("field.wrong", "at", name="at", reason=reason)
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def read_priority(text: str) -> Priority:
    return Priority(text) if text in list(Priority) else Priority.P1


async def show_list(visit: Visit) -> web.StreamResponse:
    async def ask(unit: Unit) -> Values:
        teams = await catalog.list_named(unit.session, Team)
        rows = [
            PolicyRow(
                policy,
                [team.name for team in teams if team.policy_id == policy.id],
                await explain(visit, unit, policy, unit.now) if policy.active else None,
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
